"""The whole story of one lead, with the rule and the reason of each decision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from leadloop import queries, timestamps
from leadloop.conversions.linkage import linkage_of
from leadloop.conversions.selection import Selection
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.facts import Fact, FactKind
from leadloop.json_types import Json, JsonObject
from leadloop.leads.delivery import Delivery, DeliveryState
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.lead import Claim, Lead
from leadloop.leads.state import MEDIA, LeadState, is_of_tracker
from leadloop.numerals import counted
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Document, Key, Store
from leadloop.report.judgements import Cite, Judgement, judgements
from leadloop.report.moments import to_the_minute
from leadloop.report.tables import table

_SAID = {
    FactKind.SUBMITTED: (
        "form",
        "submission_id",
        "ids",
        "utm",
        "referrer",
        "rejected_ids",
        "bot_signs",
        "left_out",
        "contact_removed",
    ),
    FactKind.CRM_LINKED: ("crm", "external_id", "by"),
    FactKind.CONTACTED: ("external_id", "incoming", "answered"),
    FactKind.STAGE_ENTERED: ("external_id", "pipeline_id", "status_id", "exact"),
    FactKind.PRICE_OBSERVED: ("external_id", "amount", "currency"),
    FactKind.IDS_OBSERVED: ("external_id", "ids"),
    FactKind.CRM_ENTITY_LOST: ("external_id", "how", "into"),
    FactKind.CRM_ENTITY_RESTORED: ("external_id",),
    FactKind.VISITED: ("day", "client_id"),
    FactKind.DEAL_OBSERVED: ("external_id", "filled", "responsible", "loss_reason", "source", "call_seconds"),
    FactKind.SOURCE_OVERWRITTEN: ("external_id", "field", "old", "new", "by"),
    FactKind.VERDICT_RECEIVED: ("provider", "verdict", "reason", "reattributed_to"),
    FactKind.RELEASED: ("by",),
}
"""What of each fact is told; keys and sealed contacts are not."""

_NEXT_UPLOAD = "next upload"
_SERVICE, _TRACKER = "service", "tracker"
_UNASKED = "  Metrica was not asked whether the counter has these goals; `leadloop plan` asks it."

_ID = re.compile(r"[0-9A-Za-z_-]{1,200}")
_LEAD_ID = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one goal: sent (and in which state), or not, with rule and reason."""

    goal: str
    ended: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A lead's facts in order, and what was decided on them."""

    time_zone: str
    """Zone of the counter, in which moments are told to a person."""
    lead_id: str
    source: str
    source_rule: str
    repeat_of: str | None
    crm_ref: str | None
    stage: str | None
    delivery: str
    facts: tuple[Fact, ...]
    judgements: tuple[Judgement, ...]
    decisions: tuple[Decision, ...]
    contacts: str = ""
    """How often it made contact by what, as the call tracker recorded it."""

    def text(self) -> str:
        """The story for a person."""
        head = [
            f"lead {self.lead_id}",
            f"  source    {self.source}   (rule {self.source_rule})",
            f"  CRM       {self.crm_ref or '—'}, stage {self.stage or '—'}, delivery {self.delivery}",
        ]
        head += [f"  contacts  {self.contacts}"] if self.contacts else []
        head += [f"  repeats   {self.repeat_of}, so it was not received twice"] if self.repeat_of else []
        zone = ZoneInfo(self.time_zone)
        facts = [[_moment(fact.occurred_at, zone), _from(fact), fact.kind, _words(_read(fact))] for fact in self.facts]
        decisions = [
            [one.goal, one.ended, one.rule, to_the_minute(one.reason, self.time_zone)] for one in self.decisions
        ]
        zone_name = self.time_zone
        judged = [
            [one.about, one.answer, one.rule, to_the_minute(one.reason, zone_name), one.setting]
            for one in self.judgements
        ]
        verdicts = table(["about", "verdict", "rule", "reason", "policy"], judged)
        known = table([f"at ({self.time_zone})", "from", "fact", "what"], facts)
        decided = table(["goal", "ends as", "rule", "reason"], decisions)
        unasked = ["", _UNASKED] if any(one.ended == _NEXT_UPLOAD for one in self.decisions) else []
        return "\n".join([*head, "", known, "", verdicts, "", decided, *unasked])

    def as_json(self) -> JsonObject:
        """The story for a program."""
        facts: list[Json] = [
            {"at": timestamps.to_text(fact.occurred_at), "feed": _from(fact), "kind": fact.kind.value, **told(fact)}
            for fact in self.facts
        ]
        return {
            "lead_id": self.lead_id,
            "source": self.source,
            "source_rule": self.source_rule,
            "repeat_of": self.repeat_of,
            "crm_ref": self.crm_ref,
            "stage": self.stage,
            "delivery": self.delivery,
            "facts": facts,
            "judgements": [dict(one._asdict()) for one in self.judgements],
            "decisions": [
                {"goal": one.goal, "ended": one.ended, "rule": one.rule, "reason": one.reason} for one in self.decisions
            ],
        }


