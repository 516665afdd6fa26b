"""How leads come and go: born in the CRM, restored, merged."""

from typing import Literal

from pydantic import Field

from ...faults import InstructionRefused
from ..crm.account import Account
from ..crm.contact_edits import add_contact
from ..crm.entities import Stamp
from ..crm.lead_edits import add_lead, restore_lead
from ..crm.merging import merge_leads
from ..crm.patches import ContactPatch, LeadPatch, TagChange
from .action import Action, Outcome, stage_named
from .office import DeskOffice
from .orders import Plain, contact_named, field_values, lead_named, party_fields


class Restore(Action):
    """Takes a deleted lead out of the bin."""

    action: Literal["restore"]
    lead_id: int

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Only what is in the bin can be restored; a merged lead is not."""
        lead = lead_named(office.account, self.lead_id)
        if not lead.is_deleted or lead.merged_into is not None:
            raise InstructionRefused(f"Lead {lead.id} is not in the bin.")
        restore_lead(office.account, lead, stamp)
        return {"lead_id": lead.id}


class Merge(Action):
    """Joins two leads; the loser's id disappears."""

    action: Literal["merge"]
    winner: int
    loser: int

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The setting merge_fills_gaps says whether the loser's fields fill the winner's empty ones."""
        winner, loser = lead_named(office.account, self.winner), lead_named(office.account, self.loser)
        if winner is loser or not (winner.is_alive and loser.is_alive):
            raise InstructionRefused(f"Leads {winner.id} and {loser.id} are not two live leads.")
        fill_gaps = office.account.switches.on("merge_fills_gaps")
        merge_leads(office.account, winner, loser, stamp, fill_gaps=fill_gaps)
        return {"lead_id": winner.id, "loser": loser.id}


class CreateLead(Action):
    """A lead born in the CRM: typed in by a person, with a new contact or a known one."""

    action: Literal["create_lead"]
    name: str
    price: int = 0
    pipeline_id: int | None = None
    status_id: int | None = None
    fields: dict[str, Plain] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    contact_id: int | None = None
    contact_name: str | None = None
    phone: str | None = None
    email: str | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Adds the contact, if one is described, and the lead linked to it."""
        account = office.account
        pipeline_id = self.pipeline_id or account.main_pipeline.id
        stage = stage_named(account, pipeline_id, self.status_id) if self.pipeline_id or self.status_id else None
        fields = field_values(account, "leads", self.fields)
        contact_id = self._contact_id(account, stamp)
        links = [contact_id] if contact_id else []
        tags = TagChange(add=self.tags)
        patch = LeadPatch(self.name, fields=fields, tags=tags, price=self.price, stage=stage, contact_ids=links)
        lead = add_lead(account, patch, stamp)
        return {"lead_id": lead.id, "contact_id": contact_id}

    def _contact_id(self, account: Account, stamp: Stamp) -> int | None:
        if self.contact_id is not None:
            return contact_named(account, self.contact_id).id
        if not (self.contact_name or self.phone or self.email):
            return None
        fields = party_fields(account, self.phone, self.email)
        return add_contact(account, ContactPatch(name=self.contact_name or self.name, fields=fields), stamp).id
