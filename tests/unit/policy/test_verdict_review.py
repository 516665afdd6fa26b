"""Rules of duplicates and fraud that can never do anything, found before they are relied upon."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.facts import Fact
from leadloop.leads.circumstances import Circumstances
from leadloop.leads.fold import fold
from leadloop.leads.velocity import MOST_COUNTED
from leadloop.messages import BotSigns
from leadloop.policy.findings import Finding, Level
from leadloop.policy.review import review
from leadloop.policy.verdict_review import heaviest
from support.lead_facts import called, joined, linked, submitted
from support.policies import sokol
from unit.leads.test_fraud import said

OWN: dict[str, object] = {"own": {}}
CALLS: dict[str, object] = {"fields": {"call_seconds": "860007"}}
MOST = 100 + 60 + 60 + 30 + 40 + 50 * (MOST_COUNTED // 3)
"""By the standard weights: each sign once, and the ClientID six times over."""


def found(mode: str = "hash", **sections: object) -> dict[str, Finding]:
    """Rule → finding, of those that this page is about."""
    told = review(sokol(mode, **sections))
    return {one.rule: one for one in told if one.path.startswith(("fraud", "duplicates", "defaults", "goals.bots"))}


def test_the_standard_is_no_nonsense() -> None:
    assert found() == {}
    assert found("none") == {}


@pytest.mark.parametrize(
    ("fraud", "most"),
    [
        ({"hold_from": 1_000_000}, MOST),
        ({"hold_from": MOST + 1}, MOST),
        ({"hold_from": MOST + 61, "providers": OWN}, MOST + 60),
        ({"hold_from": MOST, "too_fast": "0s"}, MOST - 60),
        ({"hold_from": MOST, "period": "0s"}, MOST - 300),
        ({"weights": dict.fromkeys(("honeypot", "automation", "too_fast", "velocity"), 0)}, 70),
    ],
    ids=["a million", "one above", "with a service", "no haste", "no crowd", "light weights"],
)
def test_a_threshold_that_no_sum_reaches(fraud: dict[str, Any], most: int) -> None:
    told = found(fraud=fraud)["fraud.hold_from_unreachable"]
    assert (told.level, told.path) == (Level.WARNING, "fraud.hold_from")
    assert f"weigh {most} at most" in told.text


def test_a_threshold_that_is_just_reached() -> None:
    assert "fraud.hold_from_unreachable" not in found(fraud={"hold_from": MOST})
    assert "fraud.hold_from_unreachable" not in found(fraud={"hold_from": MOST + 60, "providers": OWN})


@pytest.mark.parametrize(("short_call", "most"), [("2s", MOST + 40), ("1s", MOST), ("0s", MOST)])
def test_a_call_weighs_where_its_length_is_read_and_some_call_is_shorter(short_call: str, most: int) -> None:
    fraud = {"hold_from": 1_000_000, "short_call": short_call}
    assert f"weigh {most} at most" in found(crm=CALLS, fraud=fraud)["fraud.hold_from_unreachable"].text
    assert f"weigh {MOST} at most" in found(fraud=fraud)["fraud.hold_from_unreachable"].text


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.integers(0, 70) for name in ("honeypot", "velocity", "phone_block", "short_call")},
    ),
    st.fixed_dictionaries({}, optional={name: st.integers(1, 25) for name in ("client_id", "network", "phone_block")}),
)
def test_what_is_called_the_most_is_what_the_worst_lead_weighs(
    weights: dict[str, int], velocity: dict[str, int]
) -> None:
    policy = sokol(crm=CALLS, fraud={"weights": weights, "velocity": velocity, "providers": OWN})
    signs = BotSigns(honeypot_filled=True, fill_seconds=0, automation=True, foreign_origin=True, phone_pattern=True)
    worst: list[Fact] = [submitted(bot_signs=signs), said("suspicious"), linked(), called(1)]
    crowds = dict.fromkeys(("client_id", "device", "network", "phone_block"), MOST_COUNTED)
    assert fold(policy, joined(worst), Circumstances(velocity=crowds)).fraud.score == heaviest(policy)


@pytest.mark.parametrize(
    ("fraud", "rule", "path"),
    [
        ({"velocity": {"network": 21}}, "fraud.velocity_unreachable", "fraud.velocity.network"),
        (
            {"velocity": {"phone_block": 21}, "weights": {"phone_block": 50}},
            "fraud.velocity_unreachable",
            "fraud.velocity.phone_block",
        ),
        ({"too_fast": "0s"}, "fraud.too_fast_never", "fraud.too_fast"),
        ({"period": "0s"}, "fraud.period_never", "fraud.period"),
        ({"phone_period": "0s", "weights": {"phone_block": 1}}, "fraud.period_never", "fraud.phone_period"),
    ],
)
def test_a_sign_that_is_never_seen(fraud: dict[str, Any], rule: str, path: str) -> None:
    told = found(fraud=fraud)
    assert told.keys() == {rule}
    assert (told[rule].level, told[rule].path) == (Level.WARNING, path)


@pytest.mark.parametrize(
    "fraud",
    [
        {"velocity": {"network": 20}},
        {"too_fast": "0s", "weights": {"too_fast": 0}},
        {"period": "0s", "weights": {"velocity": 0}},
        {"phone_period": "0s"},
        {"weights": {"velocity": 0, "too_fast": 0, "suspicious": 0}},
        {"weights": {"suspicious": 10}, "providers": OWN},
        {"velocity": {"phone_block": 3}, "phone_period": "2d", "weights": {"phone_block": 50}},
    ],
)
def test_what_is_left_out_or_just_reached_is_not_remarked(fraud: dict[str, Any]) -> None:
    assert found(fraud=fraud) == {}


@pytest.mark.parametrize(
    ("fraud", "path"),
    [
        ({"velocity": {"phone_block": 3}}, "fraud.velocity.phone_block"),
        ({"phone_period": "2d"}, "fraud.phone_period"),
        ({"velocity": {"network": 21}, "weights": {"velocity": 0}}, "fraud.velocity.network"),
        ({"period": "2h", "weights": {"velocity": 0}}, "fraud.period"),
        ({"too_fast": "5s", "weights": {"too_fast": 0}}, "fraud.too_fast"),
    ],
)
def test_a_number_of_a_sign_that_weighs_nothing(fraud: dict[str, Any], path: str) -> None:
    told = found(fraud=fraud)
    assert [(one.level, one.rule, one.path) for one in told.values()] == [(Level.NOTE, "fraud.weighs_nothing", path)]


@pytest.mark.parametrize("written", [{"short_call": "8s"}, {"weights": {"short_call": 100}}])
def test_a_call_whose_length_nobody_reads_is_no_sign(written: dict[str, Any]) -> None:
    [told] = found(fraud=written).values()
    assert (told.level, told.rule) == (Level.WARNING, "fraud.calls_not_read")
    assert found(crm=CALLS, fraud=written) == {}


def test_a_service_that_is_not_there_finds_nobody_suspicious() -> None:
    told = found(fraud={"weights": {"suspicious": 80}})
    assert [(one.level, one.path) for one in told.values()] == [(Level.WARNING, "fraud.weights.suspicious")]
    assert told.keys() == {"fraud.suspicious_never"}


def test_without_contacts_no_phone_is_seen_and_no_network() -> None:
    for section, name in (("weights", "phone_block"), ("weights", "phone_pattern"), ("velocity", "network")):
        told = found("none", fraud={section: {name: 15}})
        assert [(one.rule, one.path) for one in told.values()] == [("fraud.never_known", f"fraud.{section}.{name}")]
        assert "fraud.never_known" not in found("hash", fraud={section: {name: 15}})
    assert found("none", fraud={"weights": {"phone_pattern": 0}}) == {}
    only_crowds = dict.fromkeys(("honeypot", "too_fast", "automation", "foreign_origin"), 0)
    told = found("none", fraud={"weights": only_crowds, "velocity": {"client_id": 21, "device": 1}})
    assert "weigh 0 at most" in told["fraud.hold_from_unreachable"].text, (
        "40 of a phone, and devices, would not be known"
    )


@pytest.mark.parametrize(("ends", "is_late"), [("18d", False), ("20d", False), ("21d", True), ("30d", True)])
def test_who_is_let_through_when_it_links_no_more(ends: str, is_late: bool) -> None:
    late = {"fraud_hold_ends": ends}
    assert ("defaults.fraud_hold_ends_too_late" in found(defaults=late, fraud={"at_hold_end": "release"})) is is_late
    assert found(defaults={"fraud_hold_ends": ends}) == {}, "kept back, nobody is let through"


def test_a_goal_on_fraud_that_nobody_calls_so() -> None:
    goals = {"bots": {"on": "fraud"}, "sold": {"on": "stage", "stage": "sold", "value": "price"}}
    assert found(goals=goals)["goals.fraud_never_found"].path == "goals.bots.on"
    assert found(goals=goals, fraud={"providers": OWN}) == {}
    by_sales = {"reasons": {"bot": {"loss_reasons": [77], "fraud": True}}}
    assert found(goals=goals, disqualification=by_sales) == {}


@pytest.mark.parametrize(("window", "is_short"), [("30m", True), ("1h", True), ("2h", False), ("1 months", False)])
def test_a_window_within_the_hour_that_is_one_lead_anyway(window: str, is_short: bool) -> None:
    assert ("duplicates.window_within_repeat" in found(duplicates={"window": window})) is is_short


def test_keys_that_this_mode_of_contacts_makes_none_of() -> None:
    assert found("none", duplicates={"keys": ["phone", "email"]})["duplicates.keys_unknown"].path == "duplicates.keys"
    assert found("none", duplicates={"keys": ["phone", "client_id"]}) == {}
    assert found("hash", duplicates={"keys": ["phone", "email"]}) == {}


def test_clients_whom_no_stage_makes() -> None:
    for idle in ({"within": "12 months"}, {"left": ["lost"]}):
        told = found(duplicates={"clients": idle})
        assert told["duplicates.clients_without_stages"].path == "duplicates.clients"
    assert found(duplicates={"clients": {"stages": ["sold"], "within": "12 months"}}) == {}
