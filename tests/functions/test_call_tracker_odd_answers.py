"""What a call tracker may answer that it never promised: one odd row, time or key holds up nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from leadloop.adapters.memory_log import Entry
from leadloop.facts import FactKind
from leadloop.ports.http import Http, HttpRequest, HttpResponse
from leadloop.secrets import Secrets
from support.crm_desk import BORIS, CLIENT_SECRET, HOOK_SECRET, TOKEN
from support.policies import HMAC_KEY
from support.tracker_desk import TrackerAccounts, TrackerDesk

TYPED = "+7 999 000-00-02"
Answer = dict[str, Any]


class Retold:
    """The tracker's answers, each told otherwise; the CRM's as they are."""

    def __init__(self, http: Http, retell: Callable[[Answer], Answer | None]) -> None:
        self._http = http
        self._retell = retell

    def send(self, request: HttpRequest) -> HttpResponse:
        answer = self._http.send(request)
        if request.vendor != "comagic":
            return answer
        told: Answer = json.loads(answer.body)
        return answer._replace(body=json.dumps(self._retell(told) or told).encode())


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


@pytest.fixture
def desk(accounts: TrackerAccounts) -> Iterator[TrackerDesk]:
    with accounts.desk() as one:
        yield one


def retell(desk: TrackerDesk, change: Callable[[Answer], Answer | None]) -> None:
    desk.world.runtime.http = Retold(desk.world.runtime.http, change)


def faults(desk: TrackerDesk) -> list[Entry]:
    return [entry for entry in desk.world.log.entries if entry.severity == "ERROR"]


def rows(told: Answer) -> list[Answer]:
    found: list[Answer] = (told.get("result") or {}).get("data") or []
    return found


def test_without_its_key_the_crm_is_read_all_the_same(desk: TrackerDesk) -> None:
    known = {"LEADLOOP_HMAC_KEY": HMAC_KEY, "LEADLOOP_AMOCRM_TOKEN": TOKEN, "LEADLOOP_HOOK_SECRET": HOOK_SECRET}
    desk.world.runtime.secrets = Secrets({**known, "LEADLOOP_AMOCRM_CLIENT_SECRET": CLIENT_SECRET})
    lead = desk.submit("anna", phone=TYPED)
    desk.settle()
    deal = desk.deal(phone=TYPED)
    desk.clock.advance(minutes=15)
    assert desk.world.client("sync-crm").post("/").status_code == 200
    desk.settle()
    assert desk.state(lead).crm_ref == f"amocrm-lead-{deal}"
    [logged] = [entry for entry in faults(desk) if entry.details.get("crm") == "comagic"]
    assert logged.event == "crm_unreadable"
    assert "LEADLOOP_COMAGIC_TOKEN" in str(logged.details["reason"])


@pytest.mark.parametrize("odd", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "", None])
def test_a_tag_of_no_time_was_there_from_the_beginning(desk: TrackerDesk, odd: str | None) -> None:
    def change(told: Answer) -> None:
        for tag in (tag for row in rows(told) for tag in row.get("tags") or []):
            tag["tag_change_time"] = odd

    called_at = desk.clock.now()
    desk.tag(desk.call("anna", desk.visit()), "target")
    retell(desk, change)
    desk.pass_time(minutes=30)
    assert desk.state(desk.the_lead().id).stages["qualified"].at == called_at
    assert not faults(desk)


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        ({"date_time": None}, "call {id}"),
        ({"date_time": "0001-01-01 00:00:00"}, "call {id}"),
        ({"date_time": "9999-12-31 23:59:59"}, "call {id}"),
        ({"id": "x"}, "call without an id"),
        ({"id": None}, "call without an id"),
    ],
)
def test_one_row_of_the_list_holds_up_no_other_and_is_told_once(desk: TrackerDesk, spoilt: Answer, named: str) -> None:
    odd = desk.call("boris", desk.visit(ym_client_id=BORIS))

    def change(told: Answer) -> None:
        for row in rows(told):
            if row.get("id") == odd and "date_time" in row:
                row.update(spoilt)

    retell(desk, change)
    desk.pass_time(minutes=30)
    desk.call("anna", desk.visit())
    desk.pass_time(hours=2)
    assert len(desk.state(desk.the_lead().id).contacts) == 1
    [logged] = faults(desk)
    assert (logged.event, logged.details["rows"]) == ("crm_rows_unreadable", [named.format(id=odd)])


def test_a_page_whose_last_row_tells_no_time_is_followed_by_the_next(
    desk: TrackerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadloop.crm.comagic.listing.PAGE_SIZE", 2)
    found = [desk.call("anna", desk.visit()), desk.call("boris", desk.visit(ym_client_id=BORIS)), desk.call("vera")]

    def change(told: Answer) -> None:
        for row in rows(told):
            if row.get("id") == found[1] and "date_time" in row:
                row["date_time"] = None

    retell(desk, change)
    desk.pass_time(minutes=30)
    contacts = {ref for lead in desk.leads() for ref in desk.state(lead.id).contacts}
    assert contacts == {f"comagic-lead-call-{found[0]}", f"comagic-lead-call-{found[2]}"}


@pytest.mark.parametrize("code", ["client +79990000002 not found", ["79990000002"], True])
def test_a_code_that_is_no_number_is_not_quoted(desk: TrackerDesk, code: object) -> None:
    told = {"code": code, "message": "79990000002", "data": {"mnemonic": "79990000002"}}
    retell(desk, lambda _: {"jsonrpc": "2.0", "id": 1, "error": told})
    desk.sync()
    [logged] = faults(desk)
    assert "an error without a name" in str(logged.details["reason"])
    assert "79990000002" not in repr(desk.world.log.entries)


def test_of_two_rows_of_one_call_the_answered_one_counts_in_whichever_order_they_come(desk: TrackerDesk) -> None:
    turned = [False]

    def change(told: Answer) -> None:
        doubled = [[row, {**row, "is_lost": True, "talk_duration": 0}] for row in rows(told) if "is_lost" in row]
        if doubled:
            turned[0] = not turned[0]
            told["result"]["data"] = [row for both in doubled for row in (both[::-1] if turned[0] else both)]

    desk.call("anna", desk.visit())
    retell(desk, change)
    desk.pass_time(hours=30)
    views = [fact for fact in desk.the_lead().facts if fact.kind is FactKind.DEAL_OBSERVED]
    assert [fact.values["call_seconds"] for fact in views] == [120]
