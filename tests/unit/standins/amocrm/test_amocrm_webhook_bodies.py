"""The bodies of webhooks, held against recorded ones."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from unit.standins.amocrm.driver import (
    MARAT,
    MEETING,
    NEW,
    PIPELINE,
    QUALIFIED,
    WON,
    AmoCrmDriver,
    Json,
    arrival,
    filled,
    form,
)
from unit.standins.amocrm.receiver import Receiver

LEAD_HOOKS = ("add_lead", "update_lead", "status_lead", "delete_lead", "restore_lead", "responsible_lead", "note_lead")
CONTACT_HOOKS = ("add_contact", "update_contact", "add_company", "update_company")
RECORDING_USER, RECORDED_ACCOUNT = 2852001, 31000001


@pytest.fixture
def told(amocrm: AmoCrmDriver, receiver: Receiver) -> Receiver:
    """A receiver that is told of everything the API lets one subscribe to."""
    amocrm.subscribe(receiver.url, *LEAD_HOOKS, *CONTACT_HOOKS)
    return receiver


def keys(body: str | bytes) -> list[str]:
    text = body if isinstance(body, str) else body.decode("ascii")
    return [key for key, _ in parse_qsl(text, keep_blank_values=True, strict_parsing=True)]


def recorded(bodies: Path, name: str) -> str:
    return (bodies / "webhooks" / f"{name}.txt").read_text(encoding="ascii")


# Recorded bodies, byte for byte


@pytest.fixture
def romashka(amocrm: AmoCrmDriver, receiver: Receiver) -> AmoCrmDriver:
    """The account in which the bodies of 2025 were recorded."""
    amocrm.settings(empty_tracking_fields=False)
    account = {"id": RECORDED_ACCOUNT, "subdomain": "romashkadev", "first_ids": {"lead": 30052001, "contact": 37054001}}
    amocrm.control("POST", "account", [account])
    stages = [{"id": 17944001, "name": "Новая"}]
    amocrm.control("POST", "pipelines", [{"id": 936001, "name": "Продажи", "statuses": stages}])
    fields = [{"id": 752009, "name": "Поле1"}, {"id": 752011, "name": "Поле2"}]
    amocrm.control("POST", "fields", fields)
    amocrm.subscribe(receiver.url, "add_lead", "delete_lead", "update_lead", "add_contact")
    return amocrm


def test_a_lead_added_in_2025(romashka: AmoCrmDriver, receiver: Receiver, bodies: Path) -> None:
    romashka.set_time("2025-04-13T08:27:55Z")
    romashka.lead(
        name="TEST (SORRY)", pipeline_id=936001, created_by=RECORDING_USER, responsible_user_id=RECORDING_USER
    )
    romashka.pump()
    assert receiver.bodies[0].decode() == recorded(bodies, "lead-add-2025")


def test_a_lead_deleted_in_2025(romashka: AmoCrmDriver, receiver: Receiver, bodies: Path) -> None:
    romashka.act("delete", lead_id=romashka.lead(pipeline_id=936001))
    romashka.pump()
    assert receiver.bodies[1].decode() == recorded(bodies, "lead-delete-2025")


def test_a_lead_updated_in_2025(romashka: AmoCrmDriver, receiver: Receiver, bodies: Path) -> None:
    stages = [{"id": 76789001, "name": "Новая"}]
    romashka.control("POST", "pipelines", [{"id": 9621001, "name": "Ещё", "statuses": stages}])
    lead = {
        "id": 32966001,
        "name": "Test",
        "pipeline_id": 9621001,
        "created_at": "2025-05-26T14:11:09Z",
        "fields": {"752009": "1", "752011": "2"},
    }
    romashka.control("POST", "leads", [lead])
    romashka.set_time("2025-05-26T14:13:32Z")
    romashka.act("set_price", lead_id=32966001, price=9919, by=RECORDING_USER)
    romashka.pump()
    assert [body.decode() for body in receiver.bodies] == [recorded(bodies, "lead-update-2025")]


def test_a_contact_added_in_2025(romashka: AmoCrmDriver, receiver: Receiver, bodies: Path) -> None:
    romashka.set_time("2025-05-26T19:53:51Z")
    author = {"created_by": 10000001, "responsible_user_id": 10000001}
    romashka.wrote("POST", "contacts", [{"name": "Аркадий Пробный", **author}])
    romashka.pump()
    assert [body.decode() for body in receiver.bodies] == [recorded(bodies, "contact-add-2025")]


def test_a_stage_hook_of_the_documentation_has_bare_values_and_the_account_last(
    amocrm: AmoCrmDriver, told: Receiver, bodies: Path
) -> None:
    amocrm.settings(
        account_block="last", account_block_fields="subdomain", scalar_values="all", empty_tracking_fields=False
    )
    fields = [
        {"field_id": 752905, "values": [{"value": True}]},
        {"field_id": 752907, "values": [{"value": 1412380800}]},
        *filled(LEADLOOP_ID="Валера"),
    ]
    lead = amocrm.lead(name="Lead title", custom_fields_values=fields)
    amocrm.act("move", lead_id=lead, status_id=WON)
    amocrm.pump()
    body = next(one for one in told.bodies if b"%5Bstatus%5D" in one)
    documented = set(keys(recorded(bodies, "lead-status-docs")))
    # Later bodies added to the page's keys; none of them was taken away.
    assert set(keys(body)) - documented == {
        *(f"leads[status][0][{name}]" for name in ("pipeline_id", "created_at", "updated_at")),
        "leads[status][0][custom_fields][0][code]",
    }
    assert documented <= set(keys(body))
    assert keys(body)[-1] == "account[subdomain]"
    values = form(body)
    assert values["leads[status][0][old_status_id]"] == str(NEW)
    # Fields come in the order of the account, which lists LEADLOOP_ID first.
    assert values["leads[status][0][custom_fields][0][values][0]"] == "Валера"
    assert values["leads[status][0][custom_fields][1][values][0]"] == "1"
    assert values["leads[status][0][custom_fields][2][values][0]"] == "1412380800"


def waiting_form(amocrm: AmoCrmDriver) -> Json:
    sent = arrival("Валерий", "79990000011")
    sent["_embedded"]["tags"] = [{"name": "Заявка с сайта"}]
    sent["_embedded"]["metadata"] = {
        "category": "forms",
        "form_id": 243222,
        "form_name": "Форма #1548921297",
        "form_sent_at": 1567619000,
        "ip": "203.0.113.7",
        "referer": "https://sokol.example/page",
        "visitor_uid": "202273f9-03cc-42b5-aa4d-71e2ead59ec4",
    }
    return amocrm.arrive(sent)[0]


def test_a_form_that_waits_in_unsorted(amocrm: AmoCrmDriver, receiver: Receiver, bodies: Path) -> None:
    amocrm.settings(account_block="last")
    settings = ["add_unsorted", "delete_unsorted", "add_lead", "add_contact"]
    amocrm.control("POST", "webhooks", [{"destination": receiver.url, "settings": settings}])
    created = waiting_form(amocrm)
    amocrm.pump()
    assert len(receiver.bodies) == 1
    mine, documented = (
        {re.sub(r"\[\d+_1\]", "[phone_1]", key) for key in keys(text)}
        for text in (receiver.bodies[0], recorded(bodies, "unsorted-add-form-docs"))
    )
    assert mine == documented
    values = form(receiver.bodies[0])
    assert values["unsorted[add][0][data][leads][0][tags]"] == "Заявка с сайта"
    amocrm.act("accept_unsorted", lead_id=created["id"])
    amocrm.pump()
    accepted = form(receiver.bodies[1])
    assert accepted["unsorted[delete][0][action]"] == "accept"
    assert accepted["unsorted[delete][0][accept_result][leads][0]"] == str(created["id"])
    assert accepted["unsorted[delete][0][accept_result][contacts][0]"] == str(created["contact_id"])
    assert amocrm.told()[2:] == [f"leads[add] {created['id']}", f"contacts[add] {created['contact_id']}"]


def test_a_declined_form_tells_its_lead(amocrm: AmoCrmDriver, receiver: Receiver) -> None:
    amocrm.control("POST", "webhooks", [{"destination": receiver.url, "settings": ["delete_unsorted"]}])
    created = waiting_form(amocrm)
    amocrm.act("decline_unsorted", lead_id=created["id"])
    amocrm.pump()
    declined = form(receiver.bodies[0])
    assert declined["unsorted[delete][0][action]"] == "decline"
    assert declined["unsorted[delete][0][decline_result][leads][0]"] == str(created["id"])


# Which hooks, and their particulars


def test_the_post_itself_looks_like_amocrms(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.lead()
    amocrm.pump()
    headers = told.headers[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["User-Agent"] == "amoCRM-Webhooks/3.0"
    assert len(headers["X-Amocrm-Requestid"]) == 36
    assert keys(told.bodies[0])[:3] == ["account[subdomain]", "account[id]", "account[_links][self]"]
    assert form(told.bodies[0])["account[_links][self]"] == "https://sokol.amocrm.ru"


def test_one_site_form_makes_four_hooks(amocrm: AmoCrmDriver, told: Receiver) -> None:
    created = amocrm.arrive(arrival("Анна", "+79990000001"))[0]
    lead, contact = created["id"], created["contact_id"]
    amocrm.pump()
    assert amocrm.told() == [
        f"contacts[add] {contact}",
        f"leads[add] {lead}",
        f"contacts[update] {contact}",
        f"leads[update] {lead}",
    ]
    linked = form(told.bodies[2])
    assert linked[f"contacts[update][0][linked_leads_id][{lead}][ID]"] == str(lead)
    assert linked["contacts[update][0][custom_fields][0][code]"] == "PHONE"
    phone = "contacts[update][0][custom_fields][0][values][0]"
    assert linked[f"{phone}[value]"] == "+79990000001"
    assert linked[f"{phone}[enum]"].isdecimal()


def test_a_moved_stage_is_told_twice_with_the_old_one(amocrm: AmoCrmDriver, told: Receiver) -> None:
    lead = amocrm.lead()
    amocrm.act("move", lead_id=lead, status_id=QUALIFIED, at="2026-09-01T08:00:00Z")
    amocrm.pump()
    status, update = form(told.bodies[1]), form(told.bodies[2])
    assert (status["leads[status][0][old_status_id]"], status["leads[status][0][status_id]"]) == (
        str(NEW),
        str(QUALIFIED),
    )
    assert update["leads[update][0][old_status_id]"] == str(NEW)
    assert update["leads[update][0][pipeline_id]"] == str(PIPELINE)
    assert update["leads[update][0][last_modified]"] == "1788249600"
    amocrm.act("set_price", lead_id=lead, price=5)
    amocrm.pump()
    assert "leads[update][0][old_status_id]" not in form(told.bodies[3])


def test_a_stage_hook_may_be_missing_while_the_update_shows_the_change(amocrm: AmoCrmDriver, told: Receiver) -> None:
    lead = amocrm.lead()
    amocrm.settings(omit_status_hooks=True)
    amocrm.act("move", lead_id=lead, status_id=MEETING)
    amocrm.pump()
    assert amocrm.told()[1:] == [f"leads[update] {lead}"]
    assert form(told.bodies[1])["leads[update][0][old_status_id]"] == str(NEW)


def test_a_handed_over_lead_is_told_with_both_users(amocrm: AmoCrmDriver, told: Receiver) -> None:
    lead = amocrm.lead()
    amocrm.act("set_responsible", lead_id=lead, user_id=MARAT)
    amocrm.pump()
    handed = form(told.bodies[1])
    assert handed["leads[responsible][0][responsible_user_id]"] == str(MARAT)
    assert handed["leads[responsible][0][old_responsible_user_id]"] == str(RECORDING_USER)


def test_empty_tracking_fields_are_listed_without_values_and_full_ones_with(
    amocrm: AmoCrmDriver, told: Receiver
) -> None:
    amocrm.lead(custom_fields_values=filled(YCLID="7325873983740247041"))
    amocrm.pump()
    values = form(told.bodies[0])
    codes = {key.rpartition("[")[0]: code for key, code in values.items() if key.endswith("[code]")}
    assert len(codes) == 19
    full = {code for place, code in codes.items() if f"{place}[values][0][value]" in values}
    assert full == {"YCLID"}
    assert not [key for key in values if "[values]" in key and not key.endswith("[value]")]


def test_dates_are_scalars_and_choices_carry_their_enum(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(empty_tracking_fields=False)
    fields = [
        {"field_id": 752907, "values": [{"value": 1542067200}]},
        {"field_id": 752909, "values": [{"enum_id": 9001}]},
    ]
    amocrm.lead(custom_fields_values=fields, tags_to_add=[{"name": "сайт"}])
    amocrm.pump()
    values = form(told.bodies[0])
    assert values["leads[add][0][custom_fields][0][values][0]"] == "1542067200"
    choice = "leads[add][0][custom_fields][1][values][0]"
    assert (values[f"{choice}[value]"], values[f"{choice}[enum]"]) == ("Чистовая", "9001")
    assert values["leads[add][0][tags][0][name]"] == "сайт"


def test_several_entities_and_items_travel_in_one_post(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(group_webhooks=True)
    created = amocrm.arrive(arrival("Анна"), arrival("Борис"))
    amocrm.pump()
    assert len(told.bodies) == 1
    values = form(told.bodies[0])
    assert [values[f"leads[add][{place}][id]"] for place in (0, 1)] == [str(one["id"]) for one in created]
    assert [values[f"contacts[add][{place}][id]"] for place in (0, 1)] == [str(one["contact_id"]) for one in created]
    assert values["leads[update][1][id]"] == str(created[1]["id"])


def test_companies_are_told_of_as_contacts(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.wrote("POST", "companies", [{"name": "ООО Ромашка"}])
    amocrm.pump()
    assert form(told.bodies[0])["contacts[add][0][type]"] == "company"


def test_a_note_and_a_body_of_any_shape_can_be_sent(amocrm: AmoCrmDriver, told: Receiver) -> None:
    lead = amocrm.lead()
    amocrm.act("write_note", lead_id=lead, text="Перезвонить")
    odd = "contacts[note][0][note][type]=3&contacts[note][0][note][type][message_uuid]=u"
    amocrm.act("send_hook", body=odd)
    amocrm.pump()
    assert form(told.bodies[1])["leads[note][0][note][text]"] == "Перезвонить"
    assert told.bodies[2].decode() == odd


def test_a_merge_is_a_delete_of_the_loser_and_an_update_of_the_winner(amocrm: AmoCrmDriver, told: Receiver) -> None:
    winner, loser = amocrm.lead(), amocrm.lead()
    amocrm.act("merge", winner=winner, loser=loser)
    assert amocrm.told()[2:] == [f"leads[delete] {loser}", f"leads[update] {winner}"]


def test_a_seed_is_told_to_nobody(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.control("POST", "leads", [{"name": "Старая сделка"}])
    assert amocrm.told() == []
    assert amocrm.pump() == {"posted": 0}
