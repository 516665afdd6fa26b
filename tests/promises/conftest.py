"""Both vendors, served once for all promises, and companies to open on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulation.trouble import Trouble
from simulation.vendors import Vendors, served
from simulation.world import Company, OpenCompany
from support.policies import sokol


@pytest.fixture(scope="session")
def vendors() -> Iterator[Vendors]:
    with served() as vendors:
        yield vendors


@pytest.fixture
def open_company(vendors: Vendors) -> OpenCompany:
    def open_one(mode: str = "hash", trouble: Trouble | None = None, **sections: object) -> Company:
        return Company(vendors, sokol(mode, **sections), trouble)

    return open_one
