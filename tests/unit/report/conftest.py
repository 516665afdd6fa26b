"""A small loop that has been played, on a stand-in served once for the module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.metrica_desk import MetricaDesk, MetricaServer, metrica_server
from support.small_loop import SmallLoop


@pytest.fixture(scope="module")
def server() -> Iterator[MetricaServer]:
    with metrica_server() as served:
        yield served


@pytest.fixture
def desk(server: MetricaServer) -> MetricaDesk:
    return MetricaDesk(server)


@pytest.fixture(scope="module")
def played(server: MetricaServer) -> SmallLoop:
    """Only to be looked at."""
    return SmallLoop(MetricaDesk(server)).play()
