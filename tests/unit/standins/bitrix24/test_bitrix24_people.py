"""What people and robots do, and the moves it leaves."""

import json
from pathlib import Path

import pytest

from unit.standins.bitrix24.driver import CODE, DEAL, LEAD, MARAT, OLGA, RESALE, Bitrix24Driver, Json

WEDNESDAY, THURSDAY, FRIDAY = "2026-09-02T11:30:05Z", "2026-09-03T07:00:00Z", "2026-09-04T07:00:00Z"


def moved_through(portal: Bitrix24Driver, deal: int) -> None:
    """Meeting, another pipeline, won there, as seen on Friday."""
    portal.set_time(FRIDAY)
    portal.act("move", id=deal, stage="PREPARATION", at=WEDNESDAY)
    portal.act("move", id=deal, stage="C1:NEW", category_id=RESALE, at=THURSDAY)
    portal.act("move", id=deal, stage="C1:WON", at=FRIDAY)


def stages(portal: Bitrix24Driver, entity_type: int = DEAL) -> list[tuple[int, str]]:
    key = "STATUS_ID" if entity_type == LEAD else "STAGE_ID"
    return [(one["TYPE_ID"], one[key]) for one in portal.moves(entity_type)]


# Moves


def test_every_move_is_a_row_with_its_own_time(portal: Bitrix24Driver, bodies: Path) -> None:
    moved_through(portal, portal.deal())
    told = portal.answer("crm.stagehistory.list", entityTypeId=DEAL, order={"ID": "ASC"})
    assert told["result"] == json.loads((bodies / "answers" / "stage-history-deal.json").read_text(encoding="utf-8"))
    assert told["total"] == 4


def test_leads_have_other_keys_and_old_portals_texts(portal: Bitrix24Driver, bodies: Path) -> None:
    portal.act("create", kind="lead")
    portal.set_time(WEDNESDAY)
    portal.act("move", kind="lead", id=51, stage="JUNK")
    portal.settings(stage_history_values="strings")
    told = portal.result("crm.stagehistory.list", entityTypeId=LEAD)
    name = "stage-history-lead-2022.json"
    assert told == json.loads((bodies / "answers" / name).read_text(encoding="utf-8"))


def test_moves_are_polled_from_an_id_or_a_time_on(portal: Bitrix24Driver) -> None:
    moved_through(portal, portal.deal())
    assert [one["ID"] for one in portal.moves(filter={">ID": 5})] == [7, 9]
    assert [one["ID"] for one in portal.moves(filter={">CREATED_TIME": "2026-09-03T10:00:00+03:00"})] == [9]
    assert portal.moves(filter={"STAGE_SEMANTIC_ID": "S"}, select=["ID", "OWNER_ID"]) == [{"ID": 9, "OWNER_ID": 401}]
    assert [one["ID"] for one in portal.moves(order={"ID": "DESC"})] == [9, 7, 5, 3]


def test_the_feed_refuses_wrong_fields_types_and_strangers(portal: Bitrix24Driver) -> None:
    feed = "crm.stagehistory.list"
    assert portal.refused(feed, entityTypeId=LEAD, filter={"STAGE_ID": "NEW"})[:2] == (400, "INVALID_ARG_VALUE")
    assert portal.refused(feed, entityTypeId=3)[:2] == (400, "ENTITY_TYPE_NOT_SUPPORTED")
    portal.settings(stage_history_error="zero")
    assert portal.refused(feed, entityTypeId=3)[:2] == (400, 0)
    assert portal.result(feed, entityTypeId=31) == {"items": []}
    portal.act("set_user", user_id=OLGA, is_intranet=False)
    assert portal.refused(feed, entityTypeId=DEAL)[:2] == (403, "allowed_only_intranet_user")


def test_a_lag_hides_the_newest_moves_for_a_while(portal: Bitrix24Driver) -> None:
    portal.deal()
    portal.settings(stage_history_lag_seconds=60)
    assert portal.moves() == []
    portal.set_time("2026-09-01T09:01:00Z")
    assert len(portal.moves()) == 1


def test_won_open_won_is_three_rows_and_a_move_to_where_it_stands_is_none(portal: Bitrix24Driver) -> None:
    deal = portal.deal()
    for stage in ("WON", "WON", "PREPARATION", "WON"):
        portal.act("move", id=deal, stage=stage)
    assert stages(portal) == [(1, "NEW"), (3, "WON"), (2, "PREPARATION"), (3, "WON")]


