"""Least privilege, measured: what a function may do in the cloud is what it does, and nothing beside."""

from __future__ import annotations

import pytest

from support import grants
from support.knocks import MANIFEST


@pytest.mark.parametrize("name", MANIFEST.functions)
def test_a_function_may_do_what_it_does_and_nothing_else(name: str) -> None:
    """A touch without a grant fails in the cloud; a grant without a touch serves whoever takes the function over."""
    assert grants.granted()[name] == grants.touched()[name]


def test_the_table_in_the_readme_is_fresh() -> None:
    """Write it anew: ``PYTHONPATH=tests python -m support.grants``."""
    assert grants.table() in grants.README.read_text(encoding="utf-8")
