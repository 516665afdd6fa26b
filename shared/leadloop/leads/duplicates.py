"""Which lead of a person repeats which: a function of all of them, sorted by time.

A series begins with a lead that is no duplicate. Whoever comes within the policy's window of the series' last contact
(or of its first, if the policy counts from there) is a duplicate of the lead that began it; so is whoever comes again
within ``defaults.same_lead_repeat``, whatever the window and the policy's keys say: it is the same lead once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.identity.persons import joined
from leadloop.policy import Policy
from leadloop.policy.duplicates import DuplicateKey

_TELLING = (DuplicateKey.PHONE, DuplicateKey.EMAIL, DuplicateKey.CLIENT_ID)
"""What says more than that it is one person, the most telling first."""


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


def repetitions(policy: Policy, person: Sequence[Contact], clients: Collection[str] = ()) -> dict[str, Repetition]:
    """By lead what it repeats. ``person``: all leads that strong ids, or the policy's keys, join.

    ``clients``: leads that came when the person was a client already. No advertisement won them, so a series is
    credited to none of them while it has another.
    """
    found: dict[str, Repetition] = {}
    for alike in _alike(policy, person):
        for series in _series(policy, sorted(alike, key=lambda contact: contact.order)):
            first, *rest = series
            winners = [contact for contact in series if contact.lead_id not in clients] or series
            credit = winners[0 if policy.duplicates.credit == "first" else -1].lead_id
            found[first.lead_id] = Repetition(credit=credit)
            earlier = {key: {*_signs(key, first)} for key in _TELLING}
            for contact in rest:
                found[contact.lead_id] = Repetition(first.lead_id, _in_common(policy, contact, earlier), credit)
                for key, signs in earlier.items():
                    signs |= _signs(key, contact)
    return found


def _series(policy: Policy, contacts: Sequence[Contact]) -> list[list[Contact]]:
    series: list[list[Contact]] = []
    for contact in contacts:
        if series and _goes_on(policy, series[-1], contact.at):
            series[-1].append(contact)
        else:
            series.append([contact])
    return series


def _goes_on(policy: Policy, series: Sequence[Contact], at: datetime) -> bool:
    rule = policy.duplicates
    since = series[0 if rule.counted_from == "first" else -1].at
    return rule.window.holds(since, at, policy.site.time_zone) or _is_again(policy, series[-1], at)


def _is_again(policy: Policy, before: Contact, at: datetime) -> bool:
    return at - before.at <= policy.defaults.same_lead_repeat


def _alike(policy: Policy, person: Sequence[Contact]) -> list[list[Contact]]:
    """The leads in groups that have any of the policy's keys, or an hour, in common, directly or through others."""
    if DuplicateKey.PERSON in policy.duplicates.keys:
        return [list(person)] if person else []
    ordered = sorted(person, key=lambda contact: contact.order)
    signs = [
        frozenset(sign for key in policy.duplicates.keys for sign in _signs(key, one)) | {hour}
        for one, hour in zip(ordered, _hours(policy, ordered), strict=True)
    ]
    numbers = {sign: number for number, group in enumerate(joined(signs)) for sign in group}
    groups: dict[int, list[Contact]] = {}
    for contact, own in zip(ordered, signs, strict=True):
        groups.setdefault(numbers[min(own)], []).append(contact)
    return list(groups.values())


def _hours(policy: Policy, ordered: Sequence[Contact]) -> Iterator[str]:
    """For each lead the name of the first of those that came again and again within the hour."""
    before: Contact | None = None
    for contact in ordered:
        if before is None or not _is_again(policy, before, contact.at):
            hour = f"hour-{contact.lead_id}"
        yield hour
        before = contact


def _in_common(policy: Policy, contact: Contact, earlier: Mapping[DuplicateKey, set[str]]) -> str:
    for key in _TELLING:
        is_asked = key in policy.duplicates.keys or key is not DuplicateKey.CLIENT_ID
        if is_asked and not earlier[key].isdisjoint(_signs(key, contact)):
            return key.value
    return DuplicateKey.PERSON.value


def _signs(key: DuplicateKey, contact: Contact) -> frozenset[str]:
    if key is DuplicateKey.CLIENT_ID:
        return contact.client_ids
    return frozenset(sign for sign in contact.keys if sign.startswith(f"{key.value}-"))
