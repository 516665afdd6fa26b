"""Messages: published durably, delivered at least once, in any order."""

from __future__ import annotations

from typing import Protocol

from leadloop.messages import Message


class PublishFailed(Exception):
    """The message is not on the bus; it may be published again under the same event id."""


class Bus(Protocol):
    """Where functions publish. Every adapter passes ``tests/contract/test_bus_contract.py``."""

    def publish(self, topic: str, message: Message) -> str:
        """Put the message on the topic durably and return the bus's id for it.

        Returns only when the message survives a power loss. Raises ``PublishFailed`` within
        one second otherwise (the default of "spool after"). Subscribers see the message at least
        once; they tell doubles apart by ``message.event_id``, not by the bus's id.
        """
        ...
