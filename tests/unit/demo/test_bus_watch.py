"""When the emulated bus is quiet: not before the last follow-up of the last message has been acknowledged."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from leadloop.messages import LeadRegistered, Message
from leadloop_host.demo.disorder import Disorder
from leadloop_host.demo.world import NotQuiet
from support.emulated_bus import EmulatedBus, emulated_bus


def registered(number: int) -> LeadRegistered:
    return LeadRegistered(event_id=f"e{number}", lead_id="anna")


def follow_up(emulated: EmulatedBus, message: Message) -> int:
    emulated.bus.publish("leads", LeadRegistered(event_id=f"after-{message.event_id}", lead_id="anna"))
    return 204


def test_a_bus_that_nothing_was_published_on_is_quiet() -> None:
    with emulated_bus() as emulated:
        assert emulated.watch.is_quiet()


def test_a_message_under_way_keeps_the_bus_busy_and_is_named() -> None:
    may_answer = threading.Event()
    with emulated_bus() as emulated:
        emulated.functions.answers["deliver-lead"] = lambda _: 204 if may_answer.wait(120) else 500
        emulated.bus.publish("leads", registered(1))
        with pytest.raises(NotQuiet, match=r"not acknowledged: .*'deliver-lead': \['lead_registered'\]"):
            emulated.watch.wait_until_quiet(within=0)
        may_answer.set()
        emulated.watch.wait_until_quiet()
        assert emulated.functions.events("deliver-lead") == ["e1"]


def test_quiet_comes_after_the_follow_ups() -> None:
    with emulated_bus() as emulated:
        emulated.functions.answers["register-lead"] = lambda message: follow_up(emulated, message)
        for number in range(10):
            emulated.bus.publish("submissions", registered(number))
        emulated.watch.wait_until_quiet()
        assert sorted(emulated.functions.events("watch-leads")) == sorted(f"after-e{number}" for number in range(10))
        assert emulated.watch.published == {"submissions": 10, "leads": 10}


def test_disorder_loses_nothing_and_is_counted() -> None:
    with emulated_bus(Disorder("sokol", twice_at_once=0.3, again_later=0.3, overtaken=0.3)) as emulated:
        for number in range(30):
            emulated.bus.publish("leads", registered(number))
        emulated.watch.wait_until_quiet()
        emulated.relay.bring_copies()
        emulated.watch.wait_until_quiet()
        account = emulated.relay.ledger.accounts()["deliver-lead"]
    came = Counter(emulated.functions.events("deliver-lead"))
    assert set(came) == {f"e{number}" for number in range(30)}
    assert account.acknowledged == 30
    assert account.repeated > 0
    assert account.overtaken > 0
    assert account.delivered == came.total() >= 30 + account.repeated
    assert emulated.functions.events("deliver-lead") != sorted(emulated.functions.events("deliver-lead"))


def test_however_rarely_it_is_drawn_one_of_two_messages_is_overtaken() -> None:
    with emulated_bus(Disorder("sokol", twice_at_once=0, again_later=0, overtaken=1e-9)) as emulated:
        for number in range(2):
            emulated.bus.publish("submissions", registered(number))
        emulated.watch.wait_until_quiet()
        assert emulated.watch.is_quiet()
        account = emulated.relay.ledger.accounts()["register-lead"]
    assert (account.acknowledged, account.overtaken) == (2, 1)


def test_a_message_that_nothing_can_overtake_is_let_go() -> None:
    with emulated_bus(Disorder("sokol", twice_at_once=0, again_later=0, overtaken=1)) as emulated:
        emulated.bus.publish("submissions", registered(1))
        while emulated.relay.ledger.underway.held is None:
            pass
        assert not emulated.watch.is_quiet()
        emulated.watch.wait_until_quiet()
        assert emulated.relay.ledger.accounts()["register-lead"].overtaken == 0
    assert emulated.functions.events("register-lead") == ["e1"]
