"""Resolve a lead's source signs to one label, with the rule that did it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from leadloop.json_types import JsonObject
from leadloop.sources.book import STANDARD, Book, says_nothing
from leadloop.sources.dictionary import (
    AUTOMATIC,
    CHANNEL_KNOWN,
    FIRST_CLICK_IDS,
    IN_CRM,
    LAST_CLICK_IDS,
    MANUAL,
    Entry,
)
from leadloop.sources.labels import NONE, label_of
from leadloop.sources.referrers import class_of
from leadloop.sources.signs import BY_USER, CALLED_NUMBER, CREATED_BY, SOURCE, Signs, number_of, of_deal, of_form

NEVER_CAPTURED = "none.never_captured"


class Source(NamedTuple):
    """A resolved source: ``label`` counts in reports, ``rule`` says which sign decided."""

    label: str
    rule: str
    campaign: str = ""
    reason: str = ""
    """A sentence for a person: what was seen, or why there is none."""
    channel: str = ""
    connection: str = ""
    """One of ``policy.sources.Connection``; empty where there is no source."""
    contractor: str = ""
    setting: str = ""
    """Where the rule of the policy stands that decided, such as ``sources.rules[2]``; empty where none of them did."""

    @property
    def is_none(self) -> bool:
        """Whether the lead has no source; ``rule`` is the cause then."""
        return self.rule.startswith("none.")


NOT_RESOLVED = Source(NONE, "none.not_resolved")


def resolve(signs: JsonObject, book: Book = STANDARD) -> Source:
    """The source of one submission; never empty.

    Order: the policy's rules but for those by referrer, click id, UTM, the rules by referrer, referrer. Where no sign
    decides, the label is ``none`` and the rule is the cause.
    """
    return resolve_signs(of_form(signs), book)


def resolve_deal(fields: Mapping[str, str], book: Book = STANDARD) -> Source:
    """The source that a deal's source fields tell; never empty. After all else, its field ``source`` decides."""
    return resolve_signs(of_deal(fields), book)


def resolve_signs(signs: Signs, book: Book) -> Source:
    """The first sign that decides, or the cause that none does."""
    found = next(_found(signs, book), None)
    return found if found is not None else _none(signs, book)


def _found(signs: Signs, book: Book) -> Iterator[Source]:
    """What each sign says, the first to decide first."""
    campaign = signs.utm.get("utm_campaign", "")
    yield from _ruled(signs, book, campaign, by_referrer=False)
    for name, label in FIRST_CLICK_IDS.items():
        if signs.click_ids.get(name):
            yield _as(book, Source(label, f"click_id.{name}", campaign, f"came with a {name}"))
    if label := book.label(tag := signs.utm.get("utm_source", "")):
        yield _named(
            book, label, Source(label, "utm.utm_source", campaign, f"utm_source {_spelled(tag, label)}"), signs
        )
    yield from _ruled(signs, book, campaign, by_referrer=True)
    if label := book.host_label(signs.host):
        yield from _referred(signs.host, label, campaign, book)
    for name, label in LAST_CLICK_IDS.items():
        if signs.click_ids.get(name):
            yield _as(book, Source(label, "click_id.other", campaign, f"came with a {name}"))
    if signs.crm is not None and (label := book.label(word := signs.crm.get(SOURCE, ""))):
        yield _named(
            book, label, Source(label, "crm_field.source", campaign, f"the CRM says {_spelled(word, label)}"), signs
        )


def _ruled(signs: Signs, book: Book, campaign: str, *, by_referrer: bool) -> Iterator[Source]:
    """The policy's rules in order. Those by a referrer wait: an ad's click comes from a search engine's page too."""
    for rule in book.rules:
        if rule.is_by_referrer is by_referrer and rule.fits(signs):
            reason = f"fits {rule.place} of the policy"
            yield _as(book, Source(rule.label, rule.id, campaign, reason, setting=rule.place))


def _referred(host: str, label: str, campaign: str, book: Book) -> Iterator[Source]:
    if not book.is_nobodys(host):
        kind = class_of(host)
        entry = book.entries.get(label) or Entry(channel=kind, connection=AUTOMATIC)
        yield _as(book, Source(label, "referrer.host", campaign, f"{kind}: came from {_spelled(host, label)}"), entry)


