"""Access, uploads and their validation, uploadings and goals."""

import json
from pathlib import Path

import pytest

from unit.standins.metrica_driver import API, MetricaDriver, csv_of, error_type

UPLOAD = f"{API}/offline_conversions/upload"
ROW = "1700000000123456789,sold,1788080400,10.5,RUB"


# Who may do what


def test_no_authorization_header_is_401(metrica: MetricaDriver) -> None:
    answer = metrica.session.get(metrica.base_url + API, timeout=120)
    assert error_type(answer) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["OAuth", "Bearer token-of-olga", "OAuthtoken-of-olga"])
def test_a_malformed_authorization_header_is_401(metrica: MetricaDriver, header: str) -> None:
    assert error_type(metrica.call("GET", API, headers={"Authorization": header})) == (401, "unauthorized")


def test_an_unknown_token_is_403_in_the_body_seen_on_the_wire(metrica: MetricaDriver, bodies: Path) -> None:
    metrica.token = "forgotten"
    answer = metrica.call("GET", API)
    assert answer.status_code == 403
    assert answer.json() == json.loads((bodies / "refusal-unknown-token.json").read_text())


def test_an_unknown_counter_is_400_in_the_body_seen_on_the_wire(metrica: MetricaDriver, bodies: Path) -> None:
    for counter in ("87654321", "mine"):
        answer = metrica.call("GET", f"/management/v1/counter/{counter}/offline_conversions/uploadings")
        assert answer.status_code == 400
        assert answer.json() == json.loads((bodies / "refusal-unknown-counter.json").read_text())


@pytest.mark.parametrize(
    ("token", "reads_counter", "uploads", "lists_uploadings", "creates_goal"),
    [
        ("token-of-olga", 200, 200, 200, 200),
        ("reader", 200, 403, 200, 403),
        ("uploader", 403, 200, 200, 403),
        ("stranger", 403, 403, 403, 403),
    ],
)
def test_scopes_and_reach_of_a_token(
    metrica: MetricaDriver,
    bodies: Path,
    token: str,
    reads_counter: int,
    uploads: int,
    lists_uploadings: int,
    creates_goal: int,
) -> None:
    metrica.token = token
    goal = json.loads((bodies / "goal-to-create.json").read_text())
    assert metrica.call("GET", API).status_code == reads_counter
    assert metrica.upload(csv_of(ROW)).status_code == uploads
    assert metrica.call("GET", f"{API}/offline_conversions/uploadings").status_code == lists_uploadings
    assert metrica.call("POST", f"{API}/goals", json=goal).status_code == creates_goal


# Uploading


def test_a_file_is_accepted_whole(metrica: MetricaDriver, bodies: Path) -> None:
    uploading = metrica.accepted((bodies / "upload-client-id.csv").read_text(), comment="утро1", type="BASIC")
    assert uploading["id"] > 2**31
    assert uploading == {
        "id": uploading["id"],
        "create_time": "2026-09-01T09:00:00Z",
        "source_quantity": 2,
        "line_quantity": 2,
        "comment": "утро1",
        "type": "BASIC",
        "client_id_type": "CLIENT_ID",
        "status": "UPLOADED",
        "goal_not_found_quantity": 0,
        "user_not_found_quantity": 0,
        "linked_quantity": 0,
    }


def test_a_file_that_mixes_identifiers_is_accepted_without_naming_their_type(
    metrica: MetricaDriver, bodies: Path
) -> None:
    uploading = metrica.accepted((bodies / "upload-mixed-ids.csv").read_text())
    assert uploading["line_quantity"] == 2
    assert "client_id_type" not in uploading
    assert [(c["kind"], c["id"]) for c in metrica.ledger()["conversions"]] == [
        ("ClientId", "1700000000123456789"),
        ("Yclid", "7325873983740247040"),
    ]


def test_the_file_must_be_a_part_named_file_with_a_filename(metrica: MetricaDriver) -> None:
    for part in ({"data": ("rows.csv", csv_of(ROW))}, {"file": (None, csv_of(ROW))}):
        answer = metrica.call("POST", UPLOAD, files=part)
        assert error_type(answer) == (400, "missing_parameter")
        assert answer.json()["errors"][0]["location"] == "file"
    assert error_type(metrica.call("POST", UPLOAD, data=csv_of(ROW))) == (400, "missing_parameter")


