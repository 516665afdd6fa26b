"""Leads that a ClientID joins, where the policy counts it among the keys of duplicates.

A weak id joins no persons. So it joins only leads without any strong id: to the one person that came with their
ClientIDs, or, where nobody did, to each other. A lead whose ClientIDs are of several persons stays alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from leadloop.leads.kin import Kin

MOST_CLIENT_IDS = 10
"""ClientIDs of one lead that are asked about, the smallest."""

MOST_JOINED = 100
"""Leads without strong ids that are joined to each other."""

LeadsOf = Callable[[str], Iterable[Kin]]
"""The leads of a ClientID, those that rest and those that are about to."""

NameOf = Callable[[Kin], str | None]
"""The name of a lead's person by strong ids; ``None`` for a lead without any."""


def attached(person: str, kin: Iterable[Kin], leads_of: LeadsOf, name_of: NameOf) -> dict[str, Kin]:
    """The leads without strong ids whose ClientIDs are all of this person, whose own leads are ``kin``."""
    client_ids = {client_id for one in kin for client_id in _asked(one)}
    met = {one.lead.id: one for client_id in sorted(client_ids) for one in leads_of(client_id)}
    return {
        id_: one
        for id_, one in met.items()
        if not one.state.strong_ids and persons_of(one, leads_of, name_of) == {person}
    }


def persons_of(lead: Kin, leads_of: LeadsOf, name_of: NameOf) -> set[str]:
    """The persons that came with any ClientID of a lead."""
    names = {name_of(one) for client_id in _asked(lead) for one in leads_of(client_id)}
    return {name for name in names if name is not None}


def unnamed(lead: Kin, leads_of: LeadsOf, name_of: NameOf) -> dict[str, Kin]:
    """The leads that the ClientIDs of a lead join to it, all of them nobody's."""
    joined = {lead.lead.id: lead}
    ahead = [lead]
    while ahead and len(joined) < MOST_JOINED:
        met = [one for client_id in _asked(ahead.pop()) for one in leads_of(client_id) if one.lead.id not in joined]
        for one in met:
            if one.lead.id not in joined and not persons_of(one, leads_of, name_of):
                joined[one.lead.id] = one
                ahead.append(one)
    return joined


def _asked(lead: Kin) -> list[str]:
    return sorted(lead.client_ids)[:MOST_CLIENT_IDS]
