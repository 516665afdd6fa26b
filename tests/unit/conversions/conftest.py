"""A stand-in of Metrica served once for the module, and a fresh desk before it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.metrica_desk import MetricaDesk, MetricaServer, metrica_server


@pytest.fixture(scope="module")
def server() -> Iterator[MetricaServer]:
    with metrica_server() as served:
        yield served


@pytest.fixture
def desk(server: MetricaServer) -> MetricaDesk:
    return MetricaDesk(server)
