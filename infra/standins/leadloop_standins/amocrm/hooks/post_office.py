"""Posts webhooks as amoCRM does."""

import threading
from collections.abc import Callable

from ...post_office import PostOffice, result_of
from ..settings import Switches
from .deliveries import Deliveries, Delivery


def webhook_post_office(
    lock: threading.RLock, deliveries: Callable[[], Deliveries], switches: Switches, now: Callable[[], int]
) -> PostOffice[Delivery]:
    """Delivers on demand, and by itself while `deliver_automatically` is on."""
    return PostOffice(
        lock,
        deliveries,
        lambda delivery: _post(delivery, switches.seconds("webhook_deadline_seconds")),
        now,
        lambda: switches.on("deliver_automatically"),
    )


def _post(delivery: Delivery, deadline: float) -> int:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "amoCRM-Webhooks/3.0",
        "Accept-Encoding": "gzip",
        "X-Amocrm-Requestid": delivery.request_id,
    }
    return result_of("POST", delivery.destination, headers, delivery.body.encode(), deadline)
