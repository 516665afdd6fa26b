"""A lead among the other leads of its person: where it stands, and what its arrival changes for them.

Who repeats whom, who is a client already and who lends whom a ClientID follows from the leads alone, so a lead that
arrives late changes those that were registered before it, and the order of arrival decides nothing.

The strong ids of a lead are filed in its own commit, at the versions that were read: of two leads with an id in
common that come at once, one is refused and decides again. What only a chain of other leads joins is looked at once
more after the commit (``settle``): whoever looks last sees both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop.facts import FactKind
from leadloop.identity.persons import Sighting, Sightings, joined
from leadloop.leads import by_client_id
from leadloop.leads.delivery import due_again
from leadloop.leads.duplicates import Contact
from leadloop.leads.keys import KeyRecord
from leadloop.leads.kin import Kin, assess, lendable
from leadloop.leads.lead import Lead
from leadloop.leads.relations import Person, Relations
from leadloop.leads.series import came_to
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import Policy
from leadloop.policy.duplicates import DuplicateKey
from leadloop.ports.store import Document, Key, Store, Write
from leadloop.queries import leads_with_weak_id

MOST_KIN = 100
"""Leads of one person that are looked at, the newest, unless something changes for older ones."""

_MOST_LOOKS = 5

_MOST_CLIENT_IDS = 10
"""ClientIDs of one person that are asked about, the smallest."""


class Placed(NamedTuple):
    """Leads in their place, and the writes of keys and other leads that go along with their own."""

    leads: Mapping[str, Lead]
    writes: tuple[Write, ...] = ()
    is_settled: bool = True
    """Whether nothing but what is written here could have told more; otherwise look again after the commit."""


def place(store: Store, policy: Policy, *leads: Lead) -> Placed:
    """Put leads, as they are to rest, among those of their persons. Raises ``StoreUnavailable``."""
    return _Placing(store, policy, leads).done()


def settle(store: Store, policy: Policy, lead_id: str) -> None:
    """Look once more at a lead that rests, and write what others made of it meanwhile; usually nothing.

    What it writes may follow from key documents that changed while it read leads, so it looks again until it writes
    nothing. Raises ``StoreUnavailable``, or ``PreconditionFailed`` when others keep writing the same documents.
    """
    for _ in range(_MOST_LOOKS):
        if not _settle_once(store, policy, lead_id):
            return


def _settle_once(store: Store, policy: Policy, lead_id: str) -> bool:
    wrote = False

    def decide() -> list[Write]:
        nonlocal wrote
        [document] = store.get_many([Key("lead", lead_id)])
        if document is None:
            return []
        lead = Lead.of(document)
        placed = place(store, policy, lead)
        told = placed.leads[lead_id]
        own = [] if told == lead else lead_writes(policy, told, document.version)
        writes = [*own, *placed.writes]
        wrote = bool(writes)
        return [*writes, *due_again(store, policy, writes)]

    decide_and_commit(store, decide)
    return wrote


def matters_to_others(policy: Policy, before: Lead | None, after: Lead) -> bool:
    """Whether a lead changed in anything that other leads of its person look at."""
    if before is not None and (before.facts, before.ownership) == (after.facts, after.ownership):
        return False
    return before is None or _shown(policy, before) != _shown(policy, after)


def submitted_at(lead: Lead) -> datetime | None:
    """When the site first sent the lead; ``None`` for one born in the CRM."""
    times = [fact.occurred_at for fact in lead.facts if fact.kind is FactKind.SUBMITTED]
    return min(times, default=None)


class _Placing:
    """The place of some leads; read afresh for each attempt."""

    def __init__(self, store: Store, policy: Policy, leads: Sequence[Lead]) -> None:
        self._store = store
        self._policy = policy
        self._leads = {lead.id: lead for lead in leads}
        self._relations = Relations(store, policy)
        self._resting: dict[str, Document] = {}
        self._of_client: dict[str, list[Kin]] = {}
        self._has_turned = False
        """Whether an id became shared, or is so no more."""

    def done(self) -> Placed:
        found = [Kin.of(self._policy, lead) for lead in self._leads.values()]
        own = {kin.lead.id: kin for kin in found if kin is not None and self._has_others(kin)}
        if not own:
            return Placed(self._leads)
        filed: dict[str, KeyRecord] = {}
        turned: set[str] = set()
        for kin in own.values():
            changed = self._file(kin)
            turned |= self._left_by(kin, changed) | self._relations.replace(changed)
            filed |= changed
        self._has_turned = bool(turned)
        told: dict[str, Lead] = {}
        is_settled = not self._by_client_id
        for lead_id in [*own, *sorted(turned - own.keys())]:
            if lead_id not in told and (one := self._kin(lead_id)) is not None:
                person = self._person_of(one)
                is_settled = is_settled and not person.is_chain and person.keys <= filed.keys()
                told |= self._tell(person, one)
        told |= self._tell_browsers({*turned, *(own if self._by_client_id else ())}, told)
        is_settled = is_settled and not any(lead.circumstances.lent for lead in told.values())
        writes = [record.write() for record in filed.values()]
        for lead_id, lead in told.items():
            if lead_id not in self._leads and lead != Lead.of(self._resting[lead_id]):
                writes += lead_writes(self._policy, lead, self._resting[lead_id].version)
        placed = {lead_id: told.get(lead_id, lead) for lead_id, lead in self._leads.items()}
        return Placed(placed, tuple(writes), is_settled)

    def _left_by(self, own: Kin, changed: Iterable[str]) -> set[str]:
        """Leads that one was joined to, which from now on joins nobody."""
        records = self._relations.records(changed).values()
        return {id_ for record in records if own.lead.id in record.joined and not own.joins for id_ in record.joined}

    def _file(self, own: Kin) -> dict[str, KeyRecord]:
        """The records that change.

        While the ring has several keys a lead is filed under all: a form that was captured before the ring was turned
        may come after one that was captured later, and knows the older key alone.
        """
        sighting = Sighting(own.at, own.state.strong_ids, not own.joins)
        records = self._relations.records(own.state.strong_ids)
        with_lead = {id_: record.with_lead(own.lead.id, sighting) for id_, record in records.items()}
        return {id_: record for id_, record in with_lead.items() if record is not records[id_]}

    def _person_of(self, one: Kin) -> Person:
        return self._relations.person_of(one.lead.id, one.strong_ids)

    def _tell(self, person: Person, own: Kin) -> dict[str, Lead]:
        """A lead, and all that may fare otherwise because of it."""
        if not own.joins:
            return self._each_alone([own])
        if person.is_chain:
            return self._tell_apart(own)
        if not self._by_client_id:
            return self._assess(person, self._newest(person, own))
        if person.name is not None:
            return self._tell_with_browsers(person, own)
        return self._tell_browser(own)

    def _newest(self, person: Person, own: Kin) -> dict[str, Kin]:
        """The leads of a person for which something may change.

        Nobody asks a hundred times, and who came last changes nothing for those long before. It is all of them where an
        older lead comes late, or joins what was apart.
        """
        seen = self._relations.sightings(person)
        order = sorted(person.lead_ids, key=lambda id_: (seen[id_].at if id_ in seen else own.at, id_))
        newest = {*order[-MOST_KIN:]}
        if len(order) > MOST_KIN and (own.lead.id not in newest or self._are_apart_without(own, seen)):
            newest = {*order}
        return {own.lead.id: own} | self._read_kin(newest - {own.lead.id})

    def _are_apart_without(self, own: Kin, seen: Sightings) -> bool:
        others = joined(one.keys for lead_id, one in seen.items() if lead_id != own.lead.id)
        return self._has_turned or sum(bool(keys & own.strong_ids) for keys in others) > 1

    def _assess(self, person: Person, kin: Mapping[str, Kin]) -> dict[str, Lead]:
        shared = self._shared_clients(person, kin, lendable(list(kin.values())))
        known = {**self._keepers(person, kin), **kin}
        others = [
            Contact(lead_id, seen.at, seen.keys & person.keys)
            for lead_id, seen in self._relations.sightings(person).items()
            if lead_id not in known
        ]
        told = assess(self._policy, person.name, person.keys, list(known.values()), shared, others)
        return {lead_id: lead for lead_id, lead in told.items() if lead_id in kin}

    def _keepers(self, person: Person, kin: Mapping[str, Kin]) -> dict[str, Kin]:
        """Older leads that keep the credit of these: their source is asked for, and nothing of theirs changes."""
        credited = {one.lead.circumstances.credit for one in kin.values()} - {None, *kin}
        return self._read_kin(lead_id for lead_id in credited if lead_id in person.lead_ids)

    def _tell_apart(self, own: Kin) -> dict[str, Lead]:
        """The leads of a chain, each by itself: from one on to all that rest as if they were one person's still.

        Those that rest alone already, and all behind them, were told when the chain grew too long, so a lead that is
        added to it costs no more than finding that out.
        """
        met, ahead = {own.lead.id: own}, [own]
        while ahead:
            near = self._relations.others_of({key for one in ahead for key in one.strong_ids})
            found = self._read_kin(near - met.keys())
            met |= found
            ahead = [one for one in found.values() if one.lead.circumstances.person or one.lead.id in self._leads]
        told = self._each_alone(met.values())
        return told | self._tell_browsers(met.keys(), told)

    def _each_alone(self, leads: Iterable[Kin]) -> dict[str, Lead]:
        told: dict[str, Lead] = {}
        for one in leads:
            told |= self._assess(Person(), {one.lead.id: one})
        return told

    def _tell_with_browsers(self, person: Person, own: Kin) -> dict[str, Lead]:
        """The leads of a person, and those without strong ids that its ClientIDs join, or do not."""
        kin = self._newest(person, own)
        theirs, alone = by_client_id.attached(person.name or "", kin.values(), self._kin_of_client, self._name_of)
        return self._each_alone(alone) | self._assess(person, kin | {one.lead.id: one for one in theirs})

    def _tell_browser(self, own: Kin) -> dict[str, Lead]:
        """A lead that strong ids join to nobody, and those that its ClientID joins to it."""
        alone = self._each_alone([own])
        client_id = by_client_id.joined_by(own)
        if client_id is None:
            return alone
        browser = by_client_id.browser_of(client_id, self._kin_of_client, self._name_of)
        if browser.is_shared:
            return alone
        if browser.person is None:
            return self._assess(Person(), {one.lead.id: one for one in browser.leads})
        holder = next(one for one in self._kin_of_client(client_id) if self._name_of(one) == browser.person)
        return alone | self._tell_with_browsers(self._person_of(holder), holder)

    def _tell_browsers(self, lead_ids: Iterable[str], before: Mapping[str, Lead]) -> dict[str, Lead]:
        """Everybody on the ClientIDs of leads, but those told before: whose these are may be another answer now."""
        kin = self._read_kin(lead_ids)
        told: dict[str, Lead] = {}
        for client_id in sorted({id_ for one in kin.values() for id_ in by_client_id.asked(one)}):
            leads = self._kin_of_client(client_id)
            for one in leads if len(leads) < by_client_id.LOOKED_AT else ():
                if one.lead.id in before or one.lead.id in told:
                    continue
                if one.strong_ids and (person := self._person_of(one)).name is not None:
                    told |= self._tell(person, one)
                elif self._by_client_id and by_client_id.joined_by(one) == client_id:
                    told |= self._tell_browser(one)
        return told

    def _name_of(self, one: Kin) -> str | None:
        return self._person_of(one).name if one.strong_ids else None

    def _kin_of_client(self, client_id: str) -> list[Kin]:
        """The leads of a ClientID; of those that are being placed, as they are to rest."""
        if client_id in self._of_client:
            return self._of_client[client_id]
        resting = {one.key.id for one in self._leads_of(client_id)}
        pending = {id_ for id_, lead in self._leads.items() if self._came_with(lead, client_id)}
        self._of_client[client_id] = list(self._read_kin(resting | pending).values())
        return self._of_client[client_id]

    def _came_with(self, lead: Lead, client_id: str) -> bool:
        kin = Kin.of(self._policy, lead)
        return kin is not None and client_id in kin.client_ids

    def _read_kin(self, lead_ids: Iterable[str]) -> dict[str, Kin]:
        ids = sorted(lead_ids)
        wanted = [Key("lead", id_) for id_ in ids if id_ not in self._resting and id_ not in self._leads]
        for document in self._store.get_many(wanted) if wanted else []:
            if document is not None:
                self._resting[document.key.id] = document
        found = {id_: self._kin(id_) for id_ in ids}
        return {id_: kin for id_, kin in found.items() if kin is not None}

    def _kin(self, lead_id: str) -> Kin | None:
        if lead_id in self._leads:
            return Kin.of(self._policy, self._leads[lead_id])
        if lead_id not in self._resting:
            return self._read_kin([lead_id]).get(lead_id)
        return Kin.of(self._policy, Lead.of(self._resting[lead_id]))

    @property
    def _by_client_id(self) -> bool:
        return DuplicateKey.CLIENT_ID in self._policy.duplicates.keys

    def _has_others(self, own: Kin) -> bool:
        return bool(own.state.strong_ids) or (self._by_client_id and bool(own.client_ids))

    def _shared_clients(self, person: Person, kin: Mapping[str, Kin], asked: Iterable[str]) -> frozenset[str]:
        """ClientIDs of very many leads, and those that more than one person came with.

        Leads that belong to no person stand for nobody.
        """
        shared = set()
        for client_id in sorted(asked)[:_MOST_CLIENT_IDS]:
            leads = self._kin_of_client(client_id)
            names = {person.name, *(self._name_of(one) for one in leads if one.lead.id not in kin)} - {None}
            if len(leads) > by_client_id.MOST_LEADS or len(names) > 1:
                shared.add(client_id)
        return frozenset(shared)

    def _leads_of(self, client_id: str) -> tuple[Document, ...]:
        page = self._store.query(leads_with_weak_id(f"client_id:{client_id}", limit=by_client_id.LOOKED_AT))
        for document in page.documents:
            self._resting.setdefault(document.key.id, document)
        return page.documents


def _shown(policy: Policy, lead: Lead) -> tuple[object, ...]:
    kin = Kin.of(policy, lead)
    if kin is None:
        return ()
    clients = policy.duplicates.clients
    return (
        kin.at,
        kin.state.strong_ids,
        kin.client_ids,
        kin.is_without_ids,
        kin.joins,
        kin.state.source.label,
        frozenset(kin.visits()),
        tuple(kin.state.times_in(clients.stages)),
        tuple(kin.state.times_in(clients.left)),
        came_to(policy, lead, kin.state) if lead.circumstances.in_series else None,
    )
