"""The whole system for a journey: everything is started before the test and ended after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.loop import Loop, living


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    """leadloop in the mode ``keep`` between a site, a CRM and Metrica."""
    with living(tmp_path) as started:
        yield started
