"""Both shapes of a record, lists and their filters, refusals without a code."""

import json
from pathlib import Path

import pytest

from unit.standins.bitrix24.driver import DEAL, LEAD, MARAT, RESALE, Bitrix24Driver, Json


def recorded(bodies: Path, name: str) -> Json:
    body: Json = json.loads((bodies / "answers" / f"{name}.json").read_text(encoding="utf-8"))
    return body


def of_those_keys(answered: Json, body: Json) -> Json:
    return {key: answered.get(key, "absent") for key in body}


@pytest.fixture
def flat(portal: Bitrix24Driver) -> int:
    """The deal of the golden bodies."""
    for name in ("Анна", "Борис"):
        portal.result("crm.contact.add", fields={"NAME": name})
    return portal.deal(
        TITLE="Квартира на Ленина",
        TYPE_ID="SALE",
        STAGE_ID="PREPARATION",
        OPPORTUNITY=14850000,
        IS_MANUAL_OPPORTUNITY="Y",
        CONTACT_IDS=[1, 3],
        CLOSEDATE="15.10.2026",
        ASSIGNED_BY_ID=MARAT,
        SOURCE_ID="WEB",
        UTM_SOURCE="yandex",
        UTM_MEDIUM="cpc",
        UF_CRM_YCLID="12345678901234567890",
        UF_CRM_1721244482250=7,
        UF_CRM_MORTGAGE="Y",
        UF_CRM_AREA="54.5",
        UF_CRM_NOBODY_KNOWS="ignored",
    )


# Shapes


def test_a_classic_deal_is_all_texts(portal: Bitrix24Driver, flat: int, bodies: Path) -> None:
    body = recorded(bodies, "deal-get")
    answer = portal.answer("crm.deal.get", id=flat)
    assert of_those_keys(answer["result"], body) == body
    assert {type(value) for value in answer["result"].values()} == {str, type(None)}
    assert set(answer) == {"result", "time"}
    assert {"start", "finish", "duration", "processing", "date_start", "date_finish", "operating"} <= set(
        answer["time"]
    )
    assert answer["time"]["date_start"] == "2026-09-01T12:00:00+03:00"
    assert "UF_CRM_NOBODY_KNOWS" not in answer["result"]


def test_a_universal_deal_has_numbers_and_other_names(portal: Bitrix24Driver, flat: int, bodies: Path) -> None:
    body = recorded(bodies, "item-get-deal")
    result = portal.result("crm.item.get", entityTypeId=DEAL, id=flat)
    assert set(result) == {"item"}
    assert of_those_keys(result["item"], body) == body
    original = portal.result("crm.item.get", entityTypeId=DEAL, id=flat, useOriginalUfNames="Y")["item"]
    assert (original["UF_CRM_YCLID"], "ufCrmYclid" in original, original["title"]) == (
        "12345678901234567890",
        False,
        "Квартира на Ленина",
    )


def test_a_universal_lead_holds_phones_in_fm(portal: Bitrix24Driver, bodies: Path) -> None:
    lead = portal.result(
        "crm.lead.add",
        fields={
            "TITLE": "Заявка с сайта",
            "NAME": "Анна",
            "OPPORTUNITY": "999.90",
            "SOURCE_ID": "WEBFORM",
            "PHONE": [{"VALUE": "+79990000001", "VALUE_TYPE": "MOBILE"}],
            "EMAIL": [{"VALUE": "anna@example.com"}],
        },
    )
    body = recorded(bodies, "item-get-lead")
    assert of_those_keys(portal.result("crm.item.get", entityTypeId=LEAD, id=lead)["item"], body) == body
    listed = [
        portal.result("crm.item.list", entityTypeId=LEAD, **choice)["items"][0]
        for choice in ({}, {"select": ["id", "title"]}, {"select": ["*"]}, {"select": ["id", "fm"]})
    ]
    assert ["fm" in one for one in listed] == [False, False, True, True]
    assert listed[1] == {"id": 51, "title": "Заявка с сайта"}
    assert "STATUS_ID" in portal.result("crm.lead.get", id=lead)


