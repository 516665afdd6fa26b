"""Leads of one person among each other: whatever arrives when, the documents are the same."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.facts import Fact
from leadloop.identity.persons import Sighting
from leadloop.leads import facts_of
from leadloop.leads.family import place
from leadloop.leads.keys import MOST_LEADS, KeyRecord
from leadloop.leads.lead import Lead
from leadloop.leads.registration import register
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.messages import ContactKey, LeadCaptured, Submission
from leadloop.policy import Policy
from leadloop.policy.duplicates import Clients, Duplicates
from leadloop.policy.fraud import Fraud
from leadloop.policy.spans import read_span
from leadloop.ports.store import Key, Query, Store, Write
from leadloop.report.explanation import explain
from support.lead_facts import ANNA, BORIS, entered, linked, observed, visited
from support.policies import QUALIFIED, WON, sokol
from support.settable_clock import MORNING
from unit.leads.test_fraud import said

DAY = timedelta(days=1)


def key(text: str) -> ContactKey:
    kind, _, name = text.partition("-")
    return ContactKey.model_validate({"kind": kind, "key_id": "k1", "normaliser": "n1", "hmac": name})


def key_id(text: str) -> str:
    return key(text).id


def sent(lead_id: str, at: datetime, *keys: str, **said: object) -> LeadCaptured:
    ids = {name: said.pop(name) for name in ("client_id", "yclid", "user_id") if name in said}
    submission = {"lead_id": lead_id, "fingerprint": lead_id, "occurred_at": at, "received_at": at, "ids": ids, **said}
    form = Submission.model_validate({**submission, "keys": [key(one) for one in keys]})
    return LeadCaptured(event_id=f"e-{lead_id}", submission=form)


class Register:
    """Takes forms and what the CRM tells of leads, in one store."""

    def __init__(self, store: Store | None = None, policy: Policy | None = None, **rule: object) -> None:
        self.store = store or MemoryStore()
        base = policy or sokol()
        self.policy = base.model_copy(update={"duplicates": Duplicates.model_validate(rule)}) if rule else base

    def take(self, *forms: LeadCaptured) -> Register:
        for form in forms:
            register(self.store, self.policy, form, MORNING)
        return self

    def tell(self, lead_id: str, *facts: Fact) -> None:
        """What a reading of the CRM does: facts, and the leads they matter to, in one commit."""

        def decide() -> Sequence[Write]:
            [document] = self.store.get_many([Key("lead", lead_id)])
            before = Lead.of(document) if document is not None else Lead(id=lead_id)
            placed = place(self.store, self.policy, before.with_facts(facts))
            version = document.version if document is not None else None
            return [*lead_writes(self.policy, placed.leads[lead_id], version), *placed.writes]

        decide_and_commit(self.store, decide)

    def lead(self, lead_id: str) -> Lead:
        [document] = self.store.get_many([Key("lead", lead_id)])
        assert document is not None
        return Lead.of(document)

    def repeats(self) -> dict[str, str | None]:
        documents = self.store.query(Query("lead")).documents
        return {one.key.id: Lead.of(one).circumstances.repeats for one in documents}

    def everything(self) -> dict[str, Any]:
        collections = ("lead", "key", "daily_total")
        documents = [one for name in collections for one in self.store.query(Query(name)).documents]
        return {f"{one.key.collection}/{one.key.id}": one.fields for one in documents}


ANNAS = [
    sent("a1", MORNING, "phone-anna"),
    sent("a2", MORNING + 2 * DAY, "phone-anna", "email-anna"),
    sent("a3", MORNING + 4 * DAY, "email-anna", client_id=ANNA),
    sent("b1", MORNING + DAY, "phone-boris", client_id=BORIS),
    sent("ab", MORNING + 3 * DAY, "phone-boris", "email-anna"),
]


def test_any_order_of_arrival_gives_the_same_documents() -> None:
    """Two persons until somebody comes with a phone of the one and an e-mail of the other."""
    expected = Register().take(*ANNAS).everything()
    for order in permutations(ANNAS):
        assert Register().take(*order).everything() == expected
    names = {fields["circumstances"]["person"] for id_, fields in expected.items() if id_.startswith("lead/")}
    assert names == {key_id("email-anna")}


def test_whoever_comes_again_within_the_hour_keeps_nobody_after_them_from_being_received() -> None:
    """The window is over when the third comes; it repeats a duplicate, so it begins nothing."""
    minute = timedelta(minutes=1)
    forms = [
        sent("first", MORNING, "phone-anna"),
        sent("duplicate", MORNING + 30 * DAY - 20 * minute, "phone-anna"),
        sent("again", MORNING + 30 * DAY + 10 * minute, "phone-anna"),
        sent("next", MORNING + 40 * DAY, "phone-anna"),
    ]
    for order in permutations(forms):
        register = Register(window="30d", counted_from="first").take(*order)
        assert register.repeats() == {"first": None, "duplicate": "first", "again": "first", "next": None}
        received = {one for one in register.repeats() if "lead_received" in register.lead(one).pending(register.policy)}
        assert received == {"first", "next"}


def test_a_lead_that_joins_two_persons_makes_them_one() -> None:
    apart = Register().take(*ANNAS[:4]).repeats()
    assert apart == {"a1": None, "a2": "a1", "a3": "a1", "b1": None}
    joined = Register().take(*ANNAS).repeats()
    assert joined == {"a1": None, "a2": "a1", "a3": "a1", "b1": "a1", "ab": "a1"}


def office(people: int) -> list[LeadCaptured]:
    """So many people who left the telephone of their office, and their own e-mail; each came twice."""
    return [
        sent(f"p{n}-{turn}", MORNING + n * timedelta(hours=3) + turn * DAY, "phone-office", f"email-{n}")
        for turn in range(2)
        for n in range(people)
    ]


def test_a_telephone_of_many_joins_nobody_whenever_that_was_found() -> None:
    five, six = Register().take(*office(5)), Register().take(*office(6))
    assert set(five.repeats().values()) == {None, "p0-0"}
    own = {f"p{n}-1": f"p{n}-0" for n in range(6)} | {f"p{n}-0": None for n in range(6)}
    assert six.repeats() == own
    chance = random.Random(4)
    for _ in range(30):
        order = office(6)
        chance.shuffle(order)
        assert Register().take(*order).everything() == six.everything()


def test_two_confirmed_users_with_one_telephone_are_two_persons() -> None:
    desk = Register().take(
        sent("anna", MORNING, "phone-home", user_id="u-1"), sent("boris", MORNING + DAY, "phone-home", user_id="u-2")
    )
    assert desk.repeats()["boris"] == "anna"  # unsigned, anybody could have said so
    desk.tell("anna", linked("1"), observed("1", MORNING + DAY, user_id="u-7"))
    assert desk.repeats()["boris"] == "anna"
    desk.tell("boris", linked("2"), observed("2", MORNING + DAY, user_id="u-8"))
    assert desk.repeats() == {"anna": None, "boris": None}


def test_what_we_wrote_into_the_crm_confirms_nothing() -> None:
    desk = Register().take(sent("anna", MORNING, "phone-anna", user_id="u-1"), sent("forger", MORNING, user_id="u-1"))
    for lead_id in ("anna", "forger"):
        desk.tell(lead_id, linked(lead_id), observed(lead_id, MORNING + DAY, user_id="u-1"))
    assert desk.repeats() == {"anna": None, "forger": None}
    assert not desk.lead("anna").state(desk.policy).confirmed_user_ids


@pytest.mark.parametrize("bot_first", [True, False])
def test_a_bots_post_with_somebodys_telephone_makes_nobody_a_duplicate(bot_first: bool) -> None:
    bot = sent("bot", MORNING, "phone-anna", bot_signs={"honeypot_filled": True})
    anna = sent("anna", MORNING + 30 * DAY, "phone-anna")
    desk = Register().take(*((bot, anna) if bot_first else (anna, bot)))
    assert desk.repeats() == {"bot": None, "anna": None}
    desk.tell("bot", linked("1"), entered(QUALIFIED, MORNING + 31 * DAY))  # sales spoke with her: it was no bot
    assert desk.repeats() == {"bot": None, "anna": "bot"}


BOT = {"honeypot_filled": True}


class TestWhatTheGateStops:
    """A bot may write anybody's contacts: until a person says that it is none, it is nobody's."""

    def test_makes_no_one_person_of_two(self) -> None:
        anna, boris = sent("anna", MORNING, "phone-anna"), sent("boris", MORNING + DAY, "email-boris")
        bot = sent("bot", MORNING + 2 * DAY, "phone-anna", "email-boris", bot_signs=BOT)
        expected = Register().take(anna, boris, bot).everything()
        for order in permutations((anna, boris, bot)):
            desk = Register().take(*order)
            assert desk.everything() == expected
        persons = {lead_id: desk.lead(lead_id).circumstances.person for lead_id in ("anna", "boris", "bot")}
        assert persons == {"anna": key_id("phone-anna"), "boris": key_id("email-boris"), "bot": None}
        desk.tell("bot", facts_of.release(MORNING + 3 * DAY))
        assert desk.repeats() == {"anna": None, "boris": "anna", "bot": "anna"}

    def test_makes_no_telephone_shared(self) -> None:
        desk = Register().take(sent("anna", MORNING, "phone-anna"))
        for number in range(9):
            desk.take(sent(f"bot{number}", MORNING + DAY, "phone-anna", f"email-{number}", bot_signs=BOT))
        desk.take(sent("again", MORNING + 2 * DAY, "phone-anna"))
        assert desk.repeats()["again"] == "anna"

    def test_lets_go_whom_it_had_joined_when_it_is_found_out_late(self) -> None:
        desk = Register(policy=sokol(fraud={"providers": {"own": {}}}))
        desk.take(sent("anna", MORNING, "phone-anna"), sent("boris", MORNING + DAY, "email-boris"))
        desk.take(sent("bot", MORNING + 2 * DAY, "phone-anna", "email-boris"))
        assert desk.repeats() == {"anna": None, "boris": "anna", "bot": "anna"}
        desk.tell("bot", said("fraud", at=MORNING + 3 * DAY))
        assert desk.repeats() == {"anna": None, "boris": None, "bot": None}
        assert desk.lead("boris").circumstances.person == key_id("email-boris")

    def test_lends_nothing(self) -> None:
        desk = Register().take(
            sent("anna", MORNING, "phone-anna", client_id=ANNA),
            sent("bot", MORNING + DAY, "phone-anna", client_id=BORIS, bot_signs=BOT),
        )
        desk.tell("call", linked("9", "born_in_crm", MORNING + 2 * DAY))
        desk.tell("call", observed("9", MORNING + 2 * DAY, keys=(key_id("phone-anna"),)))
        lent = desk.lead("call").circumstances.lent
        assert lent is not None
        assert (lent.client_id, lent.lead_id) == (ANNA, "anna")

    def test_but_sales_sold_something_makes_a_client_all_the_same(self) -> None:
        desk = Register(clients={"stages": ["sold"]}).take(sent("odd", MORNING, "phone-anna", bot_signs=BOT))
        desk.tell("odd", linked("1"), entered(WON, MORNING + DAY))
        desk.take(sent("again", MORNING + 2 * DAY, "phone-anna"))
        assert desk.lead("again").circumstances.client_since == MORNING + DAY

    def test_is_told_so(self) -> None:
        desk = Register().take(sent("bot", MORNING, "phone-anna", bot_signs=BOT))
        told = explain(desk.store, desk.policy, desk.lead("bot"), MORNING).judgements
        [person] = [one for one in told if one.about == "person"]
        assert (person.answer, person.rule) == ("nobody", "identity.stopped")

    def test_pushes_nobody_out_of_a_key(self) -> None:
        sighting = Sighting(MORNING, frozenset({"phone-a"}))
        record = KeyRecord("phone-a").with_lead("anna", sighting)
        for number in range(MOST_LEADS + 5):
            record = record.with_lead(f"bot{number:04}", sighting._replace(at=MORNING + DAY, is_stopped=True))
        assert len(record.leads) == MOST_LEADS
        assert record.joined == {"anna": sighting}


def test_a_telephone_that_calls_all_day_is_one_series_however_long() -> None:
    forms = [sent(f"l{n:03}", MORNING + n * timedelta(hours=3), "phone-test") for n in range(130)]
    desk = Register().take(*forms[:-1])
    before = desk.store.usage.writes
    desk.take(forms[-1])
    assert desk.store.usage.writes - before <= 6
    assert set(desk.repeats().values()) == {None, "l000"}


def test_a_form_under_the_older_key_that_comes_late_is_joined() -> None:
    """The ring was turned: who is captured afterwards has both keys, a message from before has the older alone."""

    def keyed(lead_id: str, at: datetime, *ring: str) -> LeadCaptured:
        keys = [ContactKey(kind="phone", key_id=name, normaliser="n1", hmac=f"{name}-anna") for name in ring]
        form = sent(lead_id, at)
        return form.model_copy(update={"submission": form.submission.model_copy(update={"keys": tuple(keys)})})

    old, new = keyed("old", MORNING, "k1"), keyed("new", MORNING + DAY, "k2", "k1")
    for order in ((old, new), (new, old)):
        assert Register().take(*order).repeats() == {"old": None, "new": "old"}


class TestABorrowedClientId:
    def call(self, desk: Register, at: datetime, phone: str = "phone-anna") -> Lead:
        """A call that the CRM knows of, and we only from it."""
        desk.tell("call", linked("9", "born_in_crm", at), observed("9", at, keys=(key_id(phone),)))
        return desk.lead("call")

    def test_a_call_borrows_the_id_of_the_persons_last_visit_before_it(self) -> None:
        desk = Register().take(
            sent("old", MORNING, "phone-anna", client_id=BORIS),
            sent("new", MORNING + DAY, "phone-anna", client_id=ANNA),
            sent("later", MORNING + 9 * DAY, "phone-anna", client_id="1700000000123456791"),
        )
        desk.tell("new", visited(MORNING + 2 * DAY))
        state = self.call(desk, MORNING + 3 * DAY).state(desk.policy)
        assert state.ids == {"client_id": ANNA}
        assert state.lent is not None
        assert (state.lent.lead_id, state.lent.at) == ("new", MORNING + 2 * DAY)
        assert state.visit_before(MORNING + 3 * DAY) == MORNING + 2 * DAY

    def test_a_visit_heard_of_late_changes_exactly_who_borrows_it(self) -> None:
        desk = Register()
        self.call(desk, MORNING + 3 * DAY)
        assert desk.lead("call").state(desk.policy).lent is None
        desk.take(sent("old", MORNING, "phone-anna", client_id=ANNA), sent("else", MORNING, "phone-boris"))
        lent = desk.lead("call").state(desk.policy).lent
        assert lent is not None
        assert lent.at == MORNING
        untouched = desk.store.get_many([Key("lead", "else")])
        desk.tell("old", visited(MORNING + 2 * DAY))
        lent = desk.lead("call").state(desk.policy).lent
        assert lent is not None
        assert lent.at == MORNING + 2 * DAY
        assert desk.store.get_many([Key("lead", "else")]) == untouched

    @pytest.mark.parametrize("stranger_first", [True, False])
    def test_a_browser_of_two_persons_lends_nobody_its_id(self, stranger_first: bool) -> None:
        desk, stranger = Register(), sent("boris", MORNING, "phone-boris", client_id=ANNA)
        if stranger_first:
            desk.take(stranger)
        desk.take(sent("anna", MORNING, "phone-anna", client_id=ANNA))
        self.call(desk, MORNING + DAY)
        if not stranger_first:
            assert desk.lead("call").state(desk.policy).lent is not None
            desk.take(stranger)
        assert desk.lead("call").state(desk.policy).lent is None

    def test_an_id_of_its_own_is_better_than_a_borrowed_one(self) -> None:
        desk = Register().take(sent("anna", MORNING, "phone-anna", client_id=ANNA))
        self.call(desk, MORNING + DAY)
        desk.tell("call", observed("9", MORNING + 2 * DAY, client_id=BORIS))
        state = desk.lead("call").state(desk.policy)
        assert (state.ids["client_id"], state.lent) == (BORIS, None)


class TestCurrentClients:
    RULE = Duplicates(clients=Clients(stages=("sold",), left=("qualified",), within=read_span("6 months")))

    @pytest.mark.parametrize(
        ("bought", "left", "came", "is_client"),
        [(1, None, 2, True), (3, None, 2, False), (1, 2, 3, False), (1, None, 400, False)],
        ids=["bought before", "bought after", "left again", "long ago"],
    )
    def test_whoever_bought_before_is_a_client(self, bought: int, left: int | None, came: int, is_client: bool) -> None:
        for order in ("sale first", "lead first"):
            desk = Register(policy=sokol().model_copy(update={"duplicates": self.RULE})).take(
                sent("first", MORNING, "phone-anna")
            )
            again = sent("again", MORNING + came * DAY, "phone-anna")
            facts = [linked("1"), entered(WON, MORNING + bought * DAY)]
            facts += [entered(QUALIFIED, MORNING + left * DAY)] if left else []
            if order == "lead first":
                desk.take(again)
            desk.tell("first", *facts)
            desk.take(again)
            since = desk.lead("again").circumstances.client_since
            assert (since is not None) is is_client
            assert desk.lead("first").circumstances.client_since is None


NETWORK = f"network:{'4f' * 16}"


def again(form: LeadCaptured, **said: object) -> LeadCaptured:
    """Another form of the same lead: it tells something else, or at another time."""
    submission = form.submission.model_validate({**form.submission.model_dump(), **said})
    return LeadCaptured(event_id=f"{form.event_id}-{sorted(said)}", submission=submission)


class TestVelocity:
    def burst(self, count: int, apart: timedelta) -> list[LeadCaptured]:
        return [
            sent(f"l{n:02}", MORNING + n * apart, f"phone-{n}", client_id=ANNA, network="4f" * 16) for n in range(count)
        ]

    def counted(self, forms: list[LeadCaptured]) -> list[int]:
        velocity = {name: 1 for name in ("client_id", "device", "network", "phone_block")}
        every_one = sokol().model_copy(update={"fraud": Fraud.model_validate({"velocity": velocity})})
        desk = Register(policy=every_one).take(*forms)
        found = [desk.lead(form.submission.lead_id).circumstances.velocity for form in forms]
        assert all(one.get(f"client_id:{ANNA}", 0) == one.get(NETWORK, 0) for one in found)
        return [one.get(NETWORK, 0) for one in found]

    def test_each_knows_how_many_came_with_it_in_the_busiest_hour(self) -> None:
        """The first of a burst is as much of it as the last."""
        assert self.counted(self.burst(4, timedelta(minutes=25))) == [2, 2, 2, 2]
        assert self.counted(self.burst(4, timedelta(minutes=30))) == [1, 1, 1, 1]
        assert self.counted(self.burst(3, timedelta(hours=1))) == [0, 0, 0]

    def test_whoever_tries_again_is_no_crowd(self) -> None:
        again = [sent(f"l{n}", MORNING + n * timedelta(minutes=2), "phone-anna", network="4f" * 16) for n in range(4)]
        stranger = sent("x", MORNING, "phone-boris", network="4f" * 16)
        desk = Register().take(*again, stranger)
        assert [desk.lead(f"l{n}").circumstances.velocity for n in range(4)] == [{}] * 4

    def test_a_crowd_is_counted_in_steps_of_the_policy(self) -> None:
        desk = Register().take(*self.burst(5, timedelta(minutes=1)))
        assert [desk.lead(f"l{n:02}").circumstances.velocity for n in range(5)] == [{f"client_id:{ANNA}": 3}] * 5

    def test_any_order_of_arrival_counts_the_same(self) -> None:
        burst, chance = self.burst(7, timedelta(minutes=11)), random.Random(7)
        expected = Register().take(*burst).everything()
        for _ in range(20):
            chance.shuffle(burst)
            assert Register().take(*burst).everything() == expected

    def test_a_lead_of_several_browsers_is_in_the_crowd_of_each_and_held_for_the_largest(self) -> None:
        """The second form came from the browser of a crowd: that is no less a crowd for it."""
        other = f"client_id:{BORIS}"
        lead = sent("lead", MORNING, "phone-lead", client_id=ANNA)
        crowd = [sent(f"b{n}", MORNING + n * timedelta(minutes=5), f"phone-b{n}", client_id=BORIS) for n in range(6)]
        few = [sent(f"a{n}", MORNING, f"phone-a{n}", client_id=ANNA) for n in range(3)]
        second = again(lead, ids={"client_id": BORIS}, occurred_at=MORNING + timedelta(minutes=2))
        story, chance = [lead, *few, *crowd, second], random.Random(5)
        expected = Register().take(*story).everything()
        for _ in range(12):
            chance.shuffle(story)
            assert Register().take(*story).everything() == expected
        desk = Register().take(*story)
        assert desk.lead("lead").circumstances.velocity == {f"client_id:{ANNA}": 3, other: 6}
        assert desk.lead("lead").state(desk.policy).fraud.signs == ("velocity.client_id 100",)
        assert [desk.lead(f"b{n}").circumstances.velocity for n in range(6)] == [{other: 6}] * 6

    def test_an_older_form_that_comes_late_takes_a_lead_out_of_the_crowd_it_seemed_to_be_in(self) -> None:
        burst = self.burst(4, timedelta(minutes=10))
        older = again(burst[0], occurred_at=MORNING - timedelta(hours=5), referrer={"host": "ya.ru", "path": "/"})
        for story in ([*burst, older], [older, *burst]):
            desk = Register().take(*story)
            assert [desk.lead(f"l{n:02}").circumstances.velocity for n in range(4)] == [{}] * 4
        assert Register().take(*burst).lead("l01").circumstances.velocity == {f"client_id:{ANNA}": 3}

    def test_a_flood_is_counted_to_its_bound_in_any_order(self) -> None:
        burst, chance = self.burst(60, timedelta(seconds=5)), random.Random(9)
        expected = Register().take(*burst).everything()
        assert expected["lead/l59"]["circumstances"]["velocity"] == {f"client_id:{ANNA}": 18, NETWORK: 20}
        chance.shuffle(burst)
        assert Register().take(*burst).everything() == expected

    def test_a_lead_alone_writes_nothing_more(self) -> None:
        desk = Register()
        desk.take(self.burst(1, DAY)[0])
        before = desk.store.usage.writes
        assert before == 4  # lead, key, total, outcome
        desk.take(self.burst(1, DAY)[0])
        assert desk.store.usage.writes == before


@pytest.mark.parametrize("seed", range(3))
def test_at_the_same_time_is_as_one_after_another(tmp_path: Path, seed: int) -> None:
    """A chain of people joined pairwise, each form in a thread of its own, on a store on disk."""
    forms = [sent(f"c{n}", MORNING + n * DAY, f"phone-{n}", f"phone-{n + 1}", client_id=ANNA) for n in range(7)]
    random.Random(seed).shuffle(forms)
    desk = Register(SqliteStore(tmp_path / "documents.db"))
    start = threading.Barrier(len(forms))
    failures: list[BaseException] = []

    def arrive(form: LeadCaptured) -> None:
        start.wait()
        try:
            desk.take(form)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=arrive, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert desk.everything() == Register().take(*forms).everything()
    assert set(desk.repeats().values()) == {None, "c0"}


def test_a_person_of_many_devices_costs_as_many_reads_as_one_of_one() -> None:
    def reads(devices: int) -> int:
        desk = Register()
        for n in range(devices):
            desk.tell("anna", facts_of.observed_ids("amocrm", "1", {"client_id": f"17{n:017}"}, (), MORNING))
        desk.tell("anna", observed("1", MORNING, keys=(key_id("phone-anna"),)))
        before = desk.store.usage.reads
        place(desk.store, desk.policy, desk.lead("anna"))
        return desk.store.usage.reads - before

    assert reads(1) == reads(40)
