"""record-verdict at its front door: late, twice, out of order, reversed, before its lead; and where it may die."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations

import pytest

from leadloop.facts import MAX_VERDICTS
from leadloop.leads.fraud import FraudVerdict, Gate
from leadloop.leads.lead import Lead
from leadloop.leads.verdicts import recall_verdicts
from leadloop.policy import Policy
from support.form_desk import FormDesk
from support.interruptions import Crash, InterruptedStore, Interrupter
from support.lead_facts import ANNA, BORIS, after
from support.policies import ORIGIN, sokol
from support.verdict_desk import PROVIDERS, post, told, verdict_world
from support.world import World

FORM = {"phone": "8 999 000-00-03", "submission_id": "s-1", "ym_client_id": ANNA}
POLICY = sokol(fraud={"providers": PROVIDERS})


@pytest.fixture
def world() -> World:
    return verdict_world(POLICY)


def register(world: World, **fields: str) -> str:
    """A form arrives and is registered; the id of its lead."""
    with world.in_force():
        answer = world.client("capture-lead").post("/", json={**FORM, **fields}, headers={"Origin": ORIGIN})
        world.settle(only=frozenset({"register-lead"}))
    lead_id = str((answer.json or {})["lead_id"])
    recall_verdicts(world.store, world.runtime.policy, lead_id)
    return lead_id


def hear(world: World, *bodies: Mapping[str, object], first: int = 1) -> None:
    """Signed verdicts arrive, each as an event of its own."""
    with world.in_force():
        for number, body in enumerate(bodies, first):
            assert post(world, body, f"msg_{number}").status_code == 200
        world.settle(only=frozenset({"record-verdict"}))


def gate(world: World, lead_id: str) -> FraudVerdict:
    [document] = [one for one in world.documents("lead") if one.key.id == lead_id]
    return Lead.of(document).state(world.runtime.policy).fraud


def repeated_by(world: World, lead_id: str) -> str | None:
    """The lead that this one repeats, by what rests."""
    [document] = [one for one in world.documents("lead") if one.key.id == lead_id]
    return Lead.of(document).circumstances.repeats


def rules(world: World) -> list[str]:
    return sorted(str(one.fields["rule"]) for one in world.documents("outcome") if one.fields["kind"] == "verdict")


class TestAVerdict:
    @pytest.mark.parametrize("subject", ["lead_id", "submission_id", "client_id"])
    def test_reaches_the_lead_by_any_id_it_is_known_by(self, world: World, subject: str) -> None:
        lead_id = register(world)
        known = {"lead_id": lead_id.upper(), "submission_id": "s-1", "client_id": ANNA}
        hear(world, {**told(), "subject": {subject: known[subject]}})
        assert gate(world, lead_id).verdict.rule == "fraud.outside_fraud"
        assert rules(world) == ["verdict.told"]

    def test_reaches_every_lead_of_its_subject_and_no_other(self, world: World) -> None:
        first = register(world)
        second = register(world, submission_id="s-2", phone="8 999 000-00-04")
        other = register(world, submission_id="s-3", phone="8 999 000-00-05", ym_client_id=BORIS)
        hear(world, told(client_id=ANNA))
        assert [gate(world, one).gate for one in (first, second, other)] == [Gate.FRAUD, Gate.FRAUD, Gate.OPEN]

    def test_of_fraud_on_the_first_lead_of_a_person_makes_the_second_no_duplicate(self, world: World) -> None:
        first = register(world)
        world.clock.advance(days=2)
        second = register(world, submission_id="s-2", ym_client_id=BORIS)
        assert repeated_by(world, second) == first
        hear(world, told(client_id=ANNA))
        assert repeated_by(world, second) is None

    def test_before_its_lead_waits_for_it(self, world: World) -> None:
        hear(world, told(client_id=ANNA))
        assert rules(world) == ["verdict.no_lead_yet"]
        assert gate(world, register(world)).gate is Gate.FRAUD

    def test_waits_no_longer_than_services_correct_themselves(self, world: World) -> None:
        hear(world, told(client_id=ANNA))
        assert str(world.the("verdict").fields["expires_at"])[:10] == "2026-11-25"

    def test_sent_twice_is_heard_once(self, world: World) -> None:
        lead_id = register(world)
        hear(world, told(client_id=ANNA), told(client_id=ANNA))
        before = world.documents("lead")
        hear(world, told(client_id=ANNA), first=3)
        assert rules(world) == ["verdict.repeated", "verdict.repeated", "verdict.told"]
        assert world.documents("lead") == before
        assert gate(world, lead_id).gate is Gate.FRAUD

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_late_and_out_of_order_and_reversed_is_believed_by_its_time(
        self, world: World, order: tuple[int, ...]
    ) -> None:
        words = [
            told("fraud", after(days=1), client_id=ANNA, verdict_id="v"),
            told("suspicious", after(days=2), submission_id="s-1", verdict_id="v"),
            told("clean", after(days=3), client_id=ANNA, verdict_id="v"),
        ]
        hear(world, words[order[0]])
        lead_id = register(world, website="filled by a bot")
        hear(world, *(words[place] for place in order[1:]), first=2)
        assert gate(world, lead_id).verdict.rule == "fraud.outside_clean"

    def test_said_day_after_day_by_services_that_never_stop_leaves_room_for_the_deal(self, world: World) -> None:
        words = [
            told(verdict, after(hours=hour), client_id=ANNA, reason=f"check {hour}", provider=provider)
            for hour in range(MAX_VERDICTS + 5)
            for provider, verdict in (("own-scoring", "suspicious"), ("adjust", "fraud"))
        ]
        hear(world, *words[:12])
        lead_id = register(world)
        hear(world, *words[12:], told("clean", after(days=30), client_id=ANNA), first=13)
        [lead] = [Lead.of(one) for one in world.documents("lead")]
        assert sum(fact.kind == "verdict_received" for fact in lead.facts) == 2 * MAX_VERDICTS
        assert gate(world, lead_id).gate is Gate.OPEN, "the latest word is believed"
        later = register(world, submission_id="s-2", phone="8 999 000-00-04")
        others = [Lead.of(one) for one in world.documents("lead") if one.key.id == later]
        heard = [{fact.id for fact in one.facts if fact.kind == "verdict_received"} for one in (lead, *others)]
        assert heard[0] == heard[1], "it makes no difference whether lead or verdicts came first"

    def test_on_another_topic_by_mistake_is_quarantined(self, world: World) -> None:
        with world.in_force():
            assert world.push("record-verdict", FormDesk().captured(FORM)).status_code == 204
        assert "correct the topic" in str(world.the("quarantine").fields["reason"])

    def test_that_says_nothing_is_quarantined_and_counted(self, world: World) -> None:
        hear(world, {"verdict": "maybe"}, {"verdict": "maybe"})
        assert [one.fields["kind"] for one in world.documents("quarantine")] == ["verdict", "verdict"]
        assert rules(world) == ["verdict.unreadable", "verdict.unreadable"]
        assert world.log.events("WARNING") == ["verdict_quarantined", "verdict_quarantined"]

    def test_on_more_leads_than_anybody_has_says_so(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("leadloop.leads.verdicts.MOST_LEADS", 1)
        register(world)
        register(world, submission_id="s-2", phone="8 999 000-00-04")
        hear(world, told(client_id=ANNA))
        [ended] = [one for one in world.documents("outcome") if one.fields["kind"] == "verdict"]
        assert "there are more, which were left out" in str(ended.fields["reason"])


class TestRecalling:
    def reads_of(self, world: World, lead_id: str) -> int:
        before = world.store.usage.reads
        recall_verdicts(world.store, world.runtime.policy, lead_id)
        return world.store.usage.reads - before

    def test_costs_nothing_where_no_service_is_named(self) -> None:
        world = World()
        assert self.reads_of(world, register(world)) == 0

    def test_reads_the_lead_and_its_ids_and_writes_nothing_when_there_is_nothing(self, world: World) -> None:
        lead_id = register(world)
        writes = world.store.usage.writes
        assert self.reads_of(world, lead_id) <= 4
        assert world.store.usage.writes == writes

    def test_a_lead_that_is_not_there_is_no_mistake(self, world: World) -> None:
        assert recall_verdicts(world.store, POLICY, "nobody") is None


class Way:
    """A lead and a verdict on it on their way, and a process that dies at one moment."""

    def __init__(self, policy: Policy, moment: int | None) -> None:
        self.world = verdict_world(policy)
        self.store = self.world.store
        register(self.world)
        self.interrupter = Interrupter.crash(moment)
        self.world.store = InterruptedStore(self.store, self.interrupter)

    def walk(self) -> None:
        with self.world.in_force():
            assert post(self.world, told(client_id=ANNA)).status_code == 200
            [message] = self.world.memory_bus.on("verdicts")
            for deliver in [lambda: self.world.push("record-verdict", message)] * 2:
                self.until_done(lambda once=deliver: self.acknowledged(once().status_code))  # type: ignore[misc]

    def until_done(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Crash:
            self.world.store = self.store
            step()

    def acknowledged(self, status: int) -> None:
        assert status == 204


def test_dying_at_any_moment_loses_no_verdict_and_doubles_none() -> None:
    undisturbed = Way(POLICY, None)
    undisturbed.walk()
    for moment in range(undisturbed.interrupter.passed):
        way = Way(POLICY, moment)
        way.walk()
        way.world.store = way.store
        assert [fact.kind == "verdict_received" for fact in Lead.of(way.world.the("lead")).facts].count(True) == 1
        assert rules(way.world) == ["verdict.told"], f"at moment {moment}"
        assert way.world.totals("leads") == 1
    assert undisturbed.interrupter.passed > 8
