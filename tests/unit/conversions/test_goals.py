"""Which conversions a lead's facts amount to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadloop.conversions.goals import Conversion, derive
from leadloop.facts import Fact
from leadloop.leads.state import Money
from leadloop.policy import Policy
from support.lead_facts import ANNA, POLICY, after, entered, linked, observed, priced, state_of, submitted, visited
from support.policies import LOST, QUALIFIED, WON, sokol
from support.settable_clock import MORNING

NOON = after(hours=3)
WINDOW = timedelta(days=21) - timedelta(hours=3)


def derived(*facts: Fact, policy: Policy = POLICY, **ownership: bool) -> dict[str, Conversion]:
    owned = {f"amocrm-lead-{deal.removeprefix('deal_')}": owns for deal, owns in ownership.items()}
    return derive(policy, state_of(*facts, policy=policy), owned)


def selling(value: object, **goal: object) -> Policy:
    return sokol(goals={"flat_sold": {"on": "stage", "stage": "sold", "value": value, **goal}})


class TestReceived:
    def test_a_lead_from_the_site_is_received_when_it_was_submitted(self) -> None:
        assert derived(submitted(NOON, client_id=ANNA)) == {
            "lead_received": Conversion("lead_received", "lead_received", NOON, None, NOON, NOON + WINDOW, None)
        }

    def test_a_deal_without_a_form_was_never_received(self) -> None:
        assert set(derived(linked(), entered(QUALIFIED))) == {"lead_qualified"}

    def test_a_form_after_the_deal_is_received_at_the_form(self) -> None:
        assert derived(linked(at=MORNING), submitted(NOON))["lead_received"].occurred_at == NOON

    def test_a_repeat_is_not_received_again(self) -> None:
        state = state_of(submitted(), linked(), entered(QUALIFIED))
        assert set(derive(POLICY, state, {}, repeat_of="boris")) == {"lead_qualified"}


class TestStages:
    def test_a_stage_counts_from_the_vendors_time_on_its_deal(self) -> None:
        qualified = derived(submitted(), linked("7"), entered(QUALIFIED, NOON, "7"))["lead_qualified"]
        assert (qualified.occurred_at, qualified.crm_ref) == (NOON, "amocrm-lead-7")

    def test_a_stage_no_goal_asks_for_is_no_conversion(self) -> None:
        assert set(derived(linked(), entered(LOST))) == set()

    def test_somebody_elses_deal_gives_nothing_and_an_own_or_unclaimed_one_does(self) -> None:
        facts = (submitted(), linked("7"), entered(QUALIFIED, NOON, "7"))
        assert set(derived(*facts, deal_7=False)) == {"lead_received"}
        assert set(derived(*facts, deal_7=True)) == {"lead_received", "lead_qualified"}
        assert set(derived(*facts, deal_8=False)) == {"lead_received", "lead_qualified"}

    def test_a_target_of_its_own_replaces_the_goals_name(self) -> None:
        assert derived(linked(), entered(WON), policy=selling("none", target="SALE"))["flat_sold"].target == "SALE"


class TestValue:
    @pytest.mark.parametrize(
        ("value", "prices", "sent"),
        [
            ("none", [900], None),
            ("price", [900], Money(900, "RUB")),
            ("price", [900, 1500], Money(1500, "RUB")),
            ("price", [], None),
            ("price", [0], None),
            ("price", [900, 0], None),
            (500, [900], Money(50_000, "RUB")),
            (0, [900], Money(0, "RUB")),
        ],
    )
    def test_a_goal_sends_what_the_policy_says(self, value: object, prices: list[int], sent: Money | None) -> None:
        observed_prices = [priced(amount, after(hours=hours)) for hours, amount in enumerate(prices)]
        assert derived(linked(), entered(WON), *observed_prices, policy=selling(value))["flat_sold"].value == sent


class TestTimes:
    @pytest.mark.parametrize(
        ("goal", "settled"),
        [
            ({"value": "price"}, 30),
            ({"value": "none"}, 0),
            ({"value": 500}, 0),
            ({"value": "price", "settle": "2h"}, 120),
        ],
    )
    def test_a_price_is_given_time_to_be_filled_in(self, goal: dict[str, object], settled: int) -> None:
        sold = derived(linked(), entered(WON, NOON), policy=selling(**goal))["flat_sold"]
        assert sold.due_at == NOON + timedelta(minutes=settled)

    @pytest.mark.parametrize(
        ("visits", "counted_from"),
        [
            ([MORNING], MORNING),
            ([MORNING, after(days=2)], after(days=2)),
            ([after(days=9)], after(days=5)),
            ([], after(days=5)),
        ],
        ids=["the visit", "the last visit", "a visit after it does not count", "no visit known"],
    )
    def test_the_deadline_runs_from_the_last_visit_before(self, visits: list[datetime], counted_from: datetime) -> None:
        facts = [submitted(at, form=str(at), client_id=ANNA) for at in visits]
        sold = derived(*facts, linked(), entered(WON, after(days=5)))["flat_sold"]
        assert sold.deadline == counted_from + WINDOW

    @pytest.mark.parametrize(
        ("days", "counted_from"),
        [([3], 3), ([3, 4], 4), ([5], 5), ([4, 9], 4), ([6, 9], 0)],
        ids=["came back", "came back twice", "in that moment", "and once more later", "only later"],
    )
    def test_a_return_before_it_extends_the_deadline_and_one_after_it_does_not(
        self, days: list[int], counted_from: int
    ) -> None:
        facts = [submitted(client_id=ANNA), linked(), entered(WON, after(days=5))]
        sold = derived(*facts, *(visited(after(days=day)) for day in days))["flat_sold"]
        assert sold.deadline == after(days=counted_from) + WINDOW

    def test_a_return_changes_no_conversion_that_was_reached_before(self) -> None:
        facts = [submitted(client_id=ANNA), linked(), entered(QUALIFIED, after(days=1))]
        before, later = derived(*facts), derived(*facts, visited(after(days=7)))
        assert before == later

    def test_an_id_in_the_crm_is_no_visit(self) -> None:
        sold = derived(linked(), observed(at=MORNING, client_id=ANNA), entered(WON, NOON))["flat_sold"]
        assert sold.deadline == NOON + WINDOW


def test_a_lead_of_which_nothing_is_known_reaches_nothing() -> None:
    assert derived() == {}
