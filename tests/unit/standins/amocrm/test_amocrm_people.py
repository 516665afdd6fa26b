"""What people do in the CRM, the events it leaves, and "unsorted"."""

import pytest

from unit.standins.amocrm.driver import (
    LOST,
    MARAT,
    MEETING,
    NEW,
    OLGA,
    PIPELINE,
    QUALIFIED,
    RESALE,
    UNSORTED,
    WON,
    AmoCrmDriver,
    Json,
    arrival,
    filled,
    problems_of,
)


def events(amocrm: AmoCrmDriver, query: str = "") -> list[Json]:
    return amocrm.listed(f"events?limit=100&{query}", "events")


def stages(event: Json) -> tuple[tuple[int, int], tuple[int, int]]:
    before, after = (event[side][0]["lead_status"] for side in ("value_before", "value_after"))
    return (before["pipeline_id"], before["id"]), (after["pipeline_id"], after["id"])


# Stages and their events


def test_a_move_leaves_an_event_with_its_own_time(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead()
    amocrm.set_time("2026-09-03T12:00:00Z")
    amocrm.act("move", lead_id=lead, status_id=QUALIFIED, at="2026-09-02T11:00:00+03:00")
    amocrm.act("set_price", lead_id=lead, price=14850000)
    event = events(amocrm, "filter[type][]=lead_status_changed")[0]
    assert stages(event) == ((PIPELINE, NEW), (PIPELINE, QUALIFIED))
    assert (event["entity_id"], event["entity_type"], event["created_by"]) == (lead, "lead", OLGA)
    assert event["created_at"] == 1788336000
    assert amocrm.read(f"leads/{lead}")["updated_at"] == 1788436800


def test_won_other_won_again_is_three_events_and_the_pipeline_is_named(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead()
    for pipeline, status in ((PIPELINE, WON), (RESALE, 70021), (RESALE, WON), (PIPELINE, WON)):
        amocrm.act("move", lead_id=lead, pipeline_id=pipeline, status_id=status)
    amocrm.settings(events_order="oldest_first")
    moves = [stages(one)[1] for one in events(amocrm, "filter[type]=lead_status_changed")]
    assert moves == [(PIPELINE, WON), (RESALE, 70021), (RESALE, WON), (PIPELINE, WON)]


def test_events_are_filtered_by_entity_time_author_and_stage(amocrm: AmoCrmDriver) -> None:
    anna, boris = amocrm.lead(), amocrm.lead()
    amocrm.set_time("2026-09-02T09:00:00Z")
    amocrm.act("move", lead_id=anna, status_id=WON)
    amocrm.act("move", lead_id=boris, status_id=LOST, by=MARAT)
    of_anna = f"filter[entity]=lead&filter[entity_id][]={anna}"
    assert [one["type"] for one in events(amocrm, of_anna)] == ["lead_status_changed", "lead_added"]
    assert {one["entity_id"] for one in events(amocrm, "filter[created_at][from]=1788339600")} == {anna, boris}
    assert {one["type"] for one in events(amocrm, "filter[created_at][to]=1788339599")} == {"lead_added"}
    assert [one["entity_id"] for one in events(amocrm, f"filter[created_by][]={MARAT}")] == [boris]
    reached = "filter[value_after][leads_statuses][0]"
    won = f"{reached}[pipeline_id]={PIPELINE}&{reached}[status_id]={WON}"
    assert [one["entity_id"] for one in events(amocrm, won)] == [anna]
    assert amocrm.read(f"events/{events(amocrm, won)[0]['id']}")["entity_id"] == anna


@pytest.mark.parametrize(
    "query",
    [
        "filter[entity_id][]=1",
        "filter[entity][]=lead&filter[entity][]=contact&filter[entity_id][]=1",
        "filter[entity]=lead&" + "&".join(f"filter[entity_id][]={number}" for number in range(11)),
    ],
)
def test_entity_ids_need_one_entity_and_are_ten_at_most(amocrm: AmoCrmDriver, query: str) -> None:
    amocrm.lead()
    assert amocrm.call("GET", f"events?{query}").status_code == 400


def test_events_are_paged_and_may_lag(amocrm: AmoCrmDriver) -> None:
    for _ in range(3):
        amocrm.lead()
    first = amocrm.read("events?limit=2")
    rest = amocrm.read(first["_links"]["next"]["href"])
    assert [len(page["_embedded"]["events"]) for page in (first, rest)] == [2, 1]
    assert "next" not in rest["_links"]
    amocrm.settings(events_lag_seconds=60)
    assert events(amocrm) == []
    amocrm.set_time("2026-09-01T09:01:00Z")
    assert len(events(amocrm)) == 3


def test_every_kind_of_edit_leaves_its_event(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.act("create_lead", name="Виктор", phone="+79990000033", fields={"UTM_SOURCE": "yandex"})["lead_id"]
    amocrm.act("set_price", lead_id=lead, price=100)
    amocrm.act("edit_field", lead_id=lead, field="UTM_SOURCE", value=None)
    amocrm.act("rename", lead_id=lead, name="Виктор, шоурум")
    amocrm.act("set_responsible", lead_id=lead, user_id=MARAT)
    amocrm.act("set_tags", lead_id=lead, add=["шоурум"])
    amocrm.act("write_note", lead_id=lead, text="Приехал сам")
    amocrm.act("delete", lead_id=lead)
    amocrm.act("restore", lead_id=lead)
    amocrm.settings(events_order="oldest_first")
    history = events(amocrm, f"filter[entity]=lead&filter[entity_id][]={lead}")
    field_id = next(one["field_id"] for one in _wiped(history))
    assert [one["type"] for one in history] == [
        "lead_added",
        f"custom_field_{field_id}_value_changed",
        "entity_linked",
        "sale_field_changed",
        f"custom_field_{field_id}_value_changed",
        "name_field_changed",
        "entity_responsible_changed",
        "entity_tag_added",
        "common_note_added",
        "lead_deleted",
        "lead_restored",
    ]
    assert _wiped(history)[-1]["text"] == "yandex"
    assert len(events(amocrm, "filter[type]=custom_field_value_changed&filter[entity]=lead")) == 2
    assert [one["type"] for one in amocrm.in_ledger(lead)["history"]] == [one["type"] for one in history]


def _wiped(history: list[Json]) -> list[Json]:
    """What custom fields held before a change."""
    return [
        value["custom_field_value"] for one in history for value in one["value_before"] if "custom_field_value" in value
    ]


# Born in the CRM, edited, merged, deleted


def test_a_lead_born_in_the_crm_has_its_contact(amocrm: AmoCrmDriver) -> None:
    born = amocrm.act(
        "create_lead", name="Осмотр шоурума", contact_name="Виктор", phone="+79990000033", status_id=MEETING
    )
    lead = amocrm.read(f"leads/{born['lead_id']}?with=contacts")
    assert (lead["status_id"], lead["created_by"]) == (MEETING, OLGA)
    contact = amocrm.read(f"contacts/{lead['_embedded']['contacts'][0]['id']}")
    assert (contact["name"], contact["custom_fields_values"][0]["values"][0]["value"]) == ("Виктор", "+79990000033")
    again = amocrm.act("create_lead", name="Кладовая", contact_id=born["contact_id"])
    assert {one["id"] for one in amocrm.read(f"contacts/{contact['id']}?with=leads")["_embedded"]["leads"]} == {
        born["lead_id"],
        again["lead_id"],
    }
    assert amocrm.ledger()["created_by_request"] == []


def test_a_merge_takes_the_losers_contacts_and_fills_gaps_and_the_loser_is_gone(amocrm: AmoCrmDriver) -> None:
    anna = amocrm.arrive(arrival("Алиса", "+79990000001", custom_fields_values=filled(UTM_SOURCE="yandex")))[0]
    artyom = amocrm.arrive(arrival("Артём", "+79990000002", custom_fields_values=filled(UTM_SOURCE="vk", YCLID="7")))[0]
    amocrm.act("merge", winner=anna["id"], loser=artyom["id"])
    winner = amocrm.in_ledger(anna["id"])
    assert winner["fields"] == {"UTM_SOURCE": "yandex", "YCLID": "7"}
    assert winner["contact_ids"] == [anna["contact_id"], artyom["contact_id"]]
    assert amocrm.call("GET", f"leads/{artyom['id']}").status_code == 204
    assert amocrm.ids("leads") == [anna["id"]]
    assert amocrm.listed("leads?with=only_deleted") == []
    assert amocrm.in_ledger(artyom["id"])["merged_into"] == anna["id"]
    types = {(one["type"], one["entity_id"]) for one in events(amocrm)}
    assert {("entity_merged", anna["id"]), ("lead_deleted", artyom["id"])} <= types
    assert "not in the bin" in amocrm.refused("actions", {"action": "restore", "lead_id": artyom["id"]})


def test_gaps_stay_where_the_account_says_so(amocrm: AmoCrmDriver) -> None:
    amocrm.settings(merge_fills_gaps=False)
    winner, loser = amocrm.lead(), amocrm.lead(custom_fields_values=filled(YCLID="7"))
    amocrm.act("merge", winner=winner, loser=loser)
    assert amocrm.in_ledger(winner)["fields"] == {}


def test_a_deleted_lead_comes_back_when_restored(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead(status_id=MEETING)
    amocrm.act("delete", lead_id=lead)
    amocrm.act("restore", lead_id=lead)
    assert amocrm.read(f"leads/{lead}")["status_id"] == MEETING


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"action": "move", "lead_id": 5, "status_id": WON}, "There is no lead 5"),
        ({"action": "fly", "lead_id": 5}, "'move'"),
        ({"action": "set_price", "lead_id": 5, "prise": 7}, "prise"),
        ({"action": "create_lead", "name": "x", "pipeline_id": 5}, "7001, 7002"),
        ({"action": "create_lead", "name": "x", "status_id": 5}, "70011 Новая"),
        ({"action": "create_lead", "name": "x", "fields": {"COLOUR": "red"}}, "'COLOUR'"),
        ({"action": "accept_unsorted", "lead_id": 5}, "No such request waits"),
        ("move", "not understood"),
    ],
)
def test_an_order_that_cannot_be_done_says_why(amocrm: AmoCrmDriver, order: object, named: str) -> None:
    assert named in amocrm.refused("actions", order)


