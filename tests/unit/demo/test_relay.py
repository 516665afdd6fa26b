"""The relay of the emulator demo: what it adds to an orderly bus, and that it hides nothing from it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import requests

from leadloop.messages import LeadRegistered, encode, wrap_push
from leadloop_host.demo.disorder import ORDERLY, Disorder, Fate
from leadloop_host.demo.relay import LATER, Consumer, Relay
from leadloop_host.demo.relay_ledger import Held, RelayLedger
from support.consumers import Consumers, consumers
from support.settable_clock import MORNING

DELIVER = "deliver-lead"
NEVER = 240.0
"""Seconds; a test that waits so long has failed."""


class Bus:
    """Pushes to the relay, as the emulator does."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def push(self, event_id: str, message_id: str = "") -> int:
        message = LeadRegistered(event_id=event_id, lead_id="anna")
        attributes = {"event_id": event_id, "type": message.type}
        path = f"projects/demo/subscriptions/{DELIVER}"
        body = wrap_push(encode(message), message_id or event_id, str(MORNING), attributes, path, 1)
        return requests.post(self.relay.urls[DELIVER], body, timeout=NEVER).status_code

    def push_aside(self, event_id: str) -> threading.Thread:
        """Push from another thread; return once the relay holds it back."""
        thread = threading.Thread(target=self.push, args=(event_id,))
        thread.start()
        while (held := self.relay.ledger.underway.held) is None or held.message_id != event_id:
            pass
        return thread


@contextmanager
def relayed(disorder: Disorder = ORDERLY) -> Iterator[tuple[Bus, Consumers]]:
    with consumers() as functions:
        consumer = Consumer(functions.url(DELIVER), timeout=NEVER)
        with Relay({DELIVER: consumer}, disorder, held_for=NEVER) as relay:
            yield Bus(relay), functions


def event_of(fate: Fate, disorder: Disorder) -> str:
    return next(f"e{number}" for number in count() if disorder.fate(DELIVER, f"e{number}") is fate)


@pytest.mark.parametrize(("answered", "told"), [(204, 204), (200, 204), (202, 204), (503, 503), (500, 500), (404, 404)])
def test_the_bus_is_told_what_the_function_answered(answered: int, told: int) -> None:
    with relayed() as (bus, functions):
        functions.answers[DELIVER] = lambda _: answered
        assert bus.push("e1") == told
        account = bus.relay.ledger.accounts()[DELIVER]
    assert functions.events(DELIVER) == ["e1"]
    assert (account.acknowledged, account.refused) == ((1, 0) if told == 204 else (0, 1))


def test_a_function_that_is_away_gets_the_message_again() -> None:
    with Relay({DELIVER: Consumer("http://127.0.0.1:9", timeout=NEVER)}) as relay:
        assert Bus(relay).push("e1") == 502
        assert relay.ledger.acknowledged(DELIVER) == frozenset()


def test_a_subscription_that_nobody_consumes_is_not_found() -> None:
    with relayed() as (bus, _):
        assert requests.post(bus.relay.urls[DELIVER] + "-2", b"{}", timeout=NEVER).status_code == 404


def test_two_calls_at_once_are_under_way_together_and_acknowledge_one_message() -> None:
    both = threading.Barrier(2, timeout=NEVER)

    def meet(_: object) -> int:
        both.wait()
        return 204

    with relayed(Disorder("s", twice_at_once=1, overtaken=0)) as (bus, functions):
        functions.answers[DELIVER] = meet
        assert bus.push("e1") == 204
    account = bus.relay.ledger.accounts()[DELIVER]  # leaving the relay waits for all calls
    assert functions.events(DELIVER) == ["e1", "e1"]
    assert (account.delivered, account.repeated, account.acknowledged, account.in_flight) == (2, 1, 1, 0)


def test_what_comes_again_later_comes_after_others_or_when_it_is_asked_for() -> None:
    disorder = Disorder("s", twice_at_once=0, again_later=1, overtaken=0)
    with relayed(disorder) as (bus, functions):
        for number in range(LATER + 1):
            bus.push(f"e{number}")
        assert Counter(functions.events(DELIVER))["e0"] == 2
        assert Counter(functions.events(DELIVER))["e1"] == 1
        bus.relay.bring_copies()
        bus.relay.bring_copies()
    assert Counter(functions.events(DELIVER)) == {f"e{number}": 2 for number in range(LATER + 1)}


def test_a_message_is_held_until_another_has_passed() -> None:
    disorder = Disorder("s", twice_at_once=0, again_later=0, overtaken=0.5)
    held, other = event_of(Fate.OVERTAKEN, disorder), event_of(Fate.ONCE, disorder)
    with relayed(disorder) as (bus, functions):
        waiting = bus.push_aside(held)
        assert bus.relay.ledger.underway.at_work == 0
        bus.push(other)
        waiting.join()
        assert bus.relay.ledger.accounts()[DELIVER].overtaken == 1
    assert functions.events(DELIVER) == [other, held]


