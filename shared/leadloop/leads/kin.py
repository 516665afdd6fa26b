"""What the leads of one person say of each other. Pure: the same for the same leads in any order."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import NamedTuple

from leadloop.facts import FactKind
from leadloop.leads.circumstances import Lent
from leadloop.leads.duplicates import Contact, Repetition, repetitions
from leadloop.leads.fold import OF_A_VISIT, fold
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.repeats import repeats_of
from leadloop.leads.series import Member, counted_elsewhere
from leadloop.leads.state import LeadState
from leadloop.policy import Policy


class Kin(NamedTuple):
    """A lead as the others of its person see it."""

    lead: Lead
    state: LeadState
    """By its own facts alone: what it borrows or repeats is not the others' concern."""
    at: datetime
    joins: bool = True
    """Whether it is somebody's. What the fraud gate stops may bear anybody's contacts, so it joins nobody to anybody
    and lends nothing, unless sales sold it something after all."""

    @classmethod
    def of(cls, policy: Policy, lead: Lead) -> Kin | None:
        """The lead by its own facts; ``None`` for one that has not occurred yet."""
        state = fold(policy, lead.facts)
        at = state.submitted_at or state.occurred_at
        if at is None:
            return None
        is_stopped = state.fraud.gate in (Gate.HELD, Gate.FRAUD)
        has_bought = bool(state.times_in(policy.duplicates.clients.stages))
        return cls(lead, state, at, joins=has_bought or not is_stopped)

    @property
    def strong_ids(self) -> frozenset[str]:
        """Those that join it to others."""
        return self.state.strong_ids if self.joins else frozenset()

    @property
    def client_ids(self) -> frozenset[str]:
        """Every ClientID it came with."""
        mark = "client_id:"
        return frozenset(one.removeprefix(mark) for one in self.state.weak_ids if one.startswith(mark))

    @property
    def is_without_ids(self) -> bool:
        """Whether it has no id by which Metrica finds a visit."""
        return not self.state.ids.keys() & OF_A_VISIT

    def visits(self) -> Iterable[tuple[datetime, str]]:
        """When which ClientID was on the site, as far as this lead knows."""
        for fact in self.lead.facts:
            if fact.kind is FactKind.VISITED:
                yield fact.occurred_at, str(fact.values["client_id"])
            elif fact.kind is FactKind.SUBMITTED and isinstance(ids := fact.values.get("ids"), dict):
                yield from ((fact.occurred_at, str(ids["client_id"])),) if ids.get("client_id") else ()

    def clienthood(self, policy: Policy) -> Clienthood | None:
        """For how long its deal made a client of the person, if it did; a deal that was deleted did not."""
        rule = policy.duplicates.clients
        since = min(self.state.times_in(rule.stages), default=None)
        if since is None:
            return None
        left = [at for at in self.state.times_in(rule.left) if at >= since]
        return Clienthood(since, self.lead.id, min(left, default=None))


class Clienthood(NamedTuple):
    """From when to when a deal makes a client of somebody; the earliest first."""

    since: datetime
    lead_id: str
    left: datetime | None
    """When the person left; ``None``: not yet."""

    def is_over(self, policy: Policy, at: datetime) -> bool:
        """Whether it was over before ``at``; once it is, it stays so."""
        if self.left is not None and self.left < at:
            return True
        return not policy.duplicates.clients.within.holds(self.since, at, policy.site.time_zone)


