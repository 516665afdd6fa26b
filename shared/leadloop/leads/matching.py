"""Which of our leads a CRM entity is: by our id in its fields, then by ad ids, then by a contact key.

A weak id (ClientID, yclid) never joins persons: seen with several of them, it identifies a lead only
together with a contact key.

An entity may be read before the lead of its own form is registered. So an earlier lead of the same
visitor or contact is not taken for it until its own has had time to come; else two forms and two deals
would be other pairs, or none, depending on which message was quicker.

A bot may post anybody's phone. So a lead that the fraud gate stops is taken only where no other one fits, and by a
contact key only for an entity that came after it: who qualifies that one has spoken with whoever sent the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from leadloop.leads.crm_refs import live_deals
from leadloop.leads.delivery import delivery_key
from leadloop.leads.kin import Kin
from leadloop.leads.lead import Lead
from leadloop.leads.relations import Relations
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Document, Key, Store
from leadloop.queries import leads_of_submission, leads_with_weak_id
from leadloop.verdict import Verdict

SAME_MOMENT = timedelta(minutes=1)
"""A site tells its CRM and us of a form within this; a lead earlier than that may be of an earlier form."""


class Signs(NamedTuple):
    """What a CRM entity shows of where it came from."""

    created_at: datetime
    leadloop_id: str | None = None
    submission_id: str | None = None
    client_id: str | None = None
    yclid: str | None = None
    key_ids: frozenset[str] = frozenset()
    """Contact keys of its contacts, under every key of the ring; empty when they were not read."""

    @property
    def weak_ids(self) -> tuple[str, ...]:
        """Its ad ids as leads are indexed by them."""
        named = (("client_id", self.client_id), ("yclid", self.yclid))
        return tuple(f"{name}:{value}" for name, value in named if value)


class Candidate(NamedTuple):
    """A lead as matching sees it."""

    lead_id: str
    occurred_at: datetime
    is_free: bool
    """It sits on no live deal, and none is being created for it."""
    submission_id: str | None = None
    weak_ids: frozenset[str] = frozenset()
    key_ids: frozenset[str] = frozenset()
    joins: bool = True
    """Whether it is somebody's: what the fraud gate stops may bear anybody's contacts and ClientID."""


class Match(NamedTuple):
    """The lead an entity is; ``None`` for nobody's, with the reason either way."""

    lead_id: str | None
    verdict: Verdict


def match(policy: Policy, signs: Signs, candidates: Sequence[Candidate], *, may_wait: bool = False) -> Match:
    """Find the lead. Only our own id matches a lead that is on a deal already or came after the entity did.

    With ``may_wait`` an earlier lead is not taken yet, unless it has the entity's submission id.
    """
    for candidate in candidates:
        if candidate.lead_id == signs.leadloop_id:
            return Match(candidate.lead_id, Verdict(True, "match.leadloop_id", "the entity carries our id of the lead"))
    wait = policy.defaults.born_in_crm_wait
    eligible = [one for one in candidates if one.is_free and _later(one, signs) <= wait]
    return _first_match(signs, eligible, _rules(policy, signs), "free lead", may_wait=may_wait)


def match_communication(
    policy: Policy, signs: Signs, candidates: Sequence[Candidate], *, may_wait: bool = False
) -> Match:
    """Find the lead that a call, a chat or a request is a touch of, whatever deals it is on.

    The phone is asked first: whoever called surely has it, and the visit is what the tracker made out. A lead that came
    with other phones alone is another person's, though the browser be the same. ``may_wait`` as above.
    """
    earliest, latest = -policy.defaults.key_match_window, policy.defaults.born_in_crm_wait
    near = [one for one in candidates if earliest <= _later(one, signs) <= latest]
    eligible = [one for one in near if not _is_anothers(one, signs)]
    phone_first = sorted(_rules(policy, signs), key=lambda rule: rule[0] != "match.key")
    return _first_match(signs, eligible, phone_first, "lead", may_wait=may_wait)


def _first_match(
    signs: Signs, eligible: Sequence[Candidate], rules: Iterable[_Rule], what: str, *, may_wait: bool
) -> Match:
    nobodys = Verdict(False, "match.nobody", "no lead shares an id or a contact key with the entity")
    for rule, sign, fits in rules:
        found = [candidate for candidate in eligible if fits(candidate)]
        if rule != "match.key" and _persons(found) > 1:
            found = [candidate for candidate in found if candidate.key_ids & signs.key_ids]
            nobodys = Verdict(False, "match.shared_weak_id", f"several persons came with its {sign}: it is nobody's")
        if found := _without_bots(rule, found, signs.created_at):
            nearest = _nearest(found, signs.created_at)
            if may_wait and rule != "match.submission_id" and _later(nearest, signs) < -SAME_MOMENT:
                reason = f"the nearest lead with its {sign} came before it, and its own may be on the way"
                return Match(None, Verdict(False, "match.own_lead_awaited", reason))
            which = f"the only {what}" if len(found) == 1 else f"the nearest in time of {len(found)} {what}s"
            return Match(nearest.lead_id, Verdict(True, rule, f"{which} with its {sign}"))
    return Match(None, nobodys)


