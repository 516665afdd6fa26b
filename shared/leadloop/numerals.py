"""Numbers in what is told to a person."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun: ``1 fault``, ``2 faults``; ``plural`` where an s does not make it."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
