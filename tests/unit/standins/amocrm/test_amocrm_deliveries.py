"""How webhooks are delivered: deadline, retries, switching off, losses, and their management by the API."""

import pytest

from unit.standins.amocrm.driver import WON, AmoCrmDriver, Json, problems_of
from unit.standins.amocrm.receiver import SILENCE, Receiver

NOWHERE = "http://127.0.0.1:1/hooks/secret-of-sokol"


@pytest.fixture
def told(amocrm: AmoCrmDriver, receiver: Receiver) -> Receiver:
    """A receiver of `add_lead` alone."""
    amocrm.subscribe(receiver.url, "add_lead")
    return receiver


def only(amocrm: AmoCrmDriver) -> Json:
    delivery: Json
    (delivery,) = amocrm.ledger()["webhook_deliveries"]
    return delivery


def pump_through(amocrm: AmoCrmDriver, *times: str) -> list[int]:
    """How many bodies leave at each time of the first of September."""
    left = []
    for time in times:
        amocrm.set_time(f"2026-09-01T{time}Z")
        left.append(amocrm.pump()["posted"])
    return left


# Attempts


@pytest.mark.parametrize("status", [200, 204, 299])
def test_any_2xx_is_a_delivery(amocrm: AmoCrmDriver, told: Receiver, status: int) -> None:
    told.otherwise = status
    amocrm.lead()
    assert amocrm.pump() == {"posted": 1, "delivered": 1}
    assert pump_through(amocrm, "09:05:00", "23:00:00") == [0, 0]
    assert [attempt["code"] for attempt in only(amocrm)["attempts"]] == [status]


@pytest.mark.parametrize("status", [499, 500, 503, 599])
def test_an_answer_that_blames_the_server_is_tried_five_times(
    amocrm: AmoCrmDriver, told: Receiver, status: int
) -> None:
    told.otherwise = status
    amocrm.lead()
    moments = (
        "09:00:00",
        "09:04:59",
        "09:05:00",
        "09:19:59",
        "09:20:00",
        "09:34:59",
        "09:35:00",
        "10:34:59",
        "10:35:00",
    )
    assert pump_through(amocrm, *moments) == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert pump_through(amocrm, "23:00:00") == [0]
    assert only(amocrm)["state"] == "failed"
    assert len(set(told.bodies)) == 1
    assert len({headers["X-Amocrm-Requestid"] for headers in told.headers}) == 1


@pytest.mark.parametrize("status", [301, 400, 404, 429])
def test_other_refusals_are_tried_three_times(amocrm: AmoCrmDriver, told: Receiver, status: int) -> None:
    told.otherwise = status
    amocrm.lead()
    assert pump_through(amocrm, "09:00:00", "09:05:00", "09:20:00", "09:35:00", "10:35:00") == [1, 1, 1, 0, 0]
    assert only(amocrm)["state"] == "failed"


def test_the_pause_follows_the_answer_before_it(amocrm: AmoCrmDriver, told: Receiver) -> None:
    told.answers.extend((404, 404, 500, 404))
    amocrm.lead()
    assert pump_through(amocrm, "09:00:00", "09:05:00", "09:20:00", "09:35:00", "10:35:00") == [1, 1, 1, 1, 0]
    assert [attempt["code"] for attempt in only(amocrm)["attempts"]] == [404, 404, 500, 404]


def test_a_late_retry_counts_its_pause_from_when_it_was_made(amocrm: AmoCrmDriver, told: Receiver) -> None:
    told.answers.extend((500, 500))
    amocrm.lead()
    assert pump_through(amocrm, "09:00:00", "12:00:00", "12:14:59", "12:15:00") == [1, 1, 0, 1]
    assert only(amocrm)["state"] == "delivered"


