"""A person says that a lead is no bot's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadloop.leads import facts_of
from leadloop.leads.delivery import due_again
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import Policy
from leadloop.ports.store import Key, Store, Write
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

    def decide() -> Sequence[Write]:
        nonlocal verdict
        [document] = store.get_many([Key("lead", lead_id)])
        if document is None:
            return []
        lead = Lead.of(document)
        verdict = judge(policy, lead, at)
        if not verdict:
            return []
        writes = lead_writes(policy, lead.with_facts((facts_of.release(at),)), document.version)
        return [*writes, *due_again(store, policy, writes)]

    decide_and_commit(store, decide)
    return verdict