def test_universal_methods_take_either_name_and_answer_the_item(portal: Bitrix24Driver) -> None:
    fields = {"title": "Борис", "UF_CRM_YCLID": "1", "ufCrmLeadloopId": "L1", "stageId": "C1:WON", "categoryId": RESALE}
    item = portal.result("crm.item.add", entityTypeId=DEAL, fields=fields)["item"]
    assert (item["ufCrmYclid"], item["ufCrmLeadloopId"], item["stageId"]) == ("1", "L1", "C1:WON")
    changed = portal.result("crm.item.update", entityTypeId=DEAL, id=item["id"], fields={"opportunity": 5.5})["item"]
    assert (changed["opportunity"], changed["stageSemanticId"]) == (5.5, "S")
    assert portal.result("crm.item.delete", entityTypeId=DEAL, id=item["id"]) == []


def test_underscores_stay_between_digits_only(portal: Bitrix24Driver) -> None:
    portal.control("POST", "user_fields", [{"code": "10_5186744711"}, {"code": "10_DIGIT10"}])
    item = portal.result("crm.item.get", entityTypeId=DEAL, id=portal.deal())["item"]
    assert {"ufCrm10_5186744711", "ufCrm10Digit10", "ufCrm_1721244482250", "ufCrmLeadloopId"} <= set(item)


def test_dates_are_told_with_the_servers_offset(portal: Bitrix24Driver) -> None:
    deal = portal.deal()
    portal.settings(utc_offset_minutes=120)
    assert portal.read(deal)["DATE_CREATE"] == "2026-09-01T11:00:00+02:00"
    assert portal.result("server.time") == "2026-09-01T11:00:00+02:00"
    assert portal.result("crm.deal.list", filter={">=DATE_CREATE": "2026-09-01T09:00:00+00:00"})
    assert portal.result("crm.deal.list", filter={">=DATE_CREATE": "2026-09-01T11:00:00"})
    assert not portal.result("crm.deal.list", filter={">DATE_CREATE": "2026-09-01T11:00:00"})
    assert portal.result("crm.deal.list", filter={">=DATE_CREATE": "2026-09-01"})


def test_an_enumeration_is_told_by_the_id_of_its_choice(portal: Bitrix24Driver) -> None:
    (finish,) = (one for one in portal.result("crm.deal.userfield.list") if one["FIELD_NAME"] == "UF_CRM_FINISH")
    chosen = finish["LIST"][1]["ID"]
    deal = portal.deal(UF_CRM_FINISH=chosen)
    assert portal.read(deal)["UF_CRM_FINISH"] == chosen
    assert portal.result("crm.item.get", entityTypeId=DEAL, id=deal)["item"]["ufCrmFinish"] == int(chosen)


def test_a_deal_tells_its_contacts_apart_from_its_fields(portal: Bitrix24Driver, flat: int) -> None:
    assert "CONTACT_IDS" not in portal.read(flat)
    rows = portal.result("crm.deal.contact.items.get", id=flat)
    assert [(one["CONTACT_ID"], one["IS_PRIMARY"]) for one in rows] == [(1, "Y"), (3, "N")]
    assert portal.refused("crm.deal.contact.items.get", id=99)[:2] == (400, "")


def test_phones_are_changed_by_their_ids(portal: Bitrix24Driver) -> None:
    person = portal.result("crm.contact.add", fields={"PHONE": [{"VALUE": "1"}, {"VALUE": "2"}]})
    edit = {"PHONE": [{"ID": 1, "VALUE": "3"}, {"ID": 3, "DELETE": "Y"}, {"VALUE": "4"}]}
    assert portal.result("crm.contact.update", id=person, fields=edit) is True
    assert [one["VALUE"] for one in portal.result("crm.contact.get", id=person)["PHONE"]] == ["3", "4"]


def test_fields_describe_themselves(portal: Bitrix24Driver) -> None:
    fields = portal.result("crm.deal.fields")
    assert fields["OPPORTUNITY"]["type"] == "double"
    assert (fields["DATE_CREATE"]["isReadOnly"], fields["CATEGORY_ID"]["isImmutable"]) == (True, True)
    assert (fields["UF_CRM_YCLID"]["isDynamic"], "PHONE" in fields) == (True, False)
    assert portal.result("crm.lead.fields")["PHONE"]["type"] == "crm_multifield"


# Lists


