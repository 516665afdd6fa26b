"""Publishing and delivering through SQLite: leases, attempts, dead letters, and nothing lost by a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contract.other_process import holding_the_lock
from contract.together import together
from leadloop import timestamps
from leadloop.adapters.sqlite_bus import PUBLISH_WAIT, Deliveries, Delivery, QueueCounts, SqliteBus
from leadloop.adapters.sqlite_errors import StoreDamaged
from leadloop.messages import LeadRegistered, decode, read_push, wrap_push
from leadloop.ports.bus import PublishFailed
from leadloop.ports.store import StoreUnavailable
from support.settable_clock import MORNING, SettableClock

TOPOLOGY = {"submissions": ["register-lead"], "leads": ["deliver-lead", "watch-health"], "dead-letters": ["keep"]}


@dataclass
class Post:
    """A bus, its deliveries, and the time."""

    path: Path
    clock: SettableClock = field(default_factory=SettableClock)

    def __post_init__(self) -> None:
        self.bus = SqliteBus(self.path, TOPOLOGY, self.clock)
        self.deliveries = Deliveries(self.path, TOPOLOGY, "dead-letters")

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def publish(self, event_id: str = "e1", topic: str = "submissions") -> str:
        return self.bus.publish(topic, LeadRegistered(event_id=event_id, lead_id="anna"))

    def claim(self, subscription: str | None = None, limit: int = 10) -> list[Delivery]:
        return self.deliveries.claim(self.now, limit, 60, subscription)

    def claim_one(self) -> Delivery:
        [delivery] = self.claim()
        return delivery


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    one = Post(tmp_path / "messages.db")
    yield one
    one.bus.close()
    one.deliveries.close()


def event_ids(deliveries: list[Delivery]) -> list[str]:
    return [decode(delivery.body).event_id for delivery in deliveries]


def test_a_delivery_becomes_the_envelope_that_consumers_read(post: Post) -> None:
    message_id = post.publish("e1")
    delivery = post.claim_one()
    assert (delivery.topic, delivery.subscription, delivery.attempt) == ("submissions", "register-lead", 1)
    body = wrap_push(
        delivery.body,
        delivery.message_id,
        delivery.published_at,
        delivery.attributes,
        delivery.subscription,
        delivery.attempt,
    )
    envelope, message = read_push(body)
    assert envelope.delivery_attempt == 1
    assert envelope.message.message_id == message_id
    assert envelope.message.publish_time == MORNING
    assert envelope.message.attributes == {"event_id": "e1", "type": "lead_registered"}
    assert message == LeadRegistered(event_id="e1", lead_id="anna")


def test_bus_ids_have_more_digits_than_a_float_holds(post: Post) -> None:
    message_id = post.publish()
    assert int(message_id) > 2**53
    assert len(message_id) == 17


def test_what_is_leased_is_nobody_elses_and_what_is_acknowledged_is_gone(post: Post) -> None:
    post.publish()
    delivery = post.claim_one()
    assert post.claim() == []
    assert post.deliveries.ack(delivery.id)
    post.clock.advance(days=1)
    assert post.claim() == []
    assert not post.deliveries.ack(delivery.id)


def test_what_is_refused_comes_again_at_its_time_and_counts_the_attempts(post: Post) -> None:
    post.publish()
    for attempt in (1, 2, 3):
        delivery = post.claim_one()
        assert delivery.attempt == attempt
        assert post.deliveries.nack(delivery.id, post.now + timedelta(seconds=10))
        post.clock.advance(seconds=9.999999)
        assert post.claim() == []
        post.clock.advance(seconds=0.000001)


def test_a_lease_that_ran_out_is_delivered_again(post: Post) -> None:
    post.publish()
    first = post.claim_one()
    post.clock.advance(seconds=60)
    second = post.claim_one()
    assert second.attempt == 2
    assert second.message_id == first.message_id


def test_who_lost_the_lease_can_neither_refuse_nor_bury_but_may_still_have_done_it(post: Post) -> None:
    post.publish()
    late = post.claim_one()
    post.clock.advance(seconds=60)
    current = post.claim_one()
    assert not post.deliveries.nack(late.id, post.now)
    assert not post.deliveries.dead_letter(late.id, "late", post.now)
    assert post.claim() == []
    assert post.deliveries.ack(late.id)
    assert not post.deliveries.nack(current.id, post.now)
    assert post.deliveries.counts(post.now).pending == 0


def test_a_slow_subscription_holds_up_no_other(post: Post) -> None:
    for number in range(5):
        post.publish(f"e{number}", "leads")
    assert event_ids(post.claim("deliver-lead", limit=2)) == ["e0", "e1"]
    assert event_ids(post.claim("watch-health")) == ["e0", "e1", "e2", "e3", "e4"]
    assert event_ids(post.claim("deliver-lead")) == ["e2", "e3", "e4"]


def test_the_longest_waiting_go_first(post: Post) -> None:
    for number in range(3):
        post.publish(f"e{number}")
        post.clock.advance(seconds=1)
    first = post.claim(limit=1)[0]
    post.deliveries.nack(first.id, post.now)
    assert event_ids(post.claim()) == ["e1", "e2", "e0"]


def test_a_dead_letter_carries_what_google_tells_and_why(post: Post) -> None:
    message_id = post.publish()
    published_at = timestamps.to_text(post.now)
    delivery = post.claim_one()
    post.deliveries.nack(delivery.id, post.now)
    delivery = post.claim_one()
    post.clock.advance(seconds=5)
    assert post.deliveries.dead_letter(delivery.id, "answered 500 eight times", post.now)
    dead = post.claim_one()
    assert (dead.topic, dead.subscription, dead.attempt) == ("dead-letters", "keep", 1)
    assert dead.body == delivery.body
    assert dead.message_id != message_id
    assert dead.published_at == timestamps.to_text(post.now)
    assert dead.attributes == {
        "event_id": "e1",
        "type": "lead_registered",
        "CloudPubSubDeadLetterSourceSubscription": "register-lead",
        "CloudPubSubDeadLetterSourceDeliveryCount": "2",
        "CloudPubSubDeadLetterSourceTopicPublishTime": published_at,
        "dead_letter_reason": "answered 500 eight times",
    }


def test_a_dead_letter_cannot_be_buried_again(post: Post) -> None:
    post.publish()
    post.deliveries.dead_letter(post.claim_one().id, "answered 500", post.now)
    dead = post.claim_one()
    with pytest.raises(ValueError, match="nack"):
        post.deliveries.dead_letter(dead.id, "answered 500", post.now)
    assert post.deliveries.nack(dead.id, post.now)
    assert post.claim_one().attempt == 2


def test_the_counts_say_what_waits_and_since_when(post: Post) -> None:
    assert post.deliveries.counts(post.now) == QueueCounts(0, 0, 0, None, 0)
    for number in range(4):
        post.publish(f"e{number}")
    post.clock.advance(seconds=1)
    post.deliveries.dead_letter(post.claim(limit=1)[0].id, "answered 500", post.now)
    [retried] = post.claim("register-lead", limit=1)
    post.deliveries.nack(retried.id, post.now + timedelta(seconds=30))
    post.claim("register-lead", limit=1)
    assert post.deliveries.counts(post.now) == QueueCounts(3, 1, 2, MORNING, 1)
    post.clock.advance(seconds=60)
    assert post.deliveries.counts(post.now) == QueueCounts(4, 0, 4, MORNING, 1)


def test_a_host_that_starts_takes_up_what_the_dead_one_held(post: Post) -> None:
    post.publish("held")
    post.claim()
    post.publish("waiting")
    [waiting] = post.claim()
    post.deliveries.nack(waiting.id, post.now + timedelta(seconds=30))
    assert post.deliveries.release(post.now) == 1
    assert event_ids(post.claim()) == ["held"]
    post.clock.advance(seconds=30)
    assert event_ids(post.claim()) == ["waiting"]


def test_a_clock_that_ran_ahead_holds_up_nothing_after_a_start(post: Post) -> None:
    post.clock.advance(days=400)
    post.publish("from the future")
    post.clock.set(MORNING)
    assert post.claim() == []
    assert post.deliveries.release(post.now) == 1
    assert event_ids(post.claim()) == ["from the future"]


def test_no_delivery_is_claimed_twice_by_threads(post: Post) -> None:
    for number in range(40):
        post.publish(f"e{number:02}")

    def claim_all(_: int) -> list[str]:
        claimed: list[str] = []
        while some := post.claim(limit=3):
            claimed += event_ids(some)
        return claimed

    claimed = [event_id for some in together(8, claim_all) for event_id in some]
    assert sorted(claimed) == [f"e{number:02}" for number in range(40)]


PUBLISH_FOR_EVER = """
import sys
from pathlib import Path
from leadloop.adapters.sqlite_bus import SqliteBus
from leadloop.adapters.system_clock import SystemClock
from leadloop.messages import LeadRegistered
bus = SqliteBus(Path(sys.argv[1]), {"leads": ["deliver-lead", "watch-health"]}, SystemClock())
number = 0
while True:
    print(bus.publish("leads", LeadRegistered(event_id=str(number), lead_id="anna")), flush=True)
    number += 1
