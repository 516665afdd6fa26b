"""The fraud gate: which signs hold a lead, whose word releases it, and that no order of arrival matters."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact
from leadloop.leads import facts_of
from leadloop.leads.circumstances import Circumstances
from leadloop.leads.fold import fold
from leadloop.leads.fraud import FraudVerdict, Gate
from leadloop.messages import BotSigns, VerdictReceived
from leadloop.policy import Policy
from support.lead_facts import after, called, entered, joined, linked, submitted
from support.policies import LOST, MEETING, QUALIFIED, sokol
from support.settable_clock import MORNING

POLICY = sokol(fraud={"providers": {"adjust": {}, "own": {"reasons": {"Robot": "fraud", "Fine": "clean"}}}})
HELD = submitted(bot_signs=BotSigns(honeypot_filled=True))
HONEST = submitted(bot_signs=BotSigns(fill_seconds=40))


def said(
    verdict: str = "unknown", reason: str = "", at: datetime = MORNING, provider: str = "own", id_: str = ""
) -> Fact:
    """An antifraud service's word."""
    told = {"provider": provider, "verdict": verdict, "reason": reason, "detected_at": at, "verdict_id": id_}
    received = {"event_id": "e", "received_at": after(days=30), "subject": {"lead_id": "anna"}}
    return facts_of.outside_verdict(VerdictReceived.model_validate({**told, **received}))


def lost_for(loss_reason: str, at: datetime) -> list[Fact]:
    """Sales lost the deal for a reason of the CRM."""
    seen = facts_of.deal_view("amocrm", "1", {"loss_reason": loss_reason}, at)
    return [linked(), entered(LOST, at), seen]


def gate(*facts: Fact, policy: Policy = POLICY, velocity: dict[str, int] | None = None) -> FraudVerdict:
    return fold(policy, joined(facts), Circumstances(velocity=velocity or {})).fraud


@pytest.mark.parametrize(
    ("signs", "velocity", "score", "passes"),
    [
        ({}, {}, 0, True),
        ({"fill_seconds": 3}, {}, 0, True),
        ({"fill_seconds": 2.9}, {}, 60, True),
        ({"fill_seconds": 0}, {}, 60, True),
        ({"fill_seconds": None}, {}, 0, True),
        ({"fill_seconds": 1_000_000, "automation": True, "phone_pattern": True}, {}, 100, False),
        ({"automation": True}, {}, 60, True),
        ({"foreign_origin": True}, {}, 30, True),
        ({"phone_pattern": True}, {}, 40, True),
        ({"honeypot_filled": True}, {}, 100, False),
        ({"foreign_origin": True, "phone_pattern": True}, {}, 70, True),
        ({"fill_seconds": 1, "phone_pattern": True}, {}, 100, False),
        ({"fill_seconds": 1, "automation": True}, {}, 120, False),
        ({}, {"client_id": 2, "device": 3, "network": 9, "phone_block": 1}, 0, True),
        ({}, {"client_id": 3}, 50, True),
        ({}, {"client_id": 5}, 50, True),
        ({}, {"client_id": 6}, 100, False),
        ({}, {"device": 8}, 100, False),
        ({}, {"network": 19}, 50, True),
        ({}, {"network": 20}, 100, False),
        ({}, {"phone_block": 18}, 0, True),
        ({}, {"client_id": 3, "device": 4, "network": 10}, 50, True),
        ({"automation": True}, {"device": 4}, 110, False),
    ],
)
def test_signs_add_up(signs: dict[str, object], velocity: dict[str, int], score: int, passes: bool) -> None:
    found = gate(submitted(bot_signs=BotSigns.model_validate(signs)), velocity=velocity)
    assert (found.score, found.gate is Gate.OPEN, found.verdict.ok) == (score, passes, passes)
    assert found.gate in (Gate.OPEN, Gate.HELD)


def test_a_single_sign_but_the_hidden_field_holds_nobody() -> None:
    weights = POLICY.fraud.weights.model_dump()
    assert [name for name, weight in weights.items() if weight >= POLICY.fraud.hold_from] == ["honeypot"]


def test_the_reason_names_the_signs_with_their_weights() -> None:
    found = gate(submitted(bot_signs=BotSigns(fill_seconds=1, automation=True)), velocity={"client_id": 3})
    assert found.signs == ("automation 60", "too_fast 60", "velocity.client_id 50")
    assert found.verdict.reason == "signs of a bot weigh 170 of 100: automation 60, too_fast 60, velocity.client_id 50"


def test_weights_and_thresholds_are_the_policys() -> None:
    lenient = sokol(fraud={"weights": {"honeypot": 0}, "hold_from": 30, "too_fast": "1s"})
    assert gate(submitted(bot_signs=BotSigns(honeypot_filled=True, fill_seconds=2)), policy=lenient).signs == ()
    assert gate(submitted(bot_signs=BotSigns(foreign_origin=True)), policy=lenient).gate is Gate.HELD