def with_deals(portal: Bitrix24Driver, number: int) -> Bitrix24Driver:
    rows = [{"fields": {"TITLE": f"Сделка {place}", "OPPORTUNITY": place}} for place in range(number)]
    portal.control("POST", "deals", rows)
    return portal


@pytest.fixture
def eleven(portal: Bitrix24Driver) -> Bitrix24Driver:
    """Eleven deals: 401, 403, … 421."""
    return with_deals(portal, 11)


@pytest.fixture
def many(portal: Bitrix24Driver) -> Bitrix24Driver:
    """A hundred and one deals: 401, 403, … 601."""
    return with_deals(portal, 101)


def ids(portal: Bitrix24Driver, **params: object) -> list[str]:
    return [one["ID"] for one in portal.result("crm.deal.list", select=["ID"], **params)]


@pytest.mark.parametrize("method", ["crm.deal.list", "crm.item.list"])
def test_pages_are_fifty_rows_and_next_is_told_until_the_end(many: Bitrix24Driver, method: str) -> None:
    seen = []
    for start in (0, 50, 100, 150):
        answer = many.answer(method, entityTypeId=DEAL, start=start, select=["ID"])
        rows = answer["result"]["items"] if method == "crm.item.list" else answer["result"]
        seen.append((len(rows), answer["total"], answer.get("next")))
    assert seen == [(50, 101, 50), (50, 101, 100), (1, 101, None), (0, 101, None)]


def test_a_full_last_page_has_no_next(many: Bitrix24Driver) -> None:
    answer = many.answer("crm.deal.list", filter={"<ID": 501}, select=["ID"])
    assert (len(answer["result"]), answer["total"], "next" in answer) == (50, 50, False)


def test_start_minus_one_counts_nothing(many: Bitrix24Driver) -> None:
    answer = many.answer("crm.deal.list", start=-1, order={"ID": "ASC"}, filter={">ID": 501}, select=["ID"])
    assert set(answer) == {"result", "time"}
    assert [one["ID"] for one in answer["result"]] == [str(number) for number in range(503, 603, 2)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"ID": 403}, ["403"]),
        ({"=TITLE": "сделка 2"}, ["405"]),
        ({"@ID": [401, 405, 77]}, ["401", "405"]),
        ({"ID": [401, 405]}, ["401", "405"]),
        ({"!@ID": [401, 403], "<ID": 407}, ["405"]),
        ({"<=OPPORTUNITY": 1}, ["401", "403"]),
        ({">=OPPORTUNITY": "9.5"}, ["421"]),
        ({"!ID": 401, "<ID": 405}, ["403"]),
        ({"!=ID": 401, "<ID": 405}, ["403"]),
        ({"%TITLE": "ка 10"}, ["421"]),
        ({"=%TITLE": "%а 1"}, ["403"]),
        ({"%=TITLE": "%ка 1"}, ["403"]),
        ({"!%TITLE": "Сделка"}, []),
        ({"UTM_SOURCE": "", "<ID": 403}, ["401"]),
        ({"STAGE_ID": "C1:NEW"}, []),
        ({"STAGE_SEMANTIC_ID": "P", "<ID": 403}, ["401"]),
    ],
)
def test_filters_know_their_prefixes(eleven: Bitrix24Driver, condition: Json, found: list[str]) -> None:
    assert ids(eleven, filter=condition) == found


def test_classic_lists_pass_over_unknown_fields_and_universal_ones_refuse(eleven: Bitrix24Driver) -> None:
    assert len(ids(eleven, filter={"UF_CRM_MISTYPED": "1"})) == 11
    eleven.settings(unknown_filter_field="refused")
    assert eleven.refused("crm.deal.list", filter={"UF_CRM_MISTYPED": "1"})[:2] == (400, "INVALID_ARG_VALUE")
    for condition in ({"ufCrmMistyped": "1"}, {">createdTime": "yesterday"}):
        assert eleven.refused("crm.item.list", entityTypeId=DEAL, filter=condition)[:2] == (400, "INVALID_ARG_VALUE")


def test_a_universal_filter_takes_either_name_and_nested_or(eleven: Bitrix24Driver) -> None:
    either = {"0": {"logic": "OR", "0": {"title": "Сделка 1"}, "1": {"=OPPORTUNITY": 2}}, "<id": 405}
    rows = eleven.result("crm.item.list", entityTypeId=DEAL, filter=either, select=["id"])["items"]
    assert rows == [{"id": 403}]


