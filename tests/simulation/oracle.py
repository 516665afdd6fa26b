"""What must have been counted in the end, worked out from what the site sent and what stands in the CRM's book.

It knows the promises and nothing of the code: one conversion per (deal or lead, goal), the earliest lead owns a deal
until something of it was sent, and what was sent stays sent. Where trouble may rightly change an outcome (which of
two known identifiers a claim froze), every right outcome is allowed, and exactly one must be there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from simulation.history import Person
from simulation.play import Chronicle, Posted, deal_of, second
from support.policies import LOST, MEETING, QUALIFIED, WON

STAGES = {int(QUALIFIED): "qualified", int(MEETING): "meeting", int(WON): "sold", int(LOST): "lost"}
TARGETS = {"qualified": "lead_qualified", "sold": "flat_sold"}
Identifier: TypeAlias = tuple[str, str]
"""The column of Metrica's file, and the value."""
_CRM_AHEAD = timedelta(minutes=10)
_REPEAT = timedelta(hours=1)
_LONGEST_OUTAGE = timedelta(hours=4)
"""So long a few faults of the CRM, one after the other, may keep a deal from being read."""
_ZONE = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True)
class Expected:
    """One conversion that must be counted exactly once."""

    whose: str
    target: str
    identifiers: frozenset[Identifier]
    moments: frozenset[int]
    prices: set[str | None]
    """The price then, and those of the next hours: a CRM that cannot be read tells only the last of them."""

    def allows(self, row: dict[str, Any]) -> bool:
        """Whether a row of Metrica's book is this conversion."""
        return (
            row["target"] == self.target
            and (row["kind"], row["id"]) in self.identifiers
            and row["datetime"] in self.moments
            and row["price"] in self.prices
        )


@dataclass
class Lead:
    """A lead, as anybody would count it: a form of a person, or a walk-in."""

    name: str
    occurred: datetime
    source: str
    posts: list[Posted] = field(default_factory=list)
    client_id: str | None = None
    is_repeat: bool = False
    """Within an hour of an earlier form: received already, and its own deal counts."""
    is_duplicate: bool = False
    """Later than an hour after the person's first form: it counts for nothing. No history is as long as the window."""
    lent: set[Identifier] = field(default_factory=set)
    """Read from the fields of its deal."""
    stages: dict[str, datetime] = field(default_factory=dict)

    @property
    def is_again(self) -> bool:
        """Whether the person was received before."""
        return self.is_repeat or self.is_duplicate

    @property
    def identifiers(self) -> frozenset[Identifier]:
        """What it may be sent under: a yclid, or what is lent, only if there was nothing better at some time."""
        yclids = {("Yclid", post.yclid) for post in self.posts if post.yclid and post.client_id is None}
        own = self._client_ids()
        return frozenset(own | yclids | (set() if own else self.lent))

    @property
    def known(self) -> dict[str, str]:
        """What its deal in the CRM is told."""
        yclids = {("Yclid", post.yclid) for post in self.posts if post.yclid}
        return dict(sorted(self._client_ids() | yclids))

    def _client_ids(self) -> set[Identifier]:
        return {("ClientId", one) for one in {self.client_id, *(post.client_id for post in self.posts)} if one}


@dataclass
class Deal:
    """A deal of the CRM and the leads on it."""

    id: int
    leads: list[Lead] = field(default_factory=list)
    own: list[Lead] = field(default_factory=list)
    """Those that did not come with a deal that was joined to this one."""
    owner: Lead | None = None
    claimed: set[str] = field(default_factory=set)
    price: str | None = None
    sold: Expected | None = None
    fields: dict[str, str] = field(default_factory=dict)
    history: list[tuple[datetime, str]] = field(default_factory=list)

    def join(self, lead: Lead) -> None:
        """One more lead: it learns what came after it, and the earliest owns the deal unless something was sent."""
        self.leads.append(lead)
        for at, stage in self.history:
            _learn(lead, stage, at)
        if not self.claimed or self.owner is None:
            self.owner = min(self.leads, key=lambda one: one.occurred)

    def fill(self, known: dict[str, str]) -> None:
        """Empty fields are filled, and read by the leads whose deal it is."""
        self.fields = {**known, **self.fields}
        best = "ClientId" if "ClientId" in self.fields else "Yclid"
        for lead in self.own:
            lead.lent |= {(best, self.fields[best])} if best in self.fields else set()