class TestCalls:
    @pytest.mark.parametrize(
        ("calls", "is_short"),
        [
            ([], False),
            ([called(1)], True),
            ([called(4)], True),
            ([called(5)], False),
            ([called(0)], False),
            ([called(None)], False),
            ([called(0), called(3, deal="2")], True),
            ([called(3), called(40, deal="2")], False),
            ([called(3), called(40, after(hours=1))], False),
            ([called(40, after(hours=1)), called(3, after(hours=2))], True),
            ([called(3), called(None, after(hours=1))], False),
        ],
    )
    def test_are_a_sign_when_somebody_answered_and_none_was_a_talk(self, calls: list[Fact], is_short: bool) -> None:
        assert gate(HONEST, linked(), *calls).signs == (("short_call 40",) if is_short else ())

    def test_hold_nobody_alone_but_with_another_sign(self) -> None:
        too_fast = submitted(bot_signs=BotSigns(fill_seconds=1))
        assert gate(HONEST, linked(), called(2)).gate is Gate.OPEN
        assert gate(too_fast, linked(), called(2)).gate is Gate.HELD

    def test_are_as_short_as_the_policy_says(self) -> None:
        patient = sokol(fraud={"short_call": "1m", "weights": {"short_call": 100}})
        assert gate(HONEST, linked(), called(59), policy=patient).gate is Gate.HELD
        assert gate(HONEST, linked(), called(60), policy=patient).gate is Gate.OPEN
        assert gate(HONEST, linked(), called(59), policy=sokol(fraud={"short_call": "0s"})).signs == ()


class TestTheEndOfAHold:
    def test_is_for_a_person_to_say(self) -> None:
        assert gate(HELD).until is None

    def test_comes_by_itself_if_the_policy_lets_it(self) -> None:
        released = sokol(fraud={"at_hold_end": "release"})
        assert gate(HELD, policy=released).until == MORNING + timedelta(days=18)
        assert gate(HONEST, policy=released).until is None

    def test_turns_what_is_held_into_released_at_that_instant_and_not_before(self) -> None:
        found = gate(HELD, policy=sokol(fraud={"at_hold_end": "release"}))
        [before, at] = [found.as_of(after(days=18, seconds=seconds)) for seconds in (-1, 0)]
        assert (before, before.gate) == (found, Gate.HELD)
        assert (at.gate, at.verdict.ok, at.verdict.rule) == (Gate.RELEASED, True, "fraud.hold_ended")
        assert "nobody decided about it by 2026-09-19T" in at.verdict.reason
        assert "honeypot 100" in at.verdict.reason

    @pytest.mark.parametrize(
        "facts",
        [(HONEST,), (HELD, said("fraud")), (HELD, said("clean", at=after(days=20))), (HELD, *lost_for("903", after()))],
        ids=["open", "fraud", "cleared", "sales"],
    )
    def test_is_no_end_of_anything_else(self, facts: tuple[Fact, ...]) -> None:
        policy = sokol(
            fraud={"at_hold_end": "release", "providers": {"own": {}}},
            disqualification={"reasons": {"bot": {"loss_reasons": [903], "fraud": True}}},
        )
        found = gate(*facts, policy=policy)
        assert found.as_of(after(days=99)) == found

    def test_is_none_where_the_policy_keeps_it(self) -> None:
        assert gate(HELD).as_of(after(days=999)).gate is Gate.HELD


class TestOutsideServices:
    @pytest.mark.parametrize(
        ("verdict", "reason", "provider", "expected"),
        [
            ("fraud", "", "own", Gate.FRAUD),
            ("fraud", "robot", "own", Gate.FRAUD),
            ("unknown", "ROBOT", "own", Gate.FRAUD),
            ("fraud", "fine", "own", Gate.OPEN),
            ("unknown", "", "own", Gate.OPEN),
            ("stolen_attribution", "", "own", Gate.OPEN),
            ("stolen_attribution", "never heard of", "own", Gate.OPEN),
            ("fraud", "engagement_injection", "adjust", Gate.OPEN),
            ("fraud", "anonymous_traffic", "adjust", Gate.FRAUD),
            ("fraud", "", "nobody", Gate.FRAUD),
        ],
    )
    def test_mean_what_their_reasons_mean(self, verdict: str, reason: str, provider: str, expected: Gate) -> None:
        assert gate(HONEST, said(verdict, reason, provider=provider)).gate is expected

    @pytest.mark.parametrize("verdict", ["fraud", "suspicious", "unknown"])
    def test_with_a_reason_that_nobody_gave_a_meaning_are_suspicious(self, verdict: str) -> None:
        found = gate(HONEST, said(verdict, "brand new reason"))
        assert (found.gate, found.signs) == (Gate.OPEN, ("suspicious 60",))
        too_fast = submitted(bot_signs=BotSigns(fill_seconds=1))
        assert gate(too_fast, said(verdict, "brand new reason")).gate is Gate.HELD

    def test_that_say_nothing_do_not_clear_anybody(self) -> None:
        assert gate(HELD, said("unknown")).gate is Gate.HELD
        assert gate(HELD, said("fraud"), said("unknown", at=after(days=1))).gate is Gate.FRAUD

    def test_are_believed_by_their_latest_word(self) -> None:
        accused, cleared = said("fraud", at=after(days=1)), said("clean", at=after(days=3))
        assert gate(HELD, accused).gate is Gate.FRAUD
        assert gate(HELD, accused, cleared).gate is Gate.RELEASED
        assert gate(HONEST, accused, cleared).gate is Gate.OPEN
        assert gate(HELD, cleared, said("fraud", at=after(days=5))).gate is Gate.FRAUD

    def test_of_two_at_once_the_graver_is_believed(self) -> None:
        assert gate(HELD, said("clean"), said("fraud", provider="adjust")).gate is Gate.FRAUD

    def test_a_reversal_under_the_same_id_is_another_fact(self) -> None:
        accused, cleared = said("fraud", id_="v1"), said("clean", at=after(days=1), id_="v1")
        assert accused.id != cleared.id
        assert accused.id == said("fraud", id_="v1").id