def test_closing_and_reopening_show_on_the_card(portal: Bitrix24Driver) -> None:
    deal = portal.deal()
    portal.act("move", id=deal, stage="UC_SPAM01", at=WEDNESDAY)
    card = portal.read(deal)
    assert (card["CLOSED"], card["STAGE_SEMANTIC_ID"], card["MOVED_TIME"]) == ("Y", "F", "2026-09-02T14:30:05+03:00")
    portal.act("move", id=deal, stage="NEW", at=THURSDAY)
    assert (portal.read(deal)["CLOSED"], portal.read(deal)["STAGE_SEMANTIC_ID"]) == ("N", "P")


def test_a_lead_says_when_it_was_closed(portal: Bitrix24Driver) -> None:
    lead = portal.act("create", kind="lead")["id"]
    assert portal.result("crm.lead.get", id=lead)["DATE_CLOSED"] == ""
    portal.act("move", kind="lead", id=lead, stage="JUNK", at=WEDNESDAY)
    assert portal.result("crm.lead.get", id=lead)["DATE_CLOSED"] == "2026-09-02T14:30:05+03:00"
    portal.act("move", kind="lead", id=lead, stage="IN_PROCESS")
    assert portal.result("crm.lead.get", id=lead)["DATE_CLOSED"] == ""


def test_integrations_move_too_and_only_universal_ones_between_pipelines(portal: Bitrix24Driver) -> None:
    deal = portal.deal()
    portal.result("crm.deal.update", id=deal, fields={"CATEGORY_ID": RESALE})
    portal.result("crm.deal.update", id=deal, fields={"STAGE_ID": "PREPARATION"})
    portal.result("crm.item.update", entityTypeId=DEAL, id=deal, fields={"categoryId": RESALE})
    assert stages(portal) == [(1, "NEW"), (2, "PREPARATION"), (5, "C1:NEW")]


def test_a_stage_of_another_pipeline_is_passed_over_or_refused(portal: Bitrix24Driver) -> None:
    deal = portal.deal(STAGE_ID="C1:WON")
    assert portal.read(deal)["STAGE_ID"] == "NEW"
    portal.settings(wrong_stage="refused")
    wrong = {"STAGE_ID": "C1:WON", "TITLE": "Борис"}
    assert portal.refused("crm.deal.update", id=deal, fields=wrong)[:2] == (400, "")
    assert portal.refused("crm.deal.add", fields=wrong)[:2] == (400, "")
    assert [one["TITLE"] for one in portal.result("crm.deal.list")] == ["Анна"]
    assert "does not belong" in portal.not_understood(
        "actions", {"action": "edit", "id": deal, "fields": {"STAGE_ID": "C1:WON"}}
    )
    assert portal.read(deal)["STAGE_ID"] == "NEW"


# Cards


def test_the_amount_and_the_currency_may_change_after_the_deal_is_won(portal: Bitrix24Driver) -> None:
    deal = portal.deal(OPPORTUNITY=100, CURRENCY_ID="USD", STAGE_ID="WON")
    portal.set_time(WEDNESDAY)
    portal.act("edit", id=deal, fields={"OPPORTUNITY": "250.50", "CURRENCY_ID": "EUR"})
    card = portal.read(deal)
    assert (card["OPPORTUNITY"], card["CURRENCY_ID"], card["STAGE_ID"]) == ("250.50", "EUR", "WON")
    assert card["DATE_MODIFY"] > card["MOVED_TIME"]
    changes = [one for one in portal.ledger()["changes"] if one["action"] == "updated"]
    assert changes[0]["fields"]["OPPORTUNITY"] == ["100", "250.50"]
    assert (changes[0]["at"], changes[0]["via"], changes[0]["by"]) == (WEDNESDAY, "person", OLGA)


def test_a_wiped_amount_is_nought_and_a_wiped_contact_is_none(portal: Bitrix24Driver) -> None:
    person = portal.result("crm.contact.add", fields={"NAME": "Анна"})
    deal = portal.deal(OPPORTUNITY=5, CONTACT_ID=person)
    portal.result("crm.deal.update", id=deal, fields={"OPPORTUNITY": "", "CONTACT_ID": 0})
    card = portal.read(deal)
    assert (card["OPPORTUNITY"], card["CONTACT_ID"]) == ("0.00", None)


