"""What a reading owes its leads after its commit: whoever came at that moment did not see what it wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from leadloop.leads.family import settle
from leadloop.leads.velocity import look_round
from leadloop.leads.verdicts import recall_verdicts
from leadloop.leads.visiting import recall, tell_refused
from leadloop.ports.log import Log
from leadloop.ports.store import CommitTooLarge, DocumentTooLarge
from leadloop.runtime import Runtime


def look_again(runtime: Runtime, taught: Sequence[str], found_anew: Sequence[str], unsettled: Sequence[str]) -> None:
    """Look for what leads could not be told in their commit; no harm if done twice.

    ``taught`` a ClientID, they have visits and a crowd; ``found_anew`` by an id, they have verdicts; ``unsettled``,
    they have a place among others of their persons. What a lead cannot hold is told and left: it would be refused
    another time too, and hold up all others. Raises ``StoreUnavailable``, or ``PreconditionFailed`` when others keep
    writing the same documents.
    """
    store, policy = runtime.store, runtime.policy
    for lead_id in taught:
        with _leaving_what_is_too_large(runtime.log):
            if (refusal := recall(store, policy, lead_id)) is not None:
                tell_refused(runtime.log, lead_id, refusal)
    for lead_id in found_anew:
        with _leaving_what_is_too_large(runtime.log):
            recall_verdicts(store, policy, lead_id)
    for lead_id in taught:
        with _leaving_what_is_too_large(runtime.log):
            look_round(store, policy, lead_id)
    for lead_id in unsettled:
        with _leaving_what_is_too_large(runtime.log):
            settle(store, policy, lead_id)


def tell_too_large(log: Log, refusal: DocumentTooLarge | CommitTooLarge | str) -> None:
    """Say that the store, or the lead itself, refused what it was to hold, and what to do."""
    log.error(
        "crm_facts_refused",
        reason=str(refusal),
        what_to_do="look at the lead with `leadloop explain`: what becomes of its deal from now on is not counted",
    )


@contextmanager
def _leaving_what_is_too_large(log: Log) -> Iterator[None]:
    try:
        yield
    except (DocumentTooLarge, CommitTooLarge) as refusal:
        tell_too_large(log, refusal)
