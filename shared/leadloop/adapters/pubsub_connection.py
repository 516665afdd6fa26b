"""A connection to Pub/Sub, or to its emulator, that is back soon after a network was away."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

import grpc
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

EMULATOR = "PUBSUB_EMULATOR_HOST"
"""The environment variable by which Google's clients find the emulator."""

_CHANNEL = (
    # By itself gRPC waits 1 to 120 s before it connects again: longer than many an outage, and than any publish.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 200),
)


def open_publisher() -> PublisherClient:
    """A client with the credentials of this machine; nothing is sent yet. Raises ``GoogleAuthError`` without any."""
    if emulator := os.environ.get(EMULATOR):
        channel = grpc.insecure_channel(emulator, options=_CHANNEL)
        return PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    return PublisherClient(transport=partial(PublisherGrpcTransport, channel=_channel))


def _channel(host: str, *, options: Sequence[tuple[str, object]], **given: Any) -> grpc.Channel:  # noqa: ANN401
    return PublisherGrpcTransport.create_channel(host, options=[*options, *_CHANNEL], **given)
