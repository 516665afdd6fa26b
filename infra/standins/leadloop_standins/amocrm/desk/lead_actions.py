"""What people do with one lead."""

from typing import Literal

from pydantic import Field

from ..crm.account import Account, Change
from ..crm.entities import Lead, Note, Stamp
from ..crm.lead_edits import delete_lead, edit_lead
from ..crm.patches import LeadPatch, TagChange
from .action import LeadAction, stage_named
from .orders import Plain, field_values


class Move(LeadAction):
    """Changes the stage; without a pipeline, within its own."""

    action: Literal["move"]
    status_id: int
    pipeline_id: int | None = None
    loss_reason_id: int | None = None

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit, with its `status` and `update` hooks."""
        stage = stage_named(account, self.pipeline_id or lead.pipeline_id, self.status_id)
        edit_lead(account, lead, LeadPatch(stage=stage, loss_reason_id=self.loss_reason_id), stamp)


class SetPrice(LeadAction):
    """Sets the budget."""

    action: Literal["set_price"]
    price: int

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit."""
        edit_lead(account, lead, LeadPatch(price=self.price), stamp)


class EditField(LeadAction):
    """Types another value into a field, named by code or id; null wipes it."""

    action: Literal["edit_field"]
    field: str
    value: Plain = None

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit."""
        edit_lead(account, lead, LeadPatch(fields=field_values(account, "leads", {self.field: self.value})), stamp)


class Rename(LeadAction):
    """Gives the lead another name."""

    action: Literal["rename"]
    name: str

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit."""
        edit_lead(account, lead, LeadPatch(name=self.name), stamp)


class SetResponsible(LeadAction):
    """Hands the lead to another user."""

    action: Literal["set_responsible"]
    user_id: int

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit."""
        edit_lead(account, lead, LeadPatch(responsible_user_id=self.user_id), stamp)


class SetTags(LeadAction):
    """Adds and deletes tags by name."""

    action: Literal["set_tags"]
    add: list[str] = Field(default_factory=list)
    delete: list[str] = Field(default_factory=list)

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """One edit."""
        edit_lead(account, lead, LeadPatch(tags=TagChange(add=self.add, delete=self.delete)), stamp)


class WriteNote(LeadAction):
    """Leaves a note."""

    action: Literal["write_note"]
    text: str

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """A note, its event and its hook."""
        note = Note(account.ids.take("note"), "leads", lead.id, "common", {"text": self.text}, stamp.at, stamp.by)
        account.notes[note.id] = note
        account.feed.write("common_note_added", ("lead", lead.id), stamp, (), [{"note": {"id": note.id}}])
        account.changes.append(Change("note", "note", note.id))


class Delete(LeadAction):
    """Moves the lead to the bin."""

    action: Literal["delete"]

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """Gone until restored."""
        delete_lead(account, lead, stamp)
