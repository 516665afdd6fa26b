"""Reports: the default answer and the requested one, the period, the page, the order, dates without a zone."""

from pathlib import Path

import pytest

from unit.standins.comagic.driver import ANNA_PHONE, CAMPAIGN, STATIC, CoMagicDriver, Json, pretty

DEFAULT_CALL = (
    *("id", "start_time", "finish_time", "finish_reason", "direction", "source", "is_lost", "virtual_phone_number"),
    *("cpn_region_id", "cpn_region_name", "cpn_country_name", "cpn_country_id", "contact_phone_number"),
    *("communication_id", "communication_type", "wait_duration", "total_wait_duration", "talk_duration"),
    *("clean_talk_duration", "total_duration", "call_records", "wav_call_records", "full_record_file_link"),
)
NEVER_BY_DEFAULT = {"ym_client_id", "yclid", "visitor_id", "tags", "utm_source", "sale_date", "person_id", "site_id"}


@pytest.fixture
def busy_day(comagic: CoMagicDriver) -> CoMagicDriver:
    """Anna's visit with a call, a request and a chat, all over."""
    session = comagic.visit(
        entrance_page="https://sokol.example/?yclid=1",
        referrer="https://yandex.ru/",
        city="Казань",
        device="mobile",
        properties={"статус": "клиент"},
    )
    comagic.phone(session, at="2026-11-22T10:13:13+03:00")
    comagic.act(
        "offline_message",
        session_id=session,
        phone="+7 (999) 000-00-02",
        name="Анна",
        text="Перезвоните",
        form_name="Заявка",
        at="2026-11-22T10:30:00+03:00",
    )
    comagic.act("chat", session_id=session, phone=ANNA_PHONE, seconds=90, at="2026-11-22T10:40:00+03:00")
    comagic.at("11:00:00")
    return comagic


# The default answer and the requested one


def test_the_default_answer_has_no_id_of_metrica(busy_day: CoMagicDriver) -> None:
    row = busy_day.row()
    assert sorted(row) == sorted(DEFAULT_CALL)
    assert not NEVER_BY_DEFAULT & set(row)


def test_what_is_asked_for_comes_and_nothing_else(busy_day: CoMagicDriver) -> None:
    row = busy_day.row("ym_client_id", "id", "yclid")
    assert list(row.items()) == [
        ("ym_client_id", "1700000000123456789"),
        ("id", 1500000001),
        ("yclid", "7325873983740247040"),
    ]


GOLDEN: dict[str, tuple[str, Json]] = {
    "calls-default": ("get.calls_report", {}),
    "calls": (
        "get.calls_report",
        {
            "fields": [
                *("id", "start_time", "communication_id", "communication_number", "contact_phone_number"),
                *("virtual_phone_number", "source", "is_lost", "talk_duration", "ym_client_id", "yclid", "gclid"),
                *("visitor_id", "visitor_session_id", "person_id", "visitor_type", "visits_count", "visitor_city"),
                *("visitor_device", "visitor_custom_properties", "utm_source", "utm_campaign", "utm_term", "channel"),
                *("referrer_domain", "entrance_page", "tags", "employees", "segments", "attributes", "site_id"),
                *("site_domain_name", "campaign_id", "sale_date", "sale_cost", "ext_id"),
            ]
        },
    ),
    "offline-messages-default": ("get.offline_messages_report", {}),
    "offline-messages": (
        "get.offline_messages_report",
        {"fields": ["id", "date_time", "form_name", "ym_client_id", "yclid", "visitor_phone_number", "tags"]},
    ),
    "chats-default": ("get.chats_report", {}),
    "communications-default": ("get.communications_report", {}),
    "tags": ("get.tags", {}),
    "account": ("get.account", {}),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_an_answer_in_full(busy_day: CoMagicDriver, bodies: Path, name: str) -> None:
    method, asked = GOLDEN[name]
    period = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"} if "report" in method else {}
    told = busy_day.call(method, **period, **asked)
    assert pretty(told) == (bodies / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("fields", [["id", "colour"], ["clientId"], ["tag_id"]])
def test_an_unknown_field_fails_the_whole_call(busy_day: CoMagicDriver, fields: list[str]) -> None:
    error = busy_day.error(
        "get.calls_report", date_from="2026-11-22 00:00:00", date_till="2026-11-23 00:00:00", fields=fields
    )
    assert (error["code"], error["data"]["mnemonic"]) == (-32602, "unexpected_parameters")
    assert (error["data"]["field"], error["data"]["value"]) == ("fields", fields[-1])


def test_nothing_is_null_or_an_empty_list_and_never_left_out(comagic: CoMagicDriver) -> None:
    comagic.phone(talk_seconds=0)
    comagic.at("10:05:00")
    empty = comagic.row(
        "ym_client_id", "yclid", "utm_source", "sale_cost", "visitor_id", "tags", "employees", "segments"
    )
    assert list(empty.values()) == [None, None, None, None, None, [], [], []]


# The period


@pytest.mark.parametrize("missing", ["date_from", "date_till"])
def test_both_dates_are_required(comagic: CoMagicDriver, missing: str) -> None:
    dates = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00", missing: None}
    error = comagic.error("get.calls_report", **dates)
    assert (error["data"]["mnemonic"], error["data"]["field"]) == ("required_parameter_missed", missing)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22",
        "2026-11-22T00:00:00",
        "2026-11-22 00:00:00+03:00",
        "2026-11-22 00:00:00Z",
        "2026-02-30 00:00:00",
        "",
    ],
)
def test_a_date_has_seconds_and_no_zone(comagic: CoMagicDriver, written: str) -> None:
    assert comagic.mnemonic("get.calls_report", date_from=written, date_till="2026-11-23 00:00:00") == (
        "invalid_parameter_value"
    )


