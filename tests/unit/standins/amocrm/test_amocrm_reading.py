"""Reading leads, contacts and dictionaries: filters, pages, 204."""

import pytest

from unit.standins.amocrm.driver import (
    LOST,
    MEETING,
    NEW,
    PIPELINE,
    QUALIFIED,
    RESALE,
    WON,
    AmoCrmDriver,
    arrival,
    filled,
)

SEPTEMBER_FIRST = 1788253200


def three(amocrm: AmoCrmDriver) -> list[int]:
    """Анна, Борис and Вера, an hour apart."""
    found = []
    for hour, name in enumerate(("Анна", "Борис", "Вера")):
        amocrm.set_time(f"2026-09-01T{9 + hour:02}:00:00Z")
        found.append(amocrm.lead(name=name))
    return found


# Nothing found


@pytest.mark.parametrize(
    "path", ["leads/5", "contacts/5", "leads", "contacts", "leads?page=7", "events", "leads/pipelines/5"]
)
def test_nothing_found_is_204_without_a_body(amocrm: AmoCrmDriver, path: str) -> None:
    answer = amocrm.call("GET", path)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_page_past_the_end_is_204(amocrm: AmoCrmDriver) -> None:
    three(amocrm)
    assert amocrm.ids("leads?limit=2&page=3") == []


# Pages


def pages(amocrm: AmoCrmDriver, path: str) -> list[list[int]]:
    """Follows next links from a path to the end."""
    found = []
    following: str | None = path
    while following:
        page = amocrm.read(following)
        found.append([lead["id"] for lead in page["_embedded"]["leads"]])
        following = page["_links"].get("next", {}).get("href")
    return found


def test_next_links_are_absolute_keep_the_query_and_end(amocrm: AmoCrmDriver) -> None:
    anna, boris, vera = three(amocrm)
    first = amocrm.read("leads?limit=2&order[updated_at]=desc&with=contacts")
    assert first["_page"] == 1
    assert first["_links"]["next"]["href"].startswith(amocrm.base_url + "/api/v4/leads?")
    assert pages(amocrm, "leads?limit=2&order[updated_at]=desc&with=contacts") == [[vera, boris], [anna]]


def test_a_short_page_still_has_a_next_link(amocrm: AmoCrmDriver) -> None:
    leads = three(amocrm)
    amocrm.settings(short_pages=True)
    assert pages(amocrm, "leads?limit=2") == [[one] for one in leads]


@pytest.mark.parametrize(
    "path", ["leads?limit=251", "events?limit=101", "leads?limit=0", "leads?page=0", "leads?limit=ten"]
)
def test_pages_beyond_the_vendors_limits_are_400(amocrm: AmoCrmDriver, path: str) -> None:
    assert amocrm.call("GET", path).status_code == 400


# Filters


def test_filters_by_id_time_and_stage(amocrm: AmoCrmDriver) -> None:
    anna, boris, vera = three(amocrm)
    amocrm.set_time("2026-09-01T12:00:00Z")
    amocrm.wrote("PATCH", f"leads/{anna}", {"status_id": QUALIFIED})
    assert amocrm.ids(f"leads?filter[id][]={boris}&filter[id][]={vera}&filter[id][]=5") == [boris, vera]
    assert amocrm.ids(f"leads?filter[updated_at][from]={SEPTEMBER_FIRST + 7200}") == [anna, vera]
    between = f"filter[created_at][from]={SEPTEMBER_FIRST}&filter[created_at][to]={SEPTEMBER_FIRST + 3600}"
    assert amocrm.ids(f"leads?{between}") == [anna, boris]
    stage = f"filter[statuses][0][pipeline_id]={PIPELINE}&filter[statuses][0][status_id]="
    assert amocrm.ids(f"leads?{stage}{QUALIFIED}") == [anna]
    assert amocrm.ids(f"leads?{stage}{NEW}") == [boris, vera]
    assert amocrm.ids(f"leads?filter[pipeline_id][]={RESALE}") == []


def test_filter_by_custom_field(amocrm: AmoCrmDriver) -> None:
    anna = amocrm.lead(custom_fields_values=filled(LEADLOOP_ID="L-anna"))
    boris = amocrm.lead(custom_fields_values=filled(LEADLOOP_ID="L-boris"))
    by_field = "leads?filter[custom_fields_values][752901][]="
    assert amocrm.ids(by_field + "L-boris") == [boris]
    assert amocrm.ids(f"{by_field}L-boris&filter[custom_fields_values][752901][]=L-anna") == [anna, boris]
    assert amocrm.ids(by_field + "L-vera") == []