class TestPeople:
    POLICY = sokol(
        fraud={"providers": {"own": {}}},
        qualification={"profile": "cold"},
        disqualification={
            "reasons": {"bot": {"loss_reasons": ["77"], "fraud": True}, "too_expensive": {"loss_reasons": ["78"]}}
        },
    )

    def gate(self, *facts: Fact) -> FraudVerdict:
        return gate(*facts, policy=self.POLICY)

    def test_release_whom_signs_or_a_service_stopped(self) -> None:
        released = facts_of.release(after(days=1))
        assert self.gate(HELD, released).verdict.rule == "fraud.released_by_hand"
        assert self.gate(HONEST, said("fraud", at=after(days=2)), released).gate is Gate.RELEASED
        assert self.gate(HONEST, released).gate is Gate.OPEN

    def test_of_sales_release_by_qualifying(self) -> None:
        found = self.gate(HELD, linked(), entered(QUALIFIED, after(days=1)))
        assert (found.gate, found.verdict.rule) == (Gate.RELEASED, "fraud.released_by_sales")
        assert (found.score, found.is_stopped) == (100, True)
        assert self.gate(HELD, linked(), entered(MEETING, after(days=1))).gate is Gate.HELD

    def test_of_sales_who_lose_it_as_fraud_are_believed(self) -> None:
        found = self.gate(HONEST, *lost_for("77", after(days=2)))
        assert (found.gate, found.verdict.rule) == (Gate.FRAUD, "fraud.loss_reason")
        assert not found.is_stopped

    def test_who_lose_a_human_tell_of_no_fraud(self) -> None:
        assert self.gate(HONEST, *lost_for("78", after(days=2))).gate is Gate.OPEN
        assert self.gate(HELD, *lost_for("78", after(days=2))).gate is Gate.HELD

    @pytest.mark.parametrize(("days", "expected"), [(1, Gate.FRAUD), (3, Gate.RELEASED)])
    def test_are_believed_by_their_later_word(self, days: int, expected: Gate) -> None:
        assert self.gate(HELD, *lost_for("77", after(days=2)), facts_of.release(after(days=days))).gate is expected


_WORDS = st.builds(
    said,
    verdict=st.sampled_from(["fraud", "suspicious", "clean", "unknown", "stolen_attribution"]),
    reason=st.sampled_from(["", "robot", "new"]),
    at=st.sampled_from([MORNING, after(days=1), after(days=2)]),
    provider=st.sampled_from(["own", "adjust"]),
)
_RELEASES = st.builds(facts_of.release, st.sampled_from([after(hours=1), after(days=2)]))
_STAGES = st.builds(entered, st.sampled_from([QUALIFIED, MEETING, LOST]), st.sampled_from([MORNING, after(days=1)]))
_FORMS = st.builds(
    submitted,
    bot_signs=st.builds(BotSigns, honeypot_filled=st.booleans(), fill_seconds=st.sampled_from([None, 1.0, 30.0])),
)


_CALLS = st.builds(called, st.sampled_from([None, 0, 3, 90]), st.sampled_from([MORNING, after(days=1)]))


@given(st.lists(st.one_of(_WORDS, _RELEASES, _STAGES, _FORMS, _CALLS), max_size=8), st.data())
def test_no_order_of_arrival_decides(facts: list[Fact], data: st.DataObject) -> None:
    arriving = data.draw(st.permutations([*facts, *facts[:2]]))
    gathered: tuple[Fact, ...] = ()
    for fact in arriving:
        gathered = joined((*gathered, fact))
    assert gate(*gathered) == gate(*facts)


def test_where_a_form_was_sent_from_makes_no_other_fact_of_it() -> None:
    first = submitted(network="n1", device="d1", bot_signs=BotSigns(automation=True))
    assert first.id == submitted(network="n2", device="d2").id == submitted().id