@pytest.mark.parametrize(
    ("since", "until", "longest"),
    [
        ("2026-08-22 10:00:00", "2026-11-22 10:00:01", "2026-11-22 10:00:00"),
        ("2026-11-30 00:00:00", "2027-02-28 00:00:01", "2027-02-28 00:00:00"),
        ("2025-12-31 12:00:00", "2026-04-01 00:00:00", "2026-03-31 12:00:00"),
    ],
)
def test_three_months_are_the_most(comagic: CoMagicDriver, since: str, until: str, longest: str) -> None:
    assert comagic.mnemonic("get.chats_report", date_from=since, date_till=until) == "date_interval_limit_reached"
    assert comagic.report("chats", date_from=since, date_till=longest) == []


def test_a_report_has_what_began_within_its_period(comagic: CoMagicDriver) -> None:
    comagic.phone(at="2026-11-22T10:00:00+03:00")
    comagic.at("12:00:00")

    def found(since: str, until: str) -> int:
        return len(comagic.report(date_from=f"2026-11-22 {since}", date_till=f"2026-11-22 {until}"))

    assert (found("10:00:00", "10:00:01"), found("10:00:01", "11:00:00"), found("09:00:00", "10:00:00")) == (1, 0, 1)
    comagic.settings(date_till="excluded")
    assert (found("09:00:00", "10:00:00"), found("10:00:00", "10:00:01")) == (0, 1)


def test_dates_are_in_the_accounts_zone_or_in_the_one_the_switch_names(comagic: CoMagicDriver) -> None:
    comagic.phone(at="2026-11-22T21:30:00Z")
    comagic.at("2026-11-23 02:00:00")
    assert comagic.report() == []
    assert comagic.report(date_from="2026-11-23 00:00:00", date_till="2026-11-23 01:00:00")[0]["start_time"] == (
        "2026-11-23 00:30:00"
    )
    comagic.settings(time_zone="Asia/Vladivostok")
    [row] = comagic.report(date_from="2026-11-23 07:00:00", date_till="2026-11-23 08:00:00")
    assert row["start_time"] == "2026-11-23 07:30:00"
    comagic.settings(report_time_zone="UTC")
    assert comagic.row()["start_time"] == "2026-11-22 21:30:00"
    assert comagic.result("get.account")["data"][0]["timezone"] == "Asia/Vladivostok"


# Pages and order


def test_pages_are_cut_and_the_total_is_told(comagic: CoMagicDriver) -> None:
    for minute in range(5):
        comagic.phone(at=f"2026-11-22T09:0{minute}:00+03:00", phone=f"7999000001{minute}")
    pages = [comagic.report(limit=2, offset=offset, fields=["contact_phone_number"]) for offset in (0, 2, 4, 6)]
    assert [[row["contact_phone_number"][-1] for row in page] for page in pages] == [["0", "1"], ["2", "3"], ["4"], []]
    period = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}
    assert comagic.result("get.calls_report", **period, limit=2)["metadata"]["total_items"] == 5


