"""Each measurement runs, at sizes that say nothing, and yields the figures that the documentation names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.figures import Figure
from bench.measurements import MEASUREMENTS, measure
from bench.packaged import every_function
from bench.sampling import QUICK
from support.packages import FUNCTIONS

TINY = replace(QUICK, rounds=2, warm_up=1, calls=2, rows=300, pending=20, lives=1, requests=4)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_runs_and_finds_something_to_judge(name: str) -> None:
    found = [figure for figure in measure(name, TINY) if isinstance(figure, Figure)]
    assert all(figure.value > 0 for figure in found)
    assert any(figure.gate for figure in found)


def test_every_function_is_started_but_the_one_that_the_packages_policy_gives_nothing_to_do() -> None:
    assert {*FUNCTIONS} - {*every_function()} == {"receive-verdict"}
