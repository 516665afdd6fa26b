"""``fold(policy, facts) -> state``: what a lead is, as a pure function of what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from leadloop.facts import Fact, FactKind
from leadloop.json_types import Json, JsonObject
from leadloop.leads import fraud, origin, quality
from leadloop.leads.circumstances import ALONE, Circumstances
from leadloop.leads.deal_view import DealView, Overwriting
from leadloop.leads.fraud import OutsideVerdict
from leadloop.leads.state import CONVERTED, DELETED, Contacted, LeadState, Money, StageEntry, is_of_tracker
from leadloop.policy import Policy

_NOT_ITS_BEGINNING = frozenset(
    {FactKind.VISITED, FactKind.DEAL_OBSERVED, FactKind.SOURCE_OVERWRITTEN}
    | {FactKind.VERDICT_RECEIVED, FactKind.RELEASED}
)
"""What may have happened before the lead did, and makes it no older."""

_THE_DEAL_S_TO_TELL = frozenset({FactKind.STAGE_ENTERED, FactKind.PRICE_OBSERVED, FactKind.DEAL_OBSERVED})
_CONVERSION_TAKES = timedelta(minutes=1)
"""So long after its deal was made a lead of the CRM may still be noted as converted."""

WEAK_IDS = ("client_id", "yclid", "appmetrica_device_id", "user_id")

TRACES = ("network", "device", "phone_block")
"""Keyed hashes of where a form was sent from, and of the thousand numbers its phone is in: they name nobody."""

_NO_SOURCE_SIGNS = frozenset({"contact_sealed", "contact_removed", "keys", "bot_signs", *TRACES})

OF_A_VISIT = frozenset({"client_id", "yclid", "user_id"})
"""Ids by which Metrica finds a visit: a lead with any of them borrows none."""


def crm_ref_id(crm: str, external_id: str) -> str:
    """The id of a CRM lead entity's reference document."""
    return f"{crm}-lead-{external_id}"


def fold(policy: Policy, facts: tuple[Fact, ...], circumstances: Circumstances = ALONE) -> LeadState:
    """The state of a lead. ``facts`` must be sorted, as ``facts.join`` returns them.

    Visits come last: whose visits count, and when the lead occurred, is for the lead's own facts to say. What others
    say comes after all facts, and verdicts at the end: they see everything else.
    """
    refs = frozenset(_ref(fact) for fact in facts if fact.values.get("by") == "merge")
    state = LeadState(joined_refs=refs, circumstances=circumstances)
    for fact in sorted(facts, key=lambda fact: fact.kind is FactKind.VISITED):
        if fact.kind not in _NOT_ITS_BEGINNING:
            state.occurred_at = state.occurred_at or fact.occurred_at
        if _is_of_converted(state, fact):
            continue
        _STEPS[fact.kind](policy, state, fact)
        quality.follow(policy, state, fact.occurred_at)
    _borrow(state)
    state.visits = tuple(sorted(state.visits))
    state.source = origin.judge(policy, state)
    state.source_in_crm = origin.compare(policy, state)
    state.quality = quality.judge(policy, state)
    state.fraud = fraud.judge(policy, state)
    return state


def _is_of_converted(state: LeadState, fact: Fact) -> bool:
    """Whether it befell a lead of the CRM after a deal was made of it: from then on the deal tells what is true."""
    since = state.converted.get(_ref(fact)) if fact.kind in _THE_DEAL_S_TO_TELL else None
    return since is not None and fact.occurred_at > since + _CONVERSION_TAKES


def _borrow(state: LeadState) -> None:
    """A lead without any id of its own is given the ClientID that its person was last seen under."""
    lent = state.circumstances.lent
    if lent is not None and not state.ids.keys() & OF_A_VISIT:
        state.ids["client_id"] = lent.client_id
        state.lent = lent
        state.visits = (*state.visits, lent.at)


def _submitted(_policy: Policy, state: LeadState, fact: Fact) -> None:
    signs = {name: said for name, said in fact.values.items() if name not in _NO_SOURCE_SIGNS}
    if state.born_in != "site":
        state.born_in = "site"
        state.submitted_at = fact.occurred_at
        state.source_signs = signs
    else:
        state.later_signs.append(signs)
    state.submission_id = state.submission_id or _text(fact.values.get("submission_id"))
    state.form = state.form or _text(fact.values.get("form")) or ""
    if sealed := _text(fact.values.get("contact_sealed")):
        state.contact_sealed = state.contact_sealed or sealed
        state.contact_sent_at = fact.occurred_at
    state.bot_signs = state.bot_signs or _object(fact.values.get("bot_signs"))
    state.rejected_ids |= _texts(fact.values.get("rejected_ids"))
    for key in _objects(fact.values.get("keys")):
        state.key_ids.add(f"{key['kind']}-{key['key_id']}-{key['normaliser']}-{key['hmac']}")
    for name in TRACES:
        if text := _text(fact.values.get(name)):
            state.traces.add(f"{name}:{text}")
    ids = _texts(fact.values.get("ids"))
    if user_id := ids.get("user_id"):
        state.said_user_ids.add(user_id)
        if fact.values.get("user_id_signed") is True:
            state.signed_user_ids.add(user_id)
    if _learn_ids(state, ids):
        state.visits = (*state.visits, fact.occurred_at)


