"""Where a lead came from, by the policy's dictionary and rules, and what the CRM makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from leadloop import timestamps
from leadloop.leads.deal_view import Overwriting
from leadloop.policy import Policy
from leadloop.sources.book import Book, book_of
from leadloop.sources.in_crm import NOT_READ, InCrm
from leadloop.sources.labels import NONE
from leadloop.sources.resolution import NEVER_CAPTURED, Source, resolve, resolve_deal
from leadloop.sources.signs import CALLED_NUMBER, number_of

if TYPE_CHECKING:
    from leadloop.leads.state import LeadState

_BORN_IN_CRM = Source(NONE, "none.born_in_crm", reason="no form brought it, and no field of its deal was read yet")
_NO_VISIT = "the call tracker knows neither a tag, a click id nor a referrer of whoever made contact"
_IDS = ("client_id", "yclid", "gclid")
_AS_READ = 200
"""Characters of a source field that a reading keeps; what lies beyond makes no difference."""
_MERGED = "merged"


def judge(policy: Policy, state: LeadState) -> Source:
    """The source of a lead; never empty. What was first known stays it, whatever is known later.

    A lead of the site is of the source that its first form tells, or a later one where the first told nothing, or
    its deal where no form did. One that was born in the CRM is of the source that its deal first told.
    """
    book = book_of(policy)
    if state.born_in != "site":
        return _of_deals(book, state)
    source = resolve(state.source_signs, book)
    if source.rule != NEVER_CAPTURED:
        return source
    later = next((one for signs in state.later_signs if not (one := resolve(signs, book)).is_none), None)
    if later is not None:
        return later._replace(reason=f"{later.reason}, in a later form: the first told nothing")
    told = _of_first_views(book, state)
    return source if told.is_none else told._replace(reason=f"{told.reason}, in the deal: the form told nothing")


def compare(policy: Policy, state: LeadState) -> InCrm:
    """What the deal that a lead is on shows of its source, beside ``state.source``."""
    ref = state.crm_ref
    if ref is None:
        return InCrm("in_crm.no_deal", "it is in no deal of the CRM yet")
    view = state.deals.get(ref)
    if view is None:
        return NOT_READ
    shown = resolve_deal(view.source, book_of(policy))
    if shown.label == state.source.label and not (stands := _standing(state, ref)):
        return InCrm("in_crm.same", "the CRM shows the same", shown.label)
    if ref in state.joined_refs:
        reason = f"its own deal was merged into {ref}, which shows {shown.label}"
        return InCrm("none.lost_in_merge", reason, shown.label)
    if stands := _standing(state, ref):
        return _overwritten(stands[-1], shown.label)
    if shown.is_none:
        reason = f"{state.source.label} is known here, and no field of the deal tells it"
        return InCrm("none.not_passed_to_crm", reason, shown.label)
    return InCrm("in_crm.differs", f"the CRM shows {shown.label}: {shown.reason}", shown.label)


def to_restore(policy: Policy, state: LeadState) -> dict[str, str]:
    """Source fields that somebody overwrote in the deal, with what they held first, by the names of ``crm.fields``.

    Empty unless ``sources.restore``; empty also for a deal that the lead only came to by a merge.
    """
    ref = state.crm_ref
    if not policy.sources.restore or ref is None or ref not in state.deals or ref in state.joined_refs:
        return {}
    first = _first_known(state, ref)
    return {one.field: first[one.field] for one in _standing(state, ref)}


def emptied(state: LeadState) -> frozenset[str]:
    """Source fields that somebody emptied in the deal that the lead is on, and that are empty still."""
    ref = state.crm_ref
    if ref is None or ref not in state.deals:
        return frozenset()
    return frozenset(one.field for one in _standing(state, ref) if one.field not in state.deals[ref].source)


def _of_deals(book: Book, state: LeadState) -> Source:
    """What the lead's own deals and communications first told, as it came to them; or why they told nothing."""
    own = [ref for ref in state.came_by if ref not in state.joined_refs]
    told = [_told(book, state, ref) for ref in own if ref in state.deals or ref in state.shown_ids]
    known = next((source for source in told if not source.is_none), None)
    return known if known is not None else _cause(state, own, told)


