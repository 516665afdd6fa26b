"""How a change to leads becomes one atomic commit: the lead, its totals, and what goes along."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadloop.leads.lead import Lead
from leadloop.leads.totals import contribution, increments
from leadloop.policy import Policy
from leadloop.ports.store import Create, Increment, Key, PreconditionFailed, Store, Update, Write

ATTEMPTS = 12
"""How often a decision is made anew after a conflict before the caller's redelivery takes over."""


def lead_writes(policy: Policy, lead: Lead, version: str | None) -> list[Write]:
    """Create the lead (no version) or update it, together with the totals it changes."""
    after = contribution(policy, lead, lead.state(policy))
    totals = increments(lead.counted, after)
    fields = lead.model_copy(update={"counted": after}).fields(policy)
    document: Write = Create(lead.key, fields) if version is None else Update(lead.key, fields, version)
    return [document, *totals]


def merge_increments(writes: Sequence[Write]) -> list[Write]:
    """Join increments of one document, so that a commit of several leads writes each total once."""
    joined: dict[Key, Increment] = {}
    others: list[Write] = []
    for write in writes:
        if not isinstance(write, Increment):
            others.append(write)
            continue
        held = joined.get(write.key)
        amounts = dict(held.amounts) if held else {}
        for path, amount in write.amounts.items():
            amounts[path] = amounts.get(path, 0) + amount
        joined[write.key] = Increment(write.key, amounts, {**(held.fields if held else {}), **write.fields})
    return [*others, *joined.values()]


def decide_and_commit(store: Store, decide: Callable[[], Sequence[Write]]) -> None:
    """Read, decide and commit; on a conflict read and decide again.

    ``decide`` reads what it needs and returns the writes (none = nothing to do). Raises the last
    ``PreconditionFailed`` after ``ATTEMPTS`` conflicts: the delivery will be repeated.
    """
    for attempt in range(ATTEMPTS):
        writes = decide()
        if not writes:
            return
        try:
            store.commit(merge_increments(writes))
        except PreconditionFailed:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return