def assess(
    policy: Policy,
    person: str | None,
    keys: frozenset[str],
    kin: Sequence[Kin],
    shared_clients: frozenset[str],
    others: Sequence[Contact] = (),
) -> dict[str, Lead]:
    """Every lead of a person as the others make it.

    ``keys`` are the person's own strong ids, ``shared_clients`` the ClientIDs that other persons came with too,
    ``others`` leads that are counted and not told. A lead that the fraud gate stops for what it shows by itself begins
    no series and is in none, and lends nothing: else a bot's post with somebody's phone would make duplicates of that
    person's leads, or a sale of theirs the bot's.
    """
    contacts = [
        Contact(one.lead.id, one.at, one.strong_ids & keys, one.client_ids - shared_clients) for one in kin if one.joins
    ]
    contacts += others
    firsts = repeats_of({contact.lead_id: contact.at for contact in contacts}, policy.defaults.same_lead_repeat)
    clients = _clients(policy, kin)
    found = repetitions(policy, contacts, clients)
    visits = _visits(kin, shared_clients)
    sources = {one.lead.id: one.state.source.label for one in kin}
    heads = {id_: found[id_].of or id_ if id_ not in clients else id_ for id_ in found}
    sizes = Counter(heads.values())
    counted: dict[str, tuple[str, ...]] = {}
    for head in sorted({heads[one.lead.id] for one in kin if sizes[heads.get(one.lead.id, "")] > 1}):
        among = [one for one in kin if heads.get(one.lead.id) == head]
        counted |= counted_elsewhere(policy, [_member(one, found, firsts, visits) for one in among])
    told = {}
    for one in kin:
        client_since = clients.get(one.lead.id)
        # a client is no duplicate, but on a list of its own
        alone = Repetition(credit=one.lead.id)
        repetition = found.get(one.lead.id, alone) if client_since is None else alone
        keeper = repetition.credit if repetition.credit != one.lead.id else None
        circumstances = one.lead.circumstances.model_copy(
            update={
                "person": person,
                "repeats": repetition.of,
                "by": repetition.by,
                "credit": keeper,
                "credit_source": sources.get(keeper) if keeper is not None else None,
                "in_series": sizes[heads.get(one.lead.id, "")] > 1,
                "counted": counted.get(one.lead.id, ()),
                "client_since": client_since,
                "lent": _lent(one, visits),
            }
        )
        update = {"circumstances": circumstances, "repeat_of": firsts.get(one.lead.id)}
        told[one.lead.id] = one.lead.model_copy(update=update)
    return told


def _member(one: Kin, found: Mapping[str, Repetition], firsts: Mapping[str, str], visits: Sequence[_Visit]) -> Member:
    first = found[one.lead.id].of
    is_duplicate = first is not None and first != firsts.get(one.lead.id)
    has_id = not one.is_without_ids or _lent(one, visits) is not None
    return Member(one.lead, one.state, one.at, is_duplicate, has_id)


def lendable(kin: Sequence[Kin]) -> frozenset[str]:
    """ClientIDs that somebody of a person might borrow."""
    if not any(one.is_without_ids for one in kin):
        return frozenset()
    return frozenset(client_id for one in kin if one.joins for _, client_id in one.visits())


def _clients(policy: Policy, kin: Iterable[Kin]) -> dict[str, datetime]:
    """Of the leads that came while another lead's deal made a client of the person: since when."""
    ahead = sorted((bought for one in kin if (bought := one.clienthood(policy)) is not None), reverse=True)
    going: list[Clienthood] = []
    found = {}
    for one in sorted(kin, key=lambda one: one.at) if ahead else ():
        while ahead and ahead[-1].since < one.at:
            heappush(going, ahead.pop())
        own = []
        while going and (going[0].lead_id == one.lead.id or going[0].is_over(policy, one.at)):
            bought = heappop(going)
            own += [bought] if bought.lead_id == one.lead.id else []
        if going:
            found[one.lead.id] = going[0].since
        for bought in own:
            heappush(going, bought)
    return found


class _Visit(NamedTuple):
    at: datetime
    lead_id: str
    """The lead that it is known from."""
    client_id: str


def _visits(kin: Iterable[Kin], shared_clients: frozenset[str]) -> list[_Visit]:
    """Whose ClientIDs may be lent, the oldest first."""
    visits = [_Visit(at, one.lead.id, client_id) for one in kin if one.joins for at, client_id in one.visits()]
    return sorted(visit for visit in visits if visit.client_id not in shared_clients)


def _lent(lead: Kin, visits: Sequence[_Visit]) -> Lent | None:
    """The last visit before a lead without ids of its own that another lead is known to have made."""
    if not lead.is_without_ids:
        return None
    before = bisect_right(visits, lead.at, key=lambda visit: visit.at)
    last = next((visits[n] for n in range(before - 1, -1, -1) if visits[n].lead_id != lead.lead.id), None)
    return Lent(client_id=last.client_id, at=last.at, lead_id=last.lead_id) if last is not None else None