def _told(book: Book, state: LeadState, ref: str) -> Source:
    """What a deal or a communication first told; of a communication whose visit nobody saw, that nobody did."""
    signs = _first_told(state, ref)
    if ref not in state.contacts:
        return resolve_deal(signs, book)
    if len(signs) > 1 and not number_of(signs.get(CALLED_NUMBER, "")):
        signs.pop(CALLED_NUMBER, None)  # a number of a pool says nothing beside the visit that it was shown to
    told = resolve_deal(signs, book)
    return told if told.rule != _BORN_IN_CRM.rule else told._replace(rule=NEVER_CAPTURED, reason=_NO_VISIT)


def _of_first_views(book: Book, state: LeadState) -> Source:
    """What the lead's own deals told when they were first read, and its communications at any time.

    What stands in a deal later may be another lead's, whose deal was merged into this one, or a guess.
    """
    own = [ref for ref in state.came_by if ref not in state.joined_refs and ref in state.first_deals]
    told = [
        _told(book, state, ref) if ref in state.contacts else resolve_deal(dict(state.first_deals[ref].source), book)
        for ref in own
    ]
    return next((source for source in told if not source.is_none), _BORN_IN_CRM)


def _cause(state: LeadState, own: list[str], told: list[Source]) -> Source:
    certain = next((source for source in told if source.rule in ("none.static_pool", "none.unknown_label")), None)
    if certain is not None:
        return certain
    changed = [one for one in state.overwritings if one.crm_ref in own]
    if changed:
        return Source(NONE, "none.overwritten", reason=_overwritten(changed[0], NONE).reason)
    if any(state.lost.get(ref) == _MERGED for ref in own):
        reason = "its own deal was merged into another one before any field of it told the source"
        return Source(NONE, "none.lost_in_merge", reason=reason)
    return told[0] if told else _BORN_IN_CRM


def _first_told(state: LeadState, ref: str) -> dict[str, str]:
    """A deal's source fields as they were before anybody overwrote them."""
    view = state.deals.get(ref)
    now = {**state.shown_ids.get(ref, {}), **(view.source if view is not None else {})}
    return {**now, **_before(state, ref)}


def _first_known(state: LeadState, ref: str) -> dict[str, str]:
    """What the source fields of a deal should hold: what the form told, or else what they held first."""
    return {**_before(state, ref), **_said_by_form(state)}


def _before(state: LeadState, ref: str) -> dict[str, str]:
    """The text of each overwritten field before it was overwritten for the first time."""
    before: dict[str, str] = {}
    for one in state.overwritings:
        if one.crm_ref == ref and one.old:
            before.setdefault(one.field, one.old)
    return before


def _said_by_form(state: LeadState) -> dict[str, str]:
    """The first form's tags, click ids and referrer, as they are written into the CRM."""
    said = {name: text for name, text in _texts(state.source_signs, "utm").items() if text}
    ids, referrer = _texts(state.source_signs, "ids"), _texts(state.source_signs, "referrer")
    said |= {name: ids[name] for name in _IDS if ids.get(name)}
    if referrer.get("host"):
        said["referrer"] = f"{referrer['host']}{referrer.get('path', '')}"
    return said


def _standing(state: LeadState, ref: str) -> list[Overwriting]:
    """Overwritings after which a field still holds something else than was first known, oldest first, one a field.

    Of several it is the last that wrote what stands there now.
    """
    now, first = state.deals[ref].source, _first_known(state, ref)
    about = [one for one in state.overwritings if one.crm_ref == ref and one.field in first]
    by_fit = sorted(about, key=lambda one: not _differ(one.new, now.get(one.field, "")))
    last = {one.field: one for one in by_fit}
    return sorted(one for name, one in last.items() if _differ(first[name], now.get(name, "")))


def _differ(first: str, now: str) -> bool:
    return first[:_AS_READ] != now[:_AS_READ]


def _overwritten(one: Overwriting, shown: str) -> InCrm:
    who = f"user {one.by}" if one.by else "somebody"
    reason = f"{who} changed {one.field} at {timestamps.to_text(one.at)}: {one.old!r} → {one.new!r}"
    return InCrm("none.overwritten", reason, shown, one.field, one.by, one.at, one.old, one.new)


def _texts(signs: Mapping[str, object], name: str) -> dict[str, str]:
    group = signs.get(name)
    return {key: value for key, value in group.items() if isinstance(value, str)} if isinstance(group, dict) else {}
