"""Promise 9: every decision can be explained: which rule, which reason.

A company lives until each fate is there: sent, held, expired, repeated, conflicting, unreadable; found in the CRM by
an ad id or by a contact. Then its owner asks the command line.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulation.books import leads
from simulation.vendors import Vendors
from simulation.world import Company, OpenCompany
from support.command_desk import CommandDesk
from support.policies import HMAC_KEY, WON, sokol

ANNA, BORIS, VERA, DARIA = (f"170000000012345678{number}" for number in range(4))
ANNAS_PHONE, BORIS_PHONE = "8 999 000-00-01", "8 999 000-00-02"


class Owner:
    """The company on one machine's folder, and its owner at the command line."""

    def __init__(self, company: Company, desk: CommandDesk) -> None:
        self.company = company
        self._desk = desk
        self.leads: dict[str, str] = {}

    def come(self, who: str, form: str = "main", **sent: object) -> None:
        lead_id = self.company.send_form(submission_id=f"{who}-{form}", form=form, **sent).lead_id
        self.leads.setdefault(f"{who} {form}", str(lead_id))
        self.company.settle()

    def sell(self, **order: object) -> None:
        deal = self.company.act("create_lead", name="Сделка", contact_name="Гость", price=1_000_000, **order)
        self.company.settle()
        self.company.act("move", lead_id=deal["lead_id"], status_id=int(WON))
        self.company.settle()
        self.company.fire("sync-crm")
        self.company.settle()

    def ask(self, command: str, *words: str) -> Any:  # noqa: ANN401 - JSON of any shape
        told = self._desk.run(command, "--json", *words)
        assert told.code == 0, told.err
        return told.json

    def stories(self) -> dict[str, dict[str, Any]]:
        return {lead: self.ask("explain", lead_id)["leads"][0] for lead, lead_id in self.leads.items()}


@pytest.fixture
def owner(
    vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Owner:
    company = Company(vendors, sokol())
    desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, company.system)
    desk.write_environment(LEADLOOP_HMAC_KEY=HMAC_KEY, **vendors.environment)
    owner = Owner(company, desk)
    owner.come("Дарья", ym_client_id=DARIA, utm_source="vk")
    company.clock.advance(days=22)
    owner.come("Анна", ym_client_id=ANNA, yclid="7325873983740247041", phone=ANNAS_PHONE)
    owner.come("Егор", referrer="https://ya.ru/", phone="8 999 000-00-05")
    owner.sell(fields={"_YM_UID": ANNA})
    company.live(hours=5)
    company.fire("check-uploads")
    for form, source in (("main", "Авито"), ("callback", ""), ("main", "Авито")):
        owner.come("Борис", form, ym_client_id=BORIS, utm_source=source, phone=BORIS_PHONE)
    owner.come("Борис", ym_client_id=VERA, phone="8 999 000-00-06")
    company.send_bytes(b'{"phone": ', "application/json")
    owner.sell(phone="+79990000002")
    return owner


def test_each_decision_on_a_lead_names_rule_and_reason(owner: Owner) -> None:
    stories = owner.stories()
    decisions = [one for story in stories.values() for one in story["decisions"]]
    assert all(one["rule"] and one["reason"] for one in decisions)
    told = {who: (story["source"], story["source_rule"], *_fates(story)) for who, story in stories.items()}
    sent = ["flat_sold terminal upload", "lead_received terminal upload"]
    assert told == {
        "Дарья main": ("vk", "utm.utm_source", "lead_received expired expired.window_closed"),
        "Анна main": ("yandex_direct", "click_id.yclid", *sent),
        "Егор main": ("ya_ru", "referrer.host", "lead_received held held.no_identifier"),
        "Борис main": (
            *("авито", "utm.utm_source"),
            *("flat_sold held held.settling", "lead_received next upload window.will_link"),
        ),
        "Борис callback": ("none", "none.never_captured", "lead_received duplicate duplicate.repeat"),
    }
    links = [fact for story in stories.values() for fact in story["facts"] if fact["kind"] == "crm_linked"]
    assert [link["by"] for link in links] == ["match.client_id", "match.key"]


def test_the_end_of_whatever_came_in_names_rule_and_reason(owner: Owner) -> None:
    ended = [one.fields for one in owner.company.system.documents("outcome")]
    assert all(one["rule"] and one["reason"] for one in ended)
    assert Counter(str(one["rule"]).partition(".")[2] for one in ended if one["kind"] == "submission") == {
        "registered": 5,
        "repeated": 1,
        "conflicting": 1,
        "unreadable": 1,
    }


def test_a_delivery_names_what_was_written_or_why_nothing_was(owner: Owner, open_company: OpenCompany) -> None:
    deliveries = [one.fields for one in owner.company.system.documents("delivery")]
    done = [one for one in deliveries if one["state"] == "delivered"]
    assert [(one["rule"], bool(one["reason"])) for one in done] == [("attach.written", True)] * 2
    keeping = open_company("keep")
    keeping.vendors.break_("amocrm", "status", status=400, path="/leads/complex$", times=None)
    keeping.send_form(name="Анна", phone=ANNAS_PHONE)
    keeping.settle()
    refused = keeping.system.the("delivery").fields
    assert (refused["state"], refused["rule"], bool(refused["reason"])) == ("held", "delivery.refused", True)


def test_the_plan_is_what_the_uploader_then_does(owner: Owner) -> None:
    company = owner.company
    company.clock.advance(minutes=31)
    before = _rows(company)
    told = owner.ask("plan")
    assert _rows(company) == before, "a plan changes nothing"
    answered = company.fire("upload-conversions") or {}
    sent = sorted(_rows(company) - before)
    assert sent == sorted(row for file in told["files"] for row in file["lines"])
    assert told["rows"] == len(sent) == sum(answered["rows"].values()) == 3
    assert told["withheld"] == answered["withheld"] == {"held.no_identifier": 1}
    assert company.vendors.metrica_book()["totals"]["rows_received"] == 2 + len(sent)


def _fates(story: dict[str, Any]) -> list[str]:
    named = ((one["goal"], one["ended"], one["rule"].partition(" ")[0]) for one in story["decisions"])
    return sorted(map(" ".join, named))


def _rows(company: Company) -> set[str]:
    return {claim.row for lead in leads(company) for claim in lead.claims.values()}
