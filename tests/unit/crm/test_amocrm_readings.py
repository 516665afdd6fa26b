"""What amoCRM's bodies say of a deal beyond its stage and price, held to golden pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leadloop.crm.amocrm.fields import filled_at, ids_at, places, places_of
from leadloop.crm.amocrm.shapes import field_change_of, lead_of
from leadloop.crm.port import LONGEST_TEXT
from leadloop.json_types import JsonObject
from leadloop.policy.amocrm import AmoCrmFields
from leadloop.timestamps import to_unix

READINGS = Path(__file__).parents[2] / "bodies" / "amocrm" / "readings"
FIELDS = AmoCrmFields(source="600007", called_number="600008", call_seconds="600009")
ASKED = {
    **{"budget": "600001", "area": "600002", "mortgage": "600003", "company": "600004"},
    **{"shown_on": "600005", "rooms": "600006", "nowhere": "600099"},
}


def body(name: str) -> Any:  # noqa: ANN401 - as the vendor sends it
    return json.loads((READINGS / name).read_text(encoding="utf-8"))


def deal(**changes: object) -> JsonObject:
    return {**body("lost-deal.json"), **changes}


def test_a_deal_reads_as_its_golden_pair() -> None:
    read = lead_of(deal(), FIELDS, places_of(ASKED))
    shown = {
        "filled": sorted(read.filled),
        "responsible": read.responsible,
        "loss_reason": read.loss_reason,
        "ids": read.ids,
        "source": dict(sorted(read.source.items())),
    }
    assert shown == body("lost-deal.read.json")


def test_changes_of_fields_read_as_their_golden_pair() -> None:
    names = {field_id: name for name, field_id in ids_at(deal(), places(FIELDS)).items()}
    read = [field_change_of(event, names) for event in body("field-events.json")]
    found = [
        {"at": to_unix(one[1].at), **dict(zip(one[1]._fields[2:], one[1][2:], strict=True))} for one in read if one
    ]
    assert {one[0] for one in read if one} == {"30052001"}
    assert found == body("field-events.read.json")


@pytest.mark.parametrize("none", [None, 0, "", "4203011", True, -1])
def test_nobody_and_no_reason_are_none(none: object) -> None:
    """amoCRM gives null, older answers 0; anything that is no id is no claim either."""
    read = lead_of(deal(loss_reason_id=none, responsible_user_id=none), FIELDS)
    assert (read.loss_reason, read.responsible) == (None, None)


@pytest.mark.parametrize(
    ("made_by", "told"), [(2852001, "2852001"), (0, "0"), (None, None), ("0", None), (False, None)]
)
def test_who_made_a_deal_is_told_as_far_as_amocrm_tells(made_by: object, told: str | None) -> None:
    assert lead_of(deal(created_by=made_by), FIELDS).source.get("created_by") == told


def test_long_texts_are_cut_and_a_called_number_is_shown_to_whoever_judges_it() -> None:
    values: list[Any] = [
        {"field_id": 600007, "field_code": None, "values": [{"value": "я" * 1000}]},
        {"field_id": 600008, "field_code": None, "values": [{"value": "8 (495) 000-00-01"}]},
    ]
    source = lead_of(deal(custom_fields_values=values), FIELDS).source
    assert source == {"created_by": "0", "source": "я" * LONGEST_TEXT, "called_number": "8 (495) 000-00-01"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        *((0, 0), (4, 4), ("4", 4), (" 61 ", 61), ("02:05", 125), ("3:00", 180), ("1:00:01", 3601), ("86400", 86_400)),
        *(("", None), ("-4", None), ("4.5", None), ("4 с", None), ("long", None), (True, None), (None, None)),
        *(("1:2:3:4", None), ("86401", None), ("99:59:59", None), ("٣", None), ("9" * 4000, None)),
    ],
)
def test_a_call_lasts_as_long_as_its_field_can_be_read(written: object, seconds: int | None) -> None:
    values: Any = [{"field_id": 600009, "field_code": None, "values": [{"value": written}]}]
    assert lead_of(deal(custom_fields_values=values), FIELDS).call_seconds == seconds
    assert lead_of(deal(custom_fields_values=values), AmoCrmFields()).call_seconds is None


@pytest.mark.parametrize(
    "values", [None, [], "x", [1], [{}], [{"field_id": 600001}], [{"field_id": 600001, "values": 1}]]
)
def test_strange_fields_are_not_filled(values: object) -> None:
    odd: JsonObject = {"custom_fields_values": values}  # type: ignore[dict-item]
    assert filled_at(odd, places_of(ASKED)) == frozenset()
    assert ids_at(odd, places_of({"nowhere": "600099"})) == {}


@pytest.mark.parametrize("values", [None, {}, [], [None], [{"custom_field_value": 5}], [{"custom_field_value": {}}]])
def test_an_event_without_readable_values_changes_nothing(values: object) -> None:
    event = {**body("field-events.json")[0], "value_before": values, "value_after": values}
    assert field_change_of(event, {752001: "utm_source"}) is None
