"""What every stand-in does on order: faults, journal, settings, seeds, reset and the page."""

from collections.abc import Mapping

import pytest
import requests

from unit.standins.metrica_driver import API, TOKEN, MetricaDriver, csv_of, error_type, wait_for_conversions

ROW = "1700000000123456789,sold,1787738400,10,RUB"


def counted(metrica: MetricaDriver) -> int:
    total: int = metrica.ledger()["totals"]["conversions"]
    return total


# Connections that break


def test_dropped_before_the_work_leaves_nothing(metrica: MetricaDriver) -> None:
    metrica.order("drop_before", method="POST", path="/upload")
    with pytest.raises(requests.ConnectionError):
        metrica.upload(csv_of(ROW))
    ledger = metrica.ledger()
    assert counted(metrica) == 0
    assert ledger["journal"][-1]["status"] is None
    assert metrica.fired() == [["drop_before"]]


def test_dropped_after_the_work_leaves_the_work(metrica: MetricaDriver) -> None:
    metrica.order("accept_then_drop", method="POST", path="/upload")
    with pytest.raises(requests.ConnectionError):
        metrica.upload(csv_of(ROW), comment="lost1")
    assert counted(metrica) == 1
    assert [uploading["comment"] for uploading in metrica.listing()] == ["lost1"]
    assert metrica.fired() == [["accept_then_drop"]]


def test_an_answer_can_stop_in_the_middle(metrica: MetricaDriver) -> None:
    metrica.order("truncate", keep=20)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        metrica.upload(csv_of(ROW))
    assert counted(metrica) == 1
    assert metrica.fired() == [["truncate"]]


def test_a_client_that_gives_up_on_a_slow_answer_does_not_undo_the_work(metrica: MetricaDriver) -> None:
    metrica.order("slow", seconds=20, when="after", path="/upload")
    part = {"file": ("rows.csv", csv_of(ROW), "text/csv")}
    headers = {"Authorization": f"OAuth {TOKEN}"}
    with pytest.raises(requests.ReadTimeout), requests.Session() as impatient:
        impatient.post(f"{metrica.base_url}{API}/offline_conversions/upload", files=part, headers=headers, timeout=0.5)
    wait_for_conversions(metrica, 1)
    assert metrica.fired() == [["slow"]]


# Failures answered


@pytest.mark.parametrize(("fault", "work_done"), [("status", 0), ("accept_then_status", 1)])
@pytest.mark.parametrize(("status", "kind"), [(500, "backend_error"), (503, "backend_error"), (504, "timeout")])
def test_a_failure_is_answered_in_the_vendors_body(
    metrica: MetricaDriver, fault: str, work_done: int, status: int, kind: str
) -> None:
    metrica.order(fault, status=status, path="/upload")
    assert error_type(metrica.upload(csv_of(ROW))) == (status, kind)
    assert counted(metrica) == work_done
    assert metrica.fired() == [[fault]]


def test_a_failure_can_be_html_and_name_a_time_to_wait(metrica: MetricaDriver) -> None:
    metrica.order("status", status=503, html="<h1>Обслуживание</h1>", retry_after=7)
    answer = metrica.call("GET", API)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.content.decode() == "<h1>Обслуживание</h1>"


def test_a_bad_gateway_is_html_by_itself(metrica: MetricaDriver) -> None:
    metrica.order("status", status=502)
    assert metrica.call("GET", API).headers["Content-Type"].startswith("text/html")


# Which requests a fault is for


def test_a_fault_waits_for_its_method_and_path(metrica: MetricaDriver) -> None:
    metrica.order("status", method="post", path=r"conversions/upload$")
    assert metrica.call("GET", API).status_code == 200
    assert metrica.call("GET", f"{API}/offline_conversions/uploadings").status_code == 200
    assert metrica.upload(csv_of(ROW), comment="t1").status_code == 500


def test_a_fault_can_be_for_a_query(metrica: MetricaDriver) -> None:
    metrica.order("status", path="comment=t2")
    assert metrica.upload(csv_of(ROW), comment="t1").status_code == 200
    assert metrica.upload(csv_of(ROW), comment="t2").status_code == 500


