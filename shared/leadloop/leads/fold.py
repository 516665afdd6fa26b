"""``fold(policy, facts) -> state``: what a lead is, as a pure function of what is known of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from leadloop.facts import Fact, FactKind
from leadloop.json_types import Json, JsonObject
from leadloop.policy import Policy
from leadloop.sources.resolution import NONE, Source, resolve


class StageEntry(NamedTuple):
    """The first time a stage was reached, and on which CRM reference (``amocrm-lead-123``)."""

    at: datetime
    crm_ref: str
    exact: bool


class Money(NamedTuple):
    """An amount in minor units of a currency."""

    amount: int
    currency: str


_BORN_IN_CRM = Source(NONE, "none.born_in_crm")


@dataclass(slots=True)
class LeadState:
    """A lead as its facts tell it. Built by ``fold`` alone and not changed afterwards."""

    occurred_at: datetime | None = None
    born_in: str = "crm"
    submitted_at: datetime | None = None
    """The first submission; facts of a CRM entity that was there before it are older."""
    submission_id: str | None = None
    form: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    """Ad ids by name; the first known of each kind stays."""
    rejected_ids: dict[str, str] = field(default_factory=dict)
    weak_ids: set[str] = field(default_factory=set)
    """All weak ids ever seen, as ``client_id:1700…``."""
    visits: tuple[datetime, ...] = ()
    """The visits known to us, oldest first: submissions that brought an ad id, beacons of the ClientID in ``ids``."""
    key_ids: set[str] = field(default_factory=set)
    source: Source = _BORN_IN_CRM
    crm_refs: list[str] = field(default_factory=list)
    """CRM references in the order they were linked; the last is the present one."""
    joined_refs: frozenset[str] = frozenset()
    """References this lead came to when its own deal was merged away: another person's ids may stand there."""
    lost: dict[str, str] = field(default_factory=dict)
    """CRM references that are gone, and how."""
    stages: dict[str, StageEntry] = field(default_factory=dict)
    stage: str | None = None
    unmapped_statuses: set[str] = field(default_factory=set)
    price: Money | None = None
    priced_at: datetime | None = None
    staged_at: datetime | None = None
    """When a stage was last entered, first or again."""
    contact_sealed: str | None = None
    contact_sent_at: datetime | None = None
    """The last submission that holds a sealed contact."""
    bot_signs: JsonObject = field(default_factory=dict)

    @property
    def crm_ref(self) -> str | None:
        """The CRM reference the lead is on now."""
        return self.crm_refs[-1] if self.crm_refs else None

    def visit_before(self, at: datetime) -> datetime | None:
        """The last visit known to us that was not later than ``at``."""
        earlier = bisect_right(self.visits, at)
        return self.visits[earlier - 1] if earlier else None

    @property
    def contact_term_from(self) -> datetime | None:
        """From when ``contacts.retention`` runs: the last stage or, if later, the submission; no contact, no term."""
        if self.contact_sent_at is None:
            return None
        return max(self.contact_sent_at, self.staged_at or self.contact_sent_at)


WEAK_IDS = ("client_id", "yclid", "appmetrica_device_id", "user_id")


def crm_ref_id(crm: str, external_id: str) -> str:
    """The id of a CRM lead entity's reference document."""
    return f"{crm}-lead-{external_id}"


def fold(policy: Policy, facts: tuple[Fact, ...]) -> LeadState:
    """The state of a lead. ``facts`` must be sorted, as ``facts.join`` returns them.

    Visits come last: whose visits count, and when the lead occurred, is for the lead's own facts to say.
    """
    state = LeadState(joined_refs=frozenset(_ref(fact) for fact in facts if fact.values.get("by") == "merge"))
    for fact in sorted(facts, key=lambda fact: fact.kind is FactKind.VISITED):
        if fact.kind is not FactKind.VISITED:
            state.occurred_at = state.occurred_at or fact.occurred_at
        _STEPS[fact.kind](policy, state, fact)
    state.visits = tuple(sorted(state.visits))
    return state


