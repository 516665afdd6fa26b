"""Who replaced what a deal's source fields held: from the CRM's own feed, else by comparing two readings. Pure.

The feed is asked only about deals that show another text than the lead last heard of, or none any more. It may lag
behind; until ``FEED_LAG`` after the deal's last change the new text is not believed, and after that it counts as
changed by nobody in particular. To empty a field is to overwrite it with nothing; what is typed there afterwards
replaces the last text that stood there. To write what stood there first is to put it back, and no overwriting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from leadloop.crm.deal_signs import WATCHED, Heard, fit_to_rest
from leadloop.crm.port import CrmLead, FieldChange
from leadloop.crm.stages import FEED_LAG
from leadloop.facts import Fact, FactKind
from leadloop.leads import facts_of
from leadloop.policy import Policy

MOST_OVERWRITINGS = 50
"""Of one deal on one lead; a source that was overwritten so often is told by the first ones."""

_SAME_SECOND = timedelta(seconds=2)


class SourceReading(NamedTuple):
    """What is certain of a deal's source fields."""

    overwritings: tuple[Fact, ...]
    source: Mapping[str, str]
    """What the fields hold; of those that the feed has yet to explain, what they held before."""
    is_settled: bool = True
    """Whether the feed explains everything; otherwise read the deal again."""


def changed_fields(policy: Policy, heard: Heard, source: Mapping[str, str]) -> frozenset[str]:
    """Fields that hold another text than was heard, or than the lead came with, and not what stood there first.

    Among them those that were emptied; not one that the policy has no place for any more.
    """
    before = {**heard.said, **heard.known}
    typed = {
        name
        for name, text in source.items()
        if name in WATCHED and before.get(name) not in (None, text) and text not in heard.first.get(name, ())
    }
    gone = heard.source.keys() - source.keys()
    return frozenset(typed | {name for name in gone if name in WATCHED and getattr(policy.crm.fields, name, None)})


def read_overwritings(
    policy: Policy,
    crm: str,
    entity: CrmLead,
    facts: Sequence[Fact],
    heard: Heard,
    source: Mapping[str, str],
    changes: Sequence[FieldChange],
    now: datetime,
) -> SourceReading:
    """What a lead with these facts is told of its deal's source fields."""
    changed = changed_fields(policy, heard, source)
    if not changed:
        return SourceReading((), source)
    held = [fact for fact in facts if fact.kind is FactKind.SOURCE_OVERWRITTEN]
    external_id = entity.external_id
    about = [fact for fact in held if fact.values.get("external_id") == external_id]
    told = [
        facts_of.source_overwriting(crm, external_id, one.field, one.old, one.new, one.by, one.at)
        for one in _certain(policy, heard, changes, changed)
        if not _is_guessed(about, one)
    ]
    unexplained = {
        name
        for name in changed
        if name in heard.known and not any(_explains(one, name, source.get(name, ""), heard) for one in told)
    }
    is_settled = not unexplained or now >= entity.updated_at + FEED_LAG
    if is_settled:
        at = entity.updated_at
        guessed = [(name, heard.known[name], source.get(name, "")) for name in sorted(unexplained)]
        told += [facts_of.source_overwriting(crm, external_id, *change, "", at) for change in guessed]
        believed = dict(source)
    else:
        explained = {name: text for name, text in source.items() if name not in unexplained}
        believed = {**explained, **{name: text for name, text in heard.source.items() if name in unexplained}}
    known = {fact.id for fact in about}
    room = max(MOST_OVERWRITINGS - len(about), 0)
    news = sorted((fact for fact in told if fact.id not in known), key=lambda fact: fact.order)
    return SourceReading(tuple(news[:room]), believed, is_settled)


def _certain(
    policy: Policy, heard: Heard, changes: Sequence[FieldChange], changed: frozenset[str]
) -> list[FieldChange]:
    """Changes of the feed from one text to another that is not the first one, or to none, as they may rest."""
    fit = [
        one._replace(old=fit_to_rest(policy, one.field, one.old), new=fit_to_rest(policy, one.field, one.new))
        for one in changes
        if one.field in changed
    ]
    of_one = {name: [one for one in fit if one.field == name] for name in sorted(changed)}
    return [told for name, those in of_one.items() for told in _replaced(heard.first.get(name, frozenset()), those)]


def _replaced(known_first: frozenset[str], changes: Sequence[FieldChange]) -> Iterator[FieldChange]:
    """Of one field's changes those that overwrote a text; an empty field stands for the last text in it.

    An emptying that the next change makes good is none: a program may clear a field and fill it again.
    """
    first = known_first | {next((one.old for one in changes if one.old), "")} - {""}
    last = ""
    for one, following in zip_longest(changes, changes[1:]):
        old = one.old or last
        last = one.new or old
        is_made_good = not one.new and following is not None and following.new in {old, *first}
        if old and one.new != old and one.new not in first and not is_made_good:
            yield one._replace(old=old)


def _is_guessed(held: Sequence[Fact], change: FieldChange) -> bool:
    """Whether the change was told before without its author, when the feed did not show it in time."""
    said = {"field": change.field, "old": change.old, "new": change.new, "by": ""}
    return any(
        fact.occurred_at >= change.at and {name: fact.values.get(name) for name in said} == said for fact in held
    )


def _explains(told: Fact, name: str, text: str, heard: Heard) -> bool:
    since = heard.view.occurred_at - _SAME_SECOND if heard.view is not None else told.occurred_at
    return told.values["field"] == name and told.values["new"] == text and told.occurred_at >= since