def test_a_fault_lets_some_pass_and_then_fires_as_often_as_ordered(metrica: MetricaDriver) -> None:
    metrica.order("status", after=1, times=2)
    assert [metrica.call("GET", API).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_without_times_lasts_until_cleared(metrica: MetricaDriver) -> None:
    metrica.order("status", times=None)
    assert [metrica.call("GET", API).status_code for _ in range(3)] == [500, 500, 500]
    metrica.control("DELETE", "faults")
    assert metrica.call("GET", API).status_code == 200


def test_spent_faults_stay_listed_with_their_count(metrica: MetricaDriver) -> None:
    metrica.order("status", times=2)
    metrica.call("GET", API)
    listed = metrica.control("GET", "faults")
    assert [(fault["fault"], fault["fired"]) for fault in listed["faults"]] == [("status", 1)]
    assert "accept_then_drop" in listed["known"]


@pytest.mark.parametrize(
    ("instruction", "named"),
    [
        ({"fault": "explode"}, "Known: accept_then_drop"),
        ({"fault": "slow", "second": 1}, "no parameter 'second'"),
        ({"fault": "slow", "seconds": "1"}, "seconds of slow"),
        ({"fault": "slow", "when": "later"}, "one of 'before', 'after'"),
        ({"fault": "status", "times": 0}, "times"),
        ({"fault": "status", "after": -1}, "after"),
        ({"fault": "status", "path": "("}, "path"),
        ({"fault": "status", "method": 1}, "method"),
        ([], "JSON object"),
    ],
)
def test_an_order_that_is_not_understood_is_refused_with_what_would_be(
    metrica: MetricaDriver, instruction: Mapping[str, object], named: str
) -> None:
    answer = metrica.session.post(f"{metrica.base_url}/_stand_in/faults", json=instruction, timeout=120)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert metrica.control("GET", "faults")["faults"] == []


# Journal, settings, seeds, reset, page


def test_the_journal_keeps_order_and_no_token(metrica: MetricaDriver) -> None:
    metrica.call("GET", f"{API}?field=goals&access_token=hidden-one")
    metrica.upload(csv_of(ROW), comment="t1")
    ledger = metrica.ledger()
    assert [(e["number"], e["method"], e["query"], e["status"]) for e in ledger["journal"]] == [
        (1, "GET", "field=goals", 200),
        (2, "POST", "comment=t1", 200),
    ]
    page = metrica.session.get(metrica.base_url, timeout=120).text
    for text in (str(ledger), page):
        assert "hidden-one" not in text
        assert TOKEN not in text


def test_settings_refuse_what_is_unknown_or_of_another_kind(metrica: MetricaDriver) -> None:
    for changes in ({"speed": 1}, {"daily_quota": "many"}, {"listing_order": "random"}, {"wrapper": "x"}):
        answer = metrica.session.post(f"{metrica.base_url}/_stand_in/settings", json=changes, timeout=120)
        assert answer.status_code == 400, changes
    assert metrica.control("GET", "settings")["listing_order"] == "newest_first"


@pytest.mark.parametrize(
    ("part", "rows"),
    [
        ("visits", [{"client_id": 1700000000123456789, "time": "2026-08-25T10:00:00Z"}]),
        ("visits", [{"client_id": "17", "time": "2026-08-25T10:00:00"}]),
        ("visits", [{"time": "2026-08-25T10:00:00Z"}]),
        ("visits", [{"client": "17", "time": "2026-08-25T10:00:00Z"}]),
        ("goals", [{"name": "no condition", "type": "action"}]),
        ("visits", {"client_id": "17"}),
        ("counters", [{"id": "mine"}]),
        ("tokens", [{"token": ""}]),
        ("clients", []),
    ],
)
def test_a_wrong_seed_is_refused(metrica: MetricaDriver, part: str, rows: object) -> None:
    answer = metrica.session.post(f"{metrica.base_url}/_stand_in/{part}", json=rows, timeout=120)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_reset_returns_to_the_beginning(metrica: MetricaDriver) -> None:
    before = metrica.ledger()
    metrica.accepted(csv_of(ROW))
    metrica.settings(wrapper="uploadings")
    metrica.order("status", times=None)
    metrica.visit("2026-08-25T10:00:00Z", client_id="17")
    metrica.control("POST", "reset")
    assert metrica.ledger() == before


def test_the_page_shows_the_ledger_escaped_and_needs_nothing_from_elsewhere(metrica: MetricaDriver) -> None:
    metrica.accepted(csv_of("<script>alert(1)</script>,sold,1787738400,10,RUB"))
    page = metrica.session.get(metrica.base_url, timeout=120).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "http" not in page.replace('content="width', "")
    assert "not yet" in page


def test_a_connection_is_kept_between_requests(metrica: MetricaDriver) -> None:
    first = metrica.call("GET", API)
    assert first.headers.get("Connection", "keep-alive").lower() == "keep-alive"
    ports = set()
    for _ in range(3):
        with metrica.session.get(metrica.base_url + API, stream=True, timeout=120) as answer:
            connection = answer.raw.connection
            assert connection is not None
            ports.add(connection.sock.getsockname()[1])
            _ = answer.content
    assert len(ports) == 1
