"""Posts webhooks as amoCRM does."""

import threading
from collections.abc import Callable

import requests

from ...post_office import NO_ANSWER, PostOffice
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
    body = delivery.body.encode()
    try:
        with requests.Session() as session:
            session.trust_env = False
            # The body of the answer is never read: amoCRM ignores it, and reading would stretch the deadline.
            with session.post(
                delivery.destination, body, headers=headers, timeout=deadline, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code
    except requests.RequestException:
        return NO_ANSWER