@dataclass
class Ledger:
    """The oracle's answer."""

    leads: list[Lead]
    expected: list[Expected]

    def totals(self) -> Counter[tuple[str, str, str]]:
        """Day, source and counter, for leads and the stages they reached."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for lead in self.leads:
            day = lead.occurred.astimezone(_ZONE).date().isoformat()
            counted[day, lead.source, "leads"] += 1
            counted.update((day, lead.source, f"stages.{stage}") for stage in lead.stages)
        return counted


def foretell(chronicle: Chronicle, crm_book: dict[str, Any], mode: str) -> Ledger:
    """The leads there must be and the conversions that must be counted, in a contacts mode."""
    leads = {**_site_leads(chronicle), **_walk_ins(chronicle, crm_book)}
    if mode != "none":  # without contacts nobody knows that two forms are one person's
        _mark_repeats(list(leads.values()))
    deals = _Deals(crm_book)
    for at, happens in sorted(deals.events(chronicle, leads), key=lambda event: event[0]):
        happens(at)
    received = [_received(lead) for lead in leads.values() if lead.posts and not lead.is_again and lead.identifiers]
    return Ledger(list(leads.values()), [*received, *deals.expected])


def differences(expected: Iterable[Expected], conversions: list[dict[str, Any]]) -> list[str]:
    """What was foretold and is not there, or is there twice, or was never foretold."""
    rest = list(conversions)
    wrong = []
    for one in sorted(expected, key=lambda one: len(one.identifiers)):
        found = next((row for row in rest if one.allows(row)), None)
        if found is None:
            wrong.append(f"not counted: {one}")
        else:
            rest.remove(found)
    return wrong + [f"counted and not foretold: {row}" for row in rest]


def _site_leads(chronicle: Chronicle) -> dict[str, Lead]:
    leads: dict[str, Lead] = {}
    for post in chronicle.posts:
        first = leads.setdefault(post.deal, Lead(post.deal, post.at, _source(post)))
        first.posts.append(post)
    return leads


def _walk_ins(chronicle: Chronicle, book: dict[str, Any]) -> dict[str, Lead]:
    created = {deal["id"]: _instant(deal["created_at"]) for deal in book["leads"]}
    return {
        name: Lead(name, created[walk_in.deal_id], "none", client_id=walk_in.client_id)
        for name, walk_in in chronicle.walk_ins.items()
    }


def _mark_repeats(leads: list[Lead]) -> None:
    for lead in leads:
        earlier = [one for one in leads if one.posts and one.occurred < lead.occurred] if lead.posts else []
        same = [one for one in earlier if one.posts[0].person == lead.posts[0].person]
        apart = [lead.occurred - one.occurred for one in same]
        lead.is_repeat = any(length <= _REPEAT for length in apart)
        lead.is_duplicate = any(length > _REPEAT for length in apart)


def _received(lead: Lead) -> Expected:
    moments = frozenset(second(post.at) for post in lead.posts)
    return Expected(lead.name, "lead_received", lead.identifiers, moments, {None})


def _source(post: Posted) -> str:
    return "yandex_direct" if post.yclid else post.person.utm_source or "none"


def _learn(lead: Lead, stage: str, at: datetime) -> None:
    if at >= lead.occurred - (_CRM_AHEAD if lead.posts else timedelta(0)):
        lead.stages.setdefault(stage, at)


class _Deals:
    """The CRM's book, replayed."""

    def __init__(self, book: dict[str, Any]) -> None:
        self._book = book
        self._deals = {row["id"]: Deal(row["id"]) for row in book["leads"]}
        self.expected: list[Expected] = []
        self._counted: dict[tuple[Person, str], set[bool]] = defaultdict(set)
        """What of a person is counted, and whether by leads that are duplicates."""

    def events(self, chronicle: Chronicle, leads: dict[str, Lead]) -> Iterator[tuple[datetime, Any]]:
        """Every event with its time: leads join deals, deals move, deals are joined, identifiers are learnt."""
        for name, lead in leads.items():
            id_ = deal_of(chronicle, self._book, name)
            if id_ is not None:
                deal = self._deals[id_]
                yield lead.occurred, lambda at, deal=deal, lead=lead: self._join(deal, lead)
        for row in self._book["leads"]:
            yield from self._events_of(row)

    def _events_of(self, row: dict[str, Any]) -> Iterator[tuple[datetime, Any]]:
        deal = self._deals[row["id"]]
        moves = [event for event in row["history"] if event["type"] == "lead_status_changed"]
        first = moves[0]["before"][0]["lead_status"]["id"] if moves else row["status_id"]
        created = _instant(row["created_at"])
        yield created + timedelta(microseconds=1), lambda at: self._move(deal, first, created)
        for event in row["history"]:
            at = _instant(event["at"])
            if event["type"] == "sale_field_changed":
                price = f"{event['after'][0]['sale_field_value']['sale']}.00"
                yield at, lambda at, price=price: self._price(deal, price, at)
            if event["type"] == "lead_status_changed":
                status = event["after"][0]["lead_status"]["id"]
                yield at + timedelta(microseconds=2), lambda at, status=status, then=at: self._move(deal, status, then)
        if row["merged_into"]:
            winner = self._deals[row["merged_into"]]
            yield _instant(row["updated_at"]), lambda at: self._merge(winner, deal)

    def _join(self, deal: Deal, lead: Lead) -> None:
        deal.join(lead)
        deal.own.append(lead)
        deal.fill(lead.known)
        self._claim(deal)

    def _move(self, deal: Deal, status: int, at: datetime) -> None:
        stage = STAGES.get(status)
        if stage is not None:
            deal.history.append((at, stage))
            for lead in deal.leads:
                _learn(lead, stage, at)
            self._claim(deal)

    def _price(self, deal: Deal, price: str, at: datetime) -> None:
        deal.price = price
        if deal.sold is not None and second(at) - min(deal.sold.moments) <= _LONGEST_OUTAGE.total_seconds():
            deal.sold.prices.add(price)

    def _merge(self, winner: Deal, loser: Deal) -> None:
        """Leads and claims of both; of two owners that have sent something the winner's stays."""
        owner = winner.owner if winner.claimed else loser.owner if loser.claimed else None
        for lead in loser.leads:
            winner.join(lead)
        winner.owner = owner or min(winner.leads, key=lambda one: one.occurred)
        winner.claimed |= loser.claimed
        winner.price = winner.price or loser.price
        winner.fill(loser.fields)
        loser.leads = []
        self._claim(winner)

    def _claim(self, deal: Deal) -> None:
        """Whatever the owner can send is sent before anything else happens: the history leaves the time for it."""
        owner = deal.owner
        if owner is None or not owner.identifiers:
            return
        for stage, target in TARGETS.items():
            if stage in owner.stages and stage not in deal.claimed and not self._is_counted(owner, stage):
                deal.claimed.add(stage)
                moment = frozenset({second(owner.stages[stage])})
                price = deal.price if stage == "sold" else None
                expected = Expected(owner.name, target, owner.identifiers, moment, {price})
                self.expected.append(expected)
                deal.sold = expected if stage == "sold" else deal.sold

    def _is_counted(self, owner: Lead, stage: str) -> bool:
        """Whether another lead of the person counts it; otherwise this one does from now on.

        Forms within the hour count each by its own deal, and a duplicate what nobody counted before.
        """
        if not owner.posts:
            return False
        by = self._counted[owner.posts[0].person, stage]
        if True in by or (owner.is_duplicate and by):
            return True
        by.add(owner.is_duplicate)
        return False


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
