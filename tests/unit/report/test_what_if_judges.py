"""History is judged by every setting of which what-if says so: for each one there are leads that fare otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from leadloop.facts import Fact
from leadloop.leads import facts_of
from leadloop.leads.lead import Lead
from leadloop.messages import BotSigns, ContactKey, PageAddress
from leadloop.report.what_if import compare
from leadloop.report.what_if_settings import JUDGED
from support import crm_sources
from support.lead_facts import ANNA, PHONE, YCLID, after, called, entered, lead_of, linked, submitted
from support.policies import LOST, MEETING, PIPELINE, QUALIFIED, WON, sokol
from support.sales import SPAM, shown
from support.settable_clock import MORNING
from unit.leads.test_fraud import said as verdict

BAD = {"lead_bad": {"on": "disqualified"}}
NOON = after(hours=3)


class Case(NamedTuple):
    """Leads, and the sections of the policy that judges them now and then."""

    leads: list[Lead]
    then: Mapping[str, Any]
    now: Mapping[str, Any] = {}


def came(name: str, at: datetime = MORNING, *facts: Fact, **said: Any) -> Lead:  # noqa: ANN401
    return lead_of(submitted(at, name, **said), *facts, lead_id=name)


def at_work(*facts: Fact, **said: Any) -> list[Lead]:  # noqa: ANN401
    """One lead, and what sales did with its deal."""
    return [came("anna", MORNING, linked(), *facts, **said)]


def again(**since: float) -> list[Lead]:
    """The same telephone twice."""
    return [came("first", keys=[PHONE]), came("second", after(**since), keys=[PHONE])]


def many(number: int, **place: Any) -> list[Lead]:  # noqa: ANN401
    """People of one place, minutes apart, each with a telephone of their own."""
    return [came(f"l{n}", after(minutes=5 * n), keys=[phone(n)], **place) for n in range(number)]


def phone(number: int) -> ContactKey:
    return PHONE.model_copy(update={"hmac": f"{number:064x}"})


def tagged(source: str = "vk", **utm: str) -> list[Lead]:
    return [came("anna", utm={"utm_source": source, **utm})]


def in_deal(**source: Any) -> list[Lead]:  # noqa: ANN401
    return [lead_of(linked(), crm_sources.shown(**source), lead_id="anna")]


def ruled(**sign: str) -> dict[str, Any]:
    return {"sources": {"dictionary": {"north": {}}, "rules": [{"label": "north", **sign}]}}


def fraud(**rules: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"fraud": rules}


def suspicious(*signs: str, **said: Any) -> list[Lead]:  # noqa: ANN401
    return [came("bot", bot_signs=BotSigns.model_validate(dict.fromkeys(signs, True) | said))]


READ = {"crm": {"fields": {"source": "1", "called_number": "2", "call_seconds": "3"}}}
LOSING = {"goals": BAD, "disqualification": {"reasons": {"spam": {"loss_reasons": [SPAM]}, "rude": {}}}}
SPAMMER = at_work(entered(LOST, NOON), shown(at=NOON, loss_reason=SPAM))
COLD = {"qualification": {"profile": "cold"}}
SOLD = [
    came("first", MORNING, linked(), entered(QUALIFIED, NOON), entered(WON, NOON), keys=[PHONE]),
    came("second", after(days=300), keys=[PHONE]),
]
CLIENTS = {"duplicates": {"clients": {"stages": ["sold"]}}}
MONTHS_END = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)
CHAIN = [came(f"l{n}", after(days=n), keys=[phone(n), phone(n + 1)]) for n in range(4)]
SERVICE = {"providers": {"own": {"reasons": {"farm": "fraud"}}}}

CASES: dict[str, Case] = {
    "site.time_zone": Case(
        [came("a", MONTHS_END, keys=[PHONE]), came("b", MONTHS_END + timedelta(days=30, hours=1), keys=[PHONE])],
        {"site": {"time_zone": "UTC"}, "duplicates": {"window": "1 months"}},
        {"duplicates": {"window": "1 months"}},
    ),
    "crm.pipelines": Case(
        at_work(entered(MEETING)), {"crm": {"pipelines": {PIPELINE: {MEETING: "qualified", WON: "sold"}}}}
    ),
    "call_tracker.tags": Case(
        [came("anna", MORNING, facts_of.stage_entry("comagic", "call-9", "tags", "101", NOON, True))],
        {"call_tracker": {"kind": "comagic", "tags": {"101": "qualified"}}},
        {"call_tracker": {"kind": "comagic", "tags": {"101": "sold"}}},
    ),
    "goals.*.on": Case(at_work(), {"goals": {"flat_sold": {"on": "received"}}}),
    "goals.*.stage": Case(at_work(entered(MEETING)), {"goals": {"flat_sold": {"on": "stage", "stage": "meeting"}}}),
    "goals.*.reasons": Case(
        SPAMMER, {**LOSING, "goals": {"lead_bad": {"on": "disqualified", "reasons": ["rude"]}}}, LOSING
    ),
    "sources.dictionary.*.line": Case(tagged(), {"sources": {"dictionary": {"vk": {"line": "ads"}, "ads": {}}}}),
    "sources.dictionary.*.names": Case(tagged(), {"sources": {"dictionary": {"social": {"names": ["vk"]}}}}),
    "sources.unknown": Case(tagged(), {"sources": {"unknown": "none"}}),
    "sources.static_pool": Case(
        in_deal(called_number="+74950000001", source="x"),
        {
            **READ,
            "sources": {
                "static_pool": ["+74950000001"],
                "rules": [{"label": "facebook", "called_number": "static_pool"}],
            },
        },
        READ,
    ),
    "sources.own_hosts": Case([came("a", referrer=PageAddress(host="ya.ru"))], {"sources": {"own_hosts": ["ya.ru"]}}),
    "sources.rules.*.label": Case(tagged(), ruled(utm_source="vk")),
    "sources.rules.*.utm_source": Case(tagged(), ruled(utm_source="vk"), ruled(utm_source="ok")),
    "sources.rules.*.utm_medium": Case(tagged(utm_medium="cpc"), ruled(utm_source="vk", utm_medium="cpc")),
    "sources.rules.*.utm_campaign": Case(tagged(utm_campaign="x1"), ruled(utm_source="vk", utm_campaign="x*")),
    "sources.rules.*.click_id": Case([came("a", yclid=YCLID)], ruled(click_id="yclid")),
    "sources.rules.*.referrer": Case([came("a", referrer=PageAddress(host="ya.ru"))], ruled(referrer="search")),
    "sources.rules.*.called_number": Case(
        in_deal(called_number="+74950000001"), {**READ, **ruled(called_number="+74950000001")}, READ
    ),
    "sources.rules.*.crm_field": Case(in_deal(source="x"), {**READ, **ruled(crm_field="source", value="x")}, READ),
    "sources.rules.*.value": Case(
        in_deal(source="x"),
        {**READ, **ruled(crm_field="source", value="x")},
        {**READ, **ruled(crm_field="source", value="y")},
    ),
    "sources.rules.*.created_by": Case(in_deal(created_by="7"), ruled(created_by="user")),
    "sources.rules.*.form": Case([came("a", form="promo")], ruled(form="promo*")),
    "duplicates.keys": Case(again(days=3), {"duplicates": {"keys": ["email"]}}),
    "duplicates.window": Case(again(days=3), {"duplicates": {"window": "1d"}}),
    "duplicates.counted_from": Case(
        [*again(days=3), came("third", after(days=6), keys=[PHONE])],
        {"duplicates": {"window": "4d", "counted_from": "first"}},
        {"duplicates": {"window": "4d"}},
    ),
    "duplicates.credit": Case(
        [came("first", keys=[PHONE], utm={"utm_source": "vk"}), came("second", after(days=3), keys=[PHONE])],
        {"duplicates": {"credit": "last"}},
    ),
    "duplicates.clients.stages": Case(SOLD, CLIENTS),
    "duplicates.clients.left": Case(
        [
            came("first", MORNING, linked(), entered(WON, NOON), entered(LOST, after(days=9)), keys=[PHONE]),
            came("second", after(days=300), keys=[PHONE]),
        ],
        {"duplicates": {"clients": {"stages": ["sold"], "left": ["lost"]}}},
        CLIENTS,
    ),
    "duplicates.clients.within": Case(
        SOLD, {"duplicates": {"clients": {"stages": ["sold"], "within": "10d"}}}, CLIENTS
    ),
    "qualification.profile": Case(at_work(entered(QUALIFIED)), COLD),
    "qualification.stage": Case(
        at_work(entered(MEETING)), {"qualification": {"profile": "cold", "stage": "meeting"}}, COLD
    ),
    "qualification.later": Case(
        at_work(entered(MEETING)), {"qualification": {"profile": "cold", "later": ["meeting"]}}, COLD
    ),
    "qualification.required": Case(
        at_work(entered(QUALIFIED), shown()),
        {"qualification": {"profile": "own", "fields": {"budget": "5"}, "required": ["budget"]}},
        COLD,
    ),
    "qualification.fields": Case(
        at_work(entered(QUALIFIED), shown("location", "budget")),
        {"qualification": {"profile": "warm", "fields": {"location": "5", "budget": "6"}}},
        {"qualification": {"profile": "own", "fields": {"name": "7"}, "required": ["name"]}},
    ),
    "qualification.deadline": Case(at_work(), {"qualification": {"profile": "cold", "deadline": "900d"}}, COLD),
    "disqualification.stages": Case(
        at_work(entered(MEETING)), {"goals": BAD, "disqualification": {"stages": ["meeting"]}}, {"goals": BAD}
    ),
    "disqualification.reasons.*.loss_reasons": Case(
        SPAMMER,
        {**LOSING, "disqualification": {"reasons": {"spam": {"suppress": True}}}},
        {**LOSING, "disqualification": {"reasons": {"spam": {"suppress": True, "loss_reasons": [SPAM]}}}},
    ),
    "disqualification.reasons.*.suppress": Case(
        SPAMMER,
        {**LOSING, "disqualification": {"reasons": {"spam": {"loss_reasons": [SPAM]}, "rude": {"suppress": True}}}},
        LOSING,
    ),
    "disqualification.reasons.*.fraud": Case(
        SPAMMER, {**LOSING, "disqualification": {"reasons": {"spam": {"loss_reasons": [SPAM], "fraud": True}}}}, LOSING
    ),
    "fraud.hold_from": Case(suspicious("honeypot_filled"), fraud(hold_from=101)),
    "fraud.at_hold_end": Case(suspicious("honeypot_filled"), fraud(at_hold_end="release")),
    "fraud.too_fast": Case(suspicious(fill_seconds=4), fraud(hold_from=60, too_fast="5s"), fraud(hold_from=60)),
    "fraud.short_call": Case(
        at_work(called(7)), {**READ, **fraud(hold_from=40, short_call="9s")}, {**READ, **fraud(hold_from=40)}
    ),
    "fraud.period": Case(many(12, network="n"), fraud(hold_from=50, period="10m"), fraud(hold_from=50)),
    "fraud.phone_period": Case(
        many(3, phone_block="b"),
        fraud(hold_from=50, phone_period="1m", weights={"phone_block": 50}),
        fraud(hold_from=50, weights={"phone_block": 50}),
    ),
    "fraud.velocity.client_id": Case(
        many(3, client_id=ANNA), fraud(hold_from=50, velocity={"client_id": 2}), fraud(hold_from=50)
    ),
    "fraud.velocity.device": Case(
        many(3, device="d"), fraud(hold_from=50, velocity={"device": 2}), fraud(hold_from=50)
    ),
    "fraud.velocity.network": Case(
        many(3, network="n"), fraud(hold_from=50, velocity={"network": 2}), fraud(hold_from=50)
    ),
    "fraud.velocity.phone_block": Case(
        many(3, phone_block="b"),
        fraud(hold_from=50, velocity={"phone_block": 9}, weights={"phone_block": 50}),
        fraud(hold_from=50, weights={"phone_block": 50}),
    ),
    "fraud.weights.honeypot": Case(suspicious("honeypot_filled"), fraud(weights={"honeypot": 0})),
    "fraud.weights.too_fast": Case(suspicious(fill_seconds=1), fraud(weights={"too_fast": 100})),
    "fraud.weights.automation": Case(suspicious("automation"), fraud(weights={"automation": 100})),
    "fraud.weights.foreign_origin": Case(suspicious("foreign_origin"), fraud(weights={"foreign_origin": 100})),
    "fraud.weights.phone_pattern": Case(suspicious("phone_pattern"), fraud(weights={"phone_pattern": 100})),
    "fraud.weights.velocity": Case(many(11, network="n"), fraud(weights={"velocity": 100})),
    "fraud.weights.phone_block": Case(
        many(3, phone_block="b"), fraud(weights={"phone_block": 100}), fraud(weights={"phone_block": 50})
    ),
    "fraud.weights.short_call": Case(at_work(called(3)), {**READ, **fraud(weights={"short_call": 100})}, READ),
    "fraud.weights.suspicious": Case(
        at_work(verdict("suspicious", provider="own")), fraud(**SERVICE, weights={"suspicious": 100}), fraud(**SERVICE)
    ),
    "fraud.providers.*.reasons": Case(
        at_work(verdict("fraud", reason="farm", provider="own")),
        fraud(**SERVICE),
        fraud(providers={"own": {"reasons": {"farm": "clean"}}}),
    ),
    "defaults.same_lead_repeat": Case(
        again(minutes=90),
        {"duplicates": {"window": "10m"}, "defaults": {"same_lead_repeat": "2h"}},
        {"duplicates": {"window": "10m"}},
    ),
    "defaults.fraud_hold_ends": Case(
        suspicious("honeypot_filled"),
        {**fraud(at_hold_end="release"), "defaults": {"fraud_hold_ends": "900d"}},
        fraud(at_hold_end="release"),
    ),
    "defaults.shared_key_persons": Case(
        [came(f"l{n}", after(days=n), keys=[PHONE, phone(n)]) for n in range(3)],
        {"defaults": {"shared_key_persons": 2}},
    ),
    "defaults.person_keys": Case(CHAIN, {"defaults": {"person_keys": 2}}),
}


def test_every_setting_that_is_said_to_be_judged_by_is_tried() -> None:
    assert CASES.keys() == JUDGED


@pytest.mark.parametrize("setting", CASES)
def test_leads_fare_otherwise_under_another_value(setting: str) -> None:
    case = CASES[setting]
    now, then = sokol(**case.now), sokol(**case.then)
    told = compare(now, then, case.leads, MORNING - timedelta(days=1), after(days=400), after(days=401))
    assert told.changed
    assert compare(now, now, case.leads, MORNING - timedelta(days=1), after(days=400), after(days=401)).changed == {}
