"""Talking with the person who deploys."""

from __future__ import annotations

import sys

from leadloop_deployment.faults import NotAgreed


def say(text: str = "") -> None:
    """One line, at once: the programs that are called write to the same terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def agree(question: str, answer: str = "yes") -> None:
    """Go on only if the person writes exactly this answer. Raises ``NotAgreed``."""
    say()
    sys.stdout.write(f"{question} Write {answer} to go on: ")
    sys.stdout.flush()
    found = sys.stdin.readline().strip()
    if found != answer:
        raise NotAgreed(f"expected {answer}, found {found or 'nothing'}; nothing was changed by this step")
