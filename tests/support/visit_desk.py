"""A desk where forms and beacons arrive in any order, through the rules behind register-lead and record-visit.

desk.hear(captured)            # a form or a visit, as the bus delivers it
desk.everything()              # what must not depend on the order
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from leadloop.adapters.memory_store import MemoryStore
from leadloop.digests import digest
from leadloop.leads.lead import Lead
from leadloop.leads.registration import register
from leadloop.leads.visiting import Told, record
from leadloop.messages import AdIds, LeadCaptured, VisitCaptured
from leadloop.ports.store import Query, Store
from support.interruptions import Crash, InterruptedStore, Interrupter
from support.lead_facts import ANNA
from support.policies import sokol
from support.settable_clock import MORNING

Heard = LeadCaptured | VisitCaptured


def beacon(at: datetime = MORNING, client_id: str = ANNA, user_id: str | None = None, **more: object) -> VisitCaptured:
    """A visit as capture-visit publishes it; the same arguments give the same event."""
    ids = AdIds.model_validate({"client_id": client_id, "user_id": user_id})
    event_id = digest("beacon", at.isoformat(), client_id, user_id)
    return VisitCaptured.model_validate({"event_id": event_id, "occurred_at": at, "ids": ids, **more})


class EveryMoment(Interrupter):
    """Acts at every moment, told which it is."""

    def __init__(self, act: Callable[[int], None]) -> None:
        super().__init__(None, lambda: None)
        self._at = act

    def pass_moment(self) -> None:
        super().pass_moment()
        self._at(self.passed - 1)


class VisitDesk:
    """One store, and messages handled one by one."""

    def __init__(self, store: Store | None = None) -> None:
        self.store: Store = store or MemoryStore()
        self.policy = sokol()
        self.now = MORNING

    def hear(self, heard: Heard, interrupter: Interrupter | None = None) -> Told | None:
        """Handle a message; the interrupter breaks in on this handler alone."""
        store = InterruptedStore(self.store, interrupter) if interrupter else self.store
        if isinstance(heard, VisitCaptured):
            return record(store, self.policy, heard)
        register(store, self.policy, heard, self.now)
        return None

    def hear_all(self, heard: Iterable[Heard]) -> VisitDesk:
        for message in heard:
            self.hear(message)
        return self

    def hear_dying(self, heard: Heard, died: int, broken_in: int, other: Heard) -> None:
        """Handle another message at one moment of this handler, which dies at another and is delivered again."""

        def act(moment: int) -> None:
            if moment == broken_in:
                self.hear(other)
            if moment == died:
                raise Crash

        try:
            self.hear(heard, EveryMoment(act))
        except Crash:
            self.hear(heard)

    def moments(self, heard: Heard) -> list[int]:
        """The moments of a handler that nothing breaks in on: before each touch of the store, and after the last.

        After any other is before the next, for all that anybody outside can tell. It is handled here.
        """
        count = Interrupter(None, lambda: None)
        self.hear(heard, count)
        return [*range(0, count.passed, 2), count.passed - 1]

    def everything(self) -> dict[str, Any]:
        """Leads, their keys and totals, and the visits: all that must not depend on the order of arrival."""
        found = {
            f"{document.key.collection}/{document.key.id}": document.fields
            for collection in ("lead", "key", "daily_total", "visit")
            for document in self.store.query(Query(collection)).documents
        }
        # A total that a lead was counted in for a while, before an earlier form of it came, stays as zero.
        return {place: fields for place, fields in found.items() if fields.get("leads") != 0}

    def leads(self) -> list[Lead]:
        return [Lead.of(document) for document in self.store.query(Query("lead")).documents]

    @property
    def lead(self) -> Lead:
        [lead] = self.leads()
        return lead

    def visits(self) -> tuple[datetime, ...]:
        """The visits known to the only lead."""
        return self.lead.state(self.policy).visits