def test_what_is_done_to_a_lead_that_is_gone_is_refused(amocrm: AmoCrmDriver) -> None:
    winner, loser = amocrm.lead(), amocrm.lead()
    amocrm.act("merge", winner=winner, loser=loser)
    assert "merged" in amocrm.refused("actions", {"action": "move", "lead_id": loser, "status_id": WON})
    assert "not two live leads" in amocrm.refused("actions", {"action": "merge", "winner": winner, "loser": loser})


# "Unsorted"

FORM = {"form_id": 1, "form_name": "Обратный звонок", "form_page": "sokol.example", "form_sent_at": 1788253200}


def waiting(amocrm: AmoCrmDriver) -> Json:
    """A request that came by /leads/complex with metadata."""
    sent = arrival("Жанна", "+79990000004", status_id=MEETING)
    sent["_embedded"]["metadata"] = {"category": "forms", **FORM, "ip": "203.0.113.7", "referer": "https://ya.ru/"}
    return amocrm.arrive(sent)[0]


def test_metadata_makes_a_request_that_waits_in_unsorted_whatever_stage_it_names(amocrm: AmoCrmDriver) -> None:
    created = waiting(amocrm)
    assert amocrm.read(f"leads/{created['id']}")["status_id"] == UNSORTED
    assert amocrm.call("GET", f"contacts/{created['contact_id']}").status_code == 204
    listed = amocrm.listed("leads/unsorted", "unsorted")
    assert [one["_embedded"]["leads"][0]["id"] for one in listed] == [created["id"]]