@pytest.mark.parametrize(
    "query",
    [
        {"comment": "not-a-letter"},
        {"comment": "two words"},
        {"comment": "a" * 256},
        {"type": "CALLS"},
        {"type": "basic"},
        {"client_id_type": "EMAIL"},
    ],
    ids=str,
)
def test_a_wrong_parameter_refuses_the_upload(metrica: MetricaDriver, query: dict[str, str]) -> None:
    assert error_type(metrica.upload(csv_of(ROW), **query)) == (400, "invalid_parameter")
    assert metrica.ledger()["totals"]["uploadings"] == 0


def test_the_longest_comment_and_the_legacy_parameter_pass(metrica: MetricaDriver) -> None:
    assert metrica.accepted(csv_of(ROW), comment="ё" * 255, client_id_type="USER_ID")["client_id_type"] == "CLIENT_ID"
    assert "ignored" in metrica.ledger()["journal"][-1]["notes"][0]


NOW_SECONDS = 1788253200

INVALID_FILES = {
    "empty": b"",
    "header alone": csv_of().encode(),
    "not UTF-8": csv_of("1,продано,1788080400,,").encode("cp1251"),
    "byte order mark": csv_of(ROW).encode("utf-8-sig"),
    "semicolons": csv_of(ROW).replace(",", ";").encode(),
    "no Target": csv_of("1,1788080400", header="ClientId,DateTime").encode(),
    "no identifier column": csv_of("sold,1788080400", header="Target,DateTime").encode(),
    "unknown column": csv_of("1,sold,1788080400,a@b.example", header="ClientId,Target,DateTime,Email").encode(),
    "repeated column": csv_of("1,1,sold,1788080400", header="ClientId,ClientID,Target,DateTime").encode(),
    "field too few": csv_of("1,sold,1788080400").encode(),
    "blank line inside": csv_of(ROW, "", ROW).encode(),
    "broken quoting": csv_of('"1"x,sold,1788080400,,').encode(),
    "row without identifier": csv_of(",sold,1788080400,,").encode(),
    "row without target": csv_of("1,,1788080400,,").encode(),
    "date instead of seconds": csv_of("1,sold,2026-08-30 12:00:00,,").encode(),
    "milliseconds": csv_of("1,sold,1788080400000,,").encode(),
    "fraction of a second": csv_of("1,sold,1788080400.0,,").encode(),
    "a second in the future": csv_of(f"1,sold,{NOW_SECONDS + 1},,").encode(),
    "decimal comma": csv_of('1,sold,1788080400,"10,5",RUB').encode(),
    "thousands": csv_of("1,sold,1788080400,1 000,RUB").encode(),
    "scientific price": csv_of("1,sold,1788080400,1E3,RUB").encode(),
    "one bad row among good": csv_of(ROW, "1,sold,soon,,").encode(),
}


@pytest.mark.parametrize("content", INVALID_FILES.values(), ids=INVALID_FILES.keys())
def test_an_invalid_file_is_refused_whole(metrica: MetricaDriver, content: bytes) -> None:
    assert error_type(metrica.upload(content)) == (400, "invalid_uploading")
    assert metrica.ledger()["conversions"] == []


def test_a_refusal_names_the_line(metrica: MetricaDriver) -> None:
    answer = metrica.upload(csv_of(ROW, f"1,sold,{NOW_SECONDS + 1},,"))
    assert answer.json()["message"] == "Line 3: DateTime is in the future."


def test_the_present_second_and_windows_line_ends_and_quotes_are_accepted(metrica: MetricaDriver) -> None:
    content = csv_of(f'"1","sold",{NOW_SECONDS},0.10,RUB').replace("\n", "\r\n")
    assert metrica.accepted(content)["line_quantity"] == 1


def test_column_names_in_another_case_are_accepted_and_noted(metrica: MetricaDriver) -> None:
    metrica.accepted(csv_of("1,sold,1788080400", header="ClientID,target,datetime"))
    assert metrica.ledger()["journal"][-1]["notes"] == [
        "column ClientID is spelt ClientId on the API page",
        "column target is spelt Target on the API page",
        "column datetime is spelt DateTime on the API page",
    ]