def test_an_account_without_the_option_answers_unfiltered(amocrm: AmoCrmDriver) -> None:
    leads = three(amocrm)
    amocrm.settings(custom_field_filters="ignored")
    assert amocrm.ids("leads?filter[custom_fields_values][752901][]=L-boris") == leads
    assert amocrm.ids(f"leads?filter[id][]={leads[0]}") == leads[:1]
    amocrm.settings(filters="ignored")
    assert amocrm.ids(f"leads?filter[id][]={leads[0]}") == leads
    amocrm.settings(filters="refused")
    assert amocrm.call("GET", f"leads?filter[id][]={leads[0]}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "filter[updated_at]=yesterday",
        "filter[statuses]=142",
        "filter[statuses][]=142",
        "filter[custom_fields_values]=x",
        "filter[custom_fields_values][YCLID][]=x",
        "order[price]=asc",
        "order[id]=up",
    ],
)
def test_a_filter_that_means_nothing_is_400(amocrm: AmoCrmDriver, query: str) -> None:
    amocrm.lead()
    assert amocrm.call("GET", f"leads?{query}").status_code == 400


def test_query_searches_names_fields_and_the_phones_of_contacts(amocrm: AmoCrmDriver) -> None:
    anna = amocrm.arrive(arrival("Анна", "+7 999 000-00-01", custom_fields_values=filled(YCLID="7325873983740247041")))[
        0
    ]
    amocrm.arrive(arrival("Борис", "+79990000002"))
    for query in ("анна", "7325873983740247041", "79990000001", "89990000001"):
        assert amocrm.ids(f"leads?query={query}") == [anna["id"]]
    assert [one["id"] for one in amocrm.listed("contacts?query=79990000001", "contacts")] == [anna["contact_id"]]


# Shapes


def test_contacts_and_loss_reason_come_only_when_asked_and_the_reason_is_a_list(amocrm: AmoCrmDriver) -> None:
    created = amocrm.arrive(arrival("Анна"))[0]
    amocrm.act("move", lead_id=created["id"], status_id=LOST, loss_reason_id=501)
    plain = amocrm.read(f"leads/{created['id']}")
    assert set(plain["_embedded"]) == {"tags", "companies"}
    assert plain["loss_reason_id"] == 501
    asked = amocrm.read(f"leads/{created['id']}?with=contacts,loss_reason")["_embedded"]
    assert [(one["id"], one["is_main"]) for one in asked["contacts"]] == [(created["contact_id"], True)]
    assert [(one["id"], one["name"]) for one in asked["loss_reason"]] == [(501, "Дорого")]
    assert amocrm.call("GET", f"leads/{created['id']}").headers["Content-Type"] == "application/hal+json"


def test_a_lead_without_fields_has_null_instead_of_a_list(amocrm: AmoCrmDriver) -> None:
    assert amocrm.read(f"leads/{amocrm.lead()}")["custom_fields_values"] is None


def test_won_and_lost_have_the_same_ids_in_every_pipeline_under_names_users_gave(amocrm: AmoCrmDriver) -> None:
    pipelines = amocrm.listed("leads/pipelines", "pipelines")
    names = {one["id"]: {status["id"]: status["name"] for status in one["_embedded"]["statuses"]} for one in pipelines}
    assert names[PIPELINE][WON] == "Продано"
    assert names[RESALE][WON] == "Успешно реализовано"
    assert names[PIPELINE][LOST] == names[RESALE][LOST] == "Закрыто и не реализовано"
    types = {status["id"]: status["type"] for status in pipelines[0]["_embedded"]["statuses"]}
    assert [status for status, kind in types.items() if kind == 1] == [70010]
    assert [one["is_main"] for one in pipelines] == [True, False]


def test_a_stage_renamed_by_a_person_keeps_its_id(amocrm: AmoCrmDriver) -> None:
    amocrm.act("rename_status", pipeline_id=PIPELINE, status_id=WON, name="Ключи выданы")
    statuses = amocrm.read(f"leads/pipelines/{PIPELINE}")["_embedded"]["statuses"]
    assert {one["id"]: one["name"] for one in statuses}[WON] == "Ключи выданы"