def test_order_is_by_any_field(eleven: Bitrix24Driver) -> None:
    assert ids(eleven, order={"OPPORTUNITY": "DESC"})[0] == "421"
    assert ids(eleven, order={"STAGE_ID": "ASC", "ID": "DESC"})[0] == "421"
    eleven.settings(default_order="DESC")
    assert ids(eleven)[0] == "421"


def test_contacts_are_found_by_a_phone_only_as_it_is_written(portal: Bitrix24Driver) -> None:
    portal.act("create", kind="contact", fields={"NAME": "Анна"}, phones=["8 (999) 000-00-01"])
    literal = [
        portal.result("crm.contact.list", filter={"PHONE": phone}) for phone in ("8 (999) 000-00-01", "+79990000001")
    ]
    assert [len(rows) for rows in literal] == [1, 0]
    assert portal.result("crm.duplicate.findbycomm", type="PHONE", values=["+79990000001"]) == {"CONTACT": [1]}
    portal.settings(phone_search="digits")
    assert portal.result("crm.duplicate.findbycomm", type="PHONE", values=["+79990000001"]) == []


def test_findbycomm_ends_with_twenty_and_answers_an_empty_list(portal: Bitrix24Driver) -> None:
    for _ in range(21):
        portal.act("create", kind="lead", emails=["anna@example.com"])
    portal.act("create", kind="contact", emails=["ANNA@example.com"])
    assert portal.result(
        "crm.duplicate.findbycomm", type="EMAIL", values=["anna@example.com"], entity_type="CONTACT"
    ) == {"CONTACT": [1]}
    found = portal.result("crm.duplicate.findbycomm", type="EMAIL", values=["Anna@Example.com"])
    assert (list(found), len(found["LEAD"])) == (["LEAD"], 20)
    assert portal.result("crm.duplicate.findbycomm", type="EMAIL", values=["boris@example.com"]) == []
    assert portal.refused("crm.duplicate.findbycomm", type="IM", values=["1"])[0] == 400


# Refusals


@pytest.mark.parametrize("method", ["crm.deal.get", "crm.deal.update", "crm.deal.delete", "crm.lead.get"])
def test_what_is_not_there_is_400_without_a_code(portal: Bitrix24Driver, method: str) -> None:
    assert portal.refused(method, id=999) == (400, "", "Not found")
    assert portal.refused(method) == (400, "", "ID is not defined or invalid")
    portal.settings(bare_errors="zero")
    assert portal.refused(method, id=999) == (400, 0, "Not found")


def test_universal_methods_name_what_is_missing(portal: Bitrix24Driver) -> None:
    assert portal.refused("crm.item.get", entityTypeId=DEAL, id=999) == (400, "NOT_FOUND", "Элемент не найден")
    assert portal.refused("crm.item.list", entityTypeId=128)[:2] == (400, "NOT_FOUND")


def test_parameters_of_a_wrong_shape_are_refused(portal: Bitrix24Driver) -> None:
    assert portal.refused("crm.deal.list", filter="ID") == (400, "", "Parameter 'filter' must be array.")
    assert portal.result("crm.deal.list", filter=[]) == []


def test_time_stands_in_error_bodies_only_by_switch(portal: Bitrix24Driver) -> None:
    assert "time" not in portal.call("crm.deal.get").get_json()
    portal.settings(time_in_errors="all")
    assert "operating" in portal.call("crm.deal.get").get_json()["time"]


# Fields


def test_universal_fields_say_both_names(portal: Bitrix24Driver) -> None:
    fields = portal.result("crm.item.fields", entityTypeId=DEAL)["fields"]
    names = {name: fields[name]["upperName"] for name in ("ufCrm_1721244482250", "ufCrmYclid", "utmSource", "sourceId")}
    assert names == {
        "ufCrm_1721244482250": "UF_CRM_1721244482250",
        "ufCrmYclid": "UF_CRM_YCLID",
        "utmSource": "UTM_SOURCE",
        "sourceId": "SOURCE_ID",
    }
    assert [row["VALUE"] for row in fields["ufCrmFinish"]["items"]] == ["Чистовая", "Черновая"]
    original = portal.result("crm.item.fields", entityTypeId=DEAL, useOriginalUfNames="Y")["fields"]
    assert {"UF_CRM_YCLID", "utmSource"} <= original.keys()


