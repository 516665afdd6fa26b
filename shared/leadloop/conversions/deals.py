"""One conversion per (deal, goal): the deal's reference says who owns it and what was claimed.

Two leads may sit on one CRM deal. The owner alone sends the deal's goals; from the first claim on the owner is
frozen, and a claimed goal belongs to the lead that claimed it. A claim itself rests on the lead; the reference takes
it over whenever it is written (``CrmRef.with_claims_of``).
"""

from __future__ import annotations

from leadloop.leads.crm_refs import CrmRef
from leadloop.ports.store import Document, Key
from leadloop.verdict import Verdict


def deal_key(crm_ref: str) -> Key:
    """Where a deal's reference lives."""
    return Key("crm_ref", crm_ref)


def judge_deal(deal: Document | None, goal: str, lead_id: str) -> Verdict:
    """Whether a lead may claim a goal of a deal."""
    if deal is None:
        return Verdict(False, "held.deal_unknown", "its deal is not registered yet; reading the CRM will do it")
    ref = CrmRef.of(deal)
    holder = ref.claimed.get(goal, lead_id)
    if holder != lead_id:
        return Verdict(False, "held.claimed_by_another", f"lead {holder} has claimed this goal of the deal")
    if ref.owner != lead_id:
        return Verdict(False, "held.touch_of_deal", f"lead {ref.owner} owns the deal; this one is a touch of it")
    return Verdict(True, "deal.owned", "it owns the deal")