def find_leads(store: Store, policy: Policy, wanted: str) -> list[Lead]:
    """Leads by what ``find_by_kind`` takes; none for what can be none of these."""
    leads = {lead.id: lead for found in find_by_kind(store, policy, wanted).values() for lead in found}
    return list(leads.values())


def find_by_kind(store: Store, policy: Policy, wanted: str) -> dict[str, list[Lead]]:
    """What an id may be the id of, with the leads that it finds so; the same digits may be a deal and a ClientID.

    A lead's own id is taken in either case, a deal also by its reference (``amocrm-lead-30052001``), a call, chat or
    request of the call tracker by its number or as it is told (``call-900000001``). Ids are looked up whole: the store
    knows no beginnings.
    """
    if _ID.fullmatch(wanted) is None:
        return {}
    own_id = wanted.lower() if _LEAD_ID.fullmatch(wanted) else wanted
    number = wanted.removeprefix(crm_ref_id(policy.crm.kind, ""))
    deal, contacts = crm_ref_id(policy.crm.kind, number), _communications(policy, wanted)
    lead, *refs = store.get_many([Key("lead", own_id), *(Key("crm_ref", ref) for ref in (deal, *contacts))])
    found: dict[str, Sequence[Document | None]] = {"lead": [lead], "deal": _on(store, refs[:1])}
    found["communication"] = _on(store, refs[1:])
    for kind, name in (("client_id", "ClientID"), ("yclid", "yclid")):
        found[name] = store.query(queries.leads_with_weak_id(f"{kind}:{wanted}")).documents
    leads = {name: [Lead.of(one) for one in documents if one is not None] for name, documents in found.items()}
    return {name: some for name, some in leads.items() if some}


def _communications(policy: Policy, wanted: str) -> list[str]:
    """References that a text may mean in the call tracker, if there is one."""
    if policy.call_tracker is None:
        return []
    number = wanted.removeprefix(crm_ref_id(policy.call_tracker.kind, ""))
    told = [f"{medium}-{number}" for medium in sorted(MEDIA)] if number.isdecimal() else [number]
    return [crm_ref_id(policy.call_tracker.kind, external_id) for external_id in told]


def _on(store: Store, refs: Sequence[Document | None]) -> list[Document | None]:
    """The leads that know of a deal or a communication."""
    leads = [ref.fields.get("leads") for ref in refs if ref is not None]
    keys = [Key("lead", lead_id) for held in leads if isinstance(held, dict) for lead_id in held]
    return list(store.get_many(keys)) if keys else []


def explain(store: Store, policy: Policy, lead: Lead, now: datetime, cite: Cite = str) -> Explanation:
    """The story of a lead as of ``now``; ``cite`` tells where a setting of the policy stands."""
    state = lead.state(policy)
    [delivery, document] = store.get_many([Key("delivery", lead.id), lead.key])
    withheld = Selection(policy, now).read(store, [document] if document is not None else [])
    decisions = [_sent(store, claim) for claim in lead.claims.values()]
    decisions += [Decision(one.goal, "expired", one.rule, one.reason) for one in lead.expired.values()]
    for choice in withheld:
        decisions += [Decision(one.goal, one.outcome, one.verdict.rule, one.verdict.reason) for one in choice.withheld]
        decisions += [
            Decision(one.claim.goal, _NEXT_UPLOAD, one.verdict.rule, one.verdict.reason) for one in choice.sendable
        ]
    return Explanation(
        time_zone=policy.site.time_zone,
        lead_id=lead.id,
        source=state.source.label,
        source_rule=state.source.rule,
        repeat_of=lead.repeat_of,
        crm_ref=state.crm_ref,
        stage=state.stage,
        delivery=_delivery(policy, state, Delivery.of(delivery) if delivery is not None else None),
        facts=lead.facts,
        judgements=judgements(store, policy, lead, now, cite),
        decisions=tuple(decisions),
        contacts=_contacts(state),
    )


