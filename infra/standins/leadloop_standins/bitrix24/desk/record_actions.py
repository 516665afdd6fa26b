"""What people and robots do with records that exist."""

from dataclasses import replace
from typing import Literal

from pydantic import Field

from ...faults import InstructionRefused
from ..portal.conversion import CONVERTED, convert_lead, merge_records
from ..portal.edits import delete_record, update_record
from ..portal.kinds import LEAD
from ..portal.records import MultifieldEdit, Patch, Record, Stamp
from .action import Action, Outcome, RecordAction
from .office import DeskOffice
from .orders import KindName, Plain, kind_named, patch_of, record_named, stage_checked


class Move(RecordAction):
    """Takes a lead or deal to another stage; a category takes a deal to another pipeline."""

    action: Literal["move"]
    stage: str
    category_id: int | None = None

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """One edit; robots may follow it."""
        category_id = record.category_id if self.category_id is None else self.category_id
        stage = stage_checked(office.portal, record.kind, category_id, self.stage)
        values: dict[str, Plain] = {record.kind.stage_field: stage}
        if record.kind is not LEAD:
            values["CATEGORY_ID"] = category_id
        update_record(office.portal, record, patch_of(office.portal, record.kind, values), stamp)


class Edit(RecordAction):
    """Types other values into fields, named as in the classic methods; null wipes one."""

    action: Literal["edit"]
    fields: dict[str, Plain] = Field(default_factory=dict)
    phones: list[str] = Field(default_factory=list)
    emails: list[str] = Field(default_factory=list)

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """One edit, in whatever stage the record stands: an amount may change after the deal is won."""
        known = [one for one in record.multifields if one.type_id == "PHONE" and self.phones]
        known += [one for one in record.multifields if one.type_id == "EMAIL" and self.emails]
        gone = [MultifieldEdit(one.type_id, "", id=one.id) for one in known]
        patch = patch_of(office.portal, record.kind, self.fields, self.phones, self.emails)
        update_record(office.portal, record, replace(patch, multifields=[*gone, *patch.multifields]), stamp)


class EditMany(Action):
    """A mass edit from the list view: one event per record, all at once."""

    action: Literal["edit_many"]
    kind: KindName = "deal"
    ids: list[int]
    fields: dict[str, Plain] = Field(default_factory=dict)

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """So many edits."""
        kind = kind_named(self.kind)
        records = [record_named(office.portal, kind, one) for one in self.ids]
        patch = patch_of(office.portal, kind, self.fields)
        for record in records:
            update_record(office.portal, record, patch, stamp)
        return {"kind": self.kind, "edited": len(records)}


class RobotEdits(RecordAction):
    """Robots write into the card several times in a row, as after a move."""

    action: Literal["robot_edits"]
    times: int = 3
    fields: dict[str, Plain] = Field(default_factory=dict)

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """So many edits by nobody."""
        patch = patch_of(office.portal, record.kind, self.fields)
        for _ in range(self.times):
            update_record(office.portal, record, patch, Stamp(stamp.at, 0, "robot"))


class Link(RecordAction):
    """Names the contacts of a lead or deal, the first one being the main one."""

    action: Literal["link"]
    contact_ids: list[int]

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """One edit."""
        update_record(office.portal, record, Patch(contact_ids=self.contact_ids), stamp)


class Delete(RecordAction):
    """Deletes a record for good."""

    action: Literal["delete"]

    def work(self, office: DeskOffice, record: Record, stamp: Stamp) -> None:
        """Its event comes when nothing can be read any more."""
        delete_record(office.portal, record, stamp)


class Merge(Action):
    """Makes one record of several of a kind; the losers' ids disappear."""

    action: Literal["merge"]
    kind: KindName = "contact"
    winner: int
    losers: list[int]

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The winner's values win, the losers' fill its gaps."""
        kind = kind_named(self.kind)
        winner, *losers = (record_named(office.portal, kind, one) for one in (self.winner, *self.losers))
        merge_records(office.portal, kind, winner, losers, stamp)
        return {"kind": self.kind, "id": winner.id, "losers": self.losers}


class Convert(Action):
    """Makes a deal of a lead, and a contact of the person in it."""

    action: Literal["convert"]
    lead_id: int
    category_id: int = 0
    with_contact: bool = True

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """The lead stays, as CONVERTED; the deal names it in LEAD_ID."""
        lead = record_named(office.portal, LEAD, self.lead_id)
        stage_checked(office.portal, LEAD, 0, CONVERTED)
        if self.category_id not in office.portal.stages.categories:
            known = ", ".join(map(str, office.portal.stages.categories))
            raise InstructionRefused(f"There is no pipeline {self.category_id}. Known: {known}.")
        deal = convert_lead(office.portal, lead, stamp, self.category_id, with_contact=self.with_contact)
        contact_id = deal.contact_ids[0] if deal.contact_ids else None
        return {"lead_id": lead.id, "deal_id": deal.id, "contact_id": contact_id}