def test_an_unsupported_currency_drops_the_amount_too(metrica: MetricaDriver) -> None:
    metrica.accepted(csv_of("1,sold,1788080400,500,XXX"))
    [conversion] = metrica.ledger()["conversions"]
    assert (conversion["price"], conversion["currency"]) == (None, None)


def test_an_unknown_target_is_counted_or_by_the_setting_refused(metrica: MetricaDriver) -> None:
    content = csv_of("1700000000123456789,Продажа,1788080400,,")
    assert metrica.processed(content)["goal_not_found_quantity"] == 1
    metrica.settings(unknown_target="refused")
    assert error_type(metrica.upload(content)) == (400, "invalid_uploading")


# The independent count


def test_a_row_sent_again_changes_the_price_and_adds_no_conversion(metrica: MetricaDriver) -> None:
    first = metrica.accepted(csv_of("17,sold,1788080400,10,RUB"))
    second = metrica.accepted(csv_of("17,sold,1788080400,12.5,RUB"))
    ledger = metrica.ledger()
    [conversion] = ledger["conversions"]
    assert conversion["price"] == "12.5"
    assert conversion["uploads"] == [first["id"], second["id"]]
    [resent] = ledger["resent_rows"]
    assert (resent["price_before"], resent["price_after"]) == ("10", "12.5")
    assert ledger["totals"]["rows_accepted"] == 2
    assert ledger["totals"]["conversions"] == 1


def test_a_row_with_another_moment_is_another_conversion_and_shows_as_doubled(metrica: MetricaDriver) -> None:
    metrica.accepted(csv_of("17,sold,1788080400,10,RUB", "17,qualified_lead,1788080400,,"))
    metrica.accepted(csv_of("17,sold,1788080460,10,RUB"))
    ledger = metrica.ledger()
    assert ledger["totals"]["conversions"] == 3
    assert ledger["resent_rows"] == []
    assert {group["target"]: group["distinct_datetimes"] for group in ledger["per_target"]} == {
        "sold": 2,
        "qualified_lead": 1,
    }


def test_identical_files_have_identical_digests(metrica: MetricaDriver) -> None:
    for content in (csv_of(ROW), csv_of(ROW), csv_of(ROW, ROW)):
        metrica.accepted(content)
    first, second, third = (uploading["sha256"] for uploading in metrica.ledger()["uploadings"])
    assert first == second != third


# Uploadings


def test_uploadings_are_listed_newest_first_or_by_the_setting_oldest_first(metrica: MetricaDriver) -> None:
    ids = [metrica.accepted(csv_of(ROW))["id"] for _ in range(3)]
    assert [uploading["id"] for uploading in metrica.listing()] == ids[::-1]
    metrica.settings(listing_order="oldest_first")
    assert [uploading["id"] for uploading in metrica.listing()] == ids


def test_a_listing_is_paged(metrica: MetricaDriver) -> None:
    ids = [metrica.accepted(csv_of(ROW))["id"] for _ in range(3)]
    assert [uploading["id"] for uploading in metrica.listing(limit=2)] == [ids[2], ids[1]]
    assert [uploading["id"] for uploading in metrica.listing(limit=2, offset=2)] == [ids[0]]
    assert metrica.listing(offset=3) == []


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=many", "offset=-1"])
def test_a_listing_refuses_a_wrong_page(metrica: MetricaDriver, query: str) -> None:
    answer = metrica.call("GET", f"{API}/offline_conversions/uploadings?{query}")
    assert error_type(answer) == (400, "invalid_parameter")


def test_an_unknown_uploading_is_400_or_by_the_setting_404(metrica: MetricaDriver) -> None:
    path = f"{API}/offline_conversions/uploading/1"
    assert error_type(metrica.call("GET", path)) == (400, "invalid_parameter")
    metrica.settings(unknown_object_status=404)
    assert error_type(metrica.call("GET", path)) == (404, "not_found")


def test_answers_of_2025_lack_the_later_fields(metrica: MetricaDriver) -> None:
    metrica.settings(optional_fields=False)
    uploading = metrica.accepted(csv_of(ROW))
    later = {"type", "linked_quantity", "goal_not_found_quantity", "user_not_found_quantity"}
    assert not later & set(uploading)
    assert not later & set(metrica.uploading(uploading["id"]))
    assert not later & set(metrica.listing()[0])


