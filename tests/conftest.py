"""Every test starts with a closed environment; ``world`` is the memory world most tests live in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.world import World

# A busy machine is no failure: no example of Hypothesis is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def closed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the machine it runs on."""
    for name in os.environ:
        if name.startswith("LEADLOOP_"):
            monkeypatch.delenv(name)


@pytest.fixture
def world() -> Iterator[World]:
    """The functions on memory adapters, contacts mode ``hash``."""
    from support.world import World  # functions-framework is paid for only by tests that use it

    world = World()
    with world.in_force():
        yield world
