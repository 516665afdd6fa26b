"""Every test starts with a closed environment; ``world`` is the memory world most tests live in.

The files that take longest begin first, so that none is left alone at the end while other workers have nothing to do;
``make test`` gives each worker a file at a time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.world import World

# A busy machine is no failure: no example of Hypothesis is timed. A test that names a number of its own has it in both.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=25)
settings.register_profile("deep", settings.get_profile("untimed"), max_examples=1000)
settings.load_profile("untimed")

LONGEST_FIRST = (
    "faults/test_crashes.py",
    "journeys/test_demo_on_emulators.py",
    "journeys/test_loop_survives_kills.py",
    "packages/test_clean_environments.py",
    "journeys/test_demo.py",
    "cloud/test_terraform_mistakes.py",
    "unit/crm/test_interruptions.py",
    "cloud/test_deploying.py",
    "market/test_market.py",
    "unit/bench/test_measurements.py",
    "unit/leads/test_bounds_of_a_person.py",
    "cloud/test_preflight.py",
    "packages/test_imports.py",
    "unit/leads/test_visiting.py",
    "simulation/test_histories.py",
    "unit/leads/test_family.py",
    "container/test_image.py",
    "browser",
    "journeys",
    "cloud",
    "container",
    "functions",
    "promises",
    "contract",
)
"""Files and folders under tests, by what they take; the others follow as they stand."""


@pytest.hookimpl(optionalhook=True)  # a run may go without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: journeys spend half of their time waiting for a process of their own."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    gone = [one for one in LONGEST_FIRST if not (tests / one).exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py lets begin first what there is not: {', '.join(gone)}")
    items.sort(key=lambda item: _turn(item.path.relative_to(tests)))


def _turn(path: PurePath) -> int:
    places = {path.as_posix(), *(folder.as_posix() for folder in path.parents)}
    return next((turn for turn, one in enumerate(LONGEST_FIRST) if one in places), len(LONGEST_FIRST))


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
