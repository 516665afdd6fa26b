"""Promise 9: every decision can be explained: which rule, which reason.

A company lives until each fate is there once: sent, held, expired, repeated; found in the CRM by an id or a contact;
registered, repeated, conflicting, unreadable. Then the command line is asked, as the owner would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulation.vendors import Vendors
from simulation.world import Company
from support.command_desk import CommandDesk
from support.policies import HMAC_KEY, QUALIFIED, WON, sokol

ANNA, BORIS, VERA, DARIA = (f"170000000012345678{number}" for number in range(4))
ANNAS_PHONE, BORIS_PHONE = "8 999 000-00-01", "8 999 000-00-02"


class Owner:
    """The company on one machine's folder, and its owner at the command line."""

    def __init__(self, company: Company, desk: CommandDesk) -> None:
        self.company = company
        self._desk = desk
        self.leads: dict[str, str] = {}
        self._play()

    def come(self, who: str, form: str = "main", **sent: object) -> None:
        lead_id = self.company.send_form(submission_id=f"{who}-{form}", form=form, **sent).lead_id
        self.leads.setdefault(f"{who}-{form}", str(lead_id))
        self.company.settle()

    def ask(self, command: str, *words: str) -> Any:  # noqa: ANN401 - JSON of any shape
        told = self._desk.run(command, "--json", *words)
        assert told.code == 0, told.err
        return told.json

    def explain(self, lead: str) -> dict[str, Any]:
        [story] = self.ask("explain", self.leads[lead])["leads"]
        return dict(story)

    def _play(self) -> None:
        company = self.company
        self.come("Дарья", ym_client_id=DARIA, utm_source="vk", phone="8 999 000-00-04")
        company.clock.advance(days=22)
        self.come("Анна", ym_client_id=ANNA, yclid="7325873983740247041", phone=ANNAS_PHONE)
        self.come("Егор", referrer="https://ya.ru/", phone="8 999 000-00-05")
        annas = self._deal(fields={"_YM_UID": ANNA}, price=1_000_000)
        company.live(hours=1)
        company.act("move", lead_id=annas, status_id=int(WON))
        company.live(hours=5)
        self.come("Анна", form="callback", phone=ANNAS_PHONE)
        self.come("Борис", ym_client_id=BORIS, utm_source="Авито", phone=BORIS_PHONE)
        self.come("Борис", form="callback", phone=BORIS_PHONE, ym_client_id=BORIS)
        self.come("Борис", ym_client_id=BORIS, utm_source="Авито", phone=BORIS_PHONE)
        self.come("Борис", utm_source="Авито", phone="8 999 000-00-06", ym_client_id=VERA)
        company.send_bytes(b'{"phone": ', "application/json")
        boris = self._deal(phone="+79990000002", price=2_000_000)
        for status in (QUALIFIED, WON):
            company.act("move", lead_id=boris, status_id=int(status))
        company.settle()
        company.fire("sync-crm")
        company.settle()

    def _deal(self, **order: object) -> int:
        deal: int = self.company.act("create_lead", name="Сделка", contact_name="Гость", **order)["lead_id"]
        self.company.settle()
        return deal


@pytest.fixture
def owner(
    vendors: Vendors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Owner:
    company = Company(vendors, sokol())
    desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, company.system)
    desk.write_environment(LEADLOOP_HMAC_KEY=HMAC_KEY, **vendors.environment)
    return Owner(company, desk)


def test_x(owner: Owner) -> None:
    import functools

    print = functools.partial(__builtins__["print"], file=open("/tmp/ll/x9.txt", "w"), flush=True)
    import json

    for lead in owner.leads:
        s = owner.explain(lead)
        print(lead, json.dumps({k: v for k, v in s.items() if k != "facts"}, ensure_ascii=False, indent=1))
        print([f for f in s["facts"] if f["kind"] == "crm_linked"])
    print(json.dumps(owner.ask("plan"), ensure_ascii=False, indent=1))
    for o in owner.company.system.documents("outcome") + owner.company.system.documents("delivery"):
        print(o)
    print(owner.company.fire("upload-conversions"))
    assert 0
