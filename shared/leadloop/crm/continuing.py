"""A deal that goes on with what is known of leads that it was made of, and that are there still: a conversion.

It is as with a merge, which leaves one owner whichever of the two is read first; but the lead is read on, and what
becomes of it then is told and does not count (``leadloop.leads.fold``).
"""

from __future__ import annotations

from typing import NamedTuple

from leadloop.crm.deals import Deal
from leadloop.crm.port import CrmLead
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.state import CONVERTED
from leadloop.policy import Policy
from leadloop.ports.store import Store


class Former(NamedTuple):
    """Leads of the CRM that a deal was made of and has not taken over, as far as they are known."""

    free: list[Deal]
    """Nobody goes on with these yet."""
    shared: list[CrmRef]
    """With these another deal does, or did before it was deleted: theirs was the first that was made of the lead."""


def former_of(store: Store, policy: Policy, deal: Deal, entity: CrmLead) -> Former:
    """What a deal goes on from."""
    crm = deal.ref.crm
    ids = [one for one in entity.continues if crm_ref_id(crm, one) not in deal.ref.aliases]
    documents = store.get_many([ref_key(crm, one) for one in ids]) if ids else []
    known = [(CrmRef.of(document), document) for document in documents if document is not None]
    free = [Deal(store, policy, ref, document) for ref, document in known if ref.alias_of is None]
    return Former(free, [ref for ref, _ in known if ref.alias_of is not None])


def share(deal: Deal, former: CrmRef, entity: CrmLead) -> bool:
    """A second deal of one lead of the CRM is one more deal of the same lead of ours; whether that is news.

    So each goal is claimed once, whichever of the deals reaches it. It is that lead's for good, as with a merge: the
    other deal may have been claimed through.
    """
    deal.ref = deal.ref.changed(of_trial=deal.ref.of_trial or former.of_trial)
    owner = former.owner
    if owner is None or owner in deal.leads:
        return False
    deal.fetch([owner])
    if owner not in deal.leads:  # erased
        return False
    deal.join(owner, CONVERTED, entity.created_at)
    if not deal.ref.frozen:
        deal.ref = deal.ref.changed(owner=owner, frozen=True)
    return True


def continue_from(deal: Deal, former: Deal, entity: CrmLead) -> None:
    """Take over what was a lead's: its leads come along, and know since when the deal is theirs."""
    # it waits for no lead of its own, nor for anybody if it was made of a test
    deal.ref = deal.ref.changed(waits_until=None, of_trial=deal.ref.of_trial or former.ref.of_trial)
    deal.take_over(former, entity.created_at, CONVERTED)
    about = (deal.ref.crm, former.ref.external_id, CONVERTED, entity.external_id)
    for lead_id in deal.leads:
        at = max(entity.created_at, deal.met_at(lead_id) or entity.created_at)  # not before the lead itself
        deal.give(lead_id, [facts_of.crm_entity_lost(*about, at)])
