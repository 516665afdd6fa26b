"""A person says that a lead is no bot's."""

from __future__ import annotations

from datetime import datetime

from leadloop.leads import facts_of
from leadloop.leads.changing import change_at_rest
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.policy import Policy
from leadloop.ports.store import Store
from leadloop.verdict import Verdict


def judge(policy: Policy, lead: Lead, at: datetime) -> Verdict:
    """Whether there is anything to release at an instant."""
    found = lead.state(policy).fraud.as_of(at)
    if found.gate in (Gate.HELD, Gate.FRAUD):
        return Verdict(True, "release.due", found.verdict.reason)
    return Verdict(False, "release.nothing_held", f"the fraud gate does not stop it: {found.verdict.reason}")


def release(store: Store, policy: Policy, lead_id: str, at: datetime) -> Verdict:
    """Add the word of a person to a lead, in one commit; done twice it changes nothing more.

    Raises ``StoreUnavailable``, ``PreconditionFailed``, ``TooManyFacts`` or ``DocumentTooLarge``.
    """
    verdict = Verdict(False, "release.lead_unknown", "the lead is not there any more")

    def change(lead: Lead) -> Lead:
        nonlocal verdict
        verdict = judge(policy, lead, at)
        return lead.with_facts((facts_of.release(at),)) if verdict else lead

    change_at_rest(store, policy, lead_id, change)
    return verdict
