"""Messages on Google Cloud Pub/Sub. Terraform owns the topics and the push subscriptions to the consumers."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from google.api_core.exceptions import Aborted, GoogleAPICallError, InternalServerError, ServiceUnavailable
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PubsubMessage

from leadloop.adapters.pubsub_connection import open_publisher
from leadloop.adapters.pubsub_failures import meaning_of
from leadloop.messages import Message, encode
from leadloop.ports.bus import PublishFailed

PUBLISH_WAIT = 0.9
"""Seconds a publish may take, connecting and signing in included; the rest of the promised one is for ourselves."""

LARGEST_MESSAGE = 10_000_000
"""Bytes of a publish request. https://cloud.google.com/pubsub/quotas#resource_limits"""

_PASSING = (ServiceUnavailable, Aborted, InternalServerError)
_RETRY_AFTER = 0.05


class PubsubBus:
    """A ``Bus`` on the project's topics ``<prefix><topic>``; safe for threads.

    One message goes in one call of the calling thread: Google's batching client would wait for company, and try
    for a minute. Nothing is opened before the first publish, so a process may be forked until then. That first one
    also looks for the credentials, which only where there are none takes longer than the second.
    """

    def __init__(self, project: str, topics: Sequence[str], prefix: str = "") -> None:
        self._topics = {topic: f"projects/{project}/topics/{prefix}{topic}" for topic in topics}
        self._opened: PublisherClient | None = None
        self._opening = threading.Lock()

    def publish(self, topic: str, message: Message) -> str:
        """See ``Bus``. What fails in passing is tried again within the second.

        When no answer came in time the message may still be on the bus; a later copy of it has the same event id.
        """
        body = encode(message)
        attributes = {"event_id": message.event_id, "type": message.type}
        path = self._path_of(topic, message, len(body))
        try:
            return self._publish(path, PubsubMessage(data=body, attributes=attributes))
        except (GoogleAPICallError, GoogleAuthError) as failure:
            reason = meaning_of(failure, path, PUBLISH_WAIT)
            raise PublishFailed(f"{message.type} is not on {topic}: {reason}") from None

    def close(self) -> None:
        """Let go of the connection."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened:
            opened.transport.close()  # type: ignore[no-untyped-call]

    def _path_of(self, topic: str, message: Message, size: int) -> str:
        if topic not in self._topics:
            known = ", ".join(sorted(self._topics))
            raise PublishFailed(
                f"{message.type} is not on {topic}: the manifest has no such topic; expected one of {known}; "
                "correct functions.yaml"
            )
        if size > LARGEST_MESSAGE:
            raise PublishFailed(
                f"{message.type} is not on {topic}: expected at most {LARGEST_MESSAGE} bytes, which is what Pub/Sub "
                f"takes, found {size}; lower the policy's defaults.body_cap"
            )
        return self._topics[topic]

    def _publish(self, path: str, message: PubsubMessage) -> str:
        client = self._client()
        ends = time.monotonic() + PUBLISH_WAIT
        while True:
            left = ends - time.monotonic()
            try:
                answer = client.publish(topic=path, messages=[message], retry=None, timeout=left)
                return str(answer.message_ids[0])
            except _PASSING:
                if ends - time.monotonic() < 2 * _RETRY_AFTER:
                    raise
            time.sleep(_RETRY_AFTER)

    def _client(self) -> PublisherClient:
        with self._opening:
            if self._opened is None:
                self._opened = open_publisher()
            return self._opened
