"""Ids made of facts: the same everywhere and for ever, different for different facts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadloop.digests import content_digest, digest, follow_up_id, text_digest

PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.lists(TEXT | st.lists(TEXT, max_size=3) | st.dictionaries(TEXT, TEXT, max_size=4), max_size=4)


@given(parts=TEXTS)
def test_texts_have_one_id_whichever_way_it_is_made(parts: list[Any]) -> None:
    assert text_digest(*parts) == digest(*parts)


def test_an_id_is_what_it_was_in_the_first_version() -> None:
    """SHA-256 of the compact JSON; documents rest under it, so another would make every redelivery a new fact."""
    assert digest("crm", "amocrm", "lead", "123") == "3c76866a9986b42c3e87d131e5005a6d"
    assert follow_up_id("e-1", "deliver", "anna") == digest("follow-up", "e-1", "deliver", ["anna"])


def test_another_process_makes_the_same_id() -> None:
    """Python gives every process another hash of a text; no id may depend on it."""
    words = "from leadloop.digests import digest; print(digest({'b': 1, 'a': {'д', 'ж'}.__len__()}, 'Анна'))"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == digest({"a": 2, "b": 1}, "Анна")


@given(st.lists(PARTS, max_size=3), st.lists(PARTS, max_size=3))
def test_different_parts_have_different_ids(one: list[object], other: list[object]) -> None:
    same = repr(_plain(one)) == repr(_plain(other))
    assert (digest(*one) == digest(*other)) == same  # type: ignore[arg-type]


def test_parts_do_not_run_into_each_other() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("1") != digest(1)
    assert follow_up_id("e-1", "deliver", "a", "b") != follow_up_id("e-1", "deliver", "ab")
    assert follow_up_id("e-1", "deliver") != follow_up_id("e-2", "deliver")


def test_an_id_is_as_long_as_asked_for() -> None:
    assert len(digest("a")) == 32
    assert digest("a", length=8) == digest("a")[:8]


@given(st.binary(max_size=40), st.integers(0, 40))
def test_bytes_in_pieces_are_the_same_bytes(body: bytes, cut: int) -> None:
    assert content_digest([body[:cut], body[cut:]]) == content_digest([body])


def _plain(value: object) -> object:
    """The value with every object's names in order, as JSON would write it."""
    if isinstance(value, dict):
        return [(name, _plain(value[name])) for name in sorted(value)], "object"
    return [_plain(item) for item in value] if isinstance(value, list) else value
