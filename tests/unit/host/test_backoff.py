"""When a refused message comes again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.adapters.system_entropy import SystemEntropy
from leadloop.manifest import Delivery, load
from leadloop_host.backoff import chance, longest_delay, retry_delay

FUNCTIONS = Path(__file__).parents[3] / "functions" / "functions.yaml"
RETRIES = Delivery(max_attempts=8, min_backoff=2, max_backoff=600)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 512), (10, 600), (5000, 600)])
def test_the_delay_doubles_up_to_the_greatest(attempt: int, seconds: float) -> None:
    assert retry_delay(RETRIES, attempt, chance=0) == seconds


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_jitter_only_lengthens_and_is_bounded(attempt: int, drawn: float) -> None:
    plain = retry_delay(RETRIES, attempt, chance=0)
    assert plain <= retry_delay(RETRIES, attempt, drawn) <= min(plain * 1.2, longest_delay(RETRIES))


def test_chance_is_drawn_anew_and_lies_below_one() -> None:
    drawn = {chance(SystemEntropy()) for _ in range(20)}
    assert len(drawn) == 20
    assert all(0 <= number < 1 for number in drawn)


def test_a_store_that_is_away_for_three_hours_costs_no_lead() -> None:
    delivery = load(FUNCTIONS).delivery
    waits = [retry_delay(delivery, attempt, chance=0) for attempt in range(1, delivery.max_attempts)]
    assert 3 * 3600 < sum(waits) < 4 * 3600
