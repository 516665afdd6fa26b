"""When a message that was refused is delivered again."""

from __future__ import annotations

from leadloop.manifest import Delivery
from leadloop.ports.entropy import Entropy

JITTER = 0.2
"""The largest part by which a delay is lengthened, so that what failed together does not return together."""


def retry_delay(delivery: Delivery, attempt: int, chance: float) -> float:
    """Seconds until the next delivery after ``attempt`` (1, 2, …) failed; ``chance`` is in [0, 1).

    Doubles from the least back-off to the greatest, as Pub/Sub's retry policy does
    (https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff), then adds the jitter.
    """
    doublings = min(attempt - 1, 63)
    delay = min(delivery.max_backoff, delivery.min_backoff * 2.0**doublings)
    return delay * (1 + JITTER * chance)


def longest_delay(delivery: Delivery) -> float:
    """Seconds no retry is ever put off beyond."""
    return delivery.max_backoff * (1 + JITTER)


def chance(entropy: Entropy) -> float:
    """A number in [0, 1) made of an unguessable name."""
    token = entropy.token()
    return int(token, 36) / 36.0 ** len(token)
