"""What is true of the whole market by the rules as docs/en/policy.md words them, from what its inventor knows.

It compares contacts as they were invented, not as they were typed, and humans by their names; leadloop has neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from market.inquiries import Inquiry
from market.rules import LISTED_AGENT_PHONES

WINDOW = timedelta(days=180)
"""``duplicates.window``, counted from the last contact."""
MOST_PERSONS = 5
"""``defaults.shared_key_persons``."""


@dataclass(frozen=True)
class Truth:
    """What should be said of one inquiry."""

    source: str
    person: frozenset[str]
    """The names of all inquiries that are of its person by the rule; it alone when it left no contact of its own."""
    repeats: str | None
    """The inquiry that began the series it is a duplicate in."""
    is_client: bool
    is_bot: bool
    is_human_repeat: bool
    """Whether the same human being came before within the window, whatever contacts it left."""


def truths(inquiries: Iterable[Inquiry]) -> dict[str, Truth]:
    """The truth of each inquiry by its name."""
    ordered = sorted(inquiries, key=lambda one: one.at)
    persons = _persons(ordered)
    human_repeats = _human_repeats(ordered)
    told: dict[str, Truth] = {}
    for person in persons:
        sold = [one.deal.sold_at for one in person if one.deal is not None and one.deal.sold_at is not None]
        first, last = person[0], None
        for one in person:
            is_client = any(day <= one.at for day in sold)
            if last is None or one.at - last > WINDOW:
                first = one
            repeats = None if first is one or is_client else first.name
            names = frozenset(other.name for other in person)
            is_repeat = one.name in human_repeats
            told[one.name] = Truth(one.source, names, repeats, is_client, one.is_bot, is_repeat)
            last = one.at
    return told


def _persons(ordered: list[Inquiry]) -> list[list[Inquiry]]:
    """The inquiries of each person in their order: joined by contacts that are nobody else's."""
    nobodys = {f"phone:{phone}" for phone in LISTED_AGENT_PHONES} | _shared(ordered)
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for one in ordered:
        for contact in one.contacts - nobodys:
            above[top(contact)] = top(one.name)
    found: Mapping[str, list[Inquiry]] = defaultdict(list)
    for one in ordered:
        found[top(one.name)].append(one)
    return list(found.values())


def _shared(ordered: list[Inquiry]) -> set[str]:
    """Contacts that more humans than the rule allows left, each with some other contact that tells them apart."""
    humans: dict[str, set[str]] = defaultdict(set)
    for one in ordered:
        for contact in one.contacts if len(one.contacts) > 1 else ():
            humans[contact].add(one.human)
    return {contact for contact, names in humans.items() if len(names) > MOST_PERSONS}


def _human_repeats(ordered: list[Inquiry]) -> set[str]:
    last: dict[str, datetime] = {}
    found = set()
    for one in ordered:
        if one.human in last and one.at - last[one.human] <= WINDOW:
            found.add(one.name)
        last[one.human] = one.at
    return found
