"""The figures as a table, and what was misjudged, by the story it is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from market.verdicts import Judged, Shares, shares

EXAMPLES = 12


def report(judged: list[Judged]) -> str:
    """Everything a person wants to know after a market."""
    return "\n".join([_head(shares(judged), judged), "", _by_kind(judged), "", *_examples(judged)])


def _head(figures: Shares, judged: list[Judged]) -> str:
    repeats = sum(1 for one in judged if one.truth.repeats)
    bots = sum(1 for one in judged if one.truth.is_bot)
    return "\n".join(
        [
            f"{len(judged)} leads, {repeats / len(judged):.1%} duplicates, {bots / len(judged):.1%} of bots",
            f"sources right      {figures.sources:8.2%}   at least 98 %",
            f"duplicates right   {figures.duplicates:8.2%}   at least 99 %",
            f"fraud caught       {figures.caught:8.2%}   at least 90 %",
            f"honest held        {figures.held:8.2%}   at most 1 %",
            f"persons right      {figures.persons:8.2%}",
            f"loans right        {figures.loans:8.2%}",
            f"rule meets human   {figures.human_repeats:8.2%}",
        ]
    )


def _by_kind(judged: list[Judged]) -> str:
    rows = [f"{'kind':<16}{'leads':>7}{'source':>9}{'duplicate':>11}{'person':>9}{'held':>9}"]
    for kind in sorted({one.inquiry.kind for one in judged}):
        own = [one for one in judged if one.inquiry.kind == kind]

        def share(of: Callable[[Judged], bool], own: list[Judged] = own) -> str:
            return f"{sum(map(of, own)) / len(own):.1%}"

        rows.append(
            f"{kind:<16}{len(own):>7}{share(lambda one: one.is_source_right):>9}"
            f"{share(lambda one: one.is_duplicate_right):>11}{share(lambda one: one.is_person_right):>9}"
            f"{share(lambda one: one.is_held):>9}"
        )
    return "\n".join(rows)


def _examples(judged: list[Judged]) -> list[str]:
    sources = Counter((one.truth.source, one.source) for one in judged if not one.is_source_right)
    lines = [f"source {true} was taken for {said}: {number}" for (true, said), number in sources.most_common(EXAMPLES)]
    wrong = [one for one in judged if not one.is_duplicate_right]
    lines += [
        f"{one.inquiry.kind} {one.inquiry.name} {sorted(one.inquiry.contacts)} at {one.inquiry.at:%Y-%m-%d %H:%M}: "
        f"repeats {one.repeats}, should {one.truth.repeats}; client {one.is_client}, should {one.truth.is_client}"
        for one in wrong[:EXAMPLES]
    ]
    lent = [one for one in judged if not one.is_loan_right]
    lines += [
        f"{one.inquiry.kind} {one.inquiry.name}: borrows {one.borrows}, should {one.truth.borrows}"
        for one in lent[:EXAMPLES]
    ]
    signs = Counter((one.inquiry.kind, one.is_held, one.signs) for one in judged if not one.is_gate_right)
    lines += [
        f"{kind} {'held' if is_held else 'passed'} with {', '.join(seen) or 'no sign'}: {number}"
        for (kind, is_held, seen), number in signs.most_common(EXAMPLES)
    ]
    return lines
