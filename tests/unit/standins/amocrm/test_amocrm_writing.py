"""Adding and editing: /leads/complex, validation, duplicate control, the count of doubles."""

import json
from pathlib import Path

import pytest
import requests

from unit.standins.amocrm.driver import (
    MARAT,
    MEETING,
    NEW,
    OLGA,
    PIPELINE,
    QUALIFIED,
    RESALE,
    WON,
    AmoCrmDriver,
    Json,
    arrival,
    filled,
    problems_of,
)

# /leads/complex


def test_complex_answers_a_bare_array_with_a_list_of_request_ids(amocrm: AmoCrmDriver, bodies: Path) -> None:
    recorded = json.loads((bodies / "complex-answer.json").read_text(encoding="utf-8"))
    answered = amocrm.arrive(
        {**arrival("Анна", request_id="qweasd"), "_embedded": {"companies": [{"name": "ООО Ромашка"}]}},
        arrival("Борис", request_id="uns_qweasd"),
    )
    assert [list(one) for one in answered] == [list(one) for one in recorded]
    assert [one["request_id"] for one in answered] == [one["request_id"] for one in recorded]
    assert [one["merged"] for one in answered] == [False, False]
    assert (answered[0]["contact_id"], answered[1]["company_id"]) == (None, None)


def test_a_request_without_request_id_gets_its_index_as_text(amocrm: AmoCrmDriver) -> None:
    assert [one["request_id"] for one in amocrm.arrive(arrival("Анна"), arrival("Борис"))] == [["0"], ["1"]]


def test_a_site_lead_arrives_with_contact_tags_and_tracking_fields(amocrm: AmoCrmDriver) -> None:
    sent = arrival(
        "Анна",
        "+79990000001",
        pipeline_id=RESALE,
        status_id=70021,
        price=500,
        custom_fields_values=filled(YCLID="12345678901234567890", _YM_UID="1788203411529304178", LEADLOOP_ID="L-anna"),
    )
    sent["_embedded"]["tags"] = [{"name": "site"}]
    created = amocrm.arrive(sent)[0]
    lead = amocrm.read(f"leads/{created['id']}?with=contacts")
    assert (lead["pipeline_id"], lead["status_id"], lead["price"]) == (RESALE, 70021, 500)
    values = {one["field_code"]: one["values"][0]["value"] for one in lead["custom_fields_values"]}
    assert values == {"YCLID": "12345678901234567890", "_YM_UID": "1788203411529304178", "LEADLOOP_ID": "L-anna"}
    assert [tag["name"] for tag in lead["_embedded"]["tags"]] == ["site"]
    assert amocrm.read(f"contacts/{created['contact_id']}")["first_name"] == "Анна"


def test_posting_the_same_lead_twice_makes_two_and_the_ledger_shows_the_double(amocrm: AmoCrmDriver) -> None:
    sent = arrival("Анна", custom_fields_values=filled(LEADLOOP_ID="L-anna"))
    first, second = amocrm.arrive(sent)[0]["id"], amocrm.arrive(sent)[0]["id"]
    amocrm.arrive(arrival("Борис", custom_fields_values=filled(LEADLOOP_ID="L-boris")))
    ledger = amocrm.ledger()
    assert ledger["leads_by_field_value"]["LEADLOOP_ID"]["L-anna"] == [first, second]
    assert ledger["doubled_field_values"] == {"LEADLOOP_ID": {"L-anna": [first, second]}}
    assert [one["lead_id"] for one in ledger["created_by_request"]][:2] == [first, second]


def test_a_lost_answer_leaves_a_lead_that_its_field_finds(amocrm: AmoCrmDriver) -> None:
    amocrm.order("accept_then_drop", method="POST", path="leads/complex")
    with pytest.raises(requests.ConnectionError):
        amocrm.arrive(arrival("Ярослав", custom_fields_values=filled(LEADLOOP_ID="L-yaroslav")))
    found = amocrm.ids("leads?filter[custom_fields_values][752901][]=L-yaroslav")
    assert len(found) == 1
    assert amocrm.ledger()["leads_by_field_value"]["LEADLOOP_ID"] == {"L-yaroslav": found}


