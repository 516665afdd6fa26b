"""The section ``crm``: what every kind of CRM says of its pipelines and fields, and which kinds there are."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field, SerializeAsAny

from leadloop.policy.agreement import Contradiction, refuse
from leadloop.policy.section import Section
from leadloop.policy.value_types import CrmName, Stage, StatusPath, Written

OWN_FIELDS = ("known_ids", "duplicate", "quality", "fraud")
"""Fields that leadloop keeps up to date, and reads nothing from."""


class CrmFields(Section):
    """Where ids live in a deal. Each kind of CRM says how a field is named, and which it has by itself."""

    leadloop_id: CrmName | None = None
    """Our own id of the lead; the field is made by ``leadloop init``."""
    client_id: CrmName | None = None
    """Metrica's ClientID."""
    yclid: CrmName | None = None
    """Click id of Yandex Direct."""
    gclid: CrmName | None = None
    """Click id of Google Ads."""
    user_id: CrmName | None = None
    """The site's own id of a signed-in visitor."""
    submission_id: CrmName | None = None
    """The id the site gave the form submission."""
    utm_source: CrmName | None = None
    """Tag utm_source."""
    utm_medium: CrmName | None = None
    """Tag utm_medium."""
    utm_campaign: CrmName | None = None
    """Tag utm_campaign."""
    utm_content: CrmName | None = None
    """Tag utm_content."""
    utm_term: CrmName | None = None
    """Tag utm_term."""
    referrer: CrmName | None = None
    """The page the visitor came from."""
    source: CrmName | None = None
    """Where the CRM or a person says that the lead came from; read as a sign of its source."""
    called_number: CrmName | None = None
    """The number of yours that was called; read as a sign of the source."""
    call_seconds: CrmName | None = None
    """How long a call lasted, as the call tracker writes it: seconds or ``mm:ss``; read as a sign of a bot."""
    known_ids: CrmName | None = None
    """A long text in which leadloop keeps all ids known of the lead, those learnt later too."""
    duplicate: CrmName | None = None
    """A text in which leadloop keeps its verdict: ``unique``, ``duplicate`` or ``client``."""
    quality: CrmName | None = None
    """A text in which leadloop keeps the standing of the lead and why."""
    fraud: CrmName | None = None
    """A text in which leadloop keeps what the fraud gate says."""

    @property
    def own(self) -> frozenset[str]:
        """Those of leadloop's own fields that are anywhere: usually none."""
        return frozenset(name for name in OWN_FIELDS if getattr(self, name) is not None)


class NewLead(Section):
    """How leadloop creates a lead in the CRM (mode ``keep``)."""

    pipeline: CrmName
    """Pipeline the lead is created in."""
    status: CrmName
    """Status the lead is created in."""
    name: str = "Заявка с сайта"
    """Name of the lead."""
    tags: tuple[str, ...] = ("leadloop",)
    """Tags put on the lead."""


class Crm(Section):
    """What leadloop needs to know of any CRM. Pipelines, statuses and fields go by the ids the CRM gave them."""

    kind: str
    """Which CRM it is."""
    account: str
    """Which account of it."""
    pipelines: dict[CrmName, dict[CrmName, Stage]] = Field(min_length=1)
    """Pipeline id → status id → stage."""
    ignored: tuple[StatusPath, ...] = ()
    """Statuses (``pipeline/status``) that are known and mean nothing."""
    new_lead: NewLead | None = None
    """Where leads are created; needed by contacts mode ``keep``."""

    if TYPE_CHECKING:  # a kind says it by a setting or by itself

        @property
        def fields(self) -> CrmFields:
            """Where ids live in a lead."""
            raise NotImplementedError

    field_form: ClassVar[Written]
    """How a field of a deal is named."""
    credential: ClassVar[str]
    """The environment variable by which the CRM lets leadloop in."""
    id_form: ClassVar[Written]
    """How an entry of the CRM's own lists is named: a reason of loss."""

    @property
    def host(self) -> str:
        """The account's host name."""
        return self.account

    @property
    def creates_leads(self) -> bool:
        """Whether leads can be created there, and fields written."""
        return True

    @property
    def is_heard(self) -> bool:
        """Whether it tells of its deals by itself, and is not asked."""
        return False

    @property
    def pace(self) -> float | None:
        """How many requests a second it is asked at most; ``None`` where nothing is asked."""
        pace: float | None = getattr(self, "requests_per_second", None)
        return pace

    @property
    def stages(self) -> frozenset[str]:
        """Every stage some status maps to."""
        return frozenset(stage for statuses in self.pipelines.values() for stage in statuses.values())

    def misplaced(self) -> Iterator[Contradiction]:
        """What the kind can say of statuses that cannot be where they are written."""
        return iter(())

    def ends_of(self, pipeline_id: str) -> tuple[str, ...]:
        """Statuses that the CRM gives every such pipeline for its deals to end in: the won one, then the lost one.

        None where it gives none.
        """
        del pipeline_id
        return ()

    def stage_of(self, pipeline_id: str, status_id: str) -> str | None:
        """The stage of a status; ``None`` when the policy does not map it."""
        return self.pipelines.get(pipeline_id, {}).get(status_id)

    def knows(self, pipeline_id: str, status_id: str) -> bool:
        """Whether the policy says anything of the status: a stage, or that it means nothing."""
        return self.stage_of(pipeline_id, status_id) is not None or f"{pipeline_id}/{status_id}" in self.ignored


_SECTIONS = {"amocrm": "AmoCrm", "bitrix24": "Bitrix24", "signed": "Signed"}
"""Kind → its section, in a module of the kind's name. A function imports only the kind that its policy is of."""

KINDS = tuple(_SECTIONS)
"""The values of ``crm.kind``; the first is meant where no kind is written."""


def crm_kinds() -> dict[str, type[Crm]]:
    """The section of each kind of CRM, by ``crm.kind``."""
    return {kind: _section_of(kind) for kind in KINDS}


def section_meant(written: object) -> type[Crm]:
    """The section of the kind that is written; of the standard kind where none is, or none that there is."""
    kind = written.get("kind") if isinstance(written, dict) else None
    return _section_of(kind if isinstance(kind, str) and kind in KINDS else KINDS[0])


def _section_of(kind: str) -> type[Crm]:
    section: type[Crm] = getattr(import_module(f"leadloop.policy.{kind}"), _SECTIONS[kind])
    return section


def _of_its_kind(written: object) -> object:
    if isinstance(written, Crm):
        return written
    kind = written.get("kind") if isinstance(written, dict) else None
    if kind is not None and kind not in KINDS:
        near = get_close_matches(str(kind).lower(), KINDS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        text = f"expected one of {', '.join(KINDS)}, found {str(kind)[:30]!r}{hint}"
        refuse([Contradiction(("kind",), text, kind)])
    return section_meant(written).model_validate(written)


AnyCrm = Annotated[SerializeAsAny[Crm], BeforeValidator(_of_its_kind)]
"""A section ``crm`` of whichever kind it says."""