"""


def test_what_was_published_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    command = [sys.executable, "-c", PUBLISH_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdout is not None
        given = [publisher.stdout.readline().strip() for _ in range(200)]
        publisher.send_signal(signal.SIGKILL)
        publisher.wait()
        given += publisher.stdout.read().split()
    deliveries = Deliveries(path, TOPOLOGY, "dead-letters")
    far = MORNING + timedelta(days=36_500)
    for subscription in ("deliver-lead", "watch-health"):
        kept = [delivery.message_id for delivery in deliveries.claim(far, 100_000, 60, subscription)]
        assert kept[: len(given)] == given
        assert len(kept) - len(given) in {0, 1}  # one more if killed between commit and print
    deliveries.close()


def test_a_publish_gives_up_within_a_second(post: Post) -> None:
    assert PUBLISH_WAIT < 1
    with holding_the_lock(post.path), pytest.raises(PublishFailed, match="is locked"):
        post.publish()
    assert post.claim() == []


def test_a_locked_queue_is_said_to_the_host(post: Post) -> None:
    post.publish()
    impatient = Deliveries(post.path, TOPOLOGY, "dead-letters", busy_seconds=0.1)
    with holding_the_lock(post.path), pytest.raises(StoreUnavailable, match=r"messages\.db is locked"):
        impatient.claim(post.now, 10, 60)
    assert len(impatient.claim(post.now, 10, 60)) == 1
    impatient.close()


def test_a_full_disk_fails_the_publish_and_not_the_next_one(post: Post) -> None:
    with post.bus._file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    published = []

    def publish_until_full() -> None:
        for number in range(1000):
            post.publish(f"e{number}")
            published.append(f"e{number}")

    with pytest.raises(PublishFailed, match="the disk is full"):
        publish_until_full()
    post.publish("after")
    assert event_ids(post.claim(limit=10_000)) == [*published, "after"]


def test_a_damaged_queue_is_said_on_opening(post: Post) -> None:
    post.publish()
    post.bus.close()
    post.deliveries.close()
    with post.path.open("r+b") as file:
        file.write(b"\xde\xad\xbe\xef" * 1024)
    with pytest.raises(StoreDamaged, match=r"messages\.db is damaged"):
        SqliteBus(post.path, TOPOLOGY, post.clock)


def test_a_topic_without_subscriptions_loses_nothing_silently(tmp_path: Path) -> None:
    bus = SqliteBus(tmp_path / "messages.db", {"leads": [], "dead-letters": ["keep"]}, SettableClock())
    with pytest.raises(PublishFailed, match="nobody subscribes"):
        bus.publish("leads", LeadRegistered(event_id="e1", lead_id="anna"))
    bus.close()
    with pytest.raises(ValueError, match="nobody subscribes to leads"):
        Deliveries(tmp_path / "messages.db", {"leads": []}, "leads")