def _contacts(state: LeadState) -> str:
    """``2 calls, 1 chat``."""
    times = Counter(one.medium for one in state.contacts.values())
    return ", ".join(counted(number, medium) for medium, number in sorted(times.items()))


def _delivery(policy: Policy, state: LeadState, delivery: Delivery | None) -> str:
    """How far a lead of the site has come to the CRM; one that is awaited there need not have a delivery."""
    if delivery is not None:
        return delivery.state.value
    is_awaited = state.born_in == "site" and state.crm_ref is None
    return DeliveryState.AWAITING_ENTITY.value if is_awaited and policy.contacts.mode is not ContactMode.KEEP else "—"


def _from(fact: Fact) -> str:
    """Where a fact came from; a service's word is taken in by the way of the site, and is not the site's."""
    if is_of_tracker(f"{fact.values.get('crm')}-lead-"):
        return _TRACKER
    return _SERVICE if fact.kind is FactKind.VERDICT_RECEIVED else fact.feed.value


def told(fact: Fact) -> JsonObject:
    """What may be told of a fact, without empty values."""
    said = {name: _filled(fact.values.get(name)) for name in _SAID[fact.kind]}
    return {name: value for name, value in said.items() if not _is_empty(value)}


def _read(fact: Fact) -> JsonObject:
    """What is told of a fact to a person: money in whole units, as it is read."""
    said = told(fact)
    amount = fact.values.get("amount")
    if fact.kind is not FactKind.PRICE_OBSERVED or not isinstance(amount, int):
        return said
    price = f"{Decimal(amount).scaleb(-2):,} {fact.values.get('currency', '')}"
    return {"external_id": said.get("external_id"), "price": price}


def _filled(value: Json) -> Json:
    """Without what says nothing: a sign of a robot that was not seen is none."""
    if not isinstance(value, dict):
        return value
    return {name: one for name, one in value.items() if not _is_empty(one) and one is not False}


def _is_empty(value: Json) -> bool:
    return value in (None, "", {}, [])


def _sent(store: Store, claim: Claim) -> Decision:
    frozen = f"{claim.identifier_kind} {claim.identifier}, {claim.target}, DateTime {claim.date_time}"
    if claim.token is None:
        return Decision(claim.goal, "waits", "claim.released", f"{frozen}; its upload certainly did not happen")
    upload = _leaf(store, claim.token, claim.index)
    if upload is None:
        return Decision(claim.goal, "unknown", f"upload {claim.token}", f"{frozen}; the document of its upload is gone")
    vendor = f", Metrica's id {upload.vendor_id}" if upload.vendor_id else ""
    return Decision(claim.goal, upload.state, f"upload {upload.token}{vendor}", f"{frozen}; {_linked(upload)}")


def _leaf(store: Store, token: str, index: int) -> Upload | None:
    """The upload that speaks for a row: of one that was split, the part that holds it."""
    [document] = store.get_many([Key("upload", token)])
    if document is None:
        return None
    upload = Upload.of(document)
    return _leaf(store, upload.half_with(index), index) if upload.state is State.SPLIT else upload


def _linked(upload: Upload) -> str:
    if upload.state is not State.TERMINAL:
        return upload.reason or "not processed by Metrica yet"
    linked = linkage_of(upload)
    if linked is None:
        linked_rows = upload.totals.get("linked_quantity") or 0
        return f"Metrica linked {linked_rows} of {counted(upload.count, 'row')} of its upload"
    return "linked" if linked else "not linked"


def _words(values: JsonObject) -> str:
    return ", ".join(f"{name} {_word(value)}" for name, value in values.items())


def _word(value: Json) -> str:
    return "{" + _words(value) + "}" if isinstance(value, dict) else str(value)


def _moment(instant: datetime, zone: tzinfo) -> str:
    return instant.astimezone(zone).strftime("%d.%m.%Y %H:%M:%S")