def test_an_answer_after_the_deadline_is_none(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(webhook_deadline_seconds=0.1)
    told.answers.append(SILENCE)
    amocrm.lead()
    assert amocrm.pump() == {"posted": 1, "retry": 1}
    assert only(amocrm)["attempts"][0]["code"] == 0
    amocrm.settings(webhook_deadline_seconds=60)
    assert pump_through(amocrm, "09:05:00") == [1]
    assert only(amocrm)["state"] == "delivered"


def test_a_receiver_that_is_not_there_is_borne(amocrm: AmoCrmDriver) -> None:
    amocrm.subscribe(NOWHERE, "add_lead")
    amocrm.lead()
    assert pump_through(amocrm, "09:00:00", "09:05:00", "09:20:00", "10:00:00") == [1, 1, 1, 0]
    assert {attempt["code"] for attempt in only(amocrm)["attempts"]} == {0}


def test_the_body_is_a_snapshot_that_grows_stale(amocrm: AmoCrmDriver, told: Receiver) -> None:
    told.answers.append(500)
    lead = amocrm.lead(price=1)
    amocrm.pump()
    amocrm.act("set_price", lead_id=lead, price=2)
    pump_through(amocrm, "09:05:00")
    assert [b"price%5D=1&" in body for body in told.bodies] == [True, True]


def test_what_is_due_is_posted_without_being_asked(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(deliver_automatically=True)
    told.answers.append(500)
    amocrm.lead()
    assert told.arrived.acquire(timeout=120)
    amocrm.set_time("2026-09-01T09:05:00Z")
    assert told.arrived.acquire(timeout=120)
    assert len(set(told.bodies)) == 1


def test_a_receiver_may_call_the_api_before_it_answers(amocrm: AmoCrmDriver, told: Receiver) -> None:
    seen: list[int] = []
    told.on_request = lambda: seen.extend(amocrm.ids("leads"))
    lead = amocrm.lead()
    assert amocrm.pump()["delivered"] == 1
    assert seen == [lead]


# Switching off


def test_more_than_a_hundred_failures_in_two_hours_switch_the_webhook_off(
    amocrm: AmoCrmDriver, receiver: Receiver
) -> None:
    amocrm.subscribe(receiver.url, "update_lead")
    lead = amocrm.lead()
    receiver.otherwise = 400
    for _ in range(100):
        amocrm.act("rename", lead_id=lead, name="Анна")
    assert amocrm.pump()["posted"] == 100
    assert amocrm.listed("webhooks", "webhooks")[0]["disabled"] is False
    amocrm.act("rename", lead_id=lead, name="Анна")
    amocrm.pump()
    assert amocrm.listed("webhooks", "webhooks")[0]["disabled"] is True
    amocrm.act("rename", lead_id=lead, name="Анна")
    assert pump_through(amocrm, "09:05:00", "23:00:00") == [0, 0]
    amocrm.act("enable_webhook")
    receiver.otherwise = 200
    amocrm.act("rename", lead_id=lead, name="Анна")
    assert amocrm.pump() == {"posted": 1, "delivered": 1}
    assert len(receiver.bodies) == 102


def test_failures_older_than_two_hours_are_forgiven(amocrm: AmoCrmDriver, receiver: Receiver) -> None:
    amocrm.subscribe(receiver.url, "update_lead")
    lead = amocrm.lead()
    receiver.otherwise = 400
    for _ in range(34):
        amocrm.act("rename", lead_id=lead, name="Анна")
    pump_through(amocrm, "09:00:00", "09:05:00", "11:00:01")
    assert amocrm.ledger()["webhooks"][0]["failures"] == 102
    assert amocrm.ledger()["webhooks"][0]["disabled"] is False


# Losses and disorder


def test_the_next_webhooks_are_lost_and_the_ledger_knows(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(lose_next_webhooks=2)
    for _ in range(3):
        amocrm.lead()
    assert amocrm.pump() == {"posted": 1, "delivered": 1}
    assert amocrm.ledger()["webhook_counts"] == {"lost": 2, "delivered": 1}


def test_webhooks_lost_for_a_day_are_never_replayed(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(lose_all_webhooks=True)
    amocrm.lead()
    amocrm.settings(lose_all_webhooks=False)
    amocrm.lead()
    assert amocrm.pump()["posted"] == 1
    assert [one["state"] for one in amocrm.ledger()["webhook_deliveries"]] == ["lost", "delivered"]


def test_each_webhook_twice(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(send_webhooks_twice=True)
    amocrm.lead()
    assert amocrm.pump()["delivered"] == 2
    assert told.bodies[0] == told.bodies[1]


def test_webhooks_late_and_in_the_wrong_order(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.settings(delay_webhooks_seconds=600, reorder_webhooks=True)
    first, second = amocrm.lead(), amocrm.lead()
    assert pump_through(amocrm, "09:09:59", "09:10:00") == [0, 2]
    assert [str(lead).encode() in body for lead, body in zip((second, first), told.bodies, strict=True)] == [True, True]


# Management


def test_webhooks_are_listed_replaced_and_removed(amocrm: AmoCrmDriver) -> None:
    assert amocrm.call("GET", "webhooks").status_code == 204
    body = {"destination": NOWHERE, "settings": ["status_lead", "update_lead"], "sort": 10}
    created = amocrm.call("POST", "webhooks", body)
    assert created.status_code == 201
    shown = created.json()
    assert {key: shown[key] for key in body} == body
    assert (shown["disabled"], shown["created_at"]) == (False, 1788253200)
    again = amocrm.wrote("POST", "webhooks", {"destination": NOWHERE, "settings": ["add_lead"]})
    assert (again["id"], again["settings"]) == (shown["id"], ["add_lead"])
    assert len(amocrm.listed("webhooks", "webhooks")) == 1
    assert amocrm.listed("webhooks?filter[destination]=http://elsewhere.example", "webhooks") == []
    assert amocrm.call("DELETE", "webhooks", {"destination": NOWHERE}).status_code == 204
    assert amocrm.call("DELETE", "webhooks", {"destination": NOWHERE}).status_code == 404


def test_what_waits_for_a_removed_webhook_is_dropped(amocrm: AmoCrmDriver, told: Receiver) -> None:
    amocrm.lead()
    amocrm.call("DELETE", "webhooks", {"destination": told.url})
    assert amocrm.pump() == {"posted": 0}
    assert only(amocrm)["state"] == "dropped"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"destination": NOWHERE, "settings": ["add_lead", "add_unsorted"]}, ("NotSupportedChoice", "settings.1")),
        ({"destination": NOWHERE, "settings": []}, ("NotBlank", "settings")),
        ({"destination": "https://сокол.рф/hooks", "settings": ["add_lead"]}, ("InvalidUrl", "destination")),
        ({"settings": ["add_lead"]}, ("InvalidUrl", "destination")),
    ],
)
def test_a_wrong_subscription_is_400(amocrm: AmoCrmDriver, body: Json, problem: tuple[str, str]) -> None:
    assert problems_of(amocrm.call("POST", "webhooks", body)) == [("0", *problem)]


def test_an_account_has_a_hundred_webhooks_at_most(amocrm: AmoCrmDriver) -> None:
    for number in range(100):
        amocrm.subscribe(f"{NOWHERE}/{number}", "add_lead")
    assert amocrm.call("POST", "webhooks", {"destination": NOWHERE, "settings": ["add_lead"]}).status_code == 422


# What people see


def test_the_ledger_and_the_page_never_show_the_secret_of_a_destination(amocrm: AmoCrmDriver, told: Receiver) -> None:
    lead = amocrm.lead(name="Анна, <двушка>")
    amocrm.act("move", lead_id=lead, status_id=WON)
    amocrm.pump()
    page = amocrm.session.get(f"{amocrm.base_url}/", timeout=120).text
    ledger = amocrm.session.get(f"{amocrm.base_url}/_stand_in/ledger", timeout=120).text
    assert "Анна, &lt;двушка&gt;" in page
    assert "Новостройки / Продано" in page
    assert "leads[add]" in page
    assert "secret-of-sokol" not in page
    assert "secret-of-sokol" not in ledger
