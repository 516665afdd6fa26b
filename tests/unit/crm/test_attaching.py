"""What is written over what in an amoCRM deal, and which deliveries are made due again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.crm.amocrm.writing import attach_fields
from leadloop.crm.port import AttachedFields
from leadloop.json_types import JsonObject
from leadloop.leads.delivery import Delivery, DeliveryState, delivery_key, due_again
from leadloop.policy import Policy
from leadloop.policy.amocrm import AmoCrmFields
from leadloop.ports.http import HttpRequest
from leadloop.ports.store import Create, Key, Update, Write
from leadloop.verdict import Verdict
from support.policies import sokol
from support.settable_clock import MORNING
from support.told_http import Wire
from unit.crm.test_amocrm_client import client

FIELDS = AmoCrmFields(quality="600003", known_ids="600001")
VERDICT = Verdict(True, "attach.written", "written")


def deal(**texts: str) -> JsonObject:
    by_id = {"600001": "known_ids", "600003": "quality"}
    values: list[Any] = [
        {"field_id": int(at) if at.isdecimal() else 752001, "field_code": None if at.isdecimal() else at, "values": []}
        for at in (*by_id, "UTM_SOURCE", "LEADLOOP_ID")
    ]
    for value in values:
        name = by_id.get(str(value["field_id"])) or value["field_code"].lower()
        value["values"] = [{"value": texts[name]}] if name in texts else []
    return {"id": 1, "custom_fields_values": values}


def attach(item: JsonObject, replace: tuple[str, ...] = (), **values: str) -> tuple[AttachedFields, dict[str, str]]:
    """What became of it, and what was sent: by field the text."""
    sent: dict[str, str] = {}

    def answer(request: HttpRequest) -> tuple[int, object]:
        for entry in json.loads(request.body or b"{}")["custom_fields_values"]:
            sent[str(entry.get("field_id") or entry["field_code"])] = entry["values"][0]["value"]
        return 200, {"id": 1, "updated_at": 1788256800}

    return attach_fields(client(Wire(answer)), FIELDS, item, values, {"anna"}, replace), sent


def test_a_field_that_may_be_replaced_is_written_over_and_no_other() -> None:
    done, sent = attach(deal(quality="pending", utm_source="avito"), ("quality",), quality="qualified", utm_source="vk")
    assert sent == {"600003": "qualified"}
    assert (done.written, done.replaced, done.kept) == (("quality",), ("quality",), ("utm_source",))


def test_what_stands_there_already_is_not_sent_again() -> None:
    done, sent = attach(
        deal(quality="pending", known_ids="yclid: 5"), ("quality", "known_ids"), quality="pending", known_ids="yclid: 5"
    )
    assert (done, sent) == (AttachedFields(), {})


def test_an_empty_field_is_filled_and_that_replaces_nothing() -> None:
    done, sent = attach(deal(), ("quality",), quality="pending", utm_source="vk")
    assert sent == {"600003": "pending", "UTM_SOURCE": "vk"}
    assert (set(done.written), done.replaced) == ({"quality", "utm_source"}, ())


@pytest.mark.parametrize(("held", "is_replaced"), [("anna", False), ("boris", True)])
def test_our_own_id_replaces_a_strangers(held: str, is_replaced: bool) -> None:
    done, _ = attach(deal(leadloop_id=held), leadloop_id="vera")
    assert ("leadloop_id" in done.written, done.kept) == (is_replaced, ())


class TestDueAgain:
    OWN = sokol(crm={"fields": {"quality": "600003"}})
    ARRIVED = Delivery(lead_id="anna").delivered("5", None).attached_to("digest", VERDICT)

    def due(self, resting: Delivery | None, policy: Policy = OWN, ref: str | None = "amocrm-lead-5") -> list[Write]:
        store = MemoryStore()
        if resting is not None:
            store.commit([resting.write(None)])
        changed: list[Write] = [
            Update(Key("lead", "anna"), {"crm_ref": ref}, "1"),
            Create(Key("crm_ref", "amocrm-lead-5"), {}),
        ]
        return due_again(store, policy, changed)

    def test_what_arrived_is_seen_to_at_once(self) -> None:
        [write] = self.due(self.ARRIVED)
        assert isinstance(write, Update)
        delivery = Delivery.model_validate(write.fields)
        assert (write.key, delivery.is_due(MORNING), delivery.attached) == (delivery_key("anna"), True, "digest")

    def test_a_lead_without_a_delivery_on_a_deal_gets_one(self) -> None:
        [write] = self.due(None)
        assert isinstance(write, Create)
        delivery = Delivery.model_validate(write.fields)
        assert (delivery.state, delivery.external_id, delivery.is_due(MORNING)) == (DeliveryState.DELIVERED, "5", True)

    def test_what_was_put_off_keeps_its_time_and_what_is_on_its_way_its_state(self) -> None:
        assert self.due(self.ARRIVED.put_off(MORNING, VERDICT)) == []
        assert self.due(Delivery(lead_id="anna").awaiting()) == []

    def test_nothing_where_the_crm_shows_nothing_of_it(self) -> None:
        assert self.due(None, ref=None) == []
        assert self.due(self.ARRIVED, sokol()) == []

    def test_also_where_only_sources_are_restored(self) -> None:
        assert len(self.due(self.ARRIVED, sokol(sources={"restore": True}))) == 1
