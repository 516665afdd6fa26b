"""Plain-text tables for a terminal, aligned also for Cyrillic."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[object]], indent: str = "  ") -> str:
    """A table with numbers (``?``: not known) to the right and words to the left; a dash where there are no rows."""
    texts = [[printable(str(cell)) for cell in row] for row in rows] or [["—", *[""] * (len(head) - 1)]]
    widths = [max(len(line[column]) for line in [list(head), *texts]) for column in range(len(head))]
    numeric = [all(_is_number(row[column]) for row in texts) for column in range(len(head))]
    lines = [_line(head, widths, numeric), "  ".join("─" * width for width in widths)]
    lines += [_line(row, widths, numeric) for row in texts]
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def printable(text: str) -> str:
    """A text as a terminal may show it: what would move its cursor or turn its letters round is written out."""
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    aligned = [
        cell.rjust(width) if number else cell.ljust(width)
        for cell, width, number in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(aligned)


def _is_number(text: str) -> bool:
    return text == "?" or text.replace(" ", "").replace(".", "").replace("–", "").isdigit()
