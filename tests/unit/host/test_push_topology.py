"""The manifest on Google's emulator: what is published on a topic is pushed to the functions of that topic."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.dead_letters import DELIVERY_COUNT, SOURCE_SUBSCRIPTION
from leadloop.messages import LeadRegistered
from leadloop_host.push_topology import PushTopology, UnservedConsumer, emulated_pubsub
from support.emulated_bus import MANIFEST, PREFIX, EmulatedBus, emulated_bus
from support.emulators import new_project, pubsub_emulator

REGISTERED = LeadRegistered(event_id="e1", lead_id="anna")


@pytest.fixture
def emulated() -> Iterator[EmulatedBus]:
    with emulated_bus() as one:
        yield one


def test_a_message_is_pushed_to_each_function_of_its_topic_and_to_no_other(emulated: EmulatedBus) -> None:
    emulated.bus.publish("leads", REGISTERED)
    emulated.watch.wait_until_quiet()
    for function in ("deliver-lead", "watch-leads"):
        [(envelope, message)] = emulated.functions.received[function]
        assert message == REGISTERED
        assert envelope.subscription == f"projects/{emulated.topology.project}/subscriptions/{PREFIX}{function}"
    assert set(emulated.functions.received) == {"deliver-lead", "watch-leads"}


@pytest.mark.parametrize(("function", "deadline"), [("register-lead", 10), ("deliver-lead", 60), ("watch-leads", 540)])
def test_a_subscription_waits_retries_and_gives_up_as_the_manifest_says(
    emulated: EmulatedBus, function: str, deadline: int
) -> None:
    path = emulated.topology.subscription(function)
    with emulated_pubsub(pubsub_emulator()) as (_, subscriber):
        made = subscriber.get_subscription(subscription=path)
    assert made.push_config.push_endpoint == emulated.relay.urls[function]
    assert made.ack_deadline_seconds == deadline
    assert made.retry_policy.minimum_backoff.total_seconds() == MANIFEST.delivery.min_backoff
    assert made.retry_policy.maximum_backoff.total_seconds() == MANIFEST.delivery.max_backoff
    assert made.dead_letter_policy.max_delivery_attempts == MANIFEST.delivery.max_attempts
    assert made.dead_letter_policy.dead_letter_topic == emulated.topology.topic("dead-letters")


def test_a_dead_letter_has_no_last_resort_of_its_own(emulated: EmulatedBus) -> None:
    with emulated_pubsub(pubsub_emulator()) as (_, subscriber):
        made = subscriber.get_subscription(subscription=emulated.topology.subscription("keep-dead-letter"))
    assert not made.dead_letter_policy.dead_letter_topic


def test_what_is_refused_every_time_becomes_a_dead_letter_and_the_bus_comes_to_rest(emulated: EmulatedBus) -> None:
    emulated.functions.answers["deliver-lead"] = lambda _: 500
    emulated.bus.publish("leads", REGISTERED)
    emulated.watch.wait_until_quiet()
    assert emulated.functions.events("deliver-lead") == ["e1"] * MANIFEST.delivery.max_attempts
    [(envelope, message)] = emulated.functions.received["keep-dead-letter"]
    assert message == REGISTERED
    assert envelope.message.attributes[SOURCE_SUBSCRIPTION] == f"{PREFIX}deliver-lead"
    assert envelope.message.attributes[DELIVERY_COUNT].isdecimal()


def test_a_consumer_without_a_url_is_named_before_anything_is_made() -> None:
    topology = PushTopology(new_project(), MANIFEST)
    with pytest.raises(UnservedConsumer, match=r"^deliver-lead consumes .*only register-lead; serve it"):
        topology.create(pubsub_emulator(), {"register-lead": "http://127.0.0.1:9/"})
    with emulated_pubsub(pubsub_emulator()) as (publisher, _):
        assert list(publisher.list_topics(project=f"projects/{topology.project}")) == []
