"""Every source that leads came from, and why the others have none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from leadloop import queries
from leadloop.json_types import JsonObject
from leadloop.leads.lead import Lead
from leadloop.leads.totals import STRANGE
from leadloop.policy import Policy
from leadloop.ports.store import Store
from leadloop.sources.book import Book, book_of
from leadloop.sources.dictionary import BUILT_IN, CHANNEL_KNOWN
from leadloop.sources.labels import NONE
from leadloop.sources.lookalikes import Proposal, propose

MOST_EXAMPLES = 3


class Line(NamedTuple):
    """Leads of one source that are alike in channel, connection and contractor; the others of it have their own."""

    source: str
    title: str
    channel: str
    connection: str
    contractor: str
    leads: int
    is_known: bool
    """Whether the dictionary has it; a new one waits for a person to say what it is."""


@dataclass(slots=True)
class Tally:
    """Leads that have no source, or another one in the CRM, for one reason."""

    leads: int = 0
    examples: list[str] = field(default_factory=list)
    """Ids of the first few."""

    def count(self, lead_id: str) -> None:
        """One lead more."""
        self.leads += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(lead_id)


class SourceList(NamedTuple):
    """All leads by source; those without one by cause; those that the CRM sees otherwise, by cause."""

    lines: tuple[Line, ...]
    without: Mapping[str, Tally]
    in_crm: Mapping[str, Tally]


def list_sources(policy: Policy, leads: Iterable[Lead]) -> SourceList:
    """Count leads by source, the largest first within each kind of connection."""
    book = book_of(policy)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    totals: Counter[str] = Counter()
    without: dict[str, Tally] = {}
    in_crm: dict[str, Tally] = {}
    for lead in leads:
        state = lead.state(policy)
        source, crm = state.source, state.source_in_crm
        if source.is_none:
            without.setdefault(source.rule, Tally()).count(lead.id)
        else:
            counts[source.label, source.channel, source.connection, source.contractor] += 1
            totals[source.label] += 1
        if crm.is_amiss:
            in_crm.setdefault(crm.rule, Tally()).count(lead.id)
    lines = [_line(book, *told, number) for told, number in counts.items()]
    lines.sort(key=lambda one: (one.connection, -totals[one.source], one.source, -one.leads, one))
    return SourceList(tuple(lines), without, in_crm)


def _line(book: Book, label: str, channel: str, connection: str, contractor: str, leads: int) -> Line:
    entry = book.entries.get(label)
    title = entry.title if entry is not None else ""
    return Line(label, title, channel, connection, contractor, leads, entry is not None)


class Review(NamedTuple):
    """What a person is asked to decide about labels."""

    counts: Mapping[str, int]
    """Leads by label, spellings that the policy knows already counted together."""
    proposals: tuple[Proposal, ...]
    new: tuple[str, ...]
    """Labels that the dictionary does not have and that look like no other, the most leads first."""


def review(policy: Policy, counted: Mapping[str, int]) -> Review:
    """Which labels look alike; what the policy decided already is not proposed again."""
    book, counts = book_of(policy), Counter[str]()
    for label, leads in counted.items():
        if label != NONE and leads > 0:
            meant = book.label(label)
            counts[book.entries[meant].line or meant if meant in book.entries else meant] += leads
    proposals = propose(counts, policy.sources.dictionary.keys(), policy.sources.apart)
    asked = {label for one in proposals for label in (one.into, *one.labels)}
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    new = tuple(label for label in ordered if label not in book.entries and label not in asked)
    return Review(counts, tuple(proposals), new)


def counted_labels(store: Store) -> dict[str, int]:
    """Leads by the label they came under, as the daily totals have them."""
    counts: Counter[str] = Counter()
    for total in queries.every_document(store, queries.daily_totals()):
        leads, came_as = total.fields.get("leads"), total.fields.get("came_as")
        others = {label: n for label, n in came_as.items() if isinstance(n, int)} if isinstance(came_as, dict) else {}
        counts.update({label: n for label, n in others.items() if label != STRANGE})
        counts[str(total.fields.get("source"))] += (leads if isinstance(leads, int) else 0) - sum(others.values())
    return dict(+counts)


def patch(policy: Policy, proposals: Iterable[Proposal]) -> str:
    """The lines of ``sources.dictionary`` that merge the labels, with the names that stand there already."""
    from leadloop.policy.yaml_writing import write_yaml  # only who reviews pays for YAML

    dictionary: JsonObject = {one.into: _entry_with(policy, one) for one in proposals}
    return write_yaml({"sources": {"dictionary": dictionary}})


def _entry_with(policy: Policy, proposal: Proposal) -> JsonObject:
    """The entry that takes the labels in. A built-in source keeps the connection that an entry would reset."""
    entry = policy.sources.dictionary.get(proposal.into)
    names: JsonObject = {"names": [*(entry.names if entry is not None else ()), *proposal.labels]}
    built_in = BUILT_IN.get(proposal.into) if entry is None else None
    if built_in is None or built_in.connection == CHANNEL_KNOWN:
        return names
    return {"connection": built_in.connection, **names}


def kept_apart(proposal: Proposal) -> str:
    """The setting that keeps the first two labels of a proposal apart, on one line."""
    from leadloop.policy.yaml_writing import write_yaml

    return f"sources.apart: [{write_yaml([proposal.into, proposal.labels[0]])}]"
