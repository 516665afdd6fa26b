"""The frame of everything a person does in the CRM."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...faults import InstructionRefused
from ..crm.account import Account
from ..crm.entities import Lead, Stamp
from ..crm.pipelines import Stage
from .office import DeskOffice
from .orders import Order, lead_named

Outcome = Mapping[str, Any]


class Action(Order):
    """Something a person does; `at` defaults to now in domain time, `by` to the account's first user."""

    at: datetime | None = None
    by: int | None = None

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Does it and says to what; InstructionRefused when it cannot be done."""
        raise NotImplementedError


class LeadAction(Action):
    """Something done to one live lead."""

    lead_id: int

    def perform(self, office: DeskOffice, stamp: Stamp) -> Outcome:
        """Finds the lead and works on it."""
        lead = lead_named(office.account, self.lead_id)
        if not lead.is_alive:
            raise InstructionRefused(f"Lead {lead.id} is deleted or merged; restore it or take its winner.")
        self.work(office.account, lead, stamp)
        return {"lead_id": lead.id}

    def work(self, account: Account, lead: Lead, stamp: Stamp) -> None:
        """The deed itself."""
        raise NotImplementedError


def stage_named(account: Account, pipeline_id: int, status_id: int | None) -> Stage:
    """A stage that exists, the pipeline's first when none is named; InstructionRefused names the known ones."""
    pipeline = account.pipelines.get(pipeline_id)
    if pipeline is None:
        raise InstructionRefused(
            f"There is no pipeline {pipeline_id}. Known: {', '.join(map(str, account.pipelines))}."
        )
    if status_id is not None and status_id not in pipeline.statuses:
        known = ", ".join(f"{one.id} {one.name}" for one in pipeline.statuses.values())
        raise InstructionRefused(f"Pipeline {pipeline_id} has no status {status_id}. Known: {known}.")
    return Stage(pipeline_id, pipeline.first_status.id if status_id is None else status_id)