def _submitted(_policy: Policy, state: LeadState, fact: Fact) -> None:
    if state.born_in != "site":
        state.born_in = "site"
        state.submitted_at = fact.occurred_at
        state.source = resolve(fact.values)
    state.submission_id = state.submission_id or _text(fact.values.get("submission_id"))
    state.form = state.form or _text(fact.values.get("form")) or ""
    if sealed := _text(fact.values.get("contact_sealed")):
        state.contact_sealed = state.contact_sealed or sealed
        state.contact_sent_at = fact.occurred_at
    state.bot_signs = state.bot_signs or _object(fact.values.get("bot_signs"))
    state.rejected_ids |= _texts(fact.values.get("rejected_ids"))
    for key in _objects(fact.values.get("keys")):
        state.key_ids.add(f"{key['kind']}-{key['key_id']}-{key['normaliser']}-{key['hmac']}")
    if _learn_ids(state, _texts(fact.values.get("ids"))):
        state.visits = (*state.visits, fact.occurred_at)


def _crm_linked(_policy: Policy, state: LeadState, fact: Fact) -> None:
    ref = _ref(fact)
    if ref in state.crm_refs:
        state.crm_refs.remove(ref)
    state.crm_refs.append(ref)


def _stage_entered(policy: Policy, state: LeadState, fact: Fact) -> None:
    pipeline_id, status_id = str(fact.values["pipeline_id"]), str(fact.values["status_id"])
    stage = policy.crm.stage_of(pipeline_id, status_id)
    if stage is None:
        if f"{pipeline_id}/{status_id}" not in policy.crm.ignored:
            state.unmapped_statuses.add(f"{pipeline_id}/{status_id}")
        return
    state.stage = stage
    state.staged_at = fact.occurred_at
    state.stages.setdefault(stage, StageEntry(fact.occurred_at, _ref(fact), bool(fact.values["exact"])))


def _price_observed(_policy: Policy, state: LeadState, fact: Fact) -> None:
    amount = fact.values["amount"]
    assert isinstance(amount, int)  # noqa: S101 - the constructor wrote an int
    state.price = Money(amount, str(fact.values["currency"]))
    state.priced_at = fact.occurred_at


def _ids_observed(_policy: Policy, state: LeadState, fact: Fact) -> None:
    if _ref(fact) in state.joined_refs:
        return
    _learn_ids(state, _texts(fact.values.get("ids")))
    keys = fact.values.get("key_ids")
    state.key_ids |= {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else set()


def _crm_entity_lost(_policy: Policy, state: LeadState, fact: Fact) -> None:
    state.lost[_ref(fact)] = str(fact.values["how"])


def _visited(_policy: Policy, state: LeadState, fact: Fact) -> None:
    """A visit counts when its ClientID is the one that is sent, the first known: Metrica counts that one's window."""
    if state.ids.get("client_id") == str(fact.values["client_id"]):
        state.visits = (*state.visits, fact.occurred_at)


_STEPS: dict[FactKind, Callable[[Policy, LeadState, Fact], None]] = {
    FactKind.SUBMITTED: _submitted,
    FactKind.CRM_LINKED: _crm_linked,
    FactKind.STAGE_ENTERED: _stage_entered,
    FactKind.PRICE_OBSERVED: _price_observed,
    FactKind.IDS_OBSERVED: _ids_observed,
    FactKind.CRM_ENTITY_LOST: _crm_entity_lost,
    FactKind.VISITED: _visited,
}


def _learn_ids(state: LeadState, ids: dict[str, str]) -> bool:
    for name, value in ids.items():
        state.ids.setdefault(name, value)
        if name in WEAK_IDS:
            state.weak_ids.add(f"{name}:{value}")
    return bool(ids)


def _ref(fact: Fact) -> str:
    return crm_ref_id(str(fact.values["crm"]), str(fact.values["external_id"]))


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Json) -> dict[str, str]:
    return {key: text for key, text in _object(value).items() if isinstance(text, str) and text}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
