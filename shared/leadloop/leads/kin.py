"""What the leads of one person say of each other. Pure: the same for the same leads in any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.facts import FactKind
from leadloop.leads.circumstances import Lent
from leadloop.leads.duplicates import Contact, Repetition, repetitions
from leadloop.leads.fold import OF_A_VISIT, fold
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.repeats import repeat_of
from leadloop.leads.state import LeadState
from leadloop.policy import Policy


class Kin(NamedTuple):
    """A lead as the others of its person see it."""

    lead: Lead
    state: LeadState
    """By its own facts alone: what it borrows or repeats is not the others' concern."""
    at: datetime

    @classmethod
    def of(cls, policy: Policy, lead: Lead) -> Kin | None:
        """The lead by its own facts; ``None`` for one that has not occurred yet."""
        state = fold(policy, lead.facts)
        at = state.submitted_at or state.occurred_at
        return cls(lead, state, at) if at is not None else None

    @property
    def client_ids(self) -> frozenset[str]:
        """Every ClientID it came with."""
        mark = "client_id:"
        return frozenset(one.removeprefix(mark) for one in self.state.weak_ids if one.startswith(mark))

    @property
    def is_stopped(self) -> bool:
        """Whether the fraud gate lets nothing of it pass, by its own facts."""
        return self.state.fraud.gate in (Gate.HELD, Gate.FRAUD)

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

    def client_from(self, policy: Policy, until: datetime) -> datetime | None:
        """Since when its deal had made a client of the person, who was one still at ``until``."""
        rule = policy.duplicates.clients
        became = [self.state.stages[stage].at for stage in rule.stages if stage in self.state.stages]
        since = min((at for at in became if at < until), default=None)
        left = [self.state.stages[stage].at for stage in rule.left if stage in self.state.stages]
        if since is None or any(since <= at < until for at in left):
            return None
        return since if rule.within.holds(since, until, policy.site.time_zone) else None


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
    no series and is in none: else a bot's post with somebody's phone would make duplicates of that person's leads.
    """
    stopped = {one.lead.id for one in kin if one.is_stopped}
    contacts = [
        Contact(one.lead.id, one.at, one.state.strong_ids & keys, one.client_ids - shared_clients)
        for one in kin
        if one.lead.id not in stopped
    ]
    contacts += others
    found = repetitions(policy, contacts)
    times = {contact.lead_id: contact.at for contact in contacts}
    told = {}
    for one in kin:
        client_since = _client_since(policy, one, kin)
        # a client is no duplicate, but on a list of its own
        alone = Repetition(credit=one.lead.id)
        repetition = found.get(one.lead.id, alone) if client_since is None else alone
        circumstances = one.lead.circumstances.model_copy(
            update={
                "person": person,
                "repeats": repetition.of,
                "by": repetition.by,
                "credit": repetition.credit if repetition.credit != one.lead.id else None,
                "client_since": client_since,
                "lent": _lent(one, kin, shared_clients),
            }
        )
        seen = times if one.lead.id not in stopped else {}
        first = repeat_of(one.lead.id, one.at, seen, policy.defaults.same_lead_repeat)
        told[one.lead.id] = one.lead.model_copy(update={"circumstances": circumstances, "repeat_of": first})
    return told


def lendable(kin: Sequence[Kin]) -> frozenset[str]:
    """ClientIDs that somebody of a person might borrow."""
    if not any(one.is_without_ids for one in kin):
        return frozenset()
    return frozenset(client_id for one in kin for _, client_id in one.visits())


def _client_since(policy: Policy, lead: Kin, kin: Sequence[Kin]) -> datetime | None:
    if not policy.duplicates.clients.stages:
        return None
    others = [other.client_from(policy, lead.at) for other in kin if other.lead.id != lead.lead.id]
    return min((since for since in others if since is not None), default=None)


def _lent(lead: Kin, kin: Sequence[Kin], shared_clients: frozenset[str]) -> Lent | None:
    if not lead.is_without_ids:
        return None
    visits = [
        (at, other.lead.id, client_id)
        for other in kin
        if other.lead.id != lead.lead.id
        for at, client_id in other.visits()
        if at <= lead.at and client_id not in shared_clients
    ]
    if not visits:
        return None
    at, lead_id, client_id = max(visits)
    return Lent(client_id=client_id, at=at, lead_id=lead_id)
