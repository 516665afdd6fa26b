"""What one lead contributes to the daily totals, and the increments that keep them exact.

A counter of zero and no counter, a total of zeros and no total mean the same: nothing. An increment does not see what
it makes of a counter, so a total that something was taken from says so, until ``clear_totals`` has been there.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from leadloop.json_types import Json, JsonObject
from leadloop.leads.lead import Lead
from leadloop.leads.quality import is_judged
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.ports.store import Increment, Key
from leadloop.sources.book import book_of
from leadloop.sources.labels import NONE

Contribution = dict[str, dict[str, int]]

LESSENED = "lessened"
"""A field of a total that something was taken from since it was last cleared: it may hold zeros."""

STRANGE = "_strange"
"""In ``came_as`` all labels that the dictionary does not know. None of them begins so."""

_NAMES = frozenset({"day", "source", LESSENED})


def contribution(policy: Policy, lead: Lead, state: LeadState) -> Contribution:
    """Counters by daily total (``2026-09-01--yandex_direct``): one lead, its stages, its claims, its standing.

    A lead of a series counts under the source that keeps its credit; ``came_as`` says how many came under which other,
    by the labels of the dictionary: strangers invent as many tags as they like, and a document is finite.
    """
    if state.occurred_at is None:
        return {}
    day = state.occurred_at.astimezone(ZoneInfo(policy.site.time_zone)).date().isoformat()
    counters = {"leads": 1}
    counters |= {f"stages.{stage}": 1 for stage in state.stages}
    counters |= {f"claims.{goal}": 1 for goal in lead.claims}
    counters |= {f"expired.{goal}": 1 for goal in lead.expired}
    if is_judged(policy):
        counters[f"quality.{state.quality.standing}"] = 1
        counters |= {f"reasons.{state.quality.reason}": 1} if state.quality.reason else {}
    source = state.circumstances.credit_source or state.source.label
    if source != state.source.label:
        known = book_of(policy).entries.keys() | {NONE}
        came_as = state.source.label if state.source.label in known else STRANGE
        counters[f"came_as.{came_as}"] = 1
    return {f"{day}--{source}": counters}


def increments(before: Mapping[str, Mapping[str, int]], after: Contribution) -> list[Increment]:
    """The writes that bring totals from a lead's old contribution to its new one; none if equal."""
    writes = []
    for total in sorted(before.keys() | after.keys()):
        old, new = before.get(total, {}), after.get(total, {})
        amounts = {name: new.get(name, 0) - old.get(name, 0) for name in sorted(old.keys() | new.keys())}
        amounts = {name: amount for name, amount in amounts.items() if amount}
        if amounts:
            day, _, source = total.partition("--")
            fields: JsonObject = {"day": day, "source": source}
            if any(amount < 0 for amount in amounts.values()):
                fields[LESSENED] = True
            writes.append(Increment(Key("daily_total", total), amounts, fields))
    return writes


def cleared(total: JsonObject) -> JsonObject | None:
    """The fields of a total without counters of zero and without its mark; ``None`` if it counts nothing."""
    counters = {name: _nonzero(value) for name, value in total.items() if name not in _NAMES}
    counters = {name: value for name, value in counters.items() if value}
    if not counters:
        return None
    return {**{name: total[name] for name in ("day", "source") if name in total}, **counters}


def _nonzero(counted: Json) -> Json:
    if not isinstance(counted, dict):
        return counted
    inner = {name: _nonzero(value) for name, value in counted.items()}
    return {name: value for name, value in inner.items() if value}
