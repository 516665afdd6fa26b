"""Which lead of a person repeats which, under every shape of the rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.leads.duplicates import Contact, repetitions
from leadloop.leads.repeats import repeats_of
from leadloop.policy import Policy
from leadloop.policy.duplicates import Duplicates
from support.policies import sokol
from support.settable_clock import MORNING

PHONE, EMAIL = frozenset({"phone-anna"}), frozenset({"email-anna"})
MOMENTS = st.builds(
    lambda days, minutes: timedelta(days=days, minutes=minutes), st.integers(0, 40), st.sampled_from([0, 30, 59, 61])
)


def under(**rule: object) -> Policy:
    return sokol().model_copy(update={"duplicates": Duplicates.model_validate(rule)})


def contacts(**days: float) -> list[Contact]:
    return [Contact(name, MORNING + timedelta(days=day), PHONE) for name, day in days.items()]


def repeated(policy: Policy, *person: Contact) -> Mapping[str, str | None]:
    return {lead_id: found.of for lead_id, found in repetitions(policy, person).items()}


@pytest.mark.parametrize(
    ("rule", "days", "expected"),
    [
        ({"window": "10d"}, {"a": 0, "b": 10}, {"a": None, "b": "a"}),
        ({"window": "10d"}, {"a": 0, "b": 10.001}, {"a": None, "b": None}),
        ({"window": "10d"}, {"a": 0, "b": 9, "c": 18}, {"a": None, "b": "a", "c": "a"}),
        ({"window": "10d", "counted_from": "first"}, {"a": 0, "b": 9, "c": 18}, {"a": None, "b": "a", "c": None}),
        (
            {"window": "10d", "counted_from": "first"},
            {"a": 0, "b": 9, "c": 18, "d": 27},
            {"a": None, "b": "a", "c": None, "d": "c"},
        ),
        ({"window": "ever"}, {"a": 0, "b": 9000}, {"a": None, "b": "a"}),
        ({"window": "10d"}, {"b": 0, "a": 0}, {"a": None, "b": "a"}),
    ],
    ids=["on the last day", "a second later", "last contact", "first contact", "next series", "ever", "at once"],
)
def test_a_lead_repeats_whoever_began_its_series(
    rule: dict[str, str], days: dict[str, float], expected: dict[str, str | None]
) -> None:
    assert repeated(under(**rule), *contacts(**days)) == expected


def test_whoever_comes_again_within_the_hour_begins_no_series_of_their_own() -> None:
    """Else that series would never be received: the lead that began it repeats one that was."""
    minute = 1 / 24 / 60
    person = contacts(a=0, b=30 - 20 * minute, c=30 + 10 * minute, d=40)
    assert repeated(under(window="30d", counted_from="first"), *person) == {"a": None, "b": "a", "c": "a", "d": None}
    assert repeated(under(window="10m"), *contacts(a=0, b=60 * minute)) == {"a": None, "b": "a"}
    assert repeated(under(window="10m"), *contacts(a=0, b=61 * minute)) == {"a": None, "b": None}


def test_whoever_comes_again_within_the_hour_with_another_contact_is_of_the_same_series() -> None:
    first = Contact("first", MORNING, PHONE | EMAIL)
    other_phone = Contact("again", MORNING + timedelta(minutes=5), EMAIL | {"phone-boris"})
    later = Contact("later", MORNING + timedelta(days=1), frozenset({"phone-boris"}))
    found = repetitions(under(keys=["phone"]), [first, other_phone, later])
    assert {id_: (one.of, one.by) for id_, one in found.items()} == {
        "first": (None, ""),
        "again": ("first", "email"),
        "later": ("first", "phone"),
    }


@pytest.mark.parametrize(
    ("day", "is_repeat"), [("2026-02-28T12:00:00+03:00", True), ("2026-02-28T12:00:01+03:00", False)]
)
def test_months_are_of_the_calendar_in_the_sites_zone(day: str, is_repeat: bool) -> None:
    """Six months from the last of August end on the last of February."""
    from datetime import datetime

    august = Contact("a", datetime.fromisoformat("2025-08-31T12:00:00+03:00"), PHONE)
    later = Contact("b", datetime.fromisoformat(day), PHONE)
    assert repeated(under(window="6 months"), august, later)["b"] == ("a" if is_repeat else None)


def test_only_the_keys_of_the_policy_make_a_series() -> None:
    mail = Contact("mail", MORNING, EMAIL)
    call = Contact("call", MORNING + timedelta(hours=2), PHONE)
    both = Contact("both", MORNING + timedelta(hours=4), PHONE | EMAIL)
    assert repeated(under(keys=["phone"]), mail, call, both) == {"mail": None, "call": None, "both": "call"}
    assert repeated(under(keys=["email"]), mail, call, both) == {"mail": None, "call": None, "both": "mail"}
    everything = {"mail": None, "call": "mail", "both": "mail"}
    assert repeated(under(keys=["phone", "email"]), mail, call, both) == everything
    assert repeated(under(keys=["person"]), mail, call, both) == everything


def test_the_verdict_names_what_they_have_in_common() -> None:
    first = Contact("first", MORNING, PHONE | EMAIL)
    phone = Contact("phone", MORNING + timedelta(hours=2), PHONE)
    mail = Contact("mail", MORNING + timedelta(hours=3), EMAIL)
    through = Contact("through", MORNING + timedelta(hours=4), frozenset({"user-1"}))
    found = repetitions(under(), [first, phone, mail, through])
    assert {id_: one.by for id_, one in found.items()} == {
        "first": "",
        "phone": "phone",
        "mail": "email",
        "through": "person",
    }


def test_a_browser_joins_leads_where_the_policy_says_so() -> None:
    browser = frozenset({"1700000000123456789"})
    leads = [Contact("a", MORNING, frozenset(), browser), Contact("b", MORNING + timedelta(days=1), PHONE, browser)]
    assert repeated(under(keys=["phone"]), *leads) == {"a": None, "b": None}
    assert repeated(under(keys=["phone", "client_id"]), *leads) == {"a": None, "b": "a"}


@pytest.mark.parametrize(("credit", "who"), [("first", "a"), ("last", "c")])
def test_the_credit_is_kept_by_one_lead_of_the_series(credit: str, who: str) -> None:
    found = repetitions(under(credit=credit), contacts(a=0, b=3, c=9))
    assert {one.credit for one in found.values()} == {who}


@pytest.mark.parametrize(("credit", "clients", "who"), [("last", "c", "b"), ("first", "a", "b"), ("last", "abc", "c")])
def test_no_client_wins_the_credit_of_a_series(credit: str, clients: str, who: str) -> None:
    """Whoever has bought already was won by no advertisement; where all have, there is nobody else to credit."""
    found = repetitions(under(credit=credit), contacts(a=0, b=3, c=9), clients)
    assert {one.credit for one in found.values()} == {who}


@given(
    st.lists(st.tuples(MOMENTS, st.sampled_from(["phone", "email", "both", "none"])), max_size=9),
    st.sampled_from(["first", "last"]),
    st.sampled_from([["phone"], ["phone", "email"], ["person"]]),
    st.randoms(),
)
def test_the_order_of_arrival_decides_nothing_and_every_series_has_somebody_who_is_received(
    leads: list[tuple[timedelta, str]], counted_from: str, keys: list[str], chance: object
) -> None:
    kinds = {"phone": PHONE, "email": EMAIL, "both": PHONE | EMAIL, "none": frozenset[str]()}
    person = [Contact(f"l{n}", MORNING + at, kinds[kind]) for n, (at, kind) in enumerate(leads)]
    shuffled = list(person)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    policy = under(window="10d", counted_from=counted_from, keys=keys)
    found = repetitions(policy, shuffled)
    assert found == repetitions(policy, person)
    repeats = repeats_of({one.lead_id: one.at for one in person}, policy.defaults.same_lead_repeat)
    assert not [lead_id for lead_id, one in found.items() if one.of is None and lead_id in repeats]
