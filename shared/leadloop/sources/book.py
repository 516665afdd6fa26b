"""The policy's dictionary and rules, made ready once for looking up many leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from leadloop.policy import Policy
from leadloop.policy.sources import STATIC_POOL, SourceRule, Sources
from leadloop.sources.dictionary import BUILT_IN, CHANNEL_KNOWN, Entry
from leadloop.sources.labels import NONE, label_of
from leadloop.sources.referrers import NAMED, PAYMENT, class_of, is_within
from leadloop.sources.signs import CALLED_NUMBER, CREATED_BY, Signs, number_of

_PLACEHOLDER = re.compile(r"\(.*\)|\[.*\]|<.*>|\{+.*\}+", re.DOTALL)
"""What stands where no name was put in: ``(direct)``, ``(not set)``, ``[SOURCE]``, ``{{site_source_name}}``."""
_ENTRANCE = re.compile(r"^(?:www|m|mobile|touch|away|l|lm)\.")

Test = Callable[[Signs], bool]


class Rule(NamedTuple):
    """A rule of the policy, ready to be asked."""

    id: str
    """Such as ``policy.called_number``."""
    place: str
    """Where it stands, such as ``sources.rules[2]``."""
    label: str
    fits: Test

    @property
    def is_by_referrer(self) -> bool:
        """Whether it asks for the page a visitor came from."""
        return self.id == "policy.referrer"


class Book(NamedTuple):
    """What leads are looked up in."""

    entries: Mapping[str, Entry] = BUILT_IN
    names: Mapping[str, str] = {}
    """Label of a spelling → label in the dictionary."""
    run_together: Mapping[str, str] = {}
    """The same without separators: e-mail and email are one spelling where the dictionary does not tell them apart."""
    rules: tuple[Rule, ...] = ()
    keeps_unknown: bool = True
    """Whether a tag that the dictionary does not know has its own line."""
    pool: frozenset[str] = frozenset()
    """Numbers that everybody is shown."""
    own_hosts: tuple[str, ...] = ()

    def is_nobodys(self, host: str) -> bool:
        """Whether a page of this host is no source: one of the site itself, or of a payment."""
        return class_of(host) == PAYMENT or any(is_within(host, own) for own in self.own_hosts)

    def label(self, written: str) -> str:
        """The label in the dictionary that a spelling stands for, or its own; empty where it names nothing."""
        own = label_of(written)
        if not own or says_nothing(written):
            return ""
        return self.names.get(own) or self.run_together.get(own.replace("_", ""), own)

    def host_label(self, host: str) -> str:
        """The same of a host: without ``www.`` and its likes, unless the dictionary names it so."""
        return self.names.get(label_of(host)) or self.label(_ENTRANCE.sub("", host) if host.count(".") > 1 else host)


def says_nothing(written: str) -> bool:
    """Whether a word stands for nothing, as if it were not there: ``(direct)``, ``(not set)``, ``{source}``, none."""
    return label_of(written) == NONE or _PLACEHOLDER.fullmatch(written.strip()) is not None


STANDARD = Book()
"""What is looked up without a policy."""


class _Same(NamedTuple):
    """A policy by identity: it never changes, and comparing all of it at each lead would cost more than looking up."""

    policy: Policy

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.policy is self.policy


def book_of(policy: Policy) -> Book:
    """The book of a policy, made at the first call."""
    return _book(_Same(policy))


@lru_cache(maxsize=8)
def _book(same: _Same) -> Book:
    policy = same.policy
    sources = policy.sources
    hosts = [origin.partition("://")[2].partition(":")[0] for origin in policy.site.origins]
    own = [ascii_host(host).removeprefix("www.") for host in [*hosts, *sources.own_hosts]]
    names = {label_of(name): label for label, entry in sources.dictionary.items() for name in (label, *entry.names)}
    together = {name.replace("_", ""): label for name, label in names.items()}
    pool = frozenset(sources.static_pool)
    rules = tuple(_rule(rule, index, pool) for index, rule in enumerate(sources.rules))
    keeps = sources.unknown == "own_line"
    return Book(_entries(sources), names, together, rules, keeps, pool, tuple(dict.fromkeys(own)))


def ascii_host(host: str) -> str:
    """A host as browsers send it: small letters, Punycode for Cyrillic; as written where it can be none."""
    try:
        return host.casefold() if host.isascii() else host.casefold().encode("idna").decode("ascii")
    except UnicodeError:
        return host.casefold()


def _entries(sources: Sources) -> dict[str, Entry]:
    named = {rule.label: Entry(connection=CHANNEL_KNOWN) for rule in sources.rules}
    entries = {**named, **BUILT_IN}
    for label, entry in sources.dictionary.items():
        built_in = BUILT_IN.get(label, Entry())
        said = (entry.title or built_in.title, entry.channel or built_in.channel, entry.connection.value)
        entries[label] = Entry(*said, entry.contractor, entry.line or "")
    return entries


def _rule(rule: SourceRule, index: int, pool: frozenset[str]) -> Rule:
    sign, fits = _sign(rule, pool)
    return Rule(f"policy.{sign}", f"sources.rules[{index}]", rule.label, fits)


def _sign(rule: SourceRule, pool: frozenset[str]) -> tuple[str, Test]:
    """The kind of a rule's sign, and the question whether it is there."""
    if (name := rule.click_id) is not None:
        return "click_id", lambda signs: bool(signs.click_ids.get(name))
    if rule.utm_source is not None:
        return "utm_source", _tagged(rule)
    if rule.referrer is not None:
        return "referrer", _referred(rule.referrer)
    if (number := rule.called_number) is not None:
        numbers = pool if number == STATIC_POOL else frozenset({number})
        return "called_number", lambda signs: number_of((signs.crm or {}).get(CALLED_NUMBER, "")) in numbers
    if rule.created_by is not None:
        return "created_by", lambda signs: (signs.crm or {}).get(CREATED_BY) == rule.created_by
    if (field := rule.crm_field) is not None:
        means = _pattern(rule.value or "")
        return "crm_field", lambda signs: _fits(means, (signs.crm or {}).get(field, ""))
    asked = _pattern(rule.form or "")
    return "form", lambda signs: _fits(asked, signs.form)


def _tagged(rule: SourceRule) -> Test:
    tags = [
        (name, _pattern(value))
        for name in ("utm_source", "utm_medium", "utm_campaign")
        if (value := getattr(rule, name)) is not None
    ]

    def fits(signs: Signs) -> bool:
        utm = signs.utm
        for name, pattern in tags:
            text = utm.get(name)
            if not text or not _fits(pattern, text):
                return False
        return True

    return fits


def _referred(referrer: str) -> Test:
    if referrer in NAMED:
        return lambda signs: bool(signs.host) and class_of(signs.host) == referrer
    host = ascii_host(referrer)
    return lambda signs: is_within(signs.host, host)


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, written.strip().casefold().split("*"))), re.DOTALL)


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a text that is there fits, as it is written or as a label."""
    if not text:
        return False
    written, label = _spellings(text)
    return bool(pattern.fullmatch(written) or (label != written and pattern.fullmatch(label)))


@lru_cache(maxsize=1024)
def _spellings(text: str) -> tuple[str, str]:
    """How a text may be meant: a lead is asked by many rules, and most leads have the same tags."""
    return text.strip().casefold(), label_of(text)
