"""Labels that are probably one source, spelled in several ways. Proposed to a person, who decides."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from leadloop.sources.dictionary import BUILT_IN
from leadloop.sources.labels import NONE
from leadloop.sources.spellings import ADVERTISING, KNOWN, canonical

_SHORTEST_FUZZY = 5
"""Letters below which one more or less makes another word: vk and ok."""
_TWO_SLIPS_FROM = 9
_TOP_LEVEL = frozenset({"ru", "com", "net", "org", "me", "io", "by", "kz", "su", "рф"})
_DOORS = frozenset({"www", "m", "l", "lm", "away", "mobile", "touch"})
"""First parts of a host that say nothing of whose it is."""
_DIGITS = re.compile(r"\d+")


class Proposal(NamedTuple):
    """Labels to be counted as one."""

    into: str
    labels: tuple[str, ...]
    """The others, the most frequent first."""
    leads: int
    """Leads that would move."""


class _Name(NamedTuple):
    """A label taken apart, so that spellings of one name are equal."""

    words: tuple[str, ...]
    is_host: bool
    digits: tuple[str, ...]


def propose(
    counts: Mapping[str, int], decided: Collection[str] = (), apart: Collection[Sequence[str]] = ()
) -> list[Proposal]:
    """Merges of labels that look alike, the most leads first.

    ``decided``: labels of the owner's dictionary, into which others are merged and which are merged into none;
    ``apart``: groups of labels that a person keeps apart. Where none of a group is decided, the built-in source takes
    the others: its click ids, its title and its channel are known.
    """
    kept_apart = {frozenset((one, other)) for labels in apart for one in labels for other in labels if one != other}

    def standing(label: str) -> tuple[bool, bool, int, str]:
        return label not in decided, label not in BUILT_IN, -counts.get(label, 0), label

    ordered = sorted({*counts, *decided} - {NONE}, key=standing)
    groups: list[list[str]] = []
    for label in ordered:
        into = next(_homes(label, groups, kept_apart), None) if label not in decided else None
        if into is None:
            groups.append([label])
        else:
            into.append(label)
    found = [_proposal(group, counts) for group in groups if len(group) > 1]
    return sorted(found, key=lambda one: (-one.leads, one.into))


def _homes(label: str, groups: Sequence[list[str]], apart: Collection[frozenset[str]]) -> Iterator[list[str]]:
    """Groups that the label looks like, those that are spelled the same before those that are nearly."""
    free = [group for group in groups if not any(frozenset((label, one)) in apart for one in group)]
    yield from (group for group in free if _is_same(_name(label), _name(group[0])))
    yield from (group for group in free if look_alike(label, group[0]))


def look_alike(one: str, other: str) -> bool:
    """Whether two labels are probably spellings of one name."""
    a, b = _name(one), _name(other)
    if _is_same(a, b):
        return True
    if a.is_host or b.is_host or a.digits != b.digits:
        return False
    if len(a.words) == len(b.words):
        return all(x == y or _is_slip(x, y) for x, y in zip(a.words, b.words, strict=True))
    return _is_slip("".join(a.words), "".join(b.words))


def _proposal(group: Sequence[str], counts: Mapping[str, int]) -> Proposal:
    into, *others = group
    return Proposal(into, tuple(others), sum(counts.get(label, 0) for label in others))


def _is_same(a: _Name, b: _Name) -> bool:
    return a.is_host == b.is_host and "".join(a.words) == "".join(b.words)


@lru_cache(maxsize=1024)
def _name(label: str) -> _Name:
    words = label.split("_")
    is_host = len(words) > 1 and (words[-1] in _TOP_LEVEL or (len(words) > 2 and words[0] in _TOP_LEVEL))
    if is_host and words[-1] in _TOP_LEVEL:
        words = words[:-1]
        while len(words) > 1 and words[0] in _DOORS:
            words = words[1:]
    plain = tuple(part for word in words for part in canonical(word))
    company = tuple(word for word in plain if word not in ADVERTISING)
    return _Name(company or plain, is_host, tuple(_DIGITS.findall(label)))


def _is_slip(one: str, other: str) -> bool:
    """Whether one word is the other with a slip of the pen; of long words two slips."""
    shorter = min(len(one), len(other))
    if shorter < _SHORTEST_FUZZY or (one in KNOWN and other in KNOWN):
        return False
    most = 2 if shorter >= _TWO_SLIPS_FROM else 1
    return abs(len(one) - len(other)) <= most and _slips(one, other) <= most


def _slips(one: str, other: str) -> int:
    """Letters to add, leave out, replace or swap with a neighbour (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, another in enumerate(other, 1):
            cost = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (letter != another))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], another):
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
