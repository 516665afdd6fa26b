"""Where settings of ``sources`` contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from leadloop.policy.agreement import Contradiction
from leadloop.sources.dictionary import BUILT_IN
from leadloop.sources.labels import label_of

if TYPE_CHECKING:
    from leadloop.policy.crm import Crm
    from leadloop.policy.sources import SourceRule, Sources

SIGNS = ("click_id", "utm_source", "referrer", "called_number", "crm_field", "created_by", "form")
"""The kinds of signs; a rule has exactly one of them."""

_ONLY_WITH = {"utm_medium": "utm_source", "utm_campaign": "utm_source", "value": "crm_field"}


def rule_contradictions(rule: SourceRule) -> Iterator[Contradiction]:
    """What one rule leaves out or says too much of."""
    written = [sign for sign in SIGNS if getattr(rule, sign) is not None]
    alone = [(name, needed) for name, needed in _ONLY_WITH.items() if getattr(rule, name) and needed not in written]
    if alone:
        for name, needed in alone:
            text = f"`{name}` goes only with `{needed}`; write `{needed}:` too, or remove `{name}`"
            yield Contradiction((name,), text, getattr(rule, name))
    elif len(written) != 1:
        found = " and ".join(written) or "none"
        text = f"expected exactly one sign of {', '.join(SIGNS)}, found {found}; make it a rule for each sign"
        yield Contradiction((), text, None)
    elif rule.crm_field is not None and rule.value is None:
        text = "missing: `crm_field` needs what stands in it; write `value:`, with * for anything"
        yield Contradiction(("value",), text, None)


def source_contradictions(sources: Sources) -> Iterator[Contradiction]:
    """What in ``sources`` contradicts itself."""
    yield from _names(sources)
    yield from _lines(sources)
    yield from _rules(sources)
    yield from _numbers(sources)
    yield from _apart(sources)


def field_contradictions(sources: Sources, crm: Crm | None) -> Iterator[Contradiction]:
    """What asks of the CRM what it does not give (``crm`` is ``None`` when that section is itself at fault)."""
    if crm is None:
        return
    if sources.restore and not crm.creates_leads:
        text = f"a CRM of the kind `{crm.kind}` is not written to, so nothing can be put back there; remove `restore`"
        yield Contradiction(("restore",), text, True)
    fields = dict(crm.fields)
    for index, rule in enumerate(sources.rules):
        name = rule.crm_field
        if name is None or fields.get(name) is not None:
            continue
        known = {known for known, place in fields.items() if place is not None}
        hint = f"write `{name}:` there with its id" if name in fields else _near(name, known)
        text = f"crm.fields does not say where {name!r} stands in a deal, so this is never true; {hint}"
        yield Contradiction(("rules", index, "crm_field"), text, name)


def _names(sources: Sources) -> Iterator[Contradiction]:
    owners = {label: label for label in sources.dictionary}
    for label, entry in sources.dictionary.items():
        for index, name in enumerate(entry.names):
            path = ("dictionary", label, "names", index)
            said = label_of(name)
            if not said or said == "none":
                text = f"expected a name with letters or digits that is not none, found {name!r}; remove it"
                yield Contradiction(path, text, name)
                continue
            owner = owners.setdefault(said, label)
            if owner != label:
                text = f"{name!r} means both {owner} and {label}; leave it with the one it belongs to"
                yield Contradiction(path, text, name)


def _lines(sources: Sources) -> Iterator[Contradiction]:
    for label, entry in sources.dictionary.items():
        if entry.line is None:
            continue
        into = sources.dictionary.get(entry.line)
        if into is None and entry.line not in BUILT_IN:
            text = (
                f"sources.dictionary has no {entry.line!r} to count {label} with; {_near(entry.line, _labels(sources))}"
            )
            yield Contradiction(("dictionary", label, "line"), text, entry.line)
        elif into is not None and into.line is not None and entry.line != label:
            text = f"{entry.line} is itself counted with {into.line}; write `line: {into.line}` here too"
            yield Contradiction(("dictionary", label, "line"), text, entry.line)


def _rules(sources: Sources) -> Iterator[Contradiction]:
    labels = _labels(sources)
    first: dict[tuple[object, ...], int] = {}
    for index, rule in enumerate(sources.rules):
        if rule.label not in labels:
            text = f"sources.dictionary has no {rule.label!r}; {_near(rule.label, labels)}"
            yield Contradiction(("rules", index, "label"), text, rule.label)
        sign = tuple(_same(value) for name, value in rule if name != "label")
        before = first.setdefault(sign, index)
        if before != index:
            earlier = sources.rules[before].label
            text = f"the same sign as in sources.rules[{before}] ({earlier}), which decides first; remove one of them"
            yield Contradiction(("rules", index), text, None)


def _numbers(sources: Sources) -> Iterator[Contradiction]:
    for index, rule in enumerate(sources.rules):
        if rule.called_number == "static_pool" and not sources.static_pool:
            text = "no number is in sources.static_pool, so this is never true; list them there, or remove the rule"
            yield Contradiction(("rules", index, "called_number"), text, rule.called_number)
        if rule.called_number in sources.static_pool:
            text = (
                f"{rule.called_number} stands in sources.static_pool too, as a number that everybody is shown; "
                "remove it from one of them"
            )
            yield Contradiction(("rules", index, "called_number"), text, rule.called_number)


def _apart(sources: Sources) -> Iterator[Contradiction]:
    owners = {label_of(name): label for label, entry in sources.dictionary.items() for name in entry.names}
    for index, labels in enumerate(sources.apart):
        meant: dict[str, str] = {}
        for label in labels:
            other = meant.setdefault(owners.get(label, label), label)
            if other != label:
                text = f"{other} and {label} are one source by sources.dictionary, and apart here; decide for one"
                yield Contradiction(("apart", index), text, None)


def _labels(sources: Sources) -> set[str]:
    return {*sources.dictionary, *BUILT_IN}


def _near(written: str, known: set[str] | frozenset[str]) -> str:
    near = get_close_matches(written, sorted(known), 1)
    return f"did you mean {near[0]!r}?" if near else f"add it, or choose one of {', '.join(sorted(known))}"


def _same(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value
