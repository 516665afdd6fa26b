"""Which lead of a person repeats which: a function of all of them, sorted by time.

A series begins with a lead that is no duplicate. Whoever comes within the policy's window of the series' last contact
(or of its first, if the policy counts from there) is a duplicate of the lead that began it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.policy import Policy
from leadloop.policy.duplicates import DuplicateKey


class Contact(NamedTuple):
    """A lead as the rule sees it: when, and what it may have in common with others."""

    lead_id: str
    at: datetime
    keys: frozenset[str] = frozenset()
    """Strong ids that are one person's: ``phone-…``, ``email-…``, ``user-…``."""
    client_ids: frozenset[str] = frozenset()
    """ClientIDs that are one person's."""

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in time; of simultaneous leads the smaller id is the first."""
        return (self.at, self.lead_id)


class Repetition(NamedTuple):
    """What a lead is in its series."""

    of: str | None = None
    """The lead that began it; ``None`` for that one itself."""
    by: str = ""
    """What it has in common with an earlier lead of the series: a ``DuplicateKey``."""
    credit: str = ""
    """The lead whose source keeps the credit."""


def repetitions(policy: Policy, person: Sequence[Contact]) -> dict[str, Repetition]:
    """By lead what it repeats. ``person``: all leads that strong ids, or the policy's keys, join."""
    found: dict[str, Repetition] = {}
    for alike in _alike(policy, person):
        for series in _series(policy, sorted(alike, key=lambda contact: contact.order)):
            first, *rest = series
            credit = series[0 if policy.duplicates.credit == "first" else -1].lead_id
            found[first.lead_id] = Repetition(credit=credit)
            for number, contact in enumerate(rest, start=1):
                by = _in_common(policy, contact, series[:number])
                found[contact.lead_id] = Repetition(first.lead_id, by, credit)
    return found


def _series(policy: Policy, contacts: Sequence[Contact]) -> list[list[Contact]]:
    rule, zone = policy.duplicates, policy.site.time_zone
    series: list[list[Contact]] = []
    for contact in contacts:
        since = series[-1][0 if rule.counted_from == "first" else -1].at if series else None
        if since is not None and rule.window.holds(since, contact.at, zone):
            series[-1].append(contact)
        else:
            series.append([contact])
    return series


def _alike(policy: Policy, person: Sequence[Contact]) -> list[list[Contact]]:
    """The leads in groups that have any of the policy's keys in common, directly or through others."""
    if DuplicateKey.PERSON in policy.duplicates.keys:
        return [list(person)] if person else []
    groups: list[tuple[set[str], list[Contact]]] = []
    for contact in person:
        signs = {sign for key in policy.duplicates.keys for sign in _signs(key, contact)}
        meeting = [group for group in groups if group[0] & signs]
        groups = [group for group in groups if not group[0] & signs]
        joined = signs.union(*(one for one, _ in meeting))
        groups.append((joined, [contact, *(other for _, others in meeting for other in others)]))
    return [contacts for _, contacts in groups]


def _in_common(policy: Policy, contact: Contact, earlier: Sequence[Contact]) -> str:
    for key in (DuplicateKey.PHONE, DuplicateKey.EMAIL, DuplicateKey.CLIENT_ID):
        if (key in policy.duplicates.keys or key is not DuplicateKey.CLIENT_ID) and any(
            _signs(key, contact) & _signs(key, other) for other in earlier
        ):
            return key.value
    return DuplicateKey.PERSON.value


def _signs(key: DuplicateKey, contact: Contact) -> frozenset[str]:
    if key is DuplicateKey.CLIENT_ID:
        return contact.client_ids
    return frozenset(sign for sign in contact.keys if sign.startswith(f"{key.value}-"))
