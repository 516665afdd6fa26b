"""The delivery side of ``SqliteBus``: what the one-machine host does in place of Pub/Sub.

A delivery is one message for one subscription. Claiming leases it; it ends by ``ack`` or
``dead_letter``; ``nack``, or a lease that runs out because the host died, makes it ready again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from leadloop import timestamps
from leadloop.adapters.sqlite_messages import insert, open_messages

_COLUMNS = "id, subscription, topic, message_id, body, attributes, published_at, attempt"
_SOURCE = "CloudPubSubDeadLetterSource"
"""How Google names what it adds (https://cloud.google.com/pubsub/docs/handling-failures)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to be handed to one subscription, now. Its parts are those of ``messages.wrap_push``."""

    id: str
    """Of this attempt alone: once the lease has run out and another took it, it no longer counts."""
    subscription: str
    topic: str
    message_id: str
    body: bytes
    attributes: dict[str, str]
    published_at: str
    attempt: int
    """1 for the first."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What waits, at an instant. A lease that has run out no longer counts as one."""

    pending: int
    """Deliveries that nobody has leased, due or not."""
    leased: int
    due_now: int
    """Those of the pending that may be claimed now."""
    oldest_due: datetime | None
    """When the first of the pending became, or becomes, due."""
    dead: int
    """Those of the pending that are dead letters, not yet taken off."""


class Deliveries:
    """The queue of every subscription in the file ``path``; several processes may share it.

    Raises ``ValueError`` when nobody subscribes to ``dead_letter_topic``. Every method raises
    ``StoreUnavailable``.
    """

    def __init__(
        self,
        path: Path,
        topology: Mapping[str, Sequence[str]],
        dead_letter_topic: str,
        busy_seconds: float = 5.0,
    ) -> None:
        if not topology.get(dead_letter_topic):
            raise ValueError(
                f"nobody subscribes to {dead_letter_topic}: expected a subscription, or dead letters are lost; "
                "correct functions.yaml"
            )
        self._dead_letter_subscriptions = tuple(topology[dead_letter_topic])
        self._dead_letter_topic = dead_letter_topic
        self._file = open_messages(path, busy_seconds)

    def claim(self, now: datetime, limit: int, lease_seconds: float, subscription: str | None = None) -> list[Delivery]:
        """Lease up to ``limit`` deliveries that are ready, the longest ready first.

        With a subscription, only its own: so a slow consumer holds up no other.
        """
        ready = "ready_at <= ?" + ("" if subscription is None else " AND subscription = ?")
        select = f"SELECT {_COLUMNS} FROM deliveries WHERE {ready} ORDER BY ready_at, id LIMIT ?"  # noqa: S608 (constants)
        values = (timestamps.to_text(now), *([] if subscription is None else [subscription]), limit)
        with self._file.reading() as connection:
            if not connection.execute(select, values).fetchone():  # most calls end here, without the write lock
                return []
        until = timestamps.to_text(now + timedelta(seconds=lease_seconds))
        with self._file.writing() as connection:
            rows = connection.execute(select, values).fetchall()
            connection.executemany(
                "UPDATE deliveries SET leased = 1, attempt = attempt + 1, ready_at = ? WHERE id = ?",
                [(until, row[0]) for row in rows],
            )
        return [_delivery(row) for row in rows]

    def ack(self, delivery_id: str) -> bool:
        """End a delivery: its work is done. A late one counts too; false when it had ended already."""
        with self._file.writing() as connection:
            done = connection.execute("DELETE FROM deliveries WHERE id = ?", (_split(delivery_id)[0],))
            return done.rowcount == 1

    def nack(self, delivery_id: str, retry_at: datetime) -> bool:
        """Make a delivery ready again at a time. False, and nothing done, when the lease is no longer ours."""
        with self._file.writing() as connection:
            done = connection.execute(
                "UPDATE deliveries SET leased = 0, ready_at = ? WHERE id = ? AND attempt = ? AND leased",
                (timestamps.to_text(retry_at), *_split(delivery_id)),
            )
            return done.rowcount == 1

    def dead_letter(self, delivery_id: str, reason: str, at: datetime) -> bool:
        """Move a delivery to the dead-letter topic, in one commit; ``reason`` must hold nothing personal.

        The message gets a new id, keeps its body and attributes, and gains Google's three and
        ``dead_letter_reason``, which Google has not. False when the lease is no longer ours. Raises
        ``ValueError`` for what is a dead letter already: that one can only be tried again.
        """
        now = timestamps.to_text(at)
        with self._file.writing() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM deliveries WHERE id = ? AND attempt = ? AND leased",  # noqa: S608 (constants)
                _split(delivery_id),
            ).fetchone()
            if row is None:
                return False
            dead = _delivery(row, attempts_made=0)
            if dead.topic == self._dead_letter_topic:
                raise ValueError(f"{dead.subscription} failed on a dead letter: expected nack, it has no way further")
            attributes = dead.attributes | {
                f"{_SOURCE}Subscription": dead.subscription,
                f"{_SOURCE}DeliveryCount": str(dead.attempt),
                f"{_SOURCE}TopicPublishTime": dead.published_at,
                "dead_letter_reason": reason,
            }
            insert(connection, self._dead_letter_subscriptions, self._dead_letter_topic, dead.body, attributes, now)
            connection.execute("DELETE FROM deliveries WHERE id = ?", (row[0],))
            return True

    def release(self, now: datetime, longest_wait: timedelta = timedelta(seconds=600)) -> int:
        """Make ready what a host that died had leased, and what waits longer than any back-off does.

        For a host to call when it starts and is alone: then nothing waits for the leases of the dead,
        nor for times that a clock gave while it ran ahead. Returns how many were released.
        """
        with self._file.writing() as connection:
            done = connection.execute(
                "UPDATE deliveries SET leased = 0, ready_at = ? WHERE leased OR ready_at > ?",
                (timestamps.to_text(now), timestamps.to_text(now + longest_wait)),
            )
            return done.rowcount

    def counts(self, now: datetime) -> QueueCounts:
        """What waits, over all subscriptions."""
        instant = timestamps.to_text(now)
        with self._file.reading() as connection:
            total, leased, due_now, oldest_due, dead = connection.execute(
                "SELECT count(*), total(held), total(ready_at <= ?), min(CASE WHEN held THEN NULL ELSE ready_at END), "
                "total(topic = ? AND NOT held) "
                "FROM (SELECT ready_at, topic, leased AND ready_at > ? AS held FROM deliveries)",
                (instant, self._dead_letter_topic, instant),
            ).fetchone()
        oldest = None if oldest_due is None else timestamps.from_text(oldest_due)
        return QueueCounts(total - int(leased), int(leased), int(due_now), oldest, int(dead))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _delivery(row: tuple[int, str, str, str, bytes, str, str, int], attempts_made: int = 1) -> Delivery:
    number, subscription, topic, message_id, body, attributes, published_at, attempt = row
    attempt += attempts_made
    return Delivery(
        f"{number}-{attempt}", subscription, topic, message_id, body, json.loads(attributes), published_at, attempt
    )


def _split(delivery_id: str) -> tuple[int, int]:
    number, _, attempt = delivery_id.partition("-")
    return int(number), int(attempt)