@pytest.mark.parametrize(
    ("name", "fits", "too_much"), [("limit", 10_000, 10_001), ("limit", 1, 0), ("offset", 100_000, 100_001)]
)
def test_limit_and_offset_have_caps(comagic: CoMagicDriver, name: str, fits: int, too_much: int) -> None:
    period = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}
    assert comagic.result("get.calls_report", **period, **{name: fits})["data"] == []
    error = comagic.error("get.calls_report", **period, **{name: too_much})
    assert (error["data"]["mnemonic"], error["data"]["field"]) == ("invalid_parameter_value", name)


def test_a_thousand_rows_are_given_when_no_limit_is(comagic: CoMagicDriver) -> None:
    comagic.control(
        "POST", "actions", [{"action": "call", "phone": "7999", "number": STATIC, "wait_seconds": 0}] * 1001
    )
    assert len(comagic.report(fields=["id"])) == 1000
    assert len(comagic.report(fields=["id"], limit=10_000)) == 1001


def test_rows_are_sorted_as_asked(comagic: CoMagicDriver) -> None:
    for second, (phone, talk) in enumerate([("7999", 0), ("7998", 40), ("7997", 0)]):
        comagic.phone(phone=phone, talk_seconds=talk, at=f"2026-11-22T09:00:0{second}+03:00")

    def order(*sort: Json) -> list[str]:
        return [row["contact_phone_number"] for row in comagic.report(sort=list(sort))]

    assert order() == ["7999", "7998", "7997"]
    assert order({"field": "start_time", "order": "desc"}) == ["7997", "7998", "7999"]
    assert order({"field": "is_lost"}, {"field": "start_time", "order": "desc"}) == ["7998", "7997", "7999"]
    comagic.settings(default_order="newest_first")
    assert order() == ["7997", "7998", "7999"]


@pytest.mark.parametrize(
    ("sort", "mnemonic"),
    [
        ({"field": "id"}, "sort_prohibited"),
        ({"field": "ym_client_id"}, "sort_prohibited"),
        ({"field": "tag_change_time"}, "sort_prohibited"),
        ({"field": "colour"}, "unexpected_parameters"),
        ({"field": "start_time", "order": "up"}, "invalid_parameter_value"),
        ({"field": "start_time", "by": "asc"}, "unexpected_parameters"),
        ({"order": "asc"}, "required_parameter_missed"),
        ("start_time", "data_type_error"),
    ],
)
def test_a_wrong_sort_is_refused(comagic: CoMagicDriver, sort: object, mnemonic: str) -> None:
    period = {"date_from": "2026-11-22 00:00:00", "date_till": "2026-11-23 00:00:00"}
    assert comagic.mnemonic("get.calls_report", **period, sort=[sort]) == mnemonic


# Calls under way, rows that come late


def test_a_call_under_way_is_there_on_request(comagic: CoMagicDriver) -> None:
    comagic.phone()
    comagic.at("10:01:00")
    assert comagic.report() == []
    [row] = comagic.report(include_ongoing_calls=True)
    assert (row["finish_time"], row["talk_duration"], row["call_records"]) == (None, None, [])
    comagic.at("10:02:25")
    assert [row["talk_duration"] for row in comagic.report()] == [120]


def test_a_row_may_come_minutes_after_the_call(comagic: CoMagicDriver) -> None:
    comagic.settings(row_delay_seconds=180)
    comagic.phone()
    comagic.at("10:05:24")
    assert comagic.report() == comagic.report("communications") == comagic.report(include_ongoing_calls=True) == []
    comagic.at("10:05:25")
    assert len(comagic.report()) == len(comagic.report("communications")) == 1


def test_technical_requests_are_there_on_request(comagic: CoMagicDriver) -> None:
    comagic.act("offline_message", email="anna@example.com", is_technical=True)
    assert comagic.report("offline_messages") == []
    assert len(comagic.report("offline_messages", include_tech_offline_messages=True)) == 1


def test_the_campaign_of_a_static_number_is_told(comagic: CoMagicDriver) -> None:
    comagic.phone()
    comagic.at("10:05:00")
    row = comagic.row("campaign_id", "campaign_name", "site_id", "site_domain_name")
    assert list(row.values()) == [CAMPAIGN, "Щиты у метро", 3, "sokol.example"]
