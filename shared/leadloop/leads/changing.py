"""A lead at rest is changed, and so are the leads to which that matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadloop.leads.delivery import due_again
from leadloop.leads.family import matters_to_others, place, settle
from leadloop.leads.lead import Lead
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import Policy
from leadloop.ports.store import Key, Store, Write


def change_at_rest(
    store: Store, policy: Policy, lead_id: str, change: Callable[[Lead], Lead], *, is_shown: bool = True
) -> None:
    """Change a lead, tell the others of its person, and let the CRM's fields be written again: in one commit.

    ``change`` may be asked several times and returns the lead it was given where there is nothing to change;
    ``is_shown``: whether the CRM's fields tell of what changes in the lead itself. A lead that is not there stays
    so. Raises ``StoreUnavailable``, ``PreconditionFailed`` when others keep writing the same documents,
    ``DocumentTooLarge``, and what ``change`` raises.
    """
    is_settled = True

    def decide() -> Sequence[Write]:
        nonlocal is_settled
        is_settled = True
        [document] = store.get_many([Key("lead", lead_id)])
        if document is None:
            return []
        lead = Lead.of(document)
        changed = change(lead)
        if changed is lead:
            return []
        others: Sequence[Write] = ()
        if matters_to_others(policy, lead, changed):
            placed = place(store, policy, changed)
            changed, others, is_settled = placed.leads[lead_id], placed.writes, placed.is_settled
        own = lead_writes(policy, changed, document.version)
        return [*own, *others, *due_again(store, policy, [*own, *others] if is_shown else others)]

    decide_and_commit(store, decide)
    if not is_settled:
        settle(store, policy, lead_id)
