"""Every fault of Metrica's own, and its quotas. Each test sees that the fault fired, not only that something failed."""

import threading

import pytest
import requests

from unit.standins.metrica_driver import API, MetricaDriver, csv_of, error_type, wait_for_conversions

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
ROWS = (f"{ANNA},sold,1787738400,,", f"{BORIS},sold,1787738400,,", f"{ANNA},qualified_lead,1787738400,,")


def test_every_nth_row_is_left_out(metrica: MetricaDriver) -> None:
    metrica.order("partial_lines", every=2)
    uploading = metrica.accepted(csv_of(*ROWS))
    assert (uploading["source_quantity"], uploading["line_quantity"]) == (3, 2)
    assert [conversion["id"] for conversion in metrica.ledger()["conversions"]] == [ANNA, ANNA]
    assert metrica.fired() == [["partial_lines"]]


def test_rows_that_match_are_left_out(metrica: MetricaDriver) -> None:
    metrica.order("partial_lines", matching=ANNA)
    assert metrica.accepted(csv_of(*ROWS))["line_quantity"] == 1
    assert [conversion["id"] for conversion in metrica.ledger()["conversions"]] == [BORIS]


def test_invalid_rows_can_be_left_out_instead_of_refusing_the_file(metrica: MetricaDriver) -> None:
    metrica.order("partial_lines", invalid=True)
    uploading = metrica.accepted(csv_of(*ROWS, "1,sold,soon,,"))
    assert (uploading["source_quantity"], uploading["line_quantity"]) == (4, 3)
    assert error_type(metrica.upload(csv_of("1,sold,soon,,"))) == (400, "invalid_uploading")


def test_a_poison_row_refuses_every_file_that_holds_it(metrica: MetricaDriver) -> None:
    metrica.order("invalid_uploading", id=BORIS, times=None)
    assert error_type(metrica.upload(csv_of(*ROWS))) == (400, "invalid_uploading")
    assert metrica.upload(csv_of(ROWS[0], ROWS[2])).status_code == 200
    assert error_type(metrica.upload(csv_of(ROWS[1]))) == (400, "invalid_uploading")
    assert [c["id"] for c in metrica.ledger()["conversions"]] == [ANNA, ANNA]
    assert metrica.fired() == [["invalid_uploading"], ["invalid_uploading"]]


def test_a_poison_target_refuses_the_file(metrica: MetricaDriver) -> None:
    metrica.order("invalid_uploading", target="qualified_lead")
    assert metrica.upload(csv_of(ROWS[0])).status_code == 200
    assert error_type(metrica.upload(csv_of(*ROWS))) == (400, "invalid_uploading")


def test_a_lagging_list_hides_what_is_new_but_the_uploading_can_be_read(metrica: MetricaDriver) -> None:
    old = metrica.accepted(csv_of(ROWS[0]))["id"]
    metrica.set_time("2026-09-01T10:00:00Z")
    new = metrica.accepted(csv_of(ROWS[1]))["id"]
    metrica.order("listing_lag", minutes=30, times=None)
    assert [uploading["id"] for uploading in metrica.listing()] == [old]
    assert metrica.uploading(new)["id"] == new
    metrica.set_time("2026-09-01T10:30:00Z")
    assert [uploading["id"] for uploading in metrica.listing()] == [new, old]
    assert metrica.fired() == [["listing_lag"]]


@pytest.mark.parametrize("status", [420, 429])
def test_over_quota_by_either_status(metrica: MetricaDriver, status: int) -> None:
    metrica.order("quota", status=status, error_type="quota_requests_by_uid", path="/upload")
    answer = metrica.upload(csv_of(*ROWS))
    assert error_type(answer) == (status, "quota_requests_by_uid")
    assert "Retry-After" not in answer.headers
    assert metrica.ledger()["conversions"] == []
    assert metrica.upload(csv_of(*ROWS)).status_code == 200
    assert metrica.fired() == [["quota"]]


def test_over_quota_can_name_its_kind_and_a_time_to_wait(metrica: MetricaDriver) -> None:
    metrica.order("quota", error_type="quota_parallel_requests", retry_after=3)
    answer = metrica.call("GET", API)
    assert error_type(answer) == (429, "quota_parallel_requests")
    assert answer.headers["Retry-After"] == "3"


@pytest.mark.parametrize(("fault", "status"), [("backend_error", 503), ("timeout", 504)])
def test_a_failing_backend_does_no_work(metrica: MetricaDriver, fault: str, status: int) -> None:
    metrica.order(fault)
    assert error_type(metrica.upload(csv_of(*ROWS))) == (status, fault)
    assert metrica.ledger()["conversions"] == []
    assert metrica.fired() == [[fault]]


def test_the_daily_quota_is_of_the_domain_day(metrica: MetricaDriver) -> None:
    metrica.settings(daily_quota=2)
    statuses = [metrica.call("GET", API).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    metrica.set_time("2026-09-02T00:00:00Z")
    assert metrica.call("GET", API).status_code == 200


def test_more_requests_a_second_than_allowed_are_refused(metrica: MetricaDriver) -> None:
    metrica.settings(requests_per_second=1)
    answers = [metrica.call("GET", API) for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {error_type(answer) for answer in refused} == {(429, "quota_requests_by_ip")}


def test_a_fourth_parallel_request_of_one_user_is_refused_and_another_user_is_not(metrica: MetricaDriver) -> None:
    metrica.order("slow", seconds=30.0, when="after", times=3, path="/upload")
    started = [threading.Thread(target=upload_and_hang, args=(metrica,), daemon=True) for _ in range(3)]
    for thread in started:
        thread.start()
    wait_for_conversions(metrica, 3)
    assert error_type(metrica.call("GET", API)) == (429, "quota_parallel_requests")
    metrica.token = "reader"
    assert metrica.call("GET", API).status_code == 200
    assert metrica.ledger()["most_parallel_requests"] == 3


def upload_and_hang(metrica: MetricaDriver) -> None:
    """One upload over a connection of its own; it ends with the stand-in."""
    target = threading.get_ident()
    part = {"file": ("rows.csv", csv_of(f"{target},sold,1787738400,,"), "text/csv")}
    headers = {"Authorization": f"OAuth {metrica.token}"}
    url = f"{metrica.base_url}{API}/offline_conversions/upload"
    try:
        requests.post(url, files=part, headers=headers, timeout=60).close()
    except requests.ConnectionError:
        return
