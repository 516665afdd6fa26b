"""The bench's own arithmetic: rounds take turns, ratios are each round's own, and a gate is kept or missed."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from bench.figures import Figure, Gate, compared, counted
from bench.sampling import Spread, interleave, ratios_of, spread_of, timed, undisturbed


def test_rounds_take_turns_and_every_other_one_runs_backwards() -> None:
    order: list[str] = []

    def sample(name: str) -> Callable[[], float]:
        def take() -> float:
            order.append(name)
            return float(len(order))

        return take

    taken = interleave(3, {"ours": sample("ours"), "bare": sample("bare")})
    assert order == ["ours", "bare", "bare", "ours", "ours", "bare"]
    assert taken == {"ours": [1.0, 4.0, 5.0], "bare": [2.0, 3.0, 6.0]}


@pytest.mark.parametrize(
    ("samples", "spread"),
    [([3.0, 1.0, 2.0], (2.0, 1.0, 3.0)), ([4.0, 1.0], (2.5, 1.0, 4.0)), ([7.0], (7.0, 7.0, 7.0))],
)
def test_a_spread_is_the_median_between_its_ends(samples: list[float], spread: tuple[float, float, float]) -> None:
    assert spread_of(samples) == Spread(*spread)


def test_there_is_no_median_of_nothing() -> None:
    with pytest.raises(ValueError, match="no samples"):
        spread_of([])


def test_a_slow_minute_of_the_machine_cancels_out() -> None:
    ours, bare = [1.5, 15.0, 1.5], [1.0, 10.0, 1.0]
    assert ratios_of(ours, bare) == [1.5, 1.5, 1.5]
    figure = compared("intake", "µs", ours, bare, Gate(1.5))
    assert (figure.value, figure.baseline, figure.ratio, figure.spread) == (1.5, 1.0, 1.5, (1.5, 1.5))
    assert figure.verdict == "ok"


def test_rounds_that_were_not_taken_together_are_not_compared() -> None:
    with pytest.raises(ValueError):
        ratios_of([1.0, 2.0], [1.0])


def test_a_sample_is_the_time_of_one_call_by_the_clock_it_was_given() -> None:
    ticks = iter([10.0, 16.0])
    calls: list[bool] = []
    sample = timed(lambda: calls.append(gc.isenabled()), 3, lambda: next(ticks))
    assert sample() == 2.0
    assert calls == [False, False, False]
    assert gc.isenabled()


def test_the_collector_comes_back_when_the_work_fails() -> None:
    with pytest.raises(ZeroDivisionError), undisturbed():
        _ = 1 / 0
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (counted("writes", "", [14.0], Gate(14)), "ok"),
        (counted("writes", "", [14.1], Gate(14)), "over"),
        (counted("rows", "rows/s", [50_000.0], Gate(50_000, at_least=True)), "ok"),
        (counted("rows", "rows/s", [49_999.0], Gate(50_000, at_least=True)), "over"),
        (compared("intake", "µs", [1.31], [1.0], Gate(1.3)), "over"),
        (counted("reads", "", [1e9]), ""),
        (Figure("ungrounded", "", 1.0, gate=Gate(2)), "over"),
    ],
)
def test_a_gate_is_kept_up_to_its_very_bound(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict
