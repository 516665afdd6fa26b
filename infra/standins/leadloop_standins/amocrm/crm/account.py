"""The account as a whole: what it holds and what has just changed in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..settings import Switches
from .entities import Contact, Lead, LossReason, Note, Tag, User
from .feed import EventFeed
from .fields import EMAIL_KINDS, PHONE_KINDS, TRACKING_CODES, CustomField, EnumChoice, FieldCatalogue
from .ids import IdSequences
from .pipelines import Pipeline, Stage
from .unsorted import UnsortedRequest

EntityType = Literal["leads", "contacts", "companies"]


@dataclass(frozen=True)
class Change:
    """Something that webhooks may tell of; `old_*` are given when the same edit moved them."""

    entity_type: Literal["leads", "contacts", "unsorted", "note"]
    action: str
    entity_id: int | str
    old_status_id: int | None = None
    old_responsible_user_id: int | None = None


@dataclass
class Profile:
    """Who the account is."""

    id: int = 31_000_001
    subdomain: str = "romashkadev"
    name: str = "Ромашка"
    country: str = "RU"
    currency: str = "RUB"
    timezone: str = "Europe/Moscow"
    integration_user_id: int = 0


@dataclass
class Account:
    """All records. Functions of this package change them, write the feed and leave `changes` for the webhooks."""

    switches: Switches
    profile: Profile = field(default_factory=Profile)
    users: dict[int, User] = field(default_factory=dict)
    pipelines: dict[int, Pipeline] = field(default_factory=dict)
    loss_reasons: dict[int, LossReason] = field(default_factory=dict)
    leads: dict[int, Lead] = field(default_factory=dict)
    contacts: dict[int, Contact] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    unsorted: dict[str, UnsortedRequest] = field(default_factory=dict)
    feed: EventFeed = field(default_factory=EventFeed)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = IdSequences(lambda: self.switches.on("large_ids"))
        self.tags: dict[str, dict[int, Tag]] = {"leads": {}, "contacts": {}, "companies": {}}
        names: tuple[EntityType, ...] = ("leads", "contacts", "companies")
        self.fields = {name: FieldCatalogue(name) for name in names}

    @property
    def main_pipeline(self) -> Pipeline:
        """Where leads go that name none; ValueError while the account has no pipelines."""
        if not self.pipelines:
            raise ValueError("The account has no pipelines; plant some in the seed part `pipelines`.")
        ordered = sorted(self.pipelines.values(), key=lambda pipeline: (not pipeline.is_main, pipeline.sort))
        return ordered[0]

    def has_stage(self, stage: Stage) -> bool:
        """Whether the pipeline exists and has the status."""
        pipeline = self.pipelines.get(stage.pipeline_id)
        return pipeline is not None and stage.status_id in pipeline.statuses

    def live_lead(self, lead_id: int) -> Lead | None:
        """None for an unknown, deleted or merged lead."""
        lead = self.leads.get(lead_id)
        return lead if lead is not None and lead.is_alive else None

    def leads_of(self, contact: Contact) -> list[Lead]:
        """Live leads that the contact or company is linked to."""
        linked = (one for one in self.leads.values() if contact.id in one.contact_ids or contact.id == one.company_id)
        return [lead for lead in linked if lead.is_alive]

    def tag(self, entity_type: str, name: str) -> Tag:
        """The tag of that name, made when it is new."""
        known = next((tag for tag in self.tags[entity_type].values() if tag.name == name), None)
        tag = known or Tag(self.ids.take("tag"), name)
        self.tags[entity_type][tag.id] = tag
        return tag

    def tag_names(self, entity_type: str, tag_ids: Iterable[int]) -> list[str]:
        """Their names in the order given."""
        return [self.tags[entity_type][tag_id].name for tag_id in tag_ids]

    def add_standard_fields(self) -> None:
        """The fields every new account has: tracking on leads, phone and e-mail on contacts and companies."""
        for code in TRACKING_CODES:
            self.add_tracking_field(code, self.ids.take("field"))
        parties: tuple[EntityType, ...] = ("contacts", "companies")
        for entity_type in parties:
            self._add_multitext(entity_type, "Телефон", "PHONE", PHONE_KINDS)
            self._add_multitext(entity_type, "Email", "EMAIL", EMAIL_KINDS)

    def add_tracking_field(self, code: str, field_id: int) -> None:
        """A system field of type tracking_data; the vendor names such fields by their code in lower case."""
        self.fields["leads"].add(CustomField(field_id, code.lower(), "tracking_data", code, is_predefined=True))

    def _add_multitext(self, entity_type: EntityType, name: str, code: str, kinds: tuple[str, ...]) -> None:
        enums = [EnumChoice(self.ids.take("enum"), kind, number, kind) for number, kind in enumerate(kinds, start=1)]
        predefined = CustomField(self.ids.take("field"), name, "multitext", code, is_predefined=True, enums=enums)
        self.fields[entity_type].add(predefined)
