"""Which strong ids are of one person, and whom they join."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.identity.persons import Sighting, joined, judge_shared, user_key
from support.settable_clock import MORNING

PHONE = "phone-k1-n1-anna"
ids = st.frozensets(st.sampled_from("abcdefgh"), max_size=3)


def seen(*others: Iterable[str]) -> dict[str, Sighting]:
    return {f"lead-{n}": Sighting(MORNING, frozenset({PHONE, *keys})) for n, keys in enumerate(others)}


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        ([], "identity.own_key"),
        ([[]] * 40, "identity.own_key"),
        ([["email-anna"], ["email-anna"], ["email-work"]], "identity.own_key"),
        ([[f"email-{n}"] for n in range(5)], "identity.own_key"),
        ([[f"email-{n}"] for n in range(6)], "identity.shared_key"),
        ([[f"email-{n}", f"email-{n + 1}"] for n in range(6)], "identity.own_key"),
        ([[user_key("1")], [user_key("1")]], "identity.own_key"),
        ([[user_key("1")], [user_key("2")]], "identity.contradicting_users"),
    ],
    ids=["new", "nothing else", "two e-mails", "five", "six", "six in a chain", "one user", "two users"],
)
def test_a_key_is_one_persons_until_it_came_with_too_many(others: list[list[str]], rule: str) -> None:
    assert judge_shared(PHONE, seen(*others), most_persons=5).rule == rule


@given(st.lists(ids), st.randoms())
def test_sets_are_joined_the_same_in_any_order(groups: list[frozenset[str]], chance: object) -> None:
    shuffled = list(groups)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert joined(shuffled) == joined(groups)


@given(st.lists(ids))
def test_what_is_joined_is_apart_and_holds_everything(groups: list[frozenset[str]]) -> None:
    found = joined(groups)
    assert sum(map(len, found)) == len(frozenset().union(*groups))
    assert all(any(group <= one for one in found) for group in groups if group)
