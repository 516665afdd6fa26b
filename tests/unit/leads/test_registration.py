"""A submission becomes a lead or facts of one, whatever the order and number of deliveries."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.facts import MAX_FACTS
from leadloop.identity.persons import Sighting
from leadloop.identity.sealing import unseal
from leadloop.leads import facts_of
from leadloop.leads.keys import MOST_LEADS, KeyRecord
from leadloop.leads.lead import Lead
from leadloop.leads.registration import Registration, register
from leadloop.leads.writing import lead_writes
from leadloop.messages import LeadCaptured, decode
from leadloop.outcomes import Outcome
from leadloop.ports.store import DocumentTooLarge, Key, Query, Store
from support.form_desk import FormDesk
from support.policies import HMAC_KEY, SEAL_PRIVATE_KEY, sokol
from support.settable_clock import MORNING

ANNA = {"phone": "8 999 000-00-03", "email": "anna@example.org", "submission_id": "s-1", "yclid": "123"}
SEEN = {"ym_client_id": "1700000000123456789"}


class Office:
    """Registers what the desk hands in, in one store."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.policy = sokol()

    def register(self, captured: LeadCaptured, now: datetime = MORNING) -> Registration:
        return register(self.store, self.policy, captured, now)

    def fill(self, posts: list[LeadCaptured]) -> int:
        """Write a lead that knows as many of the posts as it can hold; returns how many."""
        facts = tuple(facts_of.submission(captured.submission) for captured in posts)
        lead = Lead(id=posts[0].submission.lead_id)
        fits = [0, len(facts) + 1]
        while (held := sum(fits) // 2) > fits[0]:
            fits[not self._holds(lead.with_facts(facts[:held]))] = held
        self.store.commit(lead_writes(self.policy, lead.with_facts(facts[:held]), None))
        return held

    def _holds(self, lead: Lead) -> bool:
        try:
            MemoryStore().commit(lead_writes(self.policy, lead, None))
        except DocumentTooLarge:
            return False
        return True

    def keys_of(self, captured: LeadCaptured) -> set[str]:
        """Ids of the keys that the lead is filed under."""
        records = [KeyRecord.of(one.key.id, one) for one in self.store.query(Query("key")).documents]
        return {record.id for record in records if captured.submission.lead_id in record.leads}

    def lead(self, lead_id: str) -> Lead:
        [document] = self.store.get_many([Key("lead", lead_id)])
        assert document is not None
        return Lead.of(document)

    def everything(self) -> dict[str, Any]:
        """All documents but for outcomes' wording: what must not depend on the order of arrival."""
        collections = ("lead", "key", "daily_total")
        return {
            f"{document.key.collection}/{document.key.id}": document.fields
            for collection in collections
            for document in self.store.query(Query(collection)).documents
        }

    def total(self, counter: str) -> int:
        documents = self.store.query(Query("daily_total")).documents
        counted = [document.fields.get(counter, 0) for document in documents]
        return sum(number for number in counted if isinstance(number, int))


def test_a_new_lead_is_counted_keyed_and_explained() -> None:
    office, captured = Office(), FormDesk().captured(ANNA)
    done = office.register(captured)
    assert (done.ended, done.verdict.rule) == (Outcome.APPLIED, "submission.registered")
    assert office.total("leads") == 1
    keys = office.store.get_many([Key("key", key.id) for key in captured.submission.keys])
    phone, email = (key.id for key in captured.submission.keys)
    told = [{done.lead_id: {"at": "2026-09-01T09:00:00.000000Z", "with": [other]}} for other in (email, phone)]
    assert [key.fields["leads"] for key in keys if key] == told


def test_the_same_message_again_changes_nothing_and_tells_how_it_ended() -> None:
    office, captured = Office(), FormDesk().captured(ANNA)
    first = office.register(captured)
    before, writes = office.everything(), office.store.usage.writes
    assert office.register(captured) == first
    assert (office.everything(), office.store.usage.writes) == (before, writes)


def test_a_double_click_is_a_duplicate_of_the_lead() -> None:
    office, desk = Office(), FormDesk()
    first = office.register(desk.captured(ANNA))
    again = office.register(desk.captured(ANNA))
    assert (again.ended, again.lead_id, again.verdict.rule) == (
        Outcome.DUPLICATE,
        first.lead_id,
        "submission.repeated",
    )
    assert office.total("leads") == 1


def test_a_resend_that_learnt_its_client_id_adds_facts_to_the_lead() -> None:
    office, desk = Office(), FormDesk()
    office.register(desk.captured(ANNA))
    desk.world.clock.advance(minutes=5)
    done = office.register(desk.captured(ANNA | SEEN))
    assert (done.ended, done.verdict.rule) == (Outcome.APPLIED, "submission.facts_added")
    assert office.lead(done.lead_id).state(office.policy).ids == {"yclid": "123", "client_id": SEEN["ym_client_id"]}
    assert office.total("leads") == 1


def test_one_submission_id_under_two_phones_is_two_leads_and_said() -> None:
    office, desk = Office(), FormDesk()
    office.register(desk.captured(ANNA))
    done = office.register(desk.captured({**ANNA, "phone": "89990000004", "email": "oleg@example.org"}))
    assert (done.ended, done.verdict.rule) == (Outcome.APPLIED, "submission.conflicting")
    assert office.total("leads") == 2


def test_any_order_of_arrival_gives_the_same_documents() -> None:
    """Repeats within the hour, resends that learn ids, a shared e-mail, a conflict: all 120 orders agree."""
    desk = FormDesk()
    posts: list[LeadCaptured] = []
    for minutes, fields in (
        (0, ANNA),
        (10, ANNA | SEEN),
        (20, {**ANNA, "submission_id": "s-2"}),
        (15, {**ANNA, "submission_id": "s-3", "phone": "89990000004"}),
        (30, {**ANNA, "phone": "89990000005", "email": "oleg@example.org"}),
    ):
        desk.world.clock.advance(minutes=minutes)
        posts.append(desk.captured(fields))
    states = []
    for order in permutations(posts):
        office = Office()
        for captured in order:
            office.register(captured)
        states.append(office.everything())
    assert all(state == states[0] for state in states)
    assert len(states[0]["key/" + posts[0].submission.keys[1].id]["leads"]) == 3


class TestRepeatsWithinTheHour:
    def arrive(self, office: Office, *posts: LeadCaptured) -> list[str | None]:
        for captured in posts:
            office.register(captured)
        return [office.lead(captured.submission.lead_id).repeat_of for captured in posts]

    @pytest.mark.parametrize(
        ("apart", "is_repeat"), [(timedelta(hours=1), True), (timedelta(hours=1, seconds=1), False)]
    )
    @pytest.mark.parametrize("late_first", [False, True])
    def test_the_same_phone_is_a_repeat_up_to_an_hour_later(
        self, apart: timedelta, is_repeat: bool, late_first: bool
    ) -> None:
        office, desk = Office(), FormDesk()
        first = desk.captured(ANNA)
        desk.world.clock.set(MORNING + apart)
        second = desk.captured({"phone": ANNA["phone"], "submission_id": "s-2"})
        self.arrive(office, *((second, first) if late_first else (first, second)))
        assert office.lead(first.submission.lead_id).repeat_of is None
        expected = first.submission.lead_id if is_repeat else None
        assert office.lead(second.submission.lead_id).repeat_of == expected

    def test_a_repeat_reaches_the_goal_received_once(self) -> None:
        office, desk = Office(), FormDesk()
        first = desk.captured(ANNA | SEEN)
        desk.world.clock.advance(minutes=5)
        second = desk.captured({**ANNA, "submission_id": "s-2"} | SEEN)
        self.arrive(office, second, first)
        pending = [set(office.lead(one.submission.lead_id).pending(office.policy)) for one in (first, second)]
        assert pending == [{"lead_received"}, set()]

    def test_a_key_of_many_strangers_makes_nobody_a_repeat(self) -> None:
        office, desk = Office(), FormDesk()
        first = desk.captured(ANNA)
        for key in first.submission.keys:
            strangers = {f"stranger-{n}": Sighting(MORNING, frozenset({key.id, f"user-{n}"})) for n in range(2)}
            office.store.commit([KeyRecord(key.id, strangers).write()])
        desk.world.clock.advance(minutes=5)
        assert self.arrive(office, first, desk.captured({**ANNA, "submission_id": "s-2"})) == [None, None]

    def test_a_lead_keyed_before_the_ring_changed_is_still_recognised(self) -> None:
        office, desk = Office(), FormDesk()
        before = desk.captured(ANNA)
        desk.turn_ring(f"k2:{'cd' * 32},{HMAC_KEY}")
        desk.world.clock.advance(minutes=5)
        after = desk.captured({**ANNA, "submission_id": "s-2"})
        assert self.arrive(office, before, after) == [None, before.submission.lead_id]
        # under the older key too: a form that was captured before the ring was turned may come later
        assert office.keys_of(after) == {key.id for key in after.submission.keys}


class TestALeadThatCanHoldNoMore:
    @pytest.mark.parametrize(("path", "rule"), [("/kv", "lead.too_many_facts"), ("/" + "k" * 499, "lead.too_large")])
    def test_the_submission_is_quarantined_with_its_content(self, path: str, rule: str) -> None:
        office, desk = Office(), FormDesk()
        pages = {role: f"https://sokol.example{path}" for role in ("page", "landing", "referrer")}
        posts = [desk.captured(ANNA | pages | {"ym_client_id": str(10**18 + place)}) for place in range(MAX_FACTS + 1)]
        known = office.fill(posts[:MAX_FACTS])
        captured, done = next((one, done) for one in posts[known:] if not (done := office.register(one)).verdict)
        assert (done.ended, done.verdict.rule) == (Outcome.QUARANTINED, rule)
        [kept] = office.store.query(Query("quarantine")).documents
        assert decode(unseal(SEAL_PRIVATE_KEY, str(kept.fields["body_sealed"]))) == captured
        assert office.register(captured) == done
        assert office.total("leads") == 1


def seen_at(later: timedelta) -> Sighting:
    return Sighting(MORNING + later, frozenset({"phone-k1-n1-ab"}))


def test_a_key_remembers_the_newest_leads_only() -> None:
    record = KeyRecord("phone-k1-n1-ab")
    for place in range(MOST_LEADS + 3):
        record = record.with_lead(f"lead-{place}", seen_at(timedelta(minutes=place)))
    assert len(record.leads) == MOST_LEADS
    assert "lead-2" not in record.leads
    assert record.with_lead("lead-0", seen_at(timedelta())) is record


def test_deliveries_at_the_same_time_register_one_lead(tmp_path: Path) -> None:
    """Twice the same message, a double click and a resend, from eight threads on a store on disk."""
    desk, office = FormDesk(), Office(SqliteStore(tmp_path / "documents.db"))
    first, click, resend = desk.captured(ANNA), desk.captured(ANNA), desk.captured(ANNA | SEEN)
    start = threading.Barrier(8)
    failures: list[BaseException] = []

    def deliver(captured: LeadCaptured) -> None:
        start.wait()
        try:
            office.register(captured)
        except BaseException as failure:
            failures.append(failure)

    threads = [
        threading.Thread(target=deliver, args=(one,))
        for one in (first, first, first, click, click, resend, resend, resend)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    outcomes = [str(document.fields["outcome"]) for document in office.store.query(Query("outcome")).documents]
    assert sorted(outcomes) == ["applied", "applied", "duplicate"]
    assert office.total("leads") == 1
    assert len(office.lead(first.submission.lead_id).facts) == 2