def test_an_upload_may_be_answered_in_the_plural(metrica: MetricaDriver) -> None:
    metrica.settings(wrapper="uploadings")
    body = metrica.upload(csv_of(ROW), comment="plural").json()
    assert list(body) == ["uploadings"]
    assert body["uploadings"][0]["comment"] == "plural"


# Counters and goals


def test_a_counter_names_its_time_zone(metrica: MetricaDriver) -> None:
    counter = metrica.call("GET", API).json()["counter"]
    assert (counter["id"], counter["time_zone_name"], counter["time_zone_offset"]) == (12345678, "Europe/Moscow", 180)


def test_a_created_goal_can_be_read_listed_and_named_by_an_upload(metrica: MetricaDriver) -> None:
    wanted = {"name": "Просмотр", "type": "action", "conditions": [{"type": "exact", "url": "viewing"}]}
    goal = metrica.call("POST", f"{API}/goals", json={"goal": wanted}).json()["goal"]
    assert goal["id"] > 2**31
    assert wanted.items() <= goal.items()
    assert metrica.call("GET", f"{API}/goal/{goal['id']}").json() == {"goal": goal}
    assert goal in metrica.call("GET", f"{API}/goals?useDeleted=false").json()["goals"]
    assert metrica.processed(csv_of("1700000000123456789,viewing,1788080400,,"))["linked_quantity"] == 1


def test_only_an_exact_event_goal_is_a_target(metrica: MetricaDriver) -> None:
    for kind, condition in (("url", "exact"), ("action", "contain")):
        goal = {"name": "Цель", "type": kind, "conditions": [{"type": condition, "url": f"{kind}_{condition}"}]}
        assert metrica.call("POST", f"{API}/goals", json={"goal": goal}).status_code == 200
        content = csv_of(f"1700000000123456789,{kind}_{condition},1788080400,,")
        assert metrica.processed(content)["goal_not_found_quantity"] == 1


def test_creating_a_goal_twice_makes_two(metrica: MetricaDriver, bodies: Path) -> None:
    goal = json.loads((bodies / "goal-to-create.json").read_text())
    numbers = {metrica.call("POST", f"{API}/goals", json=goal).json()["goal"]["id"] for _ in range(2)}
    assert len(numbers) == 2


@pytest.mark.parametrize(
    "goal",
    [
        {},
        {"name": "", "type": "action", "conditions": [{"type": "exact", "url": "a"}]},
        {"name": "x" * 256, "type": "action", "conditions": [{"type": "exact", "url": "a"}]},
        {"name": "Цель", "type": "event", "conditions": [{"type": "exact", "url": "a"}]},
        {"name": "Цель", "type": "action"},
        {"name": "Цель", "type": "action", "conditions": [{"type": "equal", "url": "a"}]},
        {"name": "Цель", "type": "action", "conditions": [{"type": "exact", "url": ""}]},
    ],
    ids=repr,
)
def test_a_wrong_goal_is_refused(metrica: MetricaDriver, goal: dict[str, object]) -> None:
    assert error_type(metrica.call("POST", f"{API}/goals", json={"goal": goal})) == (400, "invalid_parameter")


def test_a_body_that_is_not_json_and_one_goal_too_many_are_refused(metrica: MetricaDriver, bodies: Path) -> None:
    assert error_type(metrica.call("POST", f"{API}/goals", data="{")) == (400, "invalid_json")
    metrica.settings(goal_limit=2)
    goal = json.loads((bodies / "goal-to-create.json").read_text())
    assert error_type(metrica.call("POST", f"{API}/goals", json=goal)) == (400, "limit_exceeded")


def test_an_unknown_goal_is_refused(metrica: MetricaDriver) -> None:
    assert error_type(metrica.call("GET", f"{API}/goal/7")) == (400, "invalid_parameter")


def test_there_is_no_way_to_delete_an_uploading(metrica: MetricaDriver) -> None:
    number = metrica.accepted(csv_of(ROW))["id"]
    assert metrica.call("DELETE", f"{API}/offline_conversions/uploading/{number}").status_code == 405
    assert metrica.call("GET", "/management/v1/nothing").status_code == 404