def test_an_accepted_request_becomes_an_ordinary_lead(amocrm: AmoCrmDriver) -> None:
    created = waiting(amocrm)
    amocrm.act("accept_unsorted", lead_id=created["id"], status_id=QUALIFIED)
    assert amocrm.read(f"leads/{created['id']}")["status_id"] == QUALIFIED
    assert amocrm.read(f"contacts/{created['contact_id']}")["name"] == "Жанна"
    assert amocrm.listed("leads/unsorted", "unsorted") == []
    assert "none" in amocrm.refused("actions", {"action": "accept_unsorted", "lead_id": created["id"]})


def test_a_request_accepted_into_another_lead_loses_its_id(amocrm: AmoCrmDriver) -> None:
    old = amocrm.lead()
    created = waiting(amocrm)
    amocrm.act("accept_unsorted", lead_id=created["id"], into=old)
    assert amocrm.call("GET", f"leads/{created['id']}").status_code == 204
    assert amocrm.in_ledger(old)["contact_ids"] == [created["contact_id"]]


def test_the_api_accepts_and_declines_requests(amocrm: AmoCrmDriver) -> None:
    first, second = waiting(amocrm), waiting(amocrm)
    uids = [one["uid"] for one in amocrm.listed("leads/unsorted", "unsorted")]
    amocrm.wrote("POST", f"leads/unsorted/{uids[0]}/accept", {"user_id": OLGA, "status_id": NEW})
    assert amocrm.read(f"leads/{first['id']}")["status_id"] == NEW
    amocrm.wrote("DELETE", f"leads/unsorted/{uids[1]}/decline", {})
    assert amocrm.call("GET", f"leads/{second['id']}").status_code == 204
    assert amocrm.call("POST", f"leads/unsorted/{uids[1]}/accept", {}).status_code == 404