def _spelled(written: str, label: str) -> str:
    return repr(written) if label_of(written) == label else f"{written!r} (a name of {label})"


def _named(book: Book, label: str, source: Source, signs: Signs) -> Source:
    """A source by a word: known to the dictionary, or on its own line, or none if the policy wants none such."""
    entry = book.entries.get(label)
    if entry is None and not book.keeps_unknown:
        reason = f"{source.reason} is not in sources.dictionary, and `sources.unknown: none`"
        return Source(NONE, "none.unknown_label", source.campaign, reason)
    if entry is None and source.rule == "utm.utm_source":
        entry = Entry(connection=CHANNEL_KNOWN)
    elif entry is None:
        entry = Entry(connection=MANUAL if _is_by_hand(signs) else IN_CRM)
    if not entry.channel:
        entry = entry._replace(channel=label_of(signs.utm.get("utm_medium", "")))
    return _as(book, source, entry)


def _as(book: Book, source: Source, entry: Entry | None = None) -> Source:
    """The source with what the dictionary says of it, counted in the line it belongs to.

    What a click id means may be a name of another source too: who counts ``yandex_direct`` as one of theirs means the
    clicks as well.
    """
    label = book.names.get(source.label, source.label)
    entry = entry if entry is not None else book.entries.get(label, Entry())
    line = entry.line or label
    reason = source.reason if line == source.label else f"{source.reason}; {source.label} is counted with {line}"
    said = (entry.channel, entry.connection, entry.contractor)
    return Source(line, source.rule, source.campaign, reason, *said, source.setting)


def _none(signs: Signs, book: Book) -> Source:
    """Why there is no source."""
    campaign = signs.utm.get("utm_campaign", "")
    words = {name: word for name, word in _words(signs).items() if word and not book.label(word)}
    empty = {name: word for name, word in words.items() if says_nothing(word)}
    if unreadable := words.keys() - empty.keys():
        reason = f"{' and '.join(f'{name} {words[name]!r}' for name in sorted(unreadable))} names no source"
        return Source(NONE, "none.unknown_label", campaign, reason)
    source = _none_told(signs, book, campaign)
    said = "".join(f"; {name} is {word!r}, which stands for nothing" for name, word in empty.items())
    return source._replace(reason=f"{source.reason}{said}")


def _words(signs: Signs) -> dict[str, str]:
    """What should name a source, by where it stands."""
    entered = signs.crm.get(SOURCE, "") if signs.crm is not None else ""
    return {"utm_source": signs.utm.get("utm_source", ""), "the referrer": signs.host, "the CRM's field": entered}


def _none_told(signs: Signs, book: Book, campaign: str) -> Source:
    """Why there is no source where no word is there that should name one."""
    if signs.crm is None:
        return Source(NONE, NEVER_CAPTURED, campaign, _not_captured(signs))
    called = signs.crm.get(CALLED_NUMBER, "")
    if (number := number_of(called)) in book.pool:
        return Source(NONE, "none.static_pool", campaign, f"called {number}, a number that everybody is shown")
    if called:
        return Source(NONE, "none.unknown_label", campaign, "no rule of the policy names the number that was called")
    if _is_by_hand(signs):
        reason = "a person entered the deal in the CRM, and no field of it tells the source"
        return Source(NONE, "none.entered_by_hand", campaign, reason)
    return Source(NONE, "none.born_in_crm", campaign, "no form brought it, and no field of its deal tells its source")


def _not_captured(signs: Signs) -> str:
    if signs.host:
        return f"came from {signs.host}, a page of the site itself or of a payment, and how it came there is not known"
    if signs.click_ids.get("client_id"):
        return (
            "the browser was known, and brought no click id, tag or referrer: it came directly, or lost them on the way"
        )
    return "the form sent neither a click id, a tag, a referrer nor a ClientID: is the tag on that page?"


def _is_by_hand(signs: Signs) -> bool:
    return signs.crm is not None and signs.crm.get(CREATED_BY) == BY_USER