def test_companies_are_kept_too(portal: Bitrix24Driver) -> None:
    company = portal.result("crm.company.add", fields={"TITLE": "ООО «Луч»", "PHONE": [{"VALUE": "+74950000001"}]})
    assert portal.result("crm.company.get", id=company)["TITLE"] == "ООО «Луч»"
    assert portal.result("crm.duplicate.findbycomm", type="PHONE", values=["84950000001"]) == {"COMPANY": [company]}


def test_a_lead_becomes_a_deal_and_only_fields_of_one_code_go_along(portal: Bitrix24Driver) -> None:
    fields = {"NAME": "Анна", "UF_CRM_LEADLOOP_ID": "L1", "UF_CRM_YM_CLIENT_ID": "17", "UTM_SOURCE": "yandex"}
    lead = portal.act("create", kind="lead", fields=fields, phones=["+79990000001"])["id"]
    made = portal.act("convert", lead_id=lead, category_id=RESALE)
    deal = portal.read(made["deal_id"])
    assert (deal["LEAD_ID"], deal["STAGE_ID"], deal["CONTACT_ID"]) == (str(lead), "C1:NEW", str(made["contact_id"]))
    assert (deal["UF_CRM_LEADLOOP_ID"], deal["UTM_SOURCE"], deal["UF_CRM_YCLID"]) == ("L1", "yandex", None)
    assert "UF_CRM_YM_CLIENT_ID" not in portal.ledger()["deals"][0]["fields"]
    assert portal.result("crm.lead.get", id=lead)["STATUS_ID"] == "CONVERTED"
    assert stages(portal, LEAD) == [(1, "NEW"), (3, "CONVERTED")]
    assert portal.result("crm.deal.list", filter={"LEAD_ID": lead}, select=["ID"]) == [{"ID": str(made["deal_id"])}]
    person = portal.result("crm.contact.get", id=made["contact_id"])
    assert (person["LEAD_ID"], person["PHONE"][0]["VALUE"]) == (str(lead), "+79990000001")


def test_a_conversion_may_drop_user_fields_and_utm(portal: Bitrix24Driver) -> None:
    portal.settings(conversion_maps_user_fields=False, conversion_copies_utm=False)
    lead = portal.act("create", kind="lead", fields={"UF_CRM_LEADLOOP_ID": "L1", "UTM_SOURCE": "yandex"})["id"]
    made = portal.act("convert", lead_id=lead, with_contact=False)
    deal = portal.read(made["deal_id"])
    assert (deal["UF_CRM_LEADLOOP_ID"], deal["UTM_SOURCE"], deal["CONTACT_ID"]) == (None, None, None)


def test_merged_contacts_leave_one_whom_the_deals_name(portal: Bitrix24Driver) -> None:
    anna, double = (portal.act("create", kind="contact", phones=[phone])["id"] for phone in ("1", "2"))
    deal = portal.act("create", contact_ids=[double])["id"]
    portal.act("merge", kind="contact", winner=anna, losers=[double])
    assert portal.refused("crm.contact.get", id=double) == (400, "", "Not found")
    assert [one["VALUE"] for one in portal.result("crm.contact.get", id=anna)["PHONE"]] == ["1", "2"]
    assert portal.read(deal)["CONTACT_ID"] == str(anna)
    gone = next(one for one in portal.ledger()["contacts"] if one["id"] == double)
    assert (gone["is_deleted"], gone["merged_into"]) == (True, anna)


def test_merged_deals_keep_the_winners_values_and_fill_its_gaps(portal: Bitrix24Driver) -> None:
    winner, loser = portal.deal(UF_CRM_YCLID="1"), portal.deal(UF_CRM_YCLID="2", UF_CRM_LEADLOOP_ID="L2")
    portal.act("merge", kind="deal", winner=winner, losers=[loser])
    card = portal.read(winner)
    assert (card["UF_CRM_YCLID"], card["UF_CRM_LEADLOOP_ID"]) == ("1", "L2")
    assert [one["OWNER_ID"] for one in portal.moves()] == [winner]


def test_a_deleted_deal_takes_its_moves_along_unless_set_to_leave_them(portal: Bitrix24Driver) -> None:
    first, second = portal.deal(), portal.deal()
    portal.act("delete", id=first)
    third = portal.deal()
    assert [(one["ID"], one["OWNER_ID"]) for one in portal.moves()] == [(5, second), (7, third)]
    portal.settings(history_outlives_deletion=True)
    assert portal.result("crm.deal.delete", id=second) is True
    assert [one["ID"] for one in portal.result("crm.deal.list")] == [str(third)]
    assert [one["OWNER_ID"] for one in portal.moves()] == [second, third]
    assert [len(one["history"]) for one in portal.ledger()["deals"]] == [1, 1, 1]