def test_one_is_held_at_a_time_and_let_go_it_was_not_overtaken() -> None:
    with relayed(Disorder("s", twice_at_once=0, again_later=0, overtaken=1)) as (bus, functions):
        for number in range(0, 6, 2):
            waiting = bus.push_aside(f"e{number}")
            bus.push(f"e{number + 1}")
            waiting.join()
        waiting = bus.push_aside("last")
        bus.relay.ledger.let_go()
        waiting.join()
        assert bus.relay.ledger.accounts()[DELIVER].overtaken == 3
    assert functions.events(DELIVER) == ["e1", "e0", "e3", "e2", "e5", "e4", "last"]


def test_what_passes_for_one_subscription_overtakes_nothing_of_another() -> None:
    ledger = RelayLedger()
    first = Held(DELIVER, "e1", number=1)
    waiting = threading.Thread(target=ledger.hold, args=(first, NEVER))
    waiting.start()
    while ledger.underway.held is None:
        pass
    ledger.passed("register-lead", 2)
    assert ledger.underway.held == first
    ledger.passed(DELIVER, 3)
    waiting.join()
    assert ledger.accounts()[DELIVER].overtaken == 1


def test_what_is_held_goes_after_its_time_although_nothing_came() -> None:
    with consumers() as functions:
        consumer = Consumer(functions.url(DELIVER), timeout=NEVER)
        with Relay({DELIVER: consumer}, Disorder("s", overtaken=1), held_for=0) as relay:
            assert Bus(relay).push("e1") == 204
            assert relay.ledger.underway.held is None
            assert relay.ledger.accounts()[DELIVER].overtaken == 0


@pytest.mark.parametrize("otherwise", ["twice_at_once", "again_later"])
def test_the_first_two_that_meet_change_places_whatever_is_drawn_for_them(otherwise: str) -> None:
    rare = Disorder("s", **{"twice_at_once": 0.0, "again_later": 0.0, "overtaken": 1e-9} | {otherwise: 1.0})
    with relayed(rare) as (bus, functions):
        first = bus.push_aside("first")
        bus.push("second")
        first.join()
        bus.push("third")
        bus.relay.bring_copies()
        assert bus.relay.ledger.accounts()[DELIVER].overtaken == 1
    came = functions.events(DELIVER)
    assert came.index("second") < came.index("first") < came.index("third")
    assert Counter(came) == {"first": 2, "second": 2, "third": 2}


def test_an_orderly_relay_holds_nothing_back() -> None:
    with relayed(ORDERLY) as (bus, functions):
        for number in range(3):
            bus.push(f"e{number}")
        assert bus.relay.ledger.accounts()[DELIVER].overtaken == 0
    assert functions.events(DELIVER) == ["e0", "e1", "e2"]


def test_what_the_bus_brings_again_by_itself_is_not_made_worse() -> None:
    statuses = iter([503, 503, 204])
    with relayed(Disorder("s", twice_at_once=1, overtaken=0)) as (bus, functions):
        functions.answers[DELIVER] = lambda _: next(statuses)
        assert bus.push("e1") == 503
        assert bus.push("e1") == 204
    assert functions.events(DELIVER) == ["e1"] * 3


def test_a_repeat_acknowledges_nothing_to_the_bus() -> None:
    answers = {"e1": iter([503, 204])}
    with relayed(Disorder("s", twice_at_once=1, overtaken=0)) as (bus, functions):
        functions.answers[DELIVER] = lambda message: next(answers[message.event_id])
        acknowledged = bus.push("e1") == 204
        assert bus.relay.ledger.acknowledged(DELIVER) == (frozenset({"e1"}) if acknowledged else frozenset())


def test_a_seed_decides_the_same_every_time_in_the_shares_that_were_asked_for() -> None:
    disorder = Disorder("s", twice_at_once=0.2, again_later=0.1, overtaken=0.3)
    fates = [disorder.fate(DELIVER, f"e{number}") for number in range(2000)]
    assert fates == [disorder.fate(DELIVER, f"e{number}") for number in range(2000)]
    shares = {fate: share / 2000 for fate, share in Counter(fates).items()}
    expected = {Fate.TWICE_AT_ONCE: 0.2, Fate.AGAIN_LATER: 0.1, Fate.OVERTAKEN: 0.3, Fate.ONCE: 0.4}
    assert shares == pytest.approx(expected, abs=0.03)
    assert fates != [Disorder("t", 0.2, 0.1, 0.3).fate(DELIVER, f"e{number}") for number in range(2000)]
