"""The topics and push subscriptions of the manifest on Google's Pub/Sub emulator, as Terraform makes them in a cloud.

Each consumer has one subscription, of its own name. Real services would sign their pushes; the emulator does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import grpc
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import DeadLetterPolicy, PushConfig, RetryPolicy, Subscription

from leadloop.manifest import Manifest
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC, consumers

_ACKNOWLEDGE_WITHIN = (10, 600)
"""Seconds that Pub/Sub lets a push answer take. https://cloud.google.com/pubsub/docs/subscription-properties"""


class UnservedConsumer(Exception):
    """The manifest names a consumer that has no URL: its messages would wait for ever."""

    def __init__(self, name: str, served: Mapping[str, str]) -> None:
        found = ", ".join(sorted(served)) or "none at all"
        super().__init__(f"{name} consumes messages: expected a URL for it, found only {found}; serve it too")


@dataclass(frozen=True)
class PushTopology:
    """What the manifest says, in one project; ``prefix`` begins the names of topics and subscriptions."""

    project: str
    manifest: Manifest
    prefix: str = ""

    def topic(self, name: str) -> str:
        """The path of a topic of the manifest."""
        return f"projects/{self.project}/topics/{self.prefix}{name}"

    def subscription(self, name: str) -> str:
        """The path of a subscription; a consumer's has the name of the function."""
        return f"projects/{self.project}/subscriptions/{self.prefix}{name}"

    def create(self, emulator: str, urls: Mapping[str, str]) -> None:
        """Make every topic, and for each consumer the subscription that is pushed to its URL.

        ``emulator`` is host and port. Raises ``UnservedConsumer``, ``google.api_core``'s ``AlreadyExists``.
        """
        wanted = [self._pushed(name, urls) for name in consumers(self.manifest)]
        with emulated_pubsub(emulator) as (publisher, subscriber):
            for topic in self.manifest.topics:
                publisher.create_topic(name=self.topic(topic))
            for subscription in wanted:
                subscriber.create_subscription(request=subscription)

    def _pushed(self, name: str, urls: Mapping[str, str]) -> Subscription:
        if name not in urls:
            raise UnservedConsumer(name, urls)
        function, delivery = self.manifest.functions[name], self.manifest.delivery
        shortest, longest = _ACKNOWLEDGE_WITHIN
        return Subscription(
            name=self.subscription(name),
            topic=self.topic(str(function.topic)),
            push_config=PushConfig(push_endpoint=urls[name]),
            ack_deadline_seconds=min(max(function.timeout, shortest), longest),
            retry_policy=RetryPolicy(
                minimum_backoff=_duration(delivery.min_backoff), maximum_backoff=_duration(delivery.max_backoff)
            ),
            dead_letter_policy=self._last_resort(str(function.topic)),
        )

    def _last_resort(self, topic: str) -> DeadLetterPolicy | None:
        if topic == DEAD_LETTER_TOPIC:
            return None
        attempts = self.manifest.delivery.max_attempts
        return DeadLetterPolicy(dead_letter_topic=self.topic(DEAD_LETTER_TOPIC), max_delivery_attempts=attempts)


@contextmanager
def emulated_pubsub(emulator: str) -> Iterator[tuple[PublisherClient, SubscriberClient]]:
    """Google's clients at an emulator (host and port), whatever the environment says."""
    # A pull of more than 4 MB, which the emulator gives, is above what gRPC takes unless told so.
    with grpc.insecure_channel(emulator, options=[("grpc.max_receive_message_length", -1)]) as channel:
        yield (
            PublisherClient(transport=PublisherGrpcTransport(channel=channel)),
            SubscriberClient(transport=SubscriberGrpcTransport(channel=channel)),
        )


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
