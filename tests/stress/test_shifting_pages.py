"""The CRM's list is edited while it is read: deals move to its end, or leave it, between two pages. None is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest

from leadloop.ports.http import Http, HttpRequest, HttpResponse
from stress.crowd import move_all, plant_deals, stages_in_the_crm, stages_told, tick_until_quiet
from support.crm_desk import CrmDesk

Deed = Callable[[], None]
SPREAD = pytest.mark.parametrize("spread", [0, 3], ids=["all in one second", "three a second"])
FILTERS = pytest.mark.parametrize("filters", ["honoured", "ignored", "refused"])


class BusyHttp:
    """An ``Http`` on whose every listing of deals somebody is at work in the CRM, just before it is answered."""

    def __init__(self, http: Http, deed: Deed) -> None:
        self._http = http
        self._deed = deed
        self.pages = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        if request.operation == "list_leads":
            self.pages += 1
            if self.pages > 1:
                self._deed()
        return self._http.send(request)


@contextmanager
def busy(desk: CrmDesk, deed: Deed) -> Iterator[BusyHttp]:
    """While the block runs something happens before each page but the first of all."""
    runtime = desk.world.runtime
    http = runtime.http
    runtime.http = at_work = BusyHttp(http, deed)
    try:
        yield at_work
    finally:
        runtime.http = http


@FILTERS
@SPREAD
def test_deals_edited_between_two_pages(desk: CrmDesk, filters: str, spread: int) -> None:
    """Of those that are edited some were read before, and some were not."""
    deals = changed_of_late(desk, spread)
    desk.settings(filters=filters, short_pages=True)
    chance = Random(7)

    def edit() -> None:
        desk.clock.advance(seconds=1)
        for deal in chance.sample(deals, 5):
            desk.move(deal, "meeting")

    one_pull_finds_them_all(desk, edit)


@FILTERS
@SPREAD
def test_deals_deleted_between_two_pages(desk: CrmDesk, filters: str, spread: int) -> None:
    deals = changed_of_late(desk, spread)
    desk.settings(filters=filters, short_pages=True)
    chance = Random(7)

    def delete() -> None:
        for deal in chance.sample(deals, 5):
            desk.act("delete", lead_id=deals.pop(deals.index(deal)))

    one_pull_finds_them_all(desk, delete)


def changed_of_late(desk: CrmDesk, spread: int) -> list[int]:
    """Three pages of deals that changed, and much later one more, so that no later pull looks back to any of them."""
    deals = plant_deals(desk, 320)
    desk.clock.advance(days=2)
    if spread:
        for start in range(0, len(deals), spread):
            move_all(desk, deals[start : start + spread], "qualified")
            desk.clock.advance(seconds=1)
    else:
        move_all(desk, deals, "qualified")
    desk.clock.advance(minutes=40)
    desk.deal()
    desk.forget_hooks()
    return deals


def one_pull_finds_them_all(desk: CrmDesk, deed: Deed) -> None:
    with busy(desk, deed) as listed:
        assert desk.sync()["complete"]
    assert listed.pages >= 3
    desk.forget_hooks()
    tick_until_quiet(desk, at_most=3)
    told, shown = stages_told(desk), stages_in_the_crm(desk)
    assert {deal: told.get(deal) for deal in shown} == shown
