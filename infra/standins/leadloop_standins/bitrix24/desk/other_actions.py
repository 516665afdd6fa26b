"""What people do besides working on records: births by hand, settings of the portal, and events of any shape."""

from typing import Literal

from pydantic import Field

from ...faults import InstructionRefused
from ..portal.edits import add_record
from ..portal.kinds import CONTACT
from ..portal.records import Stamp
from .action import Action, Outcome
from .office import DeskOffice
from .orders import KindName, Plain, kind_named, patch_of, record_named, stage_checked


class Create(Action):
    """A record typed in by a person; `contact_name`, phones and e-mails of a deal make it a contact."""

    action: Literal["create"]
    kind: KindName = "deal"
    fields: dict[str, Plain] = Field(default_factory=dict)
    stage: str | None = None
    category_id: int = 0
    phones: list[str] = Field(default_factory=list)
    emails: list[str] = Field(default_factory=list)
    contact_ids: list[int] = Field(default_factory=list)
    contact_name: str | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The record, and for a deal the contact first."""
        kind = kind_named(self.kind)
        values = dict(self.fields)
        if kind.name == "deal":
            values["CATEGORY_ID"] = self.category_id
        if self.stage is not None:
            values[kind.stage_field] = stage_checked(office.portal, kind, self.category_id, self.stage)
        links = [record_named(office.portal, CONTACT, one).id for one in self.contact_ids]
        if kind.name == "deal" and (self.contact_name or self.phones or self.emails):
            links.append(self._contact(office, stamp))
        reached = ([], []) if kind.name == "deal" else (self.phones, self.emails)
        record = add_record(office.portal, kind, patch_of(office.portal, kind, values, *reached, links), stamp)
        return {"kind": self.kind, "id": record.id, "contact_id": links[0] if links else None}

    def _contact(self, office: DeskOffice, stamp: Stamp) -> int:
        name: dict[str, Plain] = {"NAME": self.contact_name or "Клиент"}
        patch = patch_of(office.portal, CONTACT, name, self.phones, self.emails)
        return add_record(office.portal, CONTACT, patch, stamp).id


class RenameStage(Action):
    """Gives a stage another name; ids stay, which is why code must go by ids."""

    action: Literal["rename_stage"]
    kind: Literal["lead", "deal"] = "deal"
    category_id: int = 0
    stage: str
    name: str

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:  # noqa: ARG002 - nothing is stamped
        """No event tells of it."""
        kind = kind_named(self.kind)
        stage = stage_checked(office.portal, kind, self.category_id, self.stage)
        found = office.portal.stages.find(kind, self.category_id, stage)
        if found is not None:
            found.name = self.name
        return {"stage": stage}


class RegenerateWebhook(Action):
    """Another administrator opens the inbound webhook and saves it: a new code, and the webhook is now theirs."""

    action: Literal["regenerate_webhook"]
    code: str
    new_code: str
    user_id: int | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The former address answers 401 from now on."""
        webhook = office.access.by_code(self.code)
        if webhook is None:
            raise InstructionRefused("There is no inbound webhook with that code.")
        webhook.code, webhook.user_id = self.new_code, self.user_id or stamp.by
        return {"user_id": webhook.user_id}


class SetUser(Action):
    """Dismisses an employee, takes their rights, or gives them back."""

    action: Literal["set_user"]
    user_id: int
    is_active: bool | None = None
    is_admin: bool | None = None
    is_intranet: bool | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:  # noqa: ARG002 - nothing is stamped
        """What is not named stays."""
        user = office.portal.users.get(self.user_id)
        if user is None:
            raise InstructionRefused(f"There is no user {self.user_id}. Known: {list(office.portal.users)}.")
        told = self.model_dump(include={"is_active", "is_admin", "is_intranet"}, exclude_none=True)
        office.portal.users[user.id] = type(user)(**{**vars(user), **told})
        return {"user_id": user.id}


class SendEvent(Action):
    """Sends an event about any id, also one that never was, to every outgoing webhook, whatever it asked for."""

    action: Literal["send_event"]
    event: str
    id: int
    token: str | None = None
    times: int = 1

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The switches of loss, delay and doubling apply."""
        for webhook in office.subscriptions.webhooks * self.times:
            office.deliveries.queue_event(office.portal, webhook, self.event, self.id, stamp.at, self.token)
        return {"queued": len(office.subscriptions.webhooks) * self.times}
