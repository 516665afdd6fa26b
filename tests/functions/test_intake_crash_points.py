"""Promise 1: a lead that was answered 2xx is never lost, wherever the process dies, and none is doubled.

The whole way of three visitors, from the form to the announced lead, is run once to count every moment
before and after a touch of store or bus. Then it is run again, dying at each of them in turn.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from leadloop.leads.keys import KeyRecord
from leadloop.leads.lead import Lead
from leadloop.messages import LeadCaptured, SubmissionUnreadable
from support.interruptions import Crash, InterruptedBus, InterruptedStore, Interrupter
from support.world import World

ANNA = {"phone": "8 999 000-00-03", "submission_id": "s-1", "yclid": "123"}
FORMS = (
    json.dumps(ANNA),
    json.dumps({**ANNA, "ym_client_id": "1700000000123456789"}),
    json.dumps({**ANNA, "phone": "8 999 000-00-04"}),
    '{"phone": "8 999 000-00-05"',
)


class Way:
    """Visitors, the functions of intake, and a process that dies at one moment and is started again."""

    def __init__(self, moment: int | None, bus_is_down: bool) -> None:
        self.world = World()
        self.durable_store, self.durable_bus = self.world.store, self.world.memory_bus
        self.interrupter = Interrupter.crash(moment)
        self.world.store = InterruptedStore(self.durable_store, self.interrupter)
        self.world.bus = InterruptedBus(self.durable_bus, self.interrupter)
        self.bus_is_down = bus_is_down
        self.answered = 0

    def walk(self) -> None:
        with self.world.in_force():
            self.durable_bus.failing = self.bus_is_down
            for form in FORMS:
                self.until_done(lambda form=form: self.send(form))  # type: ignore[misc]
            self.durable_bus.failing = False
            self.until_done(self.drain)
            for published in self.durable_bus.on("submissions"):
                assert isinstance(published, LeadCaptured | SubmissionUnreadable)
                self.until_done(lambda one=published: self.expect(204, "register-lead", one))  # type: ignore[misc]

    def until_done(self, step: Callable[[], None]) -> None:
        """A visitor, a scheduler or the bus tries again when there was no answer."""
        try:
            step()
        except Crash:
            self.world.store, self.world.bus = self.durable_store, self.durable_bus
            self.world.clock.advance(hours=1)  # leases of the dead process end
            step()

    def send(self, form: str) -> None:
        answer = self.world.client("capture-lead").post("/", data=form, content_type="application/json")
        assert answer.status_code == 200
        self.answered += 1

    def drain(self) -> None:
        assert self.world.client("drain-spool").post("/").status_code == 200

    def expect(self, status: int, function: str, message: LeadCaptured | SubmissionUnreadable) -> None:
        assert self.world.push(function, message).status_code == status


def check(way: Way) -> None:
    way.world.store = way.durable_store
    world = way.world
    leads = [Lead.of(document) for document in world.documents("lead")]
    assert way.answered == len(FORMS)
    assert len(leads) == 2
    assert world.totals("leads") == 2
    assert sorted(len(lead.facts) for lead in leads) == [1, 2]
    assert sum(len(KeyRecord.of(document.key.id, document).leads) for document in world.documents("key")) == 2
    assert world.documents("spool") == []
    taken_in = Counter(message.event_id for message in way.durable_bus.on("submissions"))
    ended = {document.key.id: document.fields["outcome"] for document in world.documents("outcome")}
    assert set(ended) == set(taken_in)
    assert len([outcome for outcome in ended.values() if outcome == "applied"]) == 3
    announced = {message.lead_id for message in way.durable_bus.on("leads") if hasattr(message, "lead_id")}
    assert announced == {lead.id for lead in leads}


def every_moment(bus_is_down: bool) -> int:
    undisturbed = Way(None, bus_is_down)
    undisturbed.walk()
    check(undisturbed)
    for moment in range(undisturbed.interrupter.passed):
        way = Way(moment, bus_is_down)
        way.walk()
        assert way.interrupter.is_dead
        check(way)
    return undisturbed.interrupter.passed


def test_dying_at_any_moment_on_the_way_over_the_bus_loses_and_doubles_nothing() -> None:
    assert every_moment(bus_is_down=False) > 30


def test_dying_at_any_moment_on_the_way_over_the_spool_loses_and_doubles_nothing() -> None:
    assert every_moment(bus_is_down=True) > 50
