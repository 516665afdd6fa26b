"""Persons: leads joined by strong ids. Derived from what leads came with, so there is nothing to un-merge.

A strong id is a contact key or a confirmed UserID, each by the id of its key document: ``phone-…``, ``email-…``,
``user-…``. One that is shared joins nobody. Whether it is shared follows from the leads it was seen with and their
other strong ids alone, and not from what those were joined to, so that the question has one answer in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from leadloop.digests import digest
from leadloop.verdict import Verdict

USER = "user-"
"""What the strong id of a confirmed UserID begins with."""


class Sighting(NamedTuple):
    """A lead as a strong id knows it."""

    at: datetime
    """When the lead occurred."""
    keys: frozenset[str]
    """All strong ids it came with, this one included."""
    is_stopped: bool = False
    """Whether the fraud gate lets nothing of it pass, so that it joins nobody and says nothing of its ids."""


Sightings = Mapping[str, Sighting]
"""By lead id."""


def user_key(user_id: str) -> str:
    """The strong id of a confirmed UserID."""
    return f"{USER}{digest('user', user_id)}"


def judge_shared(key: str, seen: Sightings, most_persons: int) -> Verdict:
    """Whether a strong id is of one person: by the other strong ids that its leads came with.

    Leads that came with nothing else stand for nobody, however many there are, and neither do bots.
    """
    others = [sighting.keys - {key} for sighting in seen.values() if not sighting.is_stopped]
    users = {other for keys in others for other in keys if other.startswith(USER)}
    if len(users) > 1:
        return Verdict(False, "identity.contradicting_users", f"it came with {len(users)} confirmed UserIDs")
    persons = len(joined(others))
    if persons > most_persons:
        return Verdict(False, "identity.shared_key", f"it came with the other ids of {persons} persons")
    return Verdict(True, "identity.own_key", "it is one person's")


def joined(groups: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Sets that have anything in common made one; empty ones left out. In the order of their smallest members."""
    above: dict[str, str] = {}

    def top(member: str) -> str:
        while (higher := above.setdefault(member, member)) != member:
            above[member] = above[higher]
            member = higher
        return member

    for group in groups:
        tops = {top(member) for member in group}
        for one in tops:
            above[one] = min(tops)
    apart: dict[str, set[str]] = {}
    for member in list(above):
        apart.setdefault(top(member), set()).add(member)
    return sorted(map(frozenset, apart.values()), key=min)
