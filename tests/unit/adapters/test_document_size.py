"""How large a document is, by Firestore's published example and by what its emulator accepted."""

from __future__ import annotations

import pytest

from leadloop.adapters.document_size import NotStorable, document_size
from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import Key

KEY = Key("c", "d")
BARE = 2 + 2 + 16 + 32
"""The name c/d as two texts, 16 for the name, 32 for the document."""


def test_the_fields_of_googles_example_take_71_bytes() -> None:
    task: JsonObject = {"type": "Personal", "done": False, "priority": 1, "description": "Learn Cloud Firestore"}
    assert document_size(KEY, task) == BARE + 71


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 1),
        (True, 1),
        (5, 8),
        (0.5, 8),
        ("", 1),
        ("жж", 5),
        ("🏡", 5),
        ({}, 1),
        ([], 1),
        ({"a": None}, 3),
        ({"a": None, "b": None}, 6),
        ({"a": {"b": None}}, 5),
        ([None, None, None], 3),
        ([{"a": None}] * 10, 30),
    ],
)
def test_a_value_takes_what_it_took_on_the_emulator(value: Json, size: int) -> None:
    assert document_size(KEY, {"m": value}) == BARE + 2 + size


def nested(levels: int) -> Json:
    return None if levels == 0 else {"a": nested(levels - 1)}


def test_twenty_levels_are_held_and_no_more() -> None:
    document_size(KEY, {"m": nested(20)})
    with pytest.raises(NotStorable, match="more than 20 levels"):
        document_size(KEY, {"m": nested(21)})


def test_the_64_bits_are_held_to_both_ends() -> None:
    document_size(KEY, {"m": [2**63 - 1, -(2**63)]})
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(NotStorable, match="64 bits"):
            document_size(KEY, {"m": number})


def test_names_are_held_to_1500_bytes() -> None:
    document_size(KEY, {"я" * 749: 1})
    with pytest.raises(NotStorable, match="1502 bytes"):
        document_size(KEY, {"a" * 1501: 1})


def test_a_refusal_names_the_place_and_the_type_but_never_the_value() -> None:
    with pytest.raises(NotStorable) as refused:
        document_size(Key("lead", "anna"), {"contact": [{"phone": b"+79161234567"}]})  # type: ignore[dict-item]
    assert "lead/anna/contact/0/phone" in str(refused.value)
    assert "bytes" in str(refused.value)
    assert "7916" not in str(refused.value)