# Validation


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ({"field_id": 5, "values": [{"value": "x"}]}, ("NotSupportedChoice", "custom_fields_values.0.field_id")),
        (
            {"field_code": "yclid", "values": [{"value": "x"}]},
            ("NotSupportedChoice", "custom_fields_values.0.field_code"),
        ),
        ({"field_code": "YCLID", "values": [{"value": 7}]}, ("InvalidType", "custom_fields_values.0.values.0.value")),
        (
            {"field_id": 752909, "values": [{"enum_id": 1}]},
            ("NotSupportedChoice", "custom_fields_values.0.values.0.enum_id"),
        ),
        (
            {"field_id": 752909, "values": [{"value": "Кирпич"}]},
            ("NotSupportedChoice", "custom_fields_values.0.values.0.value"),
        ),
        ({"field_id": 752905, "values": [{"value": "да"}]}, ("InvalidType", "custom_fields_values.0.values.0.value")),
        (
            {"field_id": 752907, "values": [{"value": "завтра"}]},
            ("InvalidType", "custom_fields_values.0.values.0.value"),
        ),
        ({"field_id": 752903, "values": [{"value": "две"}]}, ("InvalidType", "custom_fields_values.0.values.0.value")),
        ({"field_id": 752903, "values": "2"}, ("InvalidType", "custom_fields_values.0.values")),
    ],
)
def test_a_wrong_field_is_400_and_nothing_is_made(amocrm: AmoCrmDriver, field: Json, problem: tuple[str, str]) -> None:
    rows = [arrival("Анна"), arrival("Борис", request_id="b", custom_fields_values=[field])]
    for path in ("leads/complex", "leads"):
        assert problems_of(amocrm.call("POST", path, rows)) == [("b", *problem)]
    assert amocrm.ids("leads") == []


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"status_id": 5}, ("NotSupportedChoice", "status_id")),
        ({"pipeline_id": 5}, ("NotSupportedChoice", "pipeline_id")),
        ({"pipeline_id": RESALE, "status_id": QUALIFIED}, ("NotSupportedChoice", "status_id")),
        ({"price": "100"}, ("InvalidType", "price")),
        ({"name": 7}, ("InvalidType", "name")),
        ({"loss_reason_id": 5}, ("NotSupportedChoice", "loss_reason_id")),
        ({"tags_to_add": [{"id": 5}]}, ("NotSupportedChoice", "tags_to_add.0.id")),
        ({"_embedded": {"contacts": [{"id": 5}]}}, ("NotSupportedChoice", "_embedded.contacts.0.id")),
        ({"custom_fields_values": "YCLID"}, ("InvalidType", "custom_fields_values")),
        ({"custom_fields_values": filled(YCLID="x") * 41}, ("TooMany", "custom_fields_values")),
    ],
)
def test_what_the_account_does_not_have_is_400(amocrm: AmoCrmDriver, keys: Json, problem: tuple[str, str]) -> None:
    assert problems_of(amocrm.call("POST", "leads/complex", [{"name": "Анна", **keys}])) == [("0", *problem)]


def test_the_bad_enum_of_a_phone_is_named_within_its_contact(amocrm: AmoCrmDriver) -> None:
    sent = arrival("Анна", "+79990000001")
    sent["_embedded"]["contacts"][0]["custom_fields_values"][0]["values"][0]["enum_code"] = "ДАЧА"
    path = "_embedded.contacts.0.custom_fields_values.0.values.0.enum_code"
    assert problems_of(amocrm.call("POST", "leads/complex", [sent])) == [("0", "NotSupportedChoice", path)]


@pytest.mark.parametrize("body", [None, {}, [], [1], {"name": "Анна"}])
def test_a_batch_that_is_no_array_of_objects_is_400(amocrm: AmoCrmDriver, body: object) -> None:
    assert amocrm.call("POST", "leads/complex", body).status_code == 400


@pytest.mark.parametrize("odd", [None, 7, "x", True, [], [[]], [None], {}, [{}]], ids=repr)
def test_no_oddity_of_a_body_is_the_servers_fault(amocrm: AmoCrmDriver, odd: object) -> None:
    lead = amocrm.lead()
    keys = ("name", "price", "status_id", "pipeline_id", "custom_fields_values", "_embedded", "tags_to_add", "metadata")
    rows: list[Json] = [{key: odd} for key in keys]
    rows += [{"_embedded": {key: inner}} for key in ("contacts", "companies", "tags") for inner in (odd, [{"id": odd}])]
    rows += [{"custom_fields_values": [{"field_code": odd}]}, {"_embedded": {"metadata": odd}}]
    rows += [{"custom_fields_values": [{"field_code": "YCLID", "values": value}]} for value in (odd, [{"value": odd}])]
    field = {"name": "x", "type": "select", "enums": [{"value": "y"}]}
    asked = [
        *(("POST", path, [row]) for row in rows for path in ("leads/complex", "leads/unsorted/forms")),
        *(("PATCH", f"leads/{lead}", row) for row in rows),
        *(("POST", "leads/custom_fields", [{**field, key: odd}]) for key in ("name", "type", "enums", "sort")),
        ("POST", "webhooks", {"destination": odd, "settings": odd}),
        ("POST", f"leads/{lead}/link", [{"to_entity_id": odd, "metadata": odd}]),
        ("POST", "leads/notes", [{"entity_id": odd, "note_type": odd}]),
        ("PATCH", "leads", [{"id": odd}]),
    ]
    answers = {amocrm.call(method, path, body).status_code for method, path, body in asked}
    assert answers <= {200, 201, 400}


