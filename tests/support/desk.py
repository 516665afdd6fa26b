"""What every desk has: a site whose forms make leads, leadloop's functions, and what rests of both."""

from __future__ import annotations

from typing import Any, ClassVar

from werkzeug.test import TestResponse

from leadloop.json_types import JsonObject
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.delivery import Delivery
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.ports.store import Key
from leadloop.report.explanation import Explanation, explain
from support.policies import ORIGIN
from support.world import World

HOOK_SECRET = "hook-secret-1"
CRM_FUNCTIONS = frozenset({"register-lead", "read-crm", "deliver-lead"})


class Desk:
    """One policy on memory adapters; the CRM is a subclass's."""

    kind: ClassVar[str]

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock

    # The site

    def submit(self, who: str, **form: str) -> str:
        """A form post from the site; the id of the lead."""
        body = {"submission_id": f"form-of-{who}", **form}
        headers = {"Origin": ORIGIN, "Accept": "application/json"}
        answer = self.world.client("capture-lead").post("/", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        lead_id: str = (answer.json or {})["lead_id"]
        return lead_id

    # leadloop

    def hook(self, body: str | bytes, secret: str = HOOK_SECRET) -> TestResponse:
        """A webhook as the CRM posts it."""
        form = "application/x-www-form-urlencoded"
        client = self.world.client("receive-crm-event")
        return client.post(f"/{self.kind}/{secret}", data=body, content_type=form)

    def sync(self) -> dict[str, Any]:
        """One tick of the schedule, and what follows."""
        answer = self.world.client("sync-crm").post("/")
        assert answer.status_code == 200, answer.text
        self.settle()
        return dict(answer.json or {})

    def settle(self) -> None:
        """Deliver all messages."""
        self.world.settle(only=CRM_FUNCTIONS)

    def said(self, event: str) -> list[JsonObject]:
        """What was logged under a name."""
        return [entry.details for entry in self.world.log.entries if entry.event == event]

    # What rests

    def lead(self, lead_id: str) -> Lead:
        [document] = self.world.store.get_many([Key("lead", lead_id)])
        assert document is not None, f"there is no lead {lead_id}"
        return Lead.of(document)

    def state(self, lead_id: str) -> LeadState:
        return self.lead(lead_id).state(self.world.runtime.policy)

    def delivery(self, lead_id: str) -> Delivery:
        [document] = self.world.store.get_many([Key("delivery", lead_id)])
        assert document is not None, f"lead {lead_id} has no delivery"
        return Delivery.of(document)

    def explained(self, lead_id: str) -> Explanation:
        """The story of a lead, as a person is told it."""
        return explain(self.world.store, self.world.runtime.policy, self.lead(lead_id), self.clock.now())

    def ref(self, deal: int | str) -> CrmRef:
        [document] = self.world.store.get_many([Key("crm_ref", f"{self.kind}-lead-{deal}")])
        assert document is not None, f"deal {deal} has no reference"
        return CrmRef.of(document)

    def marks(self) -> list[str]:
        return [document.key.id for document in self.world.documents("dirty_mark")]

    def resting(self) -> dict[str, object]:
        """Everything in the store but leases, cursors and outcomes: to compare before and after."""
        kept = ("lead", "key", "crm_ref", "delivery", "daily_total", "dirty_mark")
        return {f"{one.key.collection}/{one.key.id}": one.fields for name in kept for one in self.world.documents(name)}
