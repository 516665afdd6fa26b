"""expire-contacts: a sealed contact leaves on the second its term is over, and nothing else about the lead does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from leadloop import timestamps
from leadloop.facts import Fact
from leadloop.leads.contact_expiry import expire_contacts
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.leases import lease
from leadloop.messages import LeadCaptured
from leadloop.ports.store import Document, Key, Page, Query, Store, StoreUnavailable, Write
from support.crm_desk import ANNA, CrmDesk, crm_desk
from support.lead_facts import entered
from support.policies import QUALIFIED, sokol
from support.settable_clock import MORNING

TERM = timedelta(days=90)
SECOND = timedelta(seconds=1)
FORM = {"phone": "+7 999 000-00-03", "name": "Анна", "client_id": ANNA}


@pytest.fixture
def desk() -> Iterator[CrmDesk]:
    with crm_desk(sokol("keep")) as desk:
        yield desk


def tick(desk: CrmDesk, at: datetime) -> dict[str, object]:
    desk.clock.set(at)
    answer = desk.world.client("expire-contacts").post("/")
    assert answer.status_code == 200, answer.text
    said: dict[str, object] = json.loads(answer.text)
    return said


def ran(removed: int, undelivered: int = 0) -> dict[str, object]:
    counts: dict[str, object] = {"removed": removed, "undelivered": undelivered, "complete": True}
    return {"outcome": "ran", **counts, "totals_cleared": 0}


def delivered(desk: CrmDesk, who: str = "anna", **form: str) -> str:
    lead = desk.submit(who, **{**FORM, **form})
    desk.settle()
    assert desk.delivery(lead).state == "delivered"
    return lead


def registered(desk: CrmDesk, who: str, **form: str) -> str:
    """A lead whose announcement is lost, so that nobody brings it to the CRM."""
    lead = desk.submit(who, phone="+7 999 000-00-04", **form)
    desk.world.settle(only=frozenset({"register-lead"}))
    return lead


def term_of(desk: CrmDesk, lead_id: str) -> object:
    [document] = desk.world.store.get_many([Key("lead", lead_id)])
    assert document is not None
    return document.fields["contact_term_from"]


def told_without_contact(lead: Lead) -> list[object]:
    """The facts of a lead as they rest, but for what this function is for."""
    kept = lead.model_dump(mode="json")["facts"]
    contact = ("contact_sealed", "contact_removed")
    return [{**fact, "values": {k: v for k, v in fact["values"].items() if k not in contact}} for fact in kept]


class TestTheTerm:
    def test_runs_from_the_submission_when_there_is_no_stage(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        assert term_of(desk, lead) == timestamps.to_text(MORNING)
        assert tick(desk, MORNING + TERM - SECOND) == ran(0)
        assert desk.state(lead).contact_sealed is not None
        assert tick(desk, MORNING + TERM) == ran(1)
        assert (desk.state(lead).contact_sealed, term_of(desk, lead)) == (None, None)

    def test_runs_from_the_last_stage(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        [deal] = desk.deals_of(lead)
        for stage, days in (("qualified", 20), ("meeting", 30), ("qualified", 50)):
            desk.clock.set(MORNING + timedelta(days=days))
            desk.move(deal, stage)
        desk.carry_hooks()
        stage_at = desk.state(lead).staged_at
        assert stage_at is not None
        assert stage_at >= MORNING + timedelta(days=50), "a stage that is entered again counts"
        assert tick(desk, stage_at + TERM - SECOND) == ran(0)
        assert tick(desk, stage_at + TERM + SECOND) == ran(1)

    def test_follows_the_policy_of_today_for_contacts_taken_before(self, desk: CrmDesk) -> None:
        delivered(desk)
        desk.world.runtime.policy = sokol("keep", contacts={"retention": timedelta(days=30)})
        assert tick(desk, MORNING + timedelta(days=30) - SECOND) == ran(0)
        assert tick(desk, MORNING + timedelta(days=30)) == ran(1)


class TestWhatStays:
    def test_everything_but_the_contact(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        [deal] = desk.deals_of(lead)
        desk.move(deal, "qualified")
        desk.carry_hooks()
        before, others = desk.lead(lead), {k: v for k, v in desk.resting().items() if k != f"lead/{lead}"}
        assert tick(desk, MORNING + timedelta(days=200)) == ran(1)
        after = desk.lead(lead)
        assert told_without_contact(after) == told_without_contact(before)
        assert (after.counted, after.ownership) == (before.counted, before.ownership)
        assert {k: v for k, v in desk.resting().items() if k != f"lead/{lead}"} == others
        assert desk.world.totals("leads") == desk.world.totals("stages.qualified") == 1

    def test_a_second_run_writes_nothing(self, desk: CrmDesk) -> None:
        delivered(desk)
        tick(desk, MORNING + TERM)
        before = desk.resting()
        assert tick(desk, MORNING + TERM) == ran(0)
        assert desk.resting() == before

    def test_a_late_copy_does_not_bring_the_contact_back(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        [captured] = [one for one in desk.world.memory_bus.on("submissions") if isinstance(one, LeadCaptured)]
        tick(desk, MORNING + TERM)
        before = desk.resting()
        for number, earlier in enumerate((timedelta(0), SECOND, -SECOND)):
            sent = captured.submission.model_copy(update={"occurred_at": captured.submission.occurred_at - earlier})
            copy = captured.model_copy(update={"event_id": f"copy-{number}", "submission": sent})
            assert desk.world.push("register-lead", copy).status_code == 204
            assert desk.state(lead).contact_sealed is None
            if not earlier:
                assert desk.resting() == before
        assert tick(desk, MORNING + TERM) == ran(0)

    def test_a_new_submission_brings_a_new_term(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        tick(desk, MORNING + TERM)
        assert delivered(desk, yclid="7325873983740247041") == lead
        assert desk.state(lead).contact_sealed is not None
        assert tick(desk, MORNING + 2 * TERM - SECOND) == {**ran(0), "totals_cleared": 1}
        assert tick(desk, MORNING + 2 * TERM) == ran(1)
        assert len(desk.deals_of(lead)) == 1


class TestWhatIsStillNeeded:
    def test_an_undelivered_lead_keeps_its_contact_and_a_warning_says_so(self, desk: CrmDesk) -> None:
        desk.break_next("status", path="/api/v4/leads/complex", status=400)
        refused = desk.submit("anna", **FORM)
        desk.settle()
        lost_on_its_way = registered(desk, "boris")
        assert tick(desk, MORNING + TERM) == ran(0, undelivered=2)
        warned = [entry.details for entry in desk.world.log.entries if entry.event == "contact_kept_past_term"]
        assert {(one["lead_id"], str(one["reason"]).rpartition(" is ")[2]) for one in warned} == {
            (refused, "held"),
            (lost_on_its_way, "not begun"),
        }
        desk.sync()
        assert desk.ledger()["contacts"][0]["name"] == "Анна", "what was kept reached the CRM"
        assert tick(desk, MORNING + TERM + timedelta(days=1)) == ran(1, undelivered=1)

    def test_it_holds_up_no_other(self, desk: CrmDesk) -> None:
        waiting = registered(desk, "boris")
        desk.clock.advance(minutes=1)
        through = delivered(desk)
        done = expire_contacts(desk.world.store, desk.world.runtime.policy, desk.clock.now() + TERM, most=1)
        assert (done.removed, list(done.needed)) == (1, [waiting])
        assert desk.state(through).contact_sealed is None

    def test_where_the_site_tells_the_crm_leadloop_needs_no_contact(self, desk: CrmDesk) -> None:
        """The owner gave up the mode ``keep``: contacts taken before rest for their term and no longer."""
        registered(desk, "boris")
        desk.world.runtime.policy = sokol("hash")
        assert tick(desk, MORNING + TERM - SECOND) == ran(0)
        assert tick(desk, MORNING + TERM) == ran(1)


class TestARun:
    def test_is_bounded_and_the_next_one_goes_on(self, desk: CrmDesk) -> None:
        for number in range(3):
            delivered(
                desk, f"visitor-{number}", phone=f"+7 999 000-01-0{number}", client_id=f"170000000012345678{number}"
            )
            desk.clock.advance(minutes=1)
        store, policy, now = desk.world.store, desk.world.runtime.policy, MORNING + TERM + timedelta(hours=1)
        runs = [expire_contacts(store, policy, now, most=2) for _ in range(2)]
        assert [(run.removed, run.complete) for run in runs] == [(2, False), (1, True)]

    def test_clears_the_totals_that_a_lead_has_left(self, desk: CrmDesk) -> None:
        """The form is sent again with what it lacked at first: now its source is known."""
        registered(desk, "boris")
        registered(desk, "boris", yclid="7325873983740247041")
        none, direct = desk.world.documents("daily_total")
        assert (none.key.id, none.fields["leads"]) == ("2026-09-01--none", 0)
        assert tick(desk, MORNING + timedelta(days=1)) == {**ran(0), "totals_cleared": 1}
        assert desk.world.documents("daily_total") == [direct]

    def test_at_the_same_time_as_another_does_nothing(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        desk.clock.set(MORNING + TERM)
        with lease(desk.world.store, desk.clock, "expire-contacts", "another-run", 600):
            assert tick(desk, MORNING + TERM)["outcome"] == "lease held"
        assert desk.state(lead).contact_sealed is not None

    def test_that_meets_a_new_stage_keeps_the_contact(self, desk: CrmDesk) -> None:
        """The CRM's news comes between the reading and the writing: the run reads again."""
        lead = delivered(desk)
        now = MORNING + TERM
        store = Meeting(desk.world.store, lambda: _learn(desk, lead, entered(QUALIFIED, now)))
        assert expire_contacts(store, desk.world.runtime.policy, now, most=9).removed == 0
        assert store.met
        assert desk.state(lead).contact_sealed is not None

    def test_cut_short_by_the_store_says_so(self, desk: CrmDesk) -> None:
        lead = delivered(desk)
        desk.clock.set(MORNING + TERM)
        whole = desk.world.store
        desk.world.store = Meeting(whole, refuse)
        assert desk.world.client("expire-contacts").post("/").status_code == 503
        assert desk.world.log.events("ERROR") == ["contact_expiry_interrupted"]
        desk.world.store = whole
        desk.clock.advance(hours=1)
        assert tick(desk, desk.clock.now()) == ran(1)
        assert desk.state(lead).contact_sealed is None


class Meeting:
    """A store in which something happens just before the first lead is written."""

    def __init__(self, inner: Store, happens: Callable[[], None]) -> None:
        self.inner, self.usage = inner, inner.usage
        self.happens = happens
        self.met = False

    def commit(self, writes: Sequence[Write]) -> None:
        if not self.met and any(write.key.collection == "lead" for write in writes):
            self.met = True
            self.happens()
        self.inner.commit(writes)

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return self.inner.get_many(keys)

    def query(self, query: Query, cursor: str | None = None) -> Page:
        return self.inner.query(query, cursor)

    def count(self, query: Query) -> int:
        return self.inner.count(query)


def refuse() -> None:
    raise StoreUnavailable("the disk is full")


def _learn(desk: CrmDesk, lead_id: str, fact: Fact) -> None:
    [document] = desk.world.store.get_many([Key("lead", lead_id)])
    assert document is not None
    lead = Lead.of(document).with_facts((fact,))
    desk.world.store.commit(lead_writes(desk.world.runtime.policy, lead, document.version))