def test_a_choice_together_with_original_names_brings_user_fields_alone(portal: Bitrix24Driver) -> None:
    portal.deal(UF_CRM_YCLID="1")
    chosen = {"entityTypeId": DEAL, "select": ["id", "stageId", "UF_CRM_YCLID"]}
    assert portal.result("crm.item.list", **chosen, useOriginalUfNames="Y")["items"] == [{"UF_CRM_YCLID": "1"}]
    assert portal.result("crm.item.list", **chosen)["items"][0]["stageId"] == "NEW"


# Dictionaries


def test_the_base_currency_is_the_portal_s(portal: Bitrix24Driver) -> None:
    assert portal.result("crm.currency.base.get") == "RUB"


def test_stages_are_listed_by_pipeline_with_several_lost_ones(portal: Bitrix24Driver) -> None:
    rows = portal.result("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE"}, order={"SORT": "ASC"})
    assert [(one["STATUS_ID"], one["SEMANTICS"]) for one in rows] == [
        ("NEW", None),
        ("PREPARATION", None),
        ("WON", "S"),
        ("LOSE", "F"),
        ("APOLOGY", "F"),
        ("UC_SPAM01", "F"),
    ]
    assert rows[2]["NAME"] == "неотвеченные"
    assert [one["EXTRA"]["SEMANTICS"] for one in rows] == [
        "process",
        "process",
        "success",
        "failure",
        "apology",
        "apology",
    ]
    resale = portal.result("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_1"})
    assert [one["STATUS_ID"] for one in resale] == ["C1:NEW", "C1:WON", "C1:LOSE"]
    leads = portal.result("crm.status.list", filter={"ENTITY_ID": "STATUS"})
    assert {"NEW", "IN_PROCESS", "PROCESSED", "JUNK", "CONVERTED"} == {one["STATUS_ID"] for one in leads}
    sources = portal.result("crm.status.list", filter={"ENTITY_ID": "SOURCE"})
    assert {"CALL", "WEB", "WEBFORM", "RC_GENERATOR"} <= {one["STATUS_ID"] for one in sources}


def test_pipelines_are_listed_with_the_default_one(portal: Bitrix24Driver) -> None:
    answer = portal.answer("crm.category.list", entityTypeId=DEAL)
    told = [(one["id"], one["name"], one["isDefault"]) for one in answer["result"]["categories"]]
    assert sorted(told) == [(0, "Новостройки", "Y"), (RESALE, "Вторичка", "N")]
    assert answer["total"] == 2
    assert portal.refused("crm.category.list", entityTypeId=LEAD)[1] == "ENTITY_TYPE_NOT_SUPPORTED"


def test_user_fields_are_added_once_and_only_by_an_administrator(portal: Bitrix24Driver) -> None:
    fields = {"FIELD_NAME": "CLIENT_ID", "USER_TYPE_ID": "string", "EDIT_FORM_LABEL": "ClientID"}
    portal.result("crm.lead.userfield.add", fields=fields)
    (added,) = portal.result("crm.lead.userfield.list", filter={"FIELD_NAME": "UF_CRM_CLIENT_ID", "LANG": "ru"})
    assert (added["ENTITY_ID"], added["EDIT_FORM_LABEL"]) == ("CRM_LEAD", "ClientID")
    again = portal.refused("crm.lead.userfield.add", fields=fields)
    assert again == (400, "", "The field UF_CRM_CLIENT_ID of CRM_LEAD exists already.")
    for wrong in ({"FIELD_NAME": "X" * 44}, {"FIELD_NAME": "with space"}, {"FIELD_NAME": "A", "USER_TYPE_ID": "money"}):
        assert portal.refused("crm.lead.userfield.add", fields={**fields, **wrong})[:2] == (400, "")
    assert portal.result("crm.lead.userfield.add", fields={**fields, "FIELD_NAME": "X" * 43})
    portal.control("POST", "inbound_webhooks", [{"user_id": MARAT, "code": "of-marat"}])
    portal.user, portal.code = MARAT, "of-marat"
    assert portal.refused("crm.deal.userfield.add", fields=fields) == (400, "", "Access denied.")