def test_robots_follow_a_move_but_not_each_other(portal: Bitrix24Driver) -> None:
    deal = portal.deal()
    portal.settings(robot_edits_after_move=3)
    portal.act("move", id=deal, stage="WON")
    portal.act("robot_edits", id=deal, times=2, fields={"STAGE_ID": "LOSE"})
    vias = [one["via"] for one in portal.ledger()["changes"] if one["action"] == "updated"]
    assert vias == ["person", *["robot"] * 5]
    assert stages(portal) == [(1, "NEW"), (3, "WON"), (3, "LOSE")]


def test_people_rename_stages_and_ids_stay(portal: Bitrix24Driver) -> None:
    portal.act("rename_stage", stage="WON", name="Архив")
    rows = portal.result("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE", "STATUS_ID": "WON"})
    assert [(one["NAME"], one["SEMANTICS"]) for one in rows] == [("Архив", "S")]


def test_a_manager_types_in_a_deal_with_its_contact(portal: Bitrix24Driver) -> None:
    made = portal.act("create", category_id=RESALE, stage="C1:WON", contact_name="Анна", phones=["1"], by=MARAT)
    deal = portal.read(made["id"])
    assert (deal["STAGE_ID"], deal["CONTACT_ID"], deal["CREATED_BY_ID"]) == (
        "C1:WON",
        str(made["contact_id"]),
        str(MARAT),
    )
    portal.act("link", id=made["id"], contact_ids=[])
    assert portal.read(made["id"])["CONTACT_ID"] is None


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({"action": "move", "id": 401, "stage": "C1:WON"}, "Pipeline 0 of deals has no stage 'C1:WON'. Known: NEW"),
        ({"action": "move", "id": 9, "stage": "WON"}, "There is no deal 9. Known: 401"),
        ({"action": "edit", "id": 401, "fields": {"YCLID": "1"}}, "A deal has no field 'YCLID'"),
        ({"action": "edit", "id": 401, "colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"action": "convert", "lead_id": 51, "category_id": 7}, "There is no pipeline 7. Known: 0, 1"),
        ({"action": "regenerate_webhook", "code": "x", "new_code": "y"}, "There is no inbound webhook"),
    ],
)
def test_an_order_that_cannot_be_done_says_why(portal: Bitrix24Driver, order: Json, complaint: str) -> None:
    portal.deal()
    portal.act("create", kind="lead")
    assert complaint in portal.not_understood("actions", order)


@pytest.mark.parametrize(
    ("part", "row", "complaint"),
    [
        (
            "webhooks",
            {"destination": "http://x", "events": ["ONCRMDEALMOVETOCATEGORY"], "application_token": "t"},
            "knows no",
        ),
        ("user_fields", {"code": "bad name"}, "FIELD_NAME takes"),
        ("pipelines", {"id": 5, "name": "Пустая", "stages": []}, "at least one stage"),
        ("robots", {"stage": "C7:WON", "destination": "http://x", "application_token": "t"}, "in a stage that exists"),
        ("settings", {"bare_errors": "one"}, "bare_errors is one of"),
    ],
)
def test_a_seed_that_cannot_be_planted_says_why(portal: Bitrix24Driver, part: str, row: Json, complaint: str) -> None:
    assert complaint in portal.not_understood(part, row if part == "settings" else [row])


def test_planting_is_not_told_of(portal: Bitrix24Driver) -> None:
    hook = {"destination": "http://127.0.0.1:1/", "events": ["OnCrmDealAdd"], "application_token": "t"}
    portal.control("POST", "webhooks", [hook])
    portal.control("POST", "deals", [{"id": 77, "fields": {"TITLE": "Анна"}, "created_at": "2026-08-01T10:00:00Z"}])
    assert portal.read(77)["DATE_CREATE"] == "2026-08-01T13:00:00+03:00"
    assert portal.told() == []
    portal.deal()
    assert portal.told() == ["ONCRMDEALADD 401"]


def test_a_portal_says_whether_it_works_with_leads(portal: Bitrix24Driver) -> None:
    assert portal.result("crm.settings.mode.get") == 1
    portal.settings(crm_mode="simple")
    assert portal.result("crm.settings.mode.get") == 2


def test_reset_returns_to_the_seed(portal: Bitrix24Driver) -> None:
    portal.act("regenerate_webhook", code=CODE, new_code="fresh")
    portal.control("POST", "reset")
    assert portal.result("crm.deal.list") == []
