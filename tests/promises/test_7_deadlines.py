"""Promise 7: deadlines are honoured: what is about to miss its window goes first and is announced before it is lost.

Metrica links a conversion at most 21 days after the last visit, and needs up to two hours to do it; our own deadline
is three hours earlier (https://yandex.ru/dev/metrika/en/management/conversion).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadloop.report.explanation import explain
from simulation.world import Company, OpenCompany
from support.policies import NEW, QUALIFIED, WON

ANNA, BORIS, VERA = "1700000000123456789", "1700000000123456790", "1700000000123456791"
WINDOW, DEADLINE = timedelta(days=21), timedelta(days=21) - timedelta(hours=3)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class TestTheEndOfTheWindow:
    @pytest.mark.parametrize(
        ("after", "rule"),
        [
            (DEADLINE - SECOND, "window.will_link"),
            (DEADLINE, "window.will_link"),
            (DEADLINE + SECOND, "window.may_link"),
            (WINDOW, "window.may_link"),
            (WINDOW + SECOND, "expired.window_closed"),
        ],
    )
    def test_to_the_second(self, after: timedelta, rule: str, open_company: OpenCompany) -> None:
        company = _received(open_company(), ANNA)
        company.clock.set(company.clock.now() + after)
        [sent] = company.answered
        story = explain(company.system.store, company.policy, company.lead(str(sent.lead_id)), company.clock.now())
        assert [one.rule for one in story.decisions] == [rule]
        company.fire("upload-conversions")
        assert len(company.counted()) == (rule != "expired.window_closed")

    def test_a_later_visit_opens_it_again(self, open_company: OpenCompany) -> None:
        company = _received(open_company(), ANNA)
        company.clock.advance(days=20)
        _received(company, ANNA)  # the same person comes back
        company.clock.advance(days=10)
        company.fire("upload-conversions")
        assert len(company.counted()) == 1, "the first is 30 days old, the second 10"

    def test_a_price_is_waited_for_to_the_second(self, open_company: OpenCompany) -> None:
        company = _received(open_company(), ANNA)
        made = company.act("create_lead", name="a", fields={"_YM_UID": ANNA}, status_id=int(NEW))
        company.settle()
        company.clock.advance(minutes=5)
        company.act("move", lead_id=made["lead_id"], status_id=int(WON))
        company.settle()
        company.clock.set(company.clock.now() + timedelta(minutes=30) - SECOND)
        company.fire("upload-conversions")
        assert "flat_sold" not in [target for _, target, _ in company.counted()]
        company.clock.set(company.clock.now() + SECOND)
        company.fire("upload-conversions")
        assert "flat_sold" in [target for _, target, _ in company.counted()]


class TestTheNearestDeadlineGoesFirst:
    def test_whatever_came_first(self, open_company: OpenCompany) -> None:
        """Three deals move in the order Boris, Vera, Anna; their visitors were seen in the order Anna, Boris, Vera."""
        company = open_company(defaults={"rows_per_upload": 1, "uploads_per_run": 1})
        deals = {}
        for client_id in (ANNA, BORIS, VERA):
            _received(company, client_id)
            made = company.act("create_lead", name="a", fields={"_YM_UID": client_id}, status_id=int(NEW))
            deals[client_id] = made["lead_id"]
            company.settle()
            company.clock.advance(days=1)
        for client_id in (BORIS, VERA, ANNA):
            company.act("move", lead_id=deals[client_id], status_id=int(QUALIFIED))
            company.settle()
            company.clock.advance(hours=1)
        for _ in range(6):
            company.fire("upload-conversions")
            company.clock.advance(hours=2)
        sent = [row["id"] for row in company.vendors.metrica_book()["conversions"]]
        assert sent == [ANNA, ANNA, BORIS, BORIS, VERA, VERA]


class TestLossIsAnnounced:
    def test_a_day_before_when_metrica_is_down(self, open_company: OpenCompany) -> None:
        company = _received(open_company(), ANNA)
        deadline = company.clock.now() + DEADLINE
        company.vendors.break_("metrica", "backend_error", times=None)
        said = [self._said_at(company, deadline - DAY - SECOND), self._said_at(company, deadline - DAY)]
        assert said == [[], [{"by_rule": {"not_sent.run_stopped": 1}}]]
        company.vendors.mend()
        company.fire("upload-conversions")
        assert len(company.counted()) == 1, "announced in time, and sent in time"

    def test_a_day_before_when_the_counter_has_no_such_goal(self, open_company: OpenCompany) -> None:
        company = _received(open_company(goals={"lead_received": {"on": "received", "target": "unheard_of"}}), ANNA)
        deadline = company.clock.now() + DEADLINE
        said = [self._said_at(company, deadline - DAY - SECOND), self._said_at(company, deadline - DAY)]
        assert said == [[], [{"by_rule": {"held.goal_not_in_counter": 1}}]]
        assert company.logged("goals_not_in_counter")

    def test_and_what_is_lost_is_said_too_with_the_reason(self, open_company: OpenCompany) -> None:
        company = _received(open_company(), None)
        company.clock.set(company.clock.now() + WINDOW + SECOND)
        company.fire("upload-conversions")
        assert company.logged("conversions_expired") == [{"by_rule": {"expired.never_captured": 1}}]
        assert company.system.totals("expired.lead_received") == 1

    def test_an_upload_of_which_nobody_knows_is_an_alarm_and_not_a_guess(self, open_company: OpenCompany) -> None:
        """Near the deadline a lost file is looked for; it is not sent again before it is surely absent."""
        company = _received(open_company(), ANNA)
        company.clock.set(company.clock.now() + DEADLINE - timedelta(hours=5))
        company.vendors.break_("metrica", "drop_before", path="/upload$")
        company.fire("upload-conversions")
        company.clock.advance(minutes=20)
        company.fire("check-uploads")
        [alarm] = company.logged("unknown_upload_near_deadline")[:1]
        assert alarm["rows"] == 1
        assert company.vendors.requests("metrica", "POST", "/upload") == 1

    def _said_at(self, company: Company, instant: datetime) -> list[object]:
        company.clock.set(instant)
        before = len(company.logged("conversions_near_deadline"))
        company.fire("upload-conversions")
        return list(company.logged("conversions_near_deadline")[before:])


def _received(company: Company, client_id: str | None) -> Company:
    """A visitor's form, registered and not yet uploaded."""
    known = {"ym_client_id": client_id} if client_id else {}
    company.send_form(phone=f"8 999 000-00-{3 + len(company.answered):02}", **known)
    company.settle()
    return company