def test_complex_takes_fifty_leads_and_one_contact_each(amocrm: AmoCrmDriver) -> None:
    assert len(amocrm.arrive(*[arrival("Анна")] * 50)) == 50
    assert amocrm.call("POST", "leads/complex", [arrival("Анна")] * 51).status_code == 400
    two = {"name": "x", "_embedded": {"contacts": [{"name": "Алиса"}, {"name": "Артём"}]}}
    assert problems_of(amocrm.call("POST", "leads/complex", [two])) == [("0", "TooMany", "_embedded.contacts")]


def test_values_of_every_type_are_read_back(amocrm: AmoCrmDriver) -> None:
    sent = [
        {"field_id": 752903, "values": [{"value": 2}]},
        {"field_id": 752905, "values": [{"value": True}]},
        {"field_id": 752907, "values": [{"value": "2026-09-05T00:00:00+03:00"}]},
        {"field_id": 752909, "values": [{"enum_code": "ROUGH"}]},
    ]
    lead = amocrm.read(f"leads/{amocrm.lead(custom_fields_values=sent)}")
    shown = {one["field_id"]: one["values"] for one in lead["custom_fields_values"]}
    assert shown == {
        752903: [{"value": "2"}],
        752905: [{"value": True}],
        752907: [{"value": 1788555600}],
        752909: [{"value": "Черновая", "enum_id": 9003, "enum_code": "ROUGH"}],
    }


# Duplicate control


def test_without_duplicate_control_the_same_phone_makes_two_leads(amocrm: AmoCrmDriver) -> None:
    first, second = (amocrm.arrive(arrival("Светлана", "+79990000007"))[0] for _ in range(2))
    assert first["id"] != second["id"]
    assert not second["merged"]


def test_duplicate_control_updates_the_open_lead_with_the_same_phone(amocrm: AmoCrmDriver) -> None:
    amocrm.settings(duplicate_control=True)
    old = amocrm.arrive(arrival("Светлана", "8 (999) 000-00-07", custom_fields_values=filled(UTM_SOURCE="yandex")))[0]
    again = arrival("Света", "+79990000007", custom_fields_values=filled(UTM_SOURCE="vk", LEADLOOP_ID="L-2"))
    answered = amocrm.arrive(again)[0]
    assert answered == {**old, "request_id": ["0"], "merged": True}
    lead = amocrm.in_ledger(old["id"])
    assert lead["fields"] == {"UTM_SOURCE": "yandex", "LEADLOOP_ID": "L-2"}
    assert len(amocrm.ids("leads")) == 1
    assert [one["merged"] for one in amocrm.ledger()["created_by_request"]] == [False, True]


def test_the_incoming_fields_win_where_the_account_says_so(amocrm: AmoCrmDriver) -> None:
    amocrm.settings(duplicate_control=True, duplicate_fields_win="incoming")
    old = amocrm.arrive(arrival("Светлана", "+79990000007", custom_fields_values=filled(UTM_SOURCE="yandex")))[0]
    amocrm.arrive(arrival("Светлана", "+79990000007", custom_fields_values=filled(UTM_SOURCE="vk")))
    assert amocrm.in_ledger(old["id"])["fields"] == {"UTM_SOURCE": "vk"}


def test_several_arrivals_on_one_old_lead_share_an_answer(amocrm: AmoCrmDriver) -> None:
    old = amocrm.arrive(arrival("Светлана", "+79990000007"))[0]
    amocrm.settings(duplicate_control=True)
    answered = amocrm.arrive(
        arrival("Светлана", "+79990000007", request_id="a"),
        arrival("Борис", "+79990000002", request_id="b"),
        arrival("Светлана", "+79990000007", request_id="c"),
    )
    assert [one["request_id"] for one in answered] == [["a", "c"], ["b"]]
    assert (answered[0]["id"], answered[0]["merged"]) == (old["id"], True)


def test_closed_leads_other_pipelines_and_too_many_duplicates_are_not_merged_into(amocrm: AmoCrmDriver) -> None:
    closed = amocrm.arrive(arrival("Светлана", "+79990000007"))[0]["id"]
    amocrm.act("move", lead_id=closed, status_id=WON)
    elsewhere = amocrm.arrive(arrival("Светлана", "+79990000007", pipeline_id=RESALE))[0]["id"]
    amocrm.settings(duplicate_control=True)
    fresh = amocrm.arrive(arrival("Светлана", "+79990000007"))[0]
    assert not fresh["merged"]
    assert fresh["id"] not in (closed, elsewhere)
    amocrm.settings(duplicate_control=False)
    for _ in range(3):
        amocrm.arrive(arrival("Светлана", "+79990000007"))
    amocrm.settings(duplicate_control=True)
    assert not amocrm.arrive(arrival("Светлана", "+79990000007"))[0]["merged"]


