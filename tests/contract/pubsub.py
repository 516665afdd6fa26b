"""Pub/Sub under contract: Google's emulator, at the end of a cable that can be cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import pytest

from leadloop.adapters.pubsub_bus import PubsubBus
from leadloop.adapters.pubsub_connection import EMULATOR
from leadloop.messages import Message, decode
from support.emulators import new_project, pubsub_emulator
from support.pubsub import pubsub_project
from support.severable_link import severable_link

Received: TypeAlias = Callable[[str], list[tuple[str, Message]]]
Cut: TypeAlias = Callable[[], AbstractContextManager[None]]


@contextmanager
def bus_under_contract(topology: Mapping[str, Sequence[str]]) -> Iterator[tuple[PubsubBus, Received, Cut]]:
    """The bus in a project of its own, what its subscribers see, and how to cut the cable."""
    emulator = pubsub_emulator()
    project = new_project()

    with (
        severable_link(emulator) as link,
        pubsub_project(project, emulator) as operator,
        pytest.MonkeyPatch.context() as environment,
    ):

        def received(subscription: str) -> list[tuple[str, Message]]:
            return [(message.message_id, decode(message.data)) for message in operator.drain(subscription)]

        operator.create(topology)
        environment.setenv(EMULATOR, link.address)
        bus = PubsubBus(project, list(topology))
        yield bus, received, link.cut
        bus.close()
