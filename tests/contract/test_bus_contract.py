"""Every bus: what is published arrives at each subscription, as it was, or the publisher is told."""

from __future__ import annotations

from contextlib import suppress

import pytest

from contract.conftest import BusUnderContract
from contract.together import together
from leadloop.messages import ContactKey, LeadCaptured, LeadRegistered, PageAddress, Submission
from leadloop.ports.bus import PublishFailed
from support.settable_clock import MORNING

CAPTURED = LeadCaptured(
    event_id="e1",
    submission=Submission(
        lead_id="anna",
        fingerprint="f",
        form="Заявка «Солнечный квартал» 🏡",
        occurred_at=MORNING,
        received_at=MORNING,
        page=PageAddress(host="sokol.example", path="/", params={"utm_source": "yandex"}),
        keys=(ContactKey(kind="phone", key_id="k1", normaliser="1", hmac="ab"),),
    ),
)


def registered(number: int) -> LeadRegistered:
    return LeadRegistered(event_id=f"e{number}", lead_id="anna")


def test_a_message_arrives_at_every_subscription_of_its_topic_as_it_was(under_contract: BusUnderContract) -> None:
    under_contract.bus.publish("submissions", CAPTURED)
    for subscription in ("register-lead", "watch-health"):
        assert [message for _, message in under_contract.received(subscription)] == [CAPTURED]
    assert under_contract.received("deliver-lead") == []


def test_a_bus_id_is_decimal_text_of_its_own(under_contract: BusUnderContract) -> None:
    given = [under_contract.bus.publish("leads", registered(number)) for number in range(3)]
    assert len(set(given)) == 3
    assert all(message_id.isdecimal() for message_id in given)
    assert [message_id for message_id, _ in under_contract.received("deliver-lead")] == given


def test_one_event_published_twice_arrives_twice(under_contract: BusUnderContract) -> None:
    first = under_contract.bus.publish("leads", registered(1))
    second = under_contract.bus.publish("leads", registered(1))
    assert under_contract.received("deliver-lead") == [(first, registered(1)), (second, registered(1))]


def test_nothing_is_lost_between_threads(under_contract: BusUnderContract) -> None:
    def publish(number: int) -> str:
        while True:  # on a busy machine a publish may fail in time, and then the same event is published again
            with suppress(PublishFailed):
                return under_contract.bus.publish("leads", registered(number))

    given = together(8, lambda worker: [publish(100 * worker + number) for number in range(25)])
    received = under_contract.received("deliver-lead")
    assert {message_id for some in given for message_id in some} <= {message_id for message_id, _ in received}
    expected = {f"e{100 * worker + number}" for worker in range(8) for number in range(25)}
    assert {message.event_id for _, message in received} == expected


@pytest.mark.parametrize("topic", ["", "lead", "deliver-lead"])
def test_a_topic_that_nobody_receives_is_refused_by_name(under_contract: BusUnderContract, topic: str) -> None:
    with pytest.raises(PublishFailed, match="expected one of dead-letters, leads, submissions"):
        under_contract.bus.publish(topic, registered(1))


def test_a_bus_that_cannot_take_a_message_says_so_and_has_not_taken_it(under_contract: BusUnderContract) -> None:
    with under_contract.make_it_fail(), pytest.raises(PublishFailed, match="lead_registered is not on leads"):
        under_contract.bus.publish("leads", registered(1))
    under_contract.bus.publish("leads", registered(2))
    assert [message.event_id for _, message in under_contract.received("deliver-lead")] == ["e2"]
