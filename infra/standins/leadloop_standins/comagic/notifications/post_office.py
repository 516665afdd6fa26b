"""Sends notifications as the tracker does: whatever the template says, and no signature."""

import threading
from collections.abc import Callable

from ...post_office import PostOffice, result_of
from ...switches import Switches
from .deliveries import Deliveries, Delivery


def notification_post_office(
    lock: threading.RLock, deliveries: Callable[[], Deliveries], switches: Switches, now: Callable[[], int]
) -> PostOffice[Delivery]:
    """Delivers on demand, and by itself while `deliver_automatically` is on."""
    return PostOffice(
        lock,
        deliveries,
        lambda delivery: _send(delivery, switches.seconds("notification_deadline_seconds")),
        now,
        lambda: switches.on("deliver_automatically"),
    )


def _send(delivery: Delivery, deadline: float) -> int:
    sent = delivery.written or delivery.write()
    headers = {name: text.encode() for name, text in sent.headers.items()} if delivery.method == "POST" else {}
    body = sent.body.encode() if delivery.method == "POST" else None
    return result_of(delivery.method, sent.url, headers, body, deadline)
