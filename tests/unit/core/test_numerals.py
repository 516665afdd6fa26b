"""Numbers in what is told to a person."""

from __future__ import annotations

import pytest

from leadloop.numerals import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 people"), (1, "1 person"), (2, "2 people"), (11, "11 people"), (21, "21 people")]
)
def test_one_is_one_and_all_others_are_several(number: int, said: str) -> None:
    assert counted(number, "person", "people") == said
    assert counted(number, "file") == f"{number} file" + ("" if number == 1 else "s")
