"""What a deal shows besides its stages and its price: which fields are filled, who works on it, and its source. Pure.

A lead is told of it only when it is another than was last heard: a reading that shows nothing new adds no fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.lead_fields import said_at_first
from leadloop.crm.port import LONGEST_TEXT, SOURCE_FIELDS, CrmLead
from leadloop.facts import Fact, FactKind
from leadloop.identity.ad_ids import read_ad_ids
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.leads import facts_of
from leadloop.policy import Policy
from leadloop.sources.signs import number_of

CLICKS = ("client_id", "yclid", "gclid")
WATCHED = (*SOURCE_FIELDS, *CLICKS)
"""Fields by which a source is known; to replace what one holds is to overwrite the source."""
UNLISTED = "unlisted"
"""Stands for a called number that the policy does not name: it may be anybody's."""

VIEWS_AT_ONCE = 100
"""After so many views of one deal a lead is told of it once a day (UTC) at most: something writes there to and fro."""
MOST_VIEWS = 250
"""After so many it is told no more, so that stages and prices find room among its facts."""

_TICK = timedelta(microseconds=1)


class Heard(NamedTuple):
    """What a lead was last told of one deal, and what it told of itself before."""

    view: Fact | None
    views: int
    source: Mapping[str, str]
    """Texts of the deal's source fields as last heard."""
    known: Mapping[str, str]
    """By field the last text that was ever heard of, also where the field is empty now."""
    first: Mapping[str, frozenset[str]]
    """By field what is known to have stood there first, or should have: to write that again is no overwriting."""
    said: Mapping[str, str]
    """What the lead came with, and what is therefore written into empty fields."""


def heard_of(crm: str, external_id: str, facts: Iterable[Fact]) -> Heard:
    """What the facts of a lead, in their order, tell of a deal."""
    held = list(facts)
    about = [fact for fact in held if (fact.values.get("crm"), fact.values.get("external_id")) == (crm, external_id)]
    views = [fact for fact in about if fact.kind is FactKind.DEAL_OBSERVED]
    view = views[-1] if views else None
    said = {name: text[:LONGEST_TEXT] for name, text in said_at_first(held).items() if name in WATCHED}
    first = {name: {text} for name, text in said.items()}
    is_overwritten = set()
    for fact in about:
        field = str(fact.values.get("field"))
        if fact.kind is FactKind.SOURCE_OVERWRITTEN and field not in is_overwritten:
            is_overwritten.add(field)
            first.setdefault(field, set()).add(str(fact.values.get("old")))
    known = {name: text for one in views for name, text in _texts(one).items()}
    stood_first = {name: frozenset(texts) for name, texts in first.items()}
    return Heard(view, len(views), _texts(view), known, stood_first, said)


def source_of(policy: Policy, entity: CrmLead) -> dict[str, str]:
    """What the source fields of a deal hold, fit to rest: of called numbers only the owner's own."""
    clicks = {name: entity.ids[name] for name in CLICKS if name in entity.ids}
    source = {**clicks, **entity.source}
    if "called_number" in source:
        source["called_number"] = _own_number(policy, source["called_number"])
    return dict(sorted(source.items()))


def fit_to_rest(policy: Policy, field: str, text: str) -> str:
    """The text of a source field as it may rest; empty when it may not."""
    if field == "called_number":
        return _own_number(policy, text) if text else ""
    if field in CLICKS:
        return read_ad_ids({field: (text,)}).found.get(field, "")
    return "" if looks_like_contact(text) else text[:LONGEST_TEXT]


def view_of(crm: str, entity: CrmLead, heard: Heard, source: Mapping[str, str], met_at: datetime) -> Fact | None:
    """The fact of what a deal shows; ``None`` when it is what was heard, or was told too often of late.

    What it shows first it shows since the lead came to it (``met_at``). Later its time is that of the deal's last
    change, or just after the last view where the CRM's clock of whole seconds does not tell them apart.
    """
    sources: dict[str, Json] = dict(source)
    shown: JsonObject = {
        "filled": json_list(sorted(entity.filled)),
        "responsible": entity.responsible,
        "loss_reason": entity.loss_reason,
        "source": sources,
    }
    # only where it is known, or was: a deal without calls is the fact that it was before there was such a field
    if entity.call_seconds is not None or (heard.view is not None and "call_seconds" in heard.view.values):
        shown["call_seconds"] = entity.call_seconds
    if heard.view is None:
        return facts_of.deal_view(crm, entity.external_id, shown, met_at)
    if shown == {name: heard.view.values.get(name) for name in shown}:
        return None
    at = max(entity.updated_at, heard.view.occurred_at + _TICK)
    is_restless = heard.views >= MOST_VIEWS or (
        heard.views >= VIEWS_AT_ONCE and timestamps.utc_day(at) == timestamps.utc_day(heard.view.occurred_at)
    )
    return None if is_restless else facts_of.deal_view(crm, entity.external_id, shown, at)


def view_with(crm: str, external_id: str, heard: Heard, texts: Mapping[str, str], at: datetime) -> Fact | None:
    """The fact of what a deal shows once some texts were written there; ``None`` when that was heard already."""
    if heard.view is None or all(heard.source.get(name) == text for name, text in texts.items()):
        return None
    kept = {name: value for name, value in heard.view.values.items() if name not in ("crm", "external_id")}
    sources: dict[str, Json] = dict(sorted({**heard.source, **texts}.items()))
    return facts_of.deal_view(crm, external_id, {**kept, "source": sources}, max(at, heard.view.occurred_at + _TICK))


def _own_number(policy: Policy, written: str) -> str:
    numbers = {*policy.sources.static_pool, *(rule.called_number for rule in policy.sources.rules)}
    number = number_of(written)
    return number if number in numbers else UNLISTED


def _texts(view: Fact | None) -> dict[str, str]:
    held = view.values.get("source") if view is not None else None
    return {name: text for name, text in held.items() if isinstance(text, str)} if isinstance(held, dict) else {}