def _crm_linked(_policy: Policy, state: LeadState, fact: Fact) -> None:
    ref = _ref(fact)
    if ref in state.crm_refs:
        state.crm_refs.remove(ref)
    state.crm_refs.append(ref)
    if ref not in state.came_by:
        state.came_by.append(ref)


def _contacted(_policy: Policy, state: LeadState, fact: Fact) -> None:
    ref, medium = _ref(fact), str(fact.values["medium"])
    state.contacts[ref] = Contacted(fact.occurred_at, medium, fact.values.get("incoming") is True)
    if state.born_in == "crm" and not state.crm_refs:
        state.born_in = medium
    if ref not in state.came_by:
        state.came_by.append(ref)


def _stage_entered(policy: Policy, state: LeadState, fact: Fact) -> None:
    pipeline_id, status_id = str(fact.values["pipeline_id"]), str(fact.values["status_id"])
    statuses = policy.statuses_of(str(fact.values["crm"]))
    stage = statuses.stage_of(pipeline_id, status_id)
    is_tag = is_of_tracker(_ref(fact))
    if is_tag and stage is None:
        return  # tags add up: one that means nothing takes nothing back
    quality.enter(policy, state, _ref(fact), stage, fact.occurred_at)
    if stage is None:
        if not statuses.knows(pipeline_id, status_id):
            state.unmapped_statuses.add(f"{pipeline_id}/{status_id}")
        return
    if not (is_tag and state.crm_refs):  # what sales show in a deal is the present
        state.stage = stage
    state.staged_at = fact.occurred_at
    state.reached.setdefault(_ref(fact), {}).setdefault(stage, fact.occurred_at)
    state.stages.setdefault(stage, StageEntry(fact.occurred_at, _ref(fact), bool(fact.values["exact"])))


def _price_observed(_policy: Policy, state: LeadState, fact: Fact) -> None:
    amount = fact.values["amount"]
    assert isinstance(amount, int)  # noqa: S101 - the constructor wrote an int
    state.price = Money(amount, str(fact.values["currency"]))
    state.priced_at = fact.occurred_at


def _ids_observed(_policy: Policy, state: LeadState, fact: Fact) -> None:
    if _ref(fact) in state.joined_refs:
        return
    ids = _texts(fact.values.get("ids"))
    state.shown_ids.setdefault(_ref(fact), {}).update(ids)
    state.crm_user_ids |= {ids["user_id"]} if "user_id" in ids else set()
    _learn_ids(state, ids)
    keys = fact.values.get("key_ids")
    state.key_ids |= {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else set()


def _crm_entity_lost(_policy: Policy, state: LeadState, fact: Fact) -> None:
    how = str(fact.values["how"])
    if how == DELETED and _ref(fact) in state.converted:
        return  # a deal goes on from it, and whoever read that one first heard no more of it
    state.lost[_ref(fact)] = how
    if how == CONVERTED:
        state.converted[_ref(fact)] = fact.occurred_at


def _crm_entity_restored(_policy: Policy, state: LeadState, fact: Fact) -> None:
    state.lost.pop(_ref(fact), None)


def _visited(_policy: Policy, state: LeadState, fact: Fact) -> None:
    """A visit counts when its ClientID is the one that is sent, the first known: Metrica counts that one's window."""
    if state.ids.get("client_id") == str(fact.values["client_id"]):
        state.visits = (*state.visits, fact.occurred_at)


def _deal_observed(_policy: Policy, state: LeadState, fact: Fact) -> None:
    filled = fact.values.get("filled")
    view = DealView(
        fact.occurred_at,
        frozenset(name for name in filled if isinstance(name, str)) if isinstance(filled, list) else frozenset(),
        _text(fact.values.get("responsible")),
        _text(fact.values.get("loss_reason")),
        _texts(fact.values.get("source")),
        seconds if isinstance(seconds := fact.values.get("call_seconds"), int) else None,
    )
    state.deals[_ref(fact)] = view
    state.first_deals.setdefault(_ref(fact), view)


def _source_overwritten(_policy: Policy, state: LeadState, fact: Fact) -> None:
    said = {name: str(fact.values.get(name) or "") for name in ("field", "old", "new", "by")}
    state.overwritings.append(Overwriting(fact.occurred_at, _ref(fact), **said))


def _verdict_received(_policy: Policy, state: LeadState, fact: Fact) -> None:
    said = {name: str(fact.values.get(name) or "") for name in ("provider", "verdict", "reason")}
    state.outside_verdicts.append(OutsideVerdict(fact.occurred_at, **said))


def _released(_policy: Policy, state: LeadState, fact: Fact) -> None:
    state.released_at = fact.occurred_at


_STEPS: dict[FactKind, Callable[[Policy, LeadState, Fact], None]] = {
    FactKind.SUBMITTED: _submitted,
    FactKind.CRM_LINKED: _crm_linked,
    FactKind.CONTACTED: _contacted,
    FactKind.STAGE_ENTERED: _stage_entered,
    FactKind.PRICE_OBSERVED: _price_observed,
    FactKind.IDS_OBSERVED: _ids_observed,
    FactKind.CRM_ENTITY_LOST: _crm_entity_lost,
    FactKind.CRM_ENTITY_RESTORED: _crm_entity_restored,
    FactKind.VISITED: _visited,
    FactKind.DEAL_OBSERVED: _deal_observed,
    FactKind.SOURCE_OVERWRITTEN: _source_overwritten,
    FactKind.VERDICT_RECEIVED: _verdict_received,
    FactKind.RELEASED: _released,
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