def test_a_form_request_names_its_source_and_is_not_taken_twice(amocrm: AmoCrmDriver) -> None:
    row = {
        "request_id": "f1",
        "source_name": "Сайт",
        "source_uid": "site-1",
        "metadata": FORM,
        "_embedded": {"leads": [{"name": "Жанна", "price": 5}], "contacts": [{"name": "Жанна"}]},
    }
    answered = amocrm.wrote("POST", "leads/unsorted/forms", [row])
    one = answered["_embedded"]["unsorted"][0]
    assert (answered["_total_items"], one["request_id"], len(one["_embedded"]["contacts"])) == (1, "f1", 1)
    assert problems_of(amocrm.call("POST", "leads/unsorted/forms", [row])) == [("f1", "NotUnique", "metadata")]
    nameless = {**row, "source_name": "", "metadata": {**FORM, "form_id": None}}
    paths = [path for _, _, path in problems_of(amocrm.call("POST", "leads/unsorted/forms", [nameless]))]
    assert paths == ["source_name", "metadata.form_id"]


def test_the_feed_tells_who_typed_what_over_what_and_when(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.act("create_lead", name="Виктор", fields={"UTM_SOURCE": "yandex"})["lead_id"]
    amocrm.set_time("2026-09-01T10:00:00Z")
    amocrm.act("edit_field", lead_id=lead, field="UTM_SOURCE", value="avito", by=MARAT)
    amocrm.set_time("2026-09-01T10:05:00Z")
    for _ in range(2):  # the second changes nothing
        amocrm.wrote("PATCH", f"leads/{lead}", {"custom_fields_values": filled(UTM_SOURCE="yandex")})
    amocrm.settings(events_order="oldest_first")
    history = events(amocrm, f"filter[type]=custom_field_value_changed&filter[entity]=lead&filter[entity_id][]={lead}")
    told = [
        (one["created_by"], one["created_at"], _texts(one["value_before"]), _texts(one["value_after"]))
        for one in history
    ]
    assert told[1:] == [
        (MARAT, 1788256800, ["yandex"], ["avito"]),
        (0, 1788257100, ["avito"], ["yandex"]),
    ]
    [field_id] = {value["custom_field_value"]["field_id"] for one in history for value in one["value_after"]}
    assert {one["type"] for one in history} == {f"custom_field_{field_id}_value_changed"}
    only = f"filter[type][]=custom_field_{field_id}_value_changed&filter[entity][]=lead&filter[entity_id][]={lead}"
    assert events(amocrm, only) == history


def _texts(values: list[Json]) -> list[str]:
    return [value["custom_field_value"]["text"] for value in values]