def test_account_loss_reasons_and_users_are_listed(amocrm: AmoCrmDriver) -> None:
    account = amocrm.read("account?with=is_api_filter_enabled,datetime_settings")
    assert (account["subdomain"], account["is_api_filter_enabled"]) == ("sokol", True)
    assert account["_embedded"]["datetime_settings"]["timezone"] == "Europe/Moscow"
    assert [one["name"] for one in amocrm.listed("leads/loss_reasons", "loss_reasons")] == ["Дорого"]
    assert [one["name"] for one in amocrm.listed("users", "users")] == ["Ольга", "Марат"]


def test_contacts_show_their_leads_and_are_read_many_at_once(amocrm: AmoCrmDriver) -> None:
    anna, boris = amocrm.arrive(arrival("Анна", "+79990000001"), arrival("Борис"))
    one = amocrm.read(f"contacts/{anna['contact_id']}?with=leads")
    assert [lead["id"] for lead in one["_embedded"]["leads"]] == [anna["id"]]
    phone = one["custom_fields_values"][0]
    assert (phone["field_code"], phone["values"][0]["value"]) == ("PHONE", "+79990000001")
    assert phone["values"][0]["enum_code"] == "WORK"
    both = f"contacts?filter[id][]={anna['contact_id']}&filter[id][]={boris['contact_id']}"
    assert [contact["name"] for contact in amocrm.listed(both, "contacts")] == ["Анна", "Борис"]


def test_ids_beyond_32_bits_on_request(amocrm: AmoCrmDriver) -> None:
    small = amocrm.lead()
    amocrm.settings(large_ids=True)
    large = amocrm.arrive(arrival("Вера"))[0]
    assert small < 2**31 < 2**33 < large["id"]
    assert amocrm.read(f"leads/{large['id']}")["id"] == large["id"]


# Custom fields


def test_tracking_fields_are_listed_by_code_and_an_old_account_lacks_some(amocrm: AmoCrmDriver) -> None:
    listing = amocrm.read("leads/custom_fields?limit=250")
    codes = {one["code"]: one["type"] for one in listing["_embedded"]["custom_fields"]}
    assert codes["_YM_UID"] == codes["YCLID"] == codes["UTM_SOURCE"] == "tracking_data"
    assert sum(kind == "tracking_data" for kind in codes.values()) == 19
    assert listing["_total_items"] == 24
    amocrm.control("POST", "reset")
    amocrm.control("POST", "tracking_fields", [{"code": "YCLID", "id": 888001}])
    still = amocrm.listed("leads/custom_fields?limit=250", "custom_fields")
    assert [one["id"] for one in still if one["type"] == "tracking_data"] == [888001]
    answer = amocrm.call("POST", "leads", [{"custom_fields_values": filled(UTM_SOURCE="yandex")}])
    assert answer.status_code == 400


def test_a_field_is_created_once_per_code(amocrm: AmoCrmDriver) -> None:
    created = amocrm.call("POST", "leads/custom_fields", [{"name": "Наш номер", "type": "text", "code": "OUR_ID"}])
    assert created.status_code == 201
    field_id = created.json()["_embedded"]["custom_fields"][0]["id"]
    lead = amocrm.lead(custom_fields_values=filled(OUR_ID="7"))
    assert amocrm.read(f"leads/{lead}")["custom_fields_values"][0]["field_id"] == field_id
    again = amocrm.call("POST", "leads/custom_fields", [{"name": "Наш номер", "type": "text", "code": "OUR_ID"}])
    assert again.status_code == 400
    system = amocrm.call("POST", "leads/custom_fields", [{"name": "x", "type": "tracking_data"}])
    assert system.status_code == 400


def test_a_deleted_lead_is_found_only_in_the_bin(amocrm: AmoCrmDriver) -> None:
    lead = amocrm.lead(status_id=MEETING)
    amocrm.act("delete", lead_id=lead)
    assert amocrm.call("GET", f"leads/{lead}").status_code == 204
    assert amocrm.ids("leads") == []
    binned = amocrm.listed("leads?with=only_deleted")
    assert [(one["id"], one["is_deleted"]) for one in binned] == [(lead, True)]
