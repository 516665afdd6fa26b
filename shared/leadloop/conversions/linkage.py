"""Why Metrica may not have linked a row, as far as our own facts tell.

Metrica reports quantities per upload, never rows. So a cause is *possible* unless the quantities leave no choice: all
rows or none were linked, or a quantity of failures covers every row. Known causes:
https://yandex.ru/dev/metrika/en/management/conversion and the traps listed with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from leadloop import timestamps
from leadloop.conversions.leaves import read_claims
from leadloop.conversions.upload import Upload
from leadloop.identity.ad_ids import looks_rounded
from leadloop.leads.lead import Claim
from leadloop.leads.state import LeadState
from leadloop.numerals import counted
from leadloop.policy import Policy
from leadloop.ports.store import Store

_ROUNDED = "the ClientID reads as if it had passed through a JavaScript number; pass it as text"


class Cause(NamedTuple):
    """A reason for a row not to be linked; ``certain`` when the upload's totals prove it."""

    rule: str
    reason: str
    certain: bool = False


class RowLinkage(NamedTuple):
    """One row of a processed upload. ``linked`` is ``None`` where the totals do not single it out."""

    lead_id: str
    claim: Claim
    linked: bool | None
    causes: tuple[Cause, ...]


def linkage_of(upload: Upload) -> bool | None:
    """Whether every row was linked, none was, or (``None``) the totals do not say which."""
    linked = upload.totals.get("linked_quantity")
    if upload.vendor_status == "LINKAGE_FAILURE" or linked == 0:
        return False
    return True if linked is not None and linked >= upload.count else None


def explain_linkage(store: Store, policy: Policy, upload: Upload) -> Iterator[RowLinkage]:
    """Each row of a processed upload with what may have kept it from being linked."""
    linked = linkage_of(upload)
    for lead, claim in read_claims(store, upload):
        causes = () if linked else tuple(_causes(policy, upload, lead.state(policy), claim))
        yield RowLinkage(lead.id, claim, linked, causes)


def _causes(policy: Policy, upload: Upload, state: LeadState, claim: Claim) -> Iterator[Cause]:
    yield from _told_by_totals(upload)
    yield from _told_by_identifier(claim)
    yield from _told_by_times(policy, upload, state, claim)
    if linkage_of(upload) is False and upload.count > 1:
        yield Cause("upload.wrong_counter", "no row was linked at all: is this the counter of the site?")


def _told_by_totals(upload: Upload) -> Iterator[Cause]:
    goals = upload.totals.get("goal_not_found_quantity") or 0
    if goals:
        reason = f"Metrica found no goal for {goals} of {counted(upload.count, 'row')}"
        yield Cause("goal.not_found", reason, certain=goals >= upload.count)
    users = upload.totals.get("user_not_found_quantity") or 0
    if users:
        reason = f"Metrica knows no visitor for {users} of {counted(upload.count, 'row')}; a blocked tag leaves none"
        yield Cause("visitor.not_found", reason, certain=users >= upload.count)


def _told_by_identifier(claim: Claim) -> Iterator[Cause]:
    if claim.identifier_kind == "client_id":
        rounded = looks_rounded(claim.identifier)
        if rounded:
            yield Cause(rounded.rule, _ROUNDED)
    if claim.identifier_kind == "user_id":
        yield Cause("user_id.never_set", "setUserID may not have been called during a visit; see the tag's `identify`")
    if claim.identifier_kind == "yclid":
        yield Cause("yclid.of_another_account", "the click may belong to an account not linked with the counter")


def _told_by_times(policy: Policy, upload: Upload, state: LeadState, claim: Claim) -> Iterator[Cause]:
    if not state.visits:
        yield Cause("visit.unknown", "we know of no visit of this person; Metrica may know none either")
        return
    earlier = [visit for visit in state.visits if timestamps.to_unix(visit) <= claim.date_time]
    if not earlier:
        yield Cause("visit.after_conversion", "the conversion is dated before the visit we know")
    visit_at = earlier[-1] if earlier else state.visits[-1]
    processed_at = upload.status_history[-1].at if upload.status_history else upload.accepted_at
    closed_at = timestamps.to_text(visit_at + policy.defaults.visit_window)
    if processed_at is not None and processed_at > closed_at:
        yield Cause("window.passed", f"the window of the visit we know closed {closed_at}, before it was processed")
