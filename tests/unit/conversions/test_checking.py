"""Uploads are read back until Metrica is through with them."""

from __future__ import annotations

import pytest

from support.metrica_desk import ANNA, BORIS, MetricaDesk


@pytest.fixture
def desk(desk: MetricaDesk) -> MetricaDesk:
    """Anna has left a form, it was sent, and a visit of hers is known to Metrica."""
    desk.stand_in.apply_seed({"visits": [{"client_id": ANNA, "time": "2026-08-31T10:00:00Z", "counter": "12345678"}]})
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", client_id=BORIS)
    desk.upload()
    return desk


def test_totals_and_the_way_there_are_kept(desk: MetricaDesk) -> None:
    for _ in range(5):
        desk.pass_time(minutes=15)
        desk.check()
    upload = desk.the_upload()
    assert upload.state == "terminal"
    assert upload.vendor_status == "PROCESSED"
    assert [seen.status for seen in upload.status_history] == [
        "UPLOADED",
        "PREPARED",
        "EXPORTED",
        "MATCHED",
        "PROCESSED",
    ]
    assert (upload.totals["linked_quantity"], upload.totals["user_not_found_quantity"]) == (1, 1)
    assert "upload_processed" in desk.log.events("INFO")


def test_a_processed_upload_is_not_asked_for_again(desk: MetricaDesk) -> None:
    desk.pass_time(hours=2)
    desk.check()
    asked = len(desk.stand_in.journal.entries)
    desk.check()
    assert len(desk.stand_in.journal.entries) == asked


def test_no_row_linked_is_a_linkage_failure(desk: MetricaDesk) -> None:
    desk.plant("vera", yclid="123")
    desk.upload()
    desk.pass_time(hours=2)
    desk.check()
    assert sorted(str(upload.vendor_status) for upload in desk.uploads()) == ["LINKAGE_FAILURE", "PROCESSED"]


def test_an_upload_that_metrica_does_not_finish_is_an_alarm_once(desk: MetricaDesk) -> None:
    desk.stand_in.change_settings({"processing_minutes": 100_000.0})
    desk.pass_time(hours=3, minutes=59)
    desk.check()
    assert "upload_overdue" not in desk.log.events()
    desk.pass_time(minutes=1)
    for _ in range(3):
        desk.check()
    assert desk.log.events("ERROR").count("upload_overdue") == 1


def test_the_alarm_needs_no_answer_from_metrica(desk: MetricaDesk) -> None:
    desk.fault("backend_error", path="/uploading/", method="GET", times=None)
    desk.pass_time(hours=4)
    summary = desk.check()
    assert summary.stopped is not None
    assert "upload_overdue" in desk.log.events("ERROR")


def test_an_uploading_metrica_does_not_know_is_asked_for_again(desk: MetricaDesk) -> None:
    desk.fault("status", status=404, path="/uploading/", method="GET")
    desk.pass_time(hours=2)
    desk.check()
    assert desk.states() == ["accepted"]
    assert "uploading_not_found" in desk.log.events("WARNING")
    desk.check()
    assert desk.states() == ["terminal"]


def test_over_quota_the_check_goes_on_at_the_next_tick(desk: MetricaDesk) -> None:
    desk.pass_time(hours=2)
    desk.fault("quota", path="/uploading/", method="GET")
    assert desk.check().stopped is not None
    assert desk.check().stopped is None
    assert desk.states() == ["terminal"]
