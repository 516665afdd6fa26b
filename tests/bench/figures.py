"""What a measurement found, and whether it is within its gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.sampling import Spread, ratios_of, spread_of

JsonFigure = dict[str, object]


@dataclass(frozen=True)
class Gate:
    """What a figure must keep, and what it should."""

    bound: float
    aim: float | None = None
    at_least: bool = False
    """Whether more is better; otherwise less is."""

    def admits(self, found: float) -> bool:
        """Whether the figure keeps the bound; the bound itself does."""
        return found >= self.bound if self.at_least else found <= self.bound


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    unit: str
    value: float
    """Median of what was measured."""
    baseline: float | None = None
    """Median of what it is compared with, in the same unit."""
    ratio: float | None = None
    """Median of the rounds' own ratios."""
    gate: Gate | None = None
    gated: Literal["value", "ratio"] = "ratio"
    """Which of the two the gate is about; ``spread`` is of the same."""
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def verdict(self) -> Literal["ok", "over", ""]:
        """``over`` when the gate is missed; nothing where there is no gate."""
        if self.gate is None:
            return ""
        found = self.ratio if self.gated == "ratio" else self.value
        return "ok" if found is not None and self.gate.admits(found) else "over"

    def as_json(self) -> JsonFigure:
        """The line for programs."""
        gate = self.gate
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "gate": gate.bound if gate else None,
            "aim": gate.aim if gate else None,
            "gate_is": (("at_least" if gate.at_least else "at_most") if gate else None),
            "gated": self.gated if gate else None,
            "spread": list(self.spread) if self.spread else None,
            "verdict": self.verdict or None,
            "note": self.note,
        }


def compared(
    name: str, unit: str, ours: list[float], baseline: list[float], gate: Gate | None = None, note: str = ""
) -> Figure:
    """A figure whose ratio to its baseline is the point."""
    ratios = spread_of(ratios_of(ours, baseline))
    return Figure(
        name,
        unit,
        spread_of(ours).middle,
        spread_of(baseline).middle,
        ratios.middle,
        gate,
        "ratio",
        _ends(ratios),
        note,
    )


def counted(name: str, unit: str, samples: list[float], gate: Gate | None = None, note: str = "") -> Figure:
    """A figure that stands for itself."""
    spread = spread_of(samples)
    return Figure(name, unit, spread.middle, gate=gate, gated="value", spread=_ends(spread), note=note)


def _ends(spread: Spread) -> tuple[float, float]:
    return spread.least, spread.largest
