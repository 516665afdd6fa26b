"""What is true of the whole market by the rules as docs/en/policy.md words them, from what its inventor knows.

It compares contacts as they were invented, not as they were typed, and humans by their names; leadloop has neither.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from market.inquiries import Inquiry
from market.rules import LISTED_AGENT_PHONES

SAME_LEAD = timedelta(hours=1)
"""``defaults.same_lead_repeat``."""
MOST_PERSONS = 5
"""``defaults.shared_key_persons``."""


@dataclass(frozen=True)
class Rule:
    """When a lead is a duplicate of an earlier one of its person."""

    window: timedelta = timedelta(days=180)
    counted_from: Literal["first", "last"] = "last"

    def is_fresh(self, at: datetime, first: datetime, last: datetime) -> bool:
        """Whether a series that began at ``first``, and was added to at ``last``, goes on at ``at``."""
        since = first if self.counted_from == "first" else last
        return at - since <= self.window or at - last <= SAME_LEAD


DEFAULT_RULE = Rule()


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
    borrows: str | None
    """The ClientID that it is given because its person came with it last before; ``None`` for one that has ids."""
    is_human_repeat: bool
    """Whether the same human being came before within the window, whatever contacts it left."""


def truths(inquiries: Iterable[Inquiry], rule: Rule = DEFAULT_RULE) -> dict[str, Truth]:
    """The truth of each inquiry by its name."""
    ordered = sorted(inquiries, key=lambda one: one.at)
    persons = _persons(ordered)
    human_repeats = _human_repeats(ordered, rule)
    lendable = _lendable(persons)
    told: dict[str, Truth] = {}
    for person in persons:
        sold = [one.deal.sold_at for one in person if one.deal is not None and one.deal.sold_at is not None]
        first, last = person[0], None
        for one in person:
            is_client = any(day <= one.at for day in sold)
            if last is not None and not rule.is_fresh(one.at, first.at, last):
                first = one
            repeats = None if first is one or is_client else first.name
            names = frozenset(other.name for other in person)
            is_repeat = one.name in human_repeats
            came_before = [other.client_id for other in person if other.at < one.at and other.client_id]
            borrows = came_before[-1] if came_before and not one.has_ids and came_before[-1] in lendable else None
            told[one.name] = Truth(one.source, names, repeats, is_client, one.is_bot, borrows, is_repeat)
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


def _lendable(persons: Iterable[list[Inquiry]]) -> set[str]:
    """ClientIDs that only one person came with."""
    came = Counter(id_ for person in persons for id_ in {one.client_id for one in person if one.client_id})
    return {id_ for id_, number in came.items() if number == 1}


def _human_repeats(ordered: list[Inquiry], rule: Rule) -> set[str]:
    """Inquiries of human beings who inquired shortly before, whatever contacts they left."""
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    found = set()
    for one in ordered:
        if one.human in last and rule.is_fresh(one.at, first[one.human], last[one.human]):
            found.add(one.name)
        else:
            first[one.human] = one.at
        last[one.human] = one.at
    return found
