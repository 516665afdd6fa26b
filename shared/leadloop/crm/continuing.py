"""A deal that goes on with what is known of leads that it was made of, and that are there still: a conversion.

It is as with a merge, which leaves one owner whichever of the two is read first; but the lead is read on, and what
becomes of it then is told and does not count (``leadloop.leads.fold``).
"""

from __future__ import annotations

from leadloop.crm.deals import Deal
from leadloop.crm.port import CrmLead
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.state import CONVERTED
from leadloop.policy import Policy
from leadloop.ports.store import Store


def former_of(store: Store, policy: Policy, deal: Deal, entity: CrmLead) -> list[Deal]:
    """The leads that a deal goes on from and has not taken over; not those that are known to nobody, or another's."""
    crm = deal.ref.crm
    ids = [one for one in entity.continues if crm_ref_id(crm, one) not in deal.ref.aliases]
    documents = store.get_many([ref_key(crm, one) for one in ids]) if ids else []
    known = [document for document in documents if document is not None and CrmRef.of(document).alias_of is None]
    return [Deal(store, policy, CrmRef.of(document), document) for document in known]


def continue_from(deal: Deal, former: Deal, entity: CrmLead) -> None:
    """Take over what was a lead's: its leads come along, and know since when the deal is theirs."""
    # it waits for no lead of its own, nor for anybody if it was made of a test
    deal.ref = deal.ref.changed(waits_until=None, of_trial=deal.ref.of_trial or former.ref.of_trial)
    deal.take_over(former, entity.created_at, CONVERTED)
    about = (deal.ref.crm, former.ref.external_id, CONVERTED, entity.external_id)
    for lead_id in deal.leads:
        at = max(entity.created_at, deal.met_at(lead_id) or entity.created_at)  # not before the lead itself
        deal.give(lead_id, [facts_of.crm_entity_lost(*about, at)])
