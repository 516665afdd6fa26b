"""All leads at once, as their persons make them: what ``leadloop.leads.family`` keeps up lead by lead.

It reads no key documents and asks nothing: the same rules over the whole, for trying another policy on history, and
for recounting. Pure.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from leadloop.identity.persons import Sighting, joined, judge_shared
from leadloop.leads import by_client_id
from leadloop.leads.keys import MOST_LEADS
from leadloop.leads.kin import Kin, assess, lendable
from leadloop.leads.lead import Lead
from leadloop.leads.velocity import counted_by, crowd, period_of
from leadloop.policy import Policy
from leadloop.policy.duplicates import DuplicateKey


def assess_all(policy: Policy, leads: Iterable[Lead]) -> dict[str, Lead]:
    """Every lead with the circumstances that all of them together give it."""
    given = {lead.id: lead for lead in leads}
    people = _Population(policy, given)
    told = dict(given)
    for kin in people.persons():
        told |= kin
    return {lead_id: people.counted(lead) for lead_id, lead in told.items()}


class _Population:
    def __init__(self, policy: Policy, leads: Mapping[str, Lead]) -> None:
        self._policy = policy
        found = {lead_id: Kin.of(policy, lead) for lead_id, lead in leads.items()}
        self._kin = {lead_id: kin for lead_id, kin in found.items() if kin is not None}
        self._by_client: dict[str, list[Kin]] = defaultdict(list)
        seen: dict[str, list[Kin]] = defaultdict(list)
        self._near: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for _, kin in sorted(self._kin.items()):
            for client_id in kin.client_ids:
                self._by_client[client_id].append(kin)
            for key in kin.strong_ids:
                seen[key].append(kin)
            if kin.state.submitted_at is not None:
                for place in counted_by(policy, kin.state):
                    self._near[place].append((kin.state.submitted_at, kin.lead.id))
        for times in self._near.values():
            times.sort()
        self._own = {key for key, leads_ in seen.items() if self._is_own(key, leads_)}
        self._name_by_key = {key: min(keys) for keys in self._persons_keys() for key in keys}

    def persons(self) -> Iterable[Mapping[str, Lead]]:
        """Each person's leads, assessed."""
        by_person: dict[str | None, list[Kin]] = defaultdict(list)
        for kin in self._kin.values():
            by_person[self._name(kin)].append(kin)
        keys: dict[str, set[str]] = defaultdict(set)
        for key, smallest in self._name_by_key.items():
            keys[smallest].add(key)
        done: set[str] = set()
        for name, own in by_person.items():
            if name is not None:
                everybody: dict[str, Kin] = {one.lead.id: one for one in own}
                if self._joins_by_client_id:
                    theirs, _ = by_client_id.attached(name, own, self._leads_of, self._name)
                    everybody |= {one.lead.id: one for one in theirs}
                done |= everybody.keys()
                yield self._assess(name, frozenset(keys[name]), everybody)
        for one in by_person.get(None, []):
            if one.lead.id not in done:
                alone = {one.lead.id: one} | self._unnamed(one)
                done |= alone.keys()
                yield self._assess(None, frozenset(), alone)

    def _unnamed(self, one: Kin) -> dict[str, Kin]:
        """The leads that a ClientID of nobody joins to a lead."""
        client_id = by_client_id.joined_by(one) if self._joins_by_client_id else None
        if client_id is None:
            return {}
        browser = by_client_id.browser_of(client_id, self._leads_of, self._name)
        is_joined = not browser.is_shared and browser.person is None
        return {other.lead.id: other for other in browser.leads} if is_joined else {}

    def counted(self, lead: Lead) -> Lead:
        """A lead that knows how many others came with it from the same place."""
        kin = self._kin.get(lead.id)
        at = kin.state.submitted_at if kin is not None else None
        velocity: dict[str, int] = {}
        if kin is not None and at is not None:
            for place in counted_by(self._policy, kin.state):
                period, times = period_of(self._policy, place), self._near[place]
                near = times[bisect_left(times, (at - period, "")) : bisect_right(times, (at + period, ""))]
                others = [self._arrival(other) for _, other in near if other != lead.id]
                if number := crowd(self._policy, place, self._arrival(lead.id), others):
                    velocity[place] = number
        circumstances = lead.circumstances.model_copy(update={"velocity": velocity})
        return lead.model_copy(update={"circumstances": circumstances})

    def _arrival(self, lead_id: str) -> Sighting:
        kin = self._kin[lead_id]
        return Sighting(kin.at, frozenset(kin.state.key_ids))

    def _assess(self, name: str | None, keys: frozenset[str], kin: Mapping[str, Kin]) -> dict[str, Lead]:
        asked = lendable(list(kin.values()))
        shared = set()
        for client_id in sorted(asked)[: by_client_id.MOST_CLIENT_IDS]:
            leads = self._leads_of(client_id)
            strangers = {self._name(one) for one in leads if one.lead.id not in kin}
            if len(leads) > by_client_id.MOST_LEADS or len({name, *strangers} - {None}) > 1:
                shared.add(client_id)
        return assess(self._policy, name, keys, list(kin.values()), frozenset(shared))

    @property
    def _joins_by_client_id(self) -> bool:
        return DuplicateKey.CLIENT_ID in self._policy.duplicates.keys

    def _leads_of(self, client_id: str) -> list[Kin]:
        return self._by_client[client_id]

    def _name(self, kin: Kin) -> str | None:
        return next((self._name_by_key[key] for key in kin.strong_ids if key in self._name_by_key), None)

    def _is_own(self, key: str, leads: Iterable[Kin]) -> bool:
        newest = sorted(leads, key=lambda one: (one.at, one.lead.id))[-MOST_LEADS:]
        seen = {one.lead.id: Sighting(one.at, one.strong_ids) for one in newest}
        return bool(judge_shared(key, seen, self._policy.defaults.shared_key_persons))

    def _persons_keys(self) -> list[frozenset[str]]:
        """Of a chain, which is no person, none."""
        most = self._policy.defaults.person_keys
        groups = joined(frozenset(kin.strong_ids & self._own) for kin in self._kin.values())
        return [keys for keys in groups if len(keys) <= most]
