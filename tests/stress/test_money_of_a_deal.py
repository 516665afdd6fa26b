"""Won, open and won again; a price before and after the money has settled: what Metrica counted, by its own book."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from simulation.vendors import Vendors, served
from simulation.world import Company
from support.policies import LOST, MEETING, QUALIFIED, WON, sokol

ANNA = "1700000000123456789"
HOOKS = pytest.mark.parametrize("loses_webhooks", [False, True], ids=["with webhooks", "without"])
SETTLES = sokol("hash").defaults.settle_delay


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with served() as vendors:
        yield vendors


@pytest.fixture
def company(vendors: Vendors) -> Company:
    """Anna's form and her deal, which its site made; nothing is sent yet."""
    company = Company(vendors, sokol("hash"))
    company.send_form(phone="8 999 000-00-03", ym_client_id=ANNA)
    company.act("create_lead", name="Anna", fields={"_YM_UID": ANNA})
    company.settle()
    return company


def deal_of(company: Company) -> int:
    [deal] = company.vendors.crm_book()["leads"]
    return int(deal["id"])


def move(company: Company, *statuses: str) -> datetime:
    """The deal passes statuses, a minute in each; when it entered the first."""
    began = company.clock.now()
    for status in statuses:
        company.act("move", lead_id=deal_of(company), status_id=int(status))
        company.settle()
        company.clock.advance(minutes=1)
    return began


def fill_price(company: Company, price: int) -> None:
    company.act("set_price", lead_id=deal_of(company), price=price)
    company.settle()


def sales(company: Company) -> list[tuple[int, str | None]]:
    """The sales that Metrica counted: the moment, and the price."""
    book = company.metrica_book()
    assert book["resent_rows"] == []
    return [(one["datetime"], one["price"]) for one in book["conversions"] if one["target"] == "flat_sold"]


def unix(at: datetime) -> int:
    return int(at.timestamp())


@HOOKS
class TestASale:
    def test_won_open_and_won_again_counts_once_with_its_first_time(
        self, company: Company, loses_webhooks: bool
    ) -> None:
        company.loses_webhooks = loses_webhooks
        fill_price(company, 9_000_000)
        won_at = move(company, WON, MEETING, WON)
        company.live(hours=20)
        move(company, QUALIFIED, WON, LOST, WON)
        company.live(hours=60)
        assert sales(company) == [(unix(won_at), "9000000.00")]

    def test_whose_price_is_filled_a_minute_later_counts_with_it(self, company: Company, loses_webhooks: bool) -> None:
        company.loses_webhooks = loses_webhooks
        won_at = move(company, WON)
        fill_price(company, 9_000_000)
        company.live(hours=20)
        assert sales(company) == [(unix(won_at), "9000000.00")]

    def test_whose_price_is_corrected_before_it_settles_counts_with_the_last(
        self, company: Company, loses_webhooks: bool
    ) -> None:
        company.loses_webhooks = loses_webhooks
        won_at = move(company, WON)
        for price in (1, 90_000_000, 9_000_000):
            fill_price(company, price)
            company.clock.advance(minutes=3)
        assert company.clock.now() < won_at + SETTLES
        company.live(hours=20)
        assert sales(company) == [(unix(won_at), "9000000.00")]

    def test_whose_price_changes_after_it_was_sent_stays_as_it_was(
        self, company: Company, loses_webhooks: bool
    ) -> None:
        company.loses_webhooks = loses_webhooks
        fill_price(company, 9_000_000)
        won_at = move(company, WON)
        company.live(hours=20)
        assert sales(company) == [(unix(won_at), "9000000.00")]
        fill_price(company, 8_500_000)
        move(company, MEETING, WON)
        company.live(hours=60)
        assert sales(company) == [(unix(won_at), "9000000.00")]
        [lead] = company.documents("lead")
        price = company.lead(lead.key.id).state(company.policy).price
        assert price is not None
        assert price.amount == 850_000_000, "what is known of the deal goes on"


def test_nothing_is_sent_before_the_money_has_settled(company: Company) -> None:
    won_at = move(company, WON)
    company.clock.set(won_at + SETTLES - timedelta(minutes=1))
    company.round()
    assert sales(company) == []
    fill_price(company, 9_000_000)
    company.live(hours=20)
    assert sales(company) == [(unix(won_at), "9000000.00")]
