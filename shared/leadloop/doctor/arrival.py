"""What a test lead brought along, and what leadloop would make of a lead like it."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.conversions.selection import Selection
from leadloop.doctor.check import Check, Stage, State
from leadloop.json_types import JsonObject
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.leads.trials import Trial
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Document
from leadloop.runtime import Runtime

_NAMES = {"client_id": "ClientID", "yclid": "yclid", "user_id": "UserID"}
_WANTED = {
    "client_id": "see that the tag is on the page and no blocker in the browser, or that the form passes ym_client_id",
    "yclid": "",
    "user_id": "",
}
"""By id what to do where none came; empty where a lead may well go without."""


def arrival_checks(world: Runtime, trial: Trial) -> Iterator[Check]:
    """Ids, source, contact, the deal and the goals of a lead like this one. Raises ``StoreUnavailable``."""
    policy, said = world.policy, trial.fact.values
    lead = Lead(id=trial.lead_id, facts=(trial.fact,))
    state = lead.state(policy)
    yield _arrived(trial, said)
    for name in _NAMES:
        yield _id(name, state)
    yield _source(state)
    yield from _contact(policy, said, state)
    yield from _left_out(said)
    if state.fraud.gate in (Gate.HELD, Gate.FRAUD):
        what_to_do = "see fraud.weights in the policy; what a program sends always has signs of one"
        yield _seen(
            "test_lead.fraud", State.WARNING, f"the fraud gate would stop it: {state.fraud.verdict.reason}", what_to_do
        )
    yield _deal(policy, state)
    yield from _goals(world, lead)


def _arrived(trial: Trial, said: JsonObject) -> Check:
    page = said.get("page")
    where = f"{page.get('host', '')}{page.get('path', '')}" if isinstance(page, dict) else ""
    form = f"form {said['form']}" if said.get("form") else "a form without a name"
    return _seen(
        "test_lead.arrived", State.GOOD, f"arrived from {where or 'an unknown page'}, {form}, lead {trial.lead_id}"
    )


def _id(name: str, state: LeadState) -> Check:
    rule, called = f"test_lead.{name}", _NAMES[name]
    if found := state.ids.get(name):
        signed = "" if name != "user_id" else ", signed" if found in state.signed_user_ids else ", not signed"
        return _seen(rule, State.GOOD, f"{called} {found}{signed}")
    what_to_do = _WANTED[name]
    if reason := state.rejected_ids.get(name):
        return _seen(rule, State.ERROR, f"{called} came and was refused: {reason}", what_to_do or "send ids as text")
    return _seen(rule, State.ERROR if what_to_do else State.NOT_LOOKED_AT, f"no {called} came", what_to_do)


def _source(state: LeadState) -> Check:
    source = state.source
    found = f"source {source.label}, by {source.rule}: {source.reason}"
    if not source.is_none:
        return _seen("test_lead.source", State.GOOD, found)
    return _seen("test_lead.source", State.WARNING, found, "open the page with UTM tags, as an advertisement does")


def _contact(policy: Policy, said: JsonObject, state: LeadState) -> Iterator[Check]:
    rule = "test_lead.contact"
    if policy.contacts.mode is ContactMode.NONE:
        yield _seen(rule, State.GOOD, "no contact is taken (contacts.mode: none)")
        return
    kinds = sorted({key.partition("-")[0] for key in state.key_ids})
    if kinds:
        yield _seen(
            rule, State.GOOD, f"keyed hashes of {' and '.join(kinds)}; of a test the contact itself is not kept"
        )
    elif not _texts(said.get("left_out")).keys() & {"phone", "email"}:
        what_to_do = "see what the form calls its fields, and name them in forms.fields"
        yield _seen(rule, State.WARNING, "neither a phone nor an e-mail was found in the form", what_to_do)


def _left_out(said: JsonObject) -> Iterator[Check]:
    for name, reason in sorted(_texts(said.get("left_out")).items()):
        state = State.WARNING if name in ("phone", "email") else State.NOT_LOOKED_AT
        yield _seen("test_lead.left_out", state, f"{name} was left out: {reason}")


def _deal(policy: Policy, state: LeadState) -> Check:
    rule = "test_lead.deal"
    if policy.contacts.mode is ContactMode.KEEP:
        return _told(rule, "a deal would be created for a lead like it; for a test none is")
    fields = policy.crm.fields
    signs = {
        "the submission id": state.submission_id and fields.submission_id,
        "the ClientID": state.ids.get("client_id") and fields.client_id,
        "the yclid": state.ids.get("yclid") and fields.yclid,
        "the contact": state.key_ids,
    }
    known_by = [name for name, sign in signs.items() if sign]
    if known_by:
        return _told(rule, f"the deal that the site makes of a lead like it would be known by {', '.join(known_by)}")
    found = "the deal that the site makes of a lead like it would not be known as its own"
    what_to_do = "let the site write the submission id or the ClientID into the deal too: crm.fields"
    return Check(Stage.BORN_IN_CRM, rule, State.WARNING, found, what_to_do)


def _goals(world: Runtime, lead: Lead) -> Iterator[Check]:
    """What the uploader would decide about its goals, by the uploader's own decision."""
    document = Document(lead.key, lead.fields(world.policy), "")
    [choice] = Selection(world.policy, world.clock.now()).read(world.store, [document])
    for one in choice.sendable:
        found = f"{one.claim.goal} would be sent with {_NAMES[one.claim.identifier_kind]} {one.claim.identifier}"
        yield _told("test_lead.goal", found)
    for other in choice.withheld:
        yield _told("test_lead.goal", f"{other.goal} would not be sent ({other.verdict.rule}): {other.verdict.reason}")


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _seen(rule: str, state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.SOURCES, rule, state, found, what_to_do)


def _told(rule: str, found: str) -> Check:
    return Check(Stage.BORN_IN_CRM, rule, State.GOOD, found)
