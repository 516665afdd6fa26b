"""Resolve a lead's source signs to one label, with the rule that did it."""

from __future__ import annotations

import re
from typing import NamedTuple

from leadloop.json_types import JsonObject

NONE = "none"
_LONGEST_LABEL = 60
_NOT_LABEL = re.compile(r"[\W_]+")
"""A label stands in paths of counters, so of any script only letters and digits stay."""


class Source(NamedTuple):
    """A resolved source: ``label`` counts in reports, ``rule`` says which sign decided."""

    label: str
    rule: str
    campaign: str = ""


NOT_RESOLVED = Source(NONE, "none.not_resolved")


def resolve(signs: JsonObject) -> Source:
    """The source of one submission from its ``ids``, ``utm`` and ``referrer``; never empty.

    Order: click id, UTM, referrer. Where no sign decides, the label is ``none`` and the rule is the cause.
    """
    ids, utm, referrer = (_texts(signs, name) for name in ("ids", "utm", "referrer"))
    campaign = utm.get("utm_campaign", "")
    if ids.get("yclid"):
        return Source("yandex_direct", "click_id.yclid", campaign)
    if ids.get("gclid"):
        return Source("google_ads", "click_id.gclid", campaign)
    named = (("utm.utm_source", utm.get("utm_source", "")), ("referrer.host", referrer.get("host", "")))
    for rule, name in named:
        if label := _label(name):
            return Source(label, rule, campaign)
    unknown = any(name for _, name in named)
    return Source(NONE, "none.unknown_label" if unknown else "none.never_captured", campaign)


def _texts(signs: JsonObject, name: str) -> dict[str, str]:
    group = signs.get(name)
    return {key: value for key, value in group.items() if isinstance(value, str)} if isinstance(group, dict) else {}


def _label(text: str) -> str:
    return _NOT_LABEL.sub("_", text.casefold()).strip("_")[:_LONGEST_LABEL].strip("_")
