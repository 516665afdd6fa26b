"""Promise 1: a lead that was answered 2xx is never lost; a body that cannot be understood is kept, with the reason.

The way of a form is walked once to count its moments, one before and one after every touch of store and bus, and
then again for each of them, with the process dying there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from leadloop.adapters.sqlite_bus import Deliveries, SqliteBus
from leadloop.identity.sealing import unseal
from leadloop.messages import LeadCaptured, decode
from leadloop.ports.store import Document, Key, Page, Query, Store, StoreUnavailable, Usage, Write
from simulation.trouble import Scripted
from simulation.world import Company, OpenCompany
from support.policies import SEAL_PRIVATE_KEY
from support.world import MANIFEST

ANNA = {"submission_id": "anna-1", "name": "Анна", "phone": "8 999 000-00-03", "yclid": "123"}
UNREADABLE = {
    "broken JSON": (b'{"phone": "8 999 000-00-03"', "application/json", "broken JSON"),
    "a JSON list": (b'["8 999 000-00-03"]', "application/json", "expected a JSON object"),
    "no fields": (b"8 999 000-00-03", "text/plain", "no field with a value"),
    "any bytes": (bytes(byte for byte in range(256) if byte != ord("=")), "image/png", "no field with a value"),
    "nothing": (b"", "application/x-www-form-urlencoded", "empty"),
}


class TestWhereverTheProcessDies:
    @pytest.mark.parametrize("function", ["capture-lead", "register-lead", "deliver-lead"])
    def test_the_answered_lead_is_there_once(self, function: str, open_company: OpenCompany) -> None:
        self._dies_everywhere(open_company, function, ())

    @pytest.mark.parametrize("function", ["capture-lead", "drain-spool", "register-lead"])
    def test_also_when_the_bus_is_down_at_first(self, function: str, open_company: OpenCompany) -> None:
        self._dies_everywhere(open_company, function, ("bus down",))

    def _dies_everywhere(self, open_company: OpenCompany, function: str, always: Sequence[str]) -> None:
        counting = Scripted(function, always=always)
        _walk(open_company(trouble=counting))
        assert counting.moments > 0, f"{function} touched nothing"
        for moment in range(counting.moments):
            company = open_company(trouble=Scripted(function, moment, always))
            _walk(company)
            self._is_there_once(company, f"{function} died at moment {moment}")

    def _is_there_once(self, company: Company, when: str) -> None:
        [sent] = company.answered
        assert [lead.key.id for lead in company.system.documents("lead")] == [sent.lead_id], when
        assert company.system.totals("leads") == 1, when
        ended = {one.key.id: one.fields["outcome"] for one in company.system.documents("outcome")}
        assert sent.event_id in ended, when
        assert list(ended.values()).count("applied") == 1, when
        assert company.mail.waiting == [], when


def test_what_is_kept_nowhere_is_not_answered_2xx(open_company: OpenCompany) -> None:
    company = open_company()
    company.system.queue.failing = True
    store = company.system.store
    company.system.store = _Down(store)
    answer = company.system.call("capture-lead", json=ANNA)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    company.system.queue.failing, company.system.store = False, store
    assert company.send_form(**ANNA).lead_id


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_body_is_kept_byte_for_byte_with_the_reason(case: str, open_company: OpenCompany) -> None:
    body, content_type, reason = UNREADABLE[case]
    company = open_company()
    sent = company.send_bytes(body, content_type)
    company.settle()
    assert sent.lead_id is None
    kept = company.system.the("quarantine")
    assert kept.key.id == sent.event_id
    assert unseal(SEAL_PRIVATE_KEY, str(kept.fields["body_sealed"])) == body
    assert reason in str(kept.fields["reason"])
    assert company.system.the("outcome").fields["outcome"] == "quarantined"


def test_of_a_body_over_the_cap_the_beginning_is_kept(open_company: OpenCompany) -> None:
    company = open_company(defaults={"body_cap": 1024})
    company.send_bytes(b"phone=" + b"9" * 5000, "application/x-www-form-urlencoded")
    company.settle()
    kept = company.system.the("quarantine")
    assert unseal(SEAL_PRIVATE_KEY, str(kept.fields["body_sealed"])) == b"phone=" + b"9" * 1019
    assert kept.fields["size"] == 5006


def test_a_message_that_fails_every_delivery_is_kept(open_company: OpenCompany) -> None:
    company = open_company()
    sent = company.send_form(**ANNA)
    store = company.system.store
    company.system.store = _Down(store)
    for _ in range(MANIFEST.delivery.max_attempts):
        company.mail.settle()
    company.system.store = store
    company.mail.settle()
    kept = company.system.the("dead_letter").fields
    assert (kept["source"], kept["event_id"]) == ("register-lead", sent.event_id)
    message = decode(str(kept["message"]).encode())
    assert isinstance(message, LeadCaptured)
    assert message.submission.lead_id == sent.lead_id


def test_on_one_machine_the_answer_comes_after_the_disk(tmp_path: Path, open_company: OpenCompany) -> None:
    company = open_company()
    file = tmp_path / "messages.db"
    bus = SqliteBus(file, MANIFEST.subscriptions(), company.clock)
    company.system.bus = bus
    sent = company.send_form(**ANNA)
    with_power_back = Deliveries(file, MANIFEST.subscriptions(), "dead-letters")  # the bus was never closed
    [delivery] = with_power_back.claim(company.clock.now(), 10, 60, "register-lead")
    message = decode(delivery.body)
    assert isinstance(message, LeadCaptured)
    assert message.submission.lead_id == sent.lead_id
    with_power_back.close()
    bus.close()


def _walk(company: Company) -> None:
    """A form is sent, answered, and comes to rest; webhooks and uploads are left aside."""
    company.send_form(**ANNA)
    company.mail.settle()
    company.empty_spool()


class _Down:
    """A store that cannot be reached."""

    def __init__(self, store: Store) -> None:
        self.usage: Usage = store.usage

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        raise StoreUnavailable("the disk is gone")

    def commit(self, writes: Sequence[Write]) -> None:
        raise StoreUnavailable("the disk is gone")

    def query(self, query: Query, cursor: str | None = None) -> Page:
        raise StoreUnavailable("the disk is gone")

    def count(self, query: Query) -> int:
        raise StoreUnavailable("the disk is gone")
