"""The vendors are served once for all histories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulation.vendors import Vendors, served


@pytest.fixture(scope="session")
def vendors() -> Iterator[Vendors]:
    with served() as vendors:
        yield vendors
