"""amoCRM's webhooks: the ids in every body seen in the wild, and no body that breaks the parser."""

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.amocrm.hooks import parse_hook
from leadloop.crm.brackets import read_pairs

BODIES = Path(__file__).parents[2] / "bodies" / "amocrm"
RECORDED, TRAPS = (sorted((BODIES / folder).glob("*.txt")) for folder in ("webhooks", "traps"))

WORDS = st.sampled_from(
    ["leads", "contacts", "unsorted", "add", "delete", "note", "0", "1", "id", "type", "linked_leads_id", "data", ""]
)
KEYS = st.builds(lambda name, path: name + "".join(f"[{one}]" for one in path), WORDS, st.lists(WORDS, max_size=7))
VALUES = st.one_of(st.text(max_size=12), st.integers().map(str), st.sampled_from(["company", "0", "007", "9" * 25]))
FORMS = st.lists(st.tuples(KEYS, VALUES), max_size=12).map(
    lambda pairs: "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in pairs).encode()
)


@pytest.mark.parametrize("path", [*RECORDED, *TRAPS], ids=lambda path: path.stem)
def test_the_ids_of_every_known_body_are_found(path: Path) -> None:
    expected = json.loads(path.with_suffix(".ids.json").read_text(encoding="utf-8"))
    reading = parse_hook(path.read_bytes())
    assert reading.unreadable is None
    assert {kind: list(ids) for kind, ids in reading.entity_ids.items()} == expected


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_place_of_the_account_block_does_not_matter(path: Path) -> None:
    parts = path.read_text(encoding="ascii").split("&")
    account = [part for part in parts if part.startswith("account")]
    last = "&".join([part for part in parts if part not in account] + account)
    assert parse_hook(last.encode()) == parse_hook(path.read_bytes())


def test_bare_brackets_and_escaped_ones_are_the_same() -> None:
    assert parse_hook(b"leads[add][0][id]=7") == parse_hook(b"leads%5Badd%5D%5B0%5D%5Bid%5D=7")


def test_ids_stay_text_of_any_length() -> None:
    assert parse_hook(b"leads[add][0][id]=18446744073709551615").entity_ids == {"lead": ("18446744073709551615",)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no entity"),
        (b"hello", "no entity"),
        (b'{"leads":[{"id":1}]}', "no entity"),
        (b"account[subdomain]=romashka", "no entity"),
        (b"leads=5", "no entity"),
        (b"\xff\xfe\x00", "no entity"),
        (b"leads[add][0][name]=Anna", "without an id"),
        (b"leads[add][0][id]=0", "without an id"),
        (b"leads[add][0][id]=1.7E%2B18", "without an id"),
        (b"contacts[update][0][id]=", "without an id"),
    ],
)
def test_a_body_without_anything_to_read_says_why_and_quotes_nothing(body: bytes, said: str) -> None:
    reading = parse_hook(body)
    assert reading.entity_ids == {}
    assert reading.unreadable is not None
    assert said in reading.unreadable
    assert "Anna" not in reading.unreadable


@given(st.binary(max_size=200) | FORMS)
def test_no_body_breaks_the_parser(body: bytes) -> None:
    reading = parse_hook(body)
    for ids in reading.entity_ids.values():
        assert ids
        assert all(one.isdecimal() and one[0] != "0" and len(one) <= 20 for one in ids)
        assert len(set(ids)) == len(ids)
    assert reading.unreadable is None or not reading.entity_ids


@given(st.text(max_size=40), st.lists(st.text(alphabet=st.characters(exclude_characters="[]"), max_size=5), max_size=5))
def test_a_path_is_read_back_as_it_was_written(value: str, path: list[str]) -> None:
    key = "leads" + "".join(f"[{segment}]" for segment in path)
    [pair] = read_pairs(f"{quote_plus(key, errors='replace')}={quote_plus(value, errors='replace')}".encode())
    assert pair.path == ("leads", *(segment.encode(errors="replace").decode() for segment in path))
    assert pair.value == value.encode(errors="replace").decode()