def candidates_of(store: Store, policy: Policy, signs: Signs, *, born_anywhere: bool = False) -> list[Candidate]:
    """Every lead that shares anything with the entity; those born in the CRM only if they are ``born_anywhere``."""
    documents = {document.key.id: document for document in _by_queries(store, signs)}
    named = {*_leads_of_keys(store, policy, signs.key_ids), *filter(None, [signs.leadloop_id])} - documents.keys()
    fetched = store.get_many([Key("lead", lead_id) for lead_id in sorted(named)])
    documents |= {document.key.id: document for document in fetched if document is not None}
    under_way = _under_way(store, sorted(documents)) if policy.contacts.mode is ContactMode.KEEP else frozenset()
    kin = [Kin.of(policy, Lead.of(document)) for _, document in sorted(documents.items())]
    found = [one for one in kin if one is not None and (born_anywhere or one.state.born_in != "crm")]
    return [_candidate(one, policy.crm.kind, under_way) for one in found]


def _by_queries(store: Store, signs: Signs) -> Iterable[Document]:
    for weak_id in signs.weak_ids:
        yield from store.query(leads_with_weak_id(weak_id, limit=100)).documents
    if signs.submission_id:
        yield from store.query(leads_of_submission(signs.submission_id)).documents


def _leads_of_keys(store: Store, policy: Policy, key_ids: Iterable[str]) -> set[str]:
    """Leads that came with the contact keys; a shared key identifies no one."""
    relations = Relations(store, policy)
    records = relations.records(key_ids)
    return {lead_id for id_, record in records.items() if not relations.is_shared(id_) for lead_id in record.leads}


def _under_way(store: Store, lead_ids: Sequence[str]) -> frozenset[str]:
    """Leads whose own entity is being created, or may have been: they wait for that one."""
    deliveries = store.get_many([delivery_key(lead_id) for lead_id in lead_ids])
    return frozenset(one.key.id for one in deliveries if one is not None and one.fields.get("uncertain") is True)


def _candidate(kin: Kin, crm: str, under_way: frozenset[str]) -> Candidate:
    lead_id, state = kin.lead.id, kin.state
    assert state.occurred_at is not None  # noqa: S101 - there is no ``Kin`` of one that has not occurred
    is_free = lead_id not in under_way and not live_deals(state, crm)
    ids = (state.submission_id, frozenset(state.weak_ids), frozenset(state.key_ids))
    return Candidate(lead_id, state.occurred_at, is_free, *ids, joins=kin.joins)


_Rule: TypeAlias = tuple[str, str, Callable[[Candidate], bool]]


def _rules(policy: Policy, signs: Signs) -> tuple[_Rule, ...]:
    """Rule, sign and test, the most certain first."""
    window = policy.defaults.key_match_window
    return (
        ("match.submission_id", "submission id", lambda one: _same(one.submission_id, signs.submission_id)),
        ("match.client_id", "ClientID", lambda one: f"client_id:{signs.client_id}" in one.weak_ids),
        ("match.yclid", "yclid", lambda one: f"yclid:{signs.yclid}" in one.weak_ids),
        ("match.key", "contact key", lambda one: bool(one.key_ids & signs.key_ids) and _later(one, signs) >= -window),
    )


def _later(candidate: Candidate, signs: Signs) -> timedelta:
    """How long after the entity a lead came. A window taken from a CRM's empty date would be before the year 1."""
    return candidate.occurred_at - signs.created_at


def _is_anothers(candidate: Candidate, signs: Signs) -> bool:
    """Whether a lead has phones, and none of them is that of whoever made contact."""
    theirs, own = _phones(candidate.key_ids), _phones(signs.key_ids)
    return bool(theirs) and bool(own) and not theirs & own


def _phones(key_ids: Iterable[str]) -> frozenset[str]:
    return frozenset(key_id for key_id in key_ids if key_id.startswith("phone-"))


def _same(held: str | None, found: str | None) -> bool:
    return held is not None and held == found


def _without_bots(rule: str, found: Sequence[Candidate], created_at: datetime) -> list[Candidate]:
    """Those that are somebody's; only where there are none, those that the gate stops and that may be its origin."""
    own = [one for one in found if one.joins]
    return own or [one for one in found if rule != "match.key" or one.occurred_at <= created_at + SAME_MOMENT]


def _nearest(found: Sequence[Candidate], created_at: datetime) -> Candidate:
    """The lead nearest in time to the entity.

    Two forms and two deals of one person, minutes apart, are two pairs, whether each deal is read as it
    comes or both are read at once.
    """
    return min(found, key=lambda one: (abs(one.occurred_at - created_at), one.lead_id))


def _persons(candidates: Sequence[Candidate]) -> int:
    """How many groups of shared contact keys there are; a lead without keys stands for nobody, and neither do bots."""
    groups: list[set[str]] = []
    for candidate in candidates:
        if candidate.key_ids and candidate.joins:
            joined = set(candidate.key_ids).union(*(group for group in groups if group & candidate.key_ids))
            groups = [group for group in groups if not group & candidate.key_ids] + [joined]
    return len(groups)
