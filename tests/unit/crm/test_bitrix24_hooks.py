"""Bitrix24's events and robots: the id in every body, and no body that breaks the parser."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.crm.bitrix24.hooks import parse_hook

EVENTS = sorted((Path(__file__).parents[2] / "bodies" / "bitrix24" / "events").glob("*.txt"))
WORDS = st.sampled_from(["event", "data", "FIELDS", "ID", "document_id", "2", "auth", "application_token", ""])
KEYS = st.builds(lambda name, path: name + "".join(f"[{one}]" for one in path), WORDS, st.lists(WORDS, max_size=4))
VALUES = st.one_of(
    st.text(max_size=12), st.sampled_from(["ONCRMDEALADD", "oncrmleadupdate", "DEAL_5", "LEAD_0", "0", "9" * 25])
)
FORMS = st.lists(st.tuples(KEYS, VALUES), max_size=8).map(
    lambda pairs: "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs).encode()
)


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_the_ids_of_every_known_body_are_found(path: Path) -> None:
    expected = json.loads(path.with_suffix(".ids.json").read_text(encoding="utf-8"))
    reading = parse_hook(path.read_bytes())
    assert reading.unreadable is None
    assert {kind: list(ids) for kind, ids in reading.entity_ids.items()} == expected


def test_bare_brackets_and_small_letters_are_the_same() -> None:
    assert parse_hook(b"event=oncrmdealadd&data[FIELDS][ID]=007").entity_ids == {"lead": ("D_7",)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "neither an event"),
        (b"hello", "neither an event"),
        (b'{"event":"ONCRMDEALADD"}', "neither an event"),
        (b"data[FIELDS][ID]=1", "neither an event"),
        (b"document_id[0]=crm", "neither an event"),
        (b"event=ONCRMDEALADD", "no id of digits"),
        (b"event=ONCRMDEALADD&data[FIELDS][ID]=", "no id of digits"),
        (b"event=ONCRMLEADADD&data[FIELDS][ID]=0", "no id of digits"),
        (b"event=ONCRMLEADADD&data[FIELDS][ID]=-5", "no id of digits"),
        ("event=ONCRMLEADADD&data[FIELDS][ID]=٥".encode(), "no id of digits"),
        (b"event=ONCRMCONTACTADD&data[FIELDS][ID]=Anna", "no id of digits"),
        (b"document_id[2]=DEAL_0", "no id of digits"),
    ],
)
def test_what_cannot_be_understood_says_why_and_quotes_nothing(body: bytes, said: str) -> None:
    reading = parse_hook(body)
    assert reading.entity_ids == {}
    assert said in (reading.unreadable or "")
    assert "Anna" not in (reading.unreadable or "")


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), FORMS))
def test_no_body_breaks_it(body: bytes) -> None:
    reading = parse_hook(body)
    ids = [one for found in reading.entity_ids.values() for one in found]
    assert len(ids) <= 1
    assert not (ids and reading.unreadable)
