"""Typical mistakes, each a file with the exact words its owner reads (``tests/bodies/policy``)."""

from pathlib import Path

import pytest

from leadloop.policy import PolicyInvalid
from leadloop.policy.loader import load_policy

CASES = sorted((Path(__file__).parents[2] / "bodies" / "policy").glob("*.yaml"))


def told(case: Path) -> str:
    with pytest.raises(PolicyInvalid) as refusal:
        load_policy(case)
    return f"{refusal.value}\n"


def test_there_are_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_mistake_is_told_with_its_line_and_what_to_do(case: Path) -> None:
    assert told(case) == case.with_suffix(".expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_secret_in_a_policy_is_never_echoed(case: Path) -> None:
    assert "hunter2" not in told(case)
