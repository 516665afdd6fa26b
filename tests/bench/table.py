"""The figures as a table of text."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Figure, Gate

_HEAD = ("measurement", "value", "baseline", "ratio", "gate", "spread", "")


def table_of(figures: Sequence[Figure]) -> str:
    """One line a figure, columns aligned; notes below their lines are not shown, they are in the JSON."""
    rows = [_HEAD, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def number(value: float | None) -> str:
    """A number with about three significant digits; nothing for none."""
    if value is None:
        return ""
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    decimals = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 4
    return f"{value:.{decimals}f}"


def _cells(figure: Figure) -> tuple[str, ...]:
    spread = "" if figure.spread is None else f"{number(figure.spread[0])}–{number(figure.spread[1])}"
    return (
        figure.name,
        f"{number(figure.value)} {figure.unit}".rstrip(),
        number(figure.baseline),
        number(figure.ratio),
        _bounds(figure.gate),
        spread,
        figure.verdict,
    )


def _bounds(gate: Gate | None) -> str:
    if gate is None:
        return ""
    sign = "≥" if gate.at_least else "≤"
    aim = f" (aim {number(gate.aim)})" if gate.aim is not None else ""
    return f"{sign} {number(gate.bound)}{aim}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([first, *others]).rstrip()
