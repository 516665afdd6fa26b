"""Leads that a ClientID joins, where the policy counts it among the keys of duplicates.

A weak id joins no persons. So it joins only leads without any strong id: to the one person that came with their
ClientID, or, where nobody did, to each other. A lead that knows several ClientIDs is joined by its smallest, so that
nothing hangs on a chain of browsers. A ClientID of many leads, or of a person with many ClientIDs, joins nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from leadloop.leads.kin import Kin

MOST_LEADS = 20
"""Leads of one ClientID. One of more was copied into a page, or stands in an office: it is nobody's."""

LOOKED_AT = 2 * MOST_LEADS
"""Leads of one ClientID that are read: ``MOST_LEADS``, the one too many, and those registered that moment. All that
there are beyond learnt that it is nobody's when they came."""

MOST_CLIENT_IDS = 10
"""ClientIDs of one person, or lead. Those of whoever has more join nobody."""

LeadsOf = Callable[[str], Sequence[Kin]]
"""The leads of a ClientID, those that rest and those that are about to; of more than ``LOOKED_AT`` so many."""

NameOf = Callable[[Kin], str | None]
"""The name of a lead's person by strong ids; ``None`` for a lead that belongs to none."""


class Browser(NamedTuple):
    """The leads without strong ids that a ClientID joins, and to whom."""

    leads: tuple[Kin, ...]
    is_shared: bool
    """Whether the ClientID is nobody's, so that each of them stands alone."""
    person: str | None = None
    """The one person that came with it, if any; ``None``: they are joined to each other."""


def asked(lead: Kin) -> list[str]:
    """The ClientIDs of a lead by which others are looked for."""
    return sorted(lead.client_ids)[:MOST_CLIENT_IDS]


def joined_by(lead: Kin) -> str | None:
    """The ClientID that may join a lead to others; ``None`` for one that has strong ids, or joins nobody at all."""
    return min(lead.client_ids, default=None) if lead.joins and not lead.state.strong_ids else None


def browser_of(client_id: str, leads_of: LeadsOf, name_of: NameOf) -> Browser:
    """What a ClientID joins, but for the bound of its person's own ClientIDs."""
    found = leads_of(client_id)
    leads = tuple(one for one in found[:LOOKED_AT] if joined_by(one) == client_id)
    if len(found) > MOST_LEADS:
        return Browser(leads, is_shared=True)
    names = {name for one in found if one.strong_ids and (name := name_of(one)) is not None}
    return Browser(leads, len(names) > 1, min(names, default=None))


def attached(person: str, kin: Iterable[Kin], leads_of: LeadsOf, name_of: NameOf) -> tuple[list[Kin], list[Kin]]:
    """Of the leads that the ClientIDs of a person's own leads, ``kin``, might join: those that are, and that are not.

    Those of a person with far more ClientIDs than one has are left out of both.
    """
    client_ids = {client_id for one in kin for client_id in one.client_ids}
    if len(client_ids) > 2 * MOST_CLIENT_IDS:
        return [], []
    theirs: list[Kin] = []
    alone: list[Kin] = []
    for client_id in sorted(client_ids):
        browser = browser_of(client_id, leads_of, name_of)
        is_joined = len(client_ids) <= MOST_CLIENT_IDS and not browser.is_shared and browser.person == person
        (theirs if is_joined else alone).extend(browser.leads)
    return theirs, alone