# Adding and editing


def test_patch_edits_one_or_many_and_answers_id_and_time(amocrm: AmoCrmDriver) -> None:
    anna, boris = amocrm.lead(), amocrm.lead()
    amocrm.set_time("2026-09-01T10:00:00Z")
    one = amocrm.wrote("PATCH", f"leads/{anna}", {"price": 14850000, "status_id": WON})
    assert (one["id"], one["updated_at"]) == (anna, 1788256800)
    rows = [{"id": anna, "name": "Анна, двушка"}, {"id": boris, "tags_to_add": [{"name": "site"}]}]
    many = amocrm.wrote("PATCH", "leads", rows)["_embedded"]["leads"]
    assert [row["id"] for row in many] == [anna, boris]
    lead = amocrm.read(f"leads/{anna}")
    assert (lead["price"], lead["status_id"], lead["pipeline_id"]) == (14850000, WON, PIPELINE)
    assert (lead["closed_at"], lead["name"]) == (1788256800, "Анна, двушка")
    amocrm.wrote("PATCH", f"leads/{anna}", {"status_id": MEETING})
    assert amocrm.read(f"leads/{anna}")["closed_at"] is None


def test_an_edit_of_an_unknown_lead_changes_nothing(amocrm: AmoCrmDriver) -> None:
    anna = amocrm.lead()
    answer = amocrm.call("PATCH", "leads", [{"id": anna, "price": 5}, {"id": 5, "price": 5}])
    assert problems_of(answer) == [("1", "NotSupportedChoice", "id")]
    assert amocrm.read(f"leads/{anna}")["price"] == 0


def test_a_field_is_emptied_by_null_and_tags_are_replaced_or_deleted(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead(custom_fields_values=filled(UTM_SOURCE="yandex"), tags_to_add=[{"name": "a"}, {"name": "b"}])
    empty = [{"field_code": "UTM_SOURCE", "values": None}]
    amocrm.wrote("PATCH", f"leads/{lead}", {"custom_fields_values": empty, "tags_to_delete": [{"name": "a"}]})
    kept = amocrm.in_ledger(lead)
    assert (kept["fields"], kept["tags"]) == ({}, ["b"])
    amocrm.wrote("PATCH", f"leads/{lead}", {"_embedded": {"tags": None}})
    assert amocrm.in_ledger(lead)["tags"] == []


def test_contacts_are_added_edited_and_linked(amocrm: AmoCrmDriver) -> None:
    row = {"first_name": "Артём", "last_name": "Соколов", "custom_fields_values": filled(EMAIL="artyom@sokol.example")}
    added = amocrm.wrote("POST", "contacts", [row])["_embedded"]["contacts"][0]["id"]
    assert amocrm.read(f"contacts/{added}")["name"] == "Артём Соколов"
    amocrm.wrote(
        "PATCH", f"contacts/{added}", {"first_name": "Пётр", "custom_fields_values": filled(PHONE="+79990000009")}
    )
    contact = amocrm.read(f"contacts/{added}")
    assert contact["name"] == "Пётр Соколов"
    assert {one["field_code"] for one in contact["custom_fields_values"]} == {"PHONE", "EMAIL"}
    lead = amocrm.lead()
    link = [{"to_entity_id": added, "to_entity_type": "contacts", "metadata": {"is_main": True}}]
    amocrm.wrote("POST", f"leads/{lead}/link", link)
    assert [one["to_entity_id"] for one in amocrm.listed(f"leads/{lead}/links", "links")] == [added]
    assert amocrm.call("POST", f"leads/{lead}/unlink", link).status_code == 204
    assert amocrm.listed(f"leads/{lead}/links", "links") == []


def test_notes_and_tags_are_kept(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead(_embedded={"tags": [{"name": "site"}]})
    note = [{"entity_id": lead, "note_type": "common", "params": {"text": "Перезвонить"}}]
    note_id = amocrm.wrote("POST", "leads/notes", note)["_embedded"]["notes"][0]["id"]
    assert amocrm.read(f"leads/{lead}/notes/{note_id}")["params"] == {"text": "Перезвонить"}
    assert [tag["name"] for tag in amocrm.listed("leads/tags", "tags")] == ["site"]
    assert amocrm.listed("contacts/tags", "tags") == []


def test_a_lead_may_be_added_with_its_own_dates_and_author(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.read(f"leads/{amocrm.lead(created_at=1788000000, created_by=MARAT, responsible_user_id=OLGA)}")
    assert (lead["created_at"], lead["created_by"], lead["responsible_user_id"]) == (1788000000, MARAT, OLGA)
    assert lead["status_id"] == NEW
