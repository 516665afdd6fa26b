"""leadloop's word beside the truth, lead by lead."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from market.inquiries import Inquiry
from market.rules import market_policy
from market.truth import DEFAULT_RULE, Rule, Truth, truths


@dataclass(frozen=True)
class Judged:
    """One inquiry, what is true of it, and what was said of it."""

    inquiry: Inquiry
    truth: Truth
    source: str
    repeats: str | None
    """The name of the inquiry that it is said to repeat."""
    is_client: bool
    is_held: bool
    signs: tuple[str, ...]
    person: frozenset[str]
    borrows: str | None

    @property
    def is_source_right(self) -> bool:
        return self.source == self.truth.source

    @property
    def is_duplicate_right(self) -> bool:
        """Both that it is one, and of which lead; and that a client is told from it."""
        return (self.repeats, self.is_client) == (self.truth.repeats, self.truth.is_client)

    @property
    def is_person_right(self) -> bool:
        return self.person == self.truth.person

    @property
    def is_loan_right(self) -> bool:
        return self.borrows == self.truth.borrows

    @property
    def is_gate_right(self) -> bool:
        return self.is_held == self.truth.is_bot


def compare(
    inquiries: Iterable[Inquiry],
    lead_ids: Mapping[str, str],
    leads: Mapping[str, Lead],
    rule: Rule = DEFAULT_RULE,
) -> list[Judged]:
    """Every inquiry of the market judged; raises ``KeyError`` when its lead is not there."""
    held = list(inquiries)
    names = {lead_id: name for name, lead_id in lead_ids.items()}
    true = truths(held, rule)
    people: dict[str, set[str]] = defaultdict(set)
    for lead_id, lead in leads.items():
        people[lead.circumstances.person or lead_id].add(names[lead_id])
    judged = []
    for one in held:
        lead = leads[lead_ids[one.name]]
        state, among = lead.state(market_policy()), lead.circumstances
        judged.append(
            Judged(
                inquiry=one,
                truth=true[one.name],
                source=state.source.label,
                repeats=names[among.repeats] if among.repeats else None,
                is_client=among.client_since is not None,
                is_held=state.fraud.gate in (Gate.HELD, Gate.FRAUD),
                signs=state.fraud.signs,
                person=frozenset(people[among.person or lead.id]),
                borrows=state.lent.client_id if state.lent is not None else None,
            )
        )
    return judged


@dataclass(frozen=True)
class Shares:
    """How much of the market was judged right, each between 0 and 1."""

    sources: float
    duplicates: float
    persons: float
    caught: float
    """Of the bots' leads."""
    held: float
    """Of the honest leads, wrongly."""
    loans: float
    """ClientIDs lent to leads that have no id, and to no other."""
    human_repeats: float
    """Where the rule and the human being agree; it judges the rule and not the code."""


def shares(judged: list[Judged]) -> Shares:
    bots = [one for one in judged if one.truth.is_bot]
    honest = [one for one in judged if not one.truth.is_bot]
    return Shares(
        sources=_share(one.is_source_right for one in judged),
        duplicates=_share(one.is_duplicate_right for one in judged),
        persons=_share(one.is_person_right for one in judged),
        loans=_share(one.is_loan_right for one in judged),
        caught=_share(one.is_held for one in bots),
        held=_share(one.is_held for one in honest),
        human_repeats=_share((one.repeats is not None or one.is_client) == one.truth.is_human_repeat for one in honest),
    )


def _share(right: Iterable[bool]) -> float:
    counted = Counter(right)
    return counted[True] / counted.total() if counted else 1.0
