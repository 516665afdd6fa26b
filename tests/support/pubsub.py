"""A project on the Pub/Sub emulator, as an operator and its subscribers see it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import grpc
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import PubsubMessage, ReceivedMessage


class PubsubProject:
    """Topics and pull subscriptions of one project."""

    def __init__(self, project: str, channel: grpc.Channel) -> None:
        self.project = project
        self._topics = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._subscriptions = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))

    def create(self, topology: Mapping[str, Iterable[str]]) -> None:
        """Topics and their pull subscriptions."""
        for topic, subscriptions in topology.items():
            path = self._path("topics", topic)
            self._topics.create_topic(name=path)
            # Nobody subscribes yet. The first publish of an emulator is slow; let it not be one with a deadline.
            self._topics.publish(topic=path, messages=[PubsubMessage(data=b"first")])
            for name in subscriptions:
                self._subscriptions.create_subscription(name=self._path("subscriptions", name), topic=path)

    def drain(self, subscription: str) -> list[PubsubMessage]:
        """Pull and acknowledge until nothing more is there, in the order of publishing."""
        path = self._path("subscriptions", subscription)
        drained: list[PubsubMessage] = []
        while received := self._pull(path):
            self._subscriptions.acknowledge(subscription=path, ack_ids=[one.ack_id for one in received])
            drained += [one.message for one in received]
        return sorted(drained, key=lambda message: int(message.message_id))

    def _pull(self, path: str) -> list[ReceivedMessage]:
        with warnings.catch_warnings():  # discouraged where an empty pull costs money; here it ends the test's wait
            warnings.simplefilter("ignore", DeprecationWarning)
            request = {"subscription": path, "max_messages": 100, "return_immediately": True}
            return list(self._subscriptions.pull(request=request).received_messages)

    def _path(self, kind: str, name: str) -> str:
        return f"projects/{self.project}/{kind}/{name}"


@contextmanager
def pubsub_project(project: str, address: str) -> Iterator[PubsubProject]:
    """The project at the emulator of the address."""
    with grpc.insecure_channel(address) as channel:
        yield PubsubProject(project, channel)
