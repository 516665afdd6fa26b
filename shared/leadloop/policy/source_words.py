"""The dictionary and the rules of sources told in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.policy.chapters import Chapter
from leadloop.policy.models import Policy
from leadloop.policy.sources import STATIC_POOL, Connection, SourceEntry, SourceRule, Sources

_CONNECTIONS = {
    Connection.CHANNEL_KNOWN: "its channel is known beforehand",
    Connection.AUTOMATIC: "detected by itself",
    Connection.CRM: "made in the CRM",
    Connection.MANUAL: "entered by hand",
}


def source_chapters(policy: Policy) -> Iterator[Chapter]:
    """Where leads come from, if the policy says anything of it."""
    if policy.sources != Sources():
        yield Chapter("Sources", list(_sources(policy.sources)))


def _sources(sources: Sources) -> Iterator[str]:
    for label, entry in sources.dictionary.items():
        yield _entry(label, entry)
    if sources.rules:
        yield "of these the first that fits decides:"
        yield from (f"  {_sign(rule)} → {rule.label}" for rule in sources.rules)
    then = "then " if sources.rules else ""
    yield f"{then}a click id decides, then the tag utm_source, then the page the visitor came from"
    if sources.unknown == "own_line":
        yield "a tag that the dictionary does not know is a source of its own"
    else:
        yield "a tag that the dictionary does not know is no source (unknown: none)"
    if sources.static_pool:
        yield f"a call to {' or '.join(sources.static_pool)} does not tell its source: everybody is shown the number"
    kept = "is given back what it held first" if sources.restore else "stays so in the CRM; here the first known counts"
    yield f"a source field that somebody overwrites {kept}"


def _entry(label: str, entry: SourceEntry) -> str:
    said = [entry.channel, _CONNECTIONS[entry.connection]]
    said += [f"run by {entry.contractor}"] if entry.contractor else []
    said += [f"counted with {entry.line}"] if entry.line else []
    said += [f"also spelled {', '.join(entry.names)}"] if entry.names else []
    return f"{label}{f' ({entry.title})' if entry.title else ''}: {'; '.join(filter(None, said))}"


def _sign(rule: SourceRule) -> str:
    if rule.utm_source is not None:
        tags = [(name, getattr(rule, name)) for name in ("utm_source", "utm_medium", "utm_campaign")]
        return " and ".join(f"{name} {value}" for name, value in tags if value is not None)
    if rule.crm_field is not None:
        return f"the deal's field {rule.crm_field}: {rule.value}"
    if rule.called_number is not None:
        number = "a number of sources.static_pool" if rule.called_number == STATIC_POOL else rule.called_number
        return f"a call to {number}"
    if rule.created_by is not None:
        return "a deal entered by hand" if rule.created_by == "user" else "a deal made by a program"
    if rule.click_id is not None:
        return f"a click id {rule.click_id}"
    return f"a visitor from {rule.referrer}" if rule.referrer is not None else f"the form {rule.form}"
