"""Promise 4: an upload is done only when its totals are read back."""

from __future__ import annotations

from typing import Any, cast

import pytest

from leadloop.conversions.upload import Upload
from simulation.world import Company, OpenCompany

ANNA, BORIS = "1700000000123456789", "1700000000123456790"


def test_accepted_is_not_done(open_company: OpenCompany) -> None:
    """Metrica needs an hour; until it says the end, nobody calls the upload done, however often it is asked."""
    company = _uploaded(open_company())
    for _ in range(2):
        company.clock.advance(minutes=20)
        company.fire("check-uploads")
        upload = _upload(company)
        assert (upload.state, upload.vendor_status) in {("accepted", "PREPARED"), ("accepted", "EXPORTED")}
    company.clock.advance(minutes=20)
    company.fire("check-uploads")
    assert _upload(company).state == "terminal"


@pytest.mark.parametrize(
    ("visits", "status"), [((ANNA, BORIS), "PROCESSED"), ((ANNA,), "PROCESSED"), ((), "LINKAGE_FAILURE")]
)
def test_done_means_that_the_totals_are_metricas_own(
    visits: tuple[str, ...], status: str, open_company: OpenCompany
) -> None:
    company = open_company()
    for client_id in visits:
        company.vendors.see_visit(company.clock.now(), client_id=client_id)
    _uploaded(company)
    company.clock.advance(hours=2)
    company.fire("check-uploads")
    upload, theirs = _upload(company), _theirs(company)
    assert (upload.state, upload.vendor_status, theirs["status"]) == ("terminal", status, status)
    assert upload.totals == {name: theirs[name] for name in upload.totals}
    assert upload.totals["linked_quantity"] == len(visits)
    assert upload.totals["user_not_found_quantity"] == 2 - len(visits)


def test_an_upload_that_metrica_does_not_finish_raises_the_alarm_once(open_company: OpenCompany) -> None:
    company = open_company()
    company.vendors.set("metrica", processing_minutes=10_000.0)
    _uploaded(company)
    alarms = []
    for _ in range(16):
        company.clock.advance(minutes=20)
        company.fire("check-uploads")
        alarms.append(len(company.logged("upload_overdue")))
    assert alarms == [0] * 11 + [1] * 5, "expected at four hours, found another time"
    assert _upload(company).state == "accepted"


def test_rows_that_metrica_left_out_are_told_and_not_sent_again(open_company: OpenCompany) -> None:
    company = open_company()
    company.vendors.break_("metrica", "partial_lines", matching=BORIS)
    _uploaded(company)
    assert _upload(company).state == "accepted_partially"
    [told] = company.logged("upload_accepted_partially")
    assert (told["rows"], told["lines"]) == (2, 1)
    company.run_out()
    assert [one for one, _, _ in company.counted()] == [ANNA]
    assert company.vendors.requests("metrica", "POST", "/upload") == 1


def test_an_answer_from_before_2026_without_the_newer_totals_is_enough(open_company: OpenCompany) -> None:
    company = open_company()
    company.vendors.set("metrica", optional_fields=False)
    _uploaded(company)
    company.clock.advance(hours=2)
    company.fire("check-uploads")
    upload = _upload(company)
    assert upload.state == "terminal"
    assert (upload.totals["source_quantity"], upload.totals.get("linked_quantity")) == (2, None)


def _uploaded(company: Company) -> Company:
    """Two visitors' forms, received, registered and sent to Metrica in one file."""
    for place, client_id in enumerate((ANNA, BORIS)):
        company.send_form(phone=f"8 999 000-00-0{place + 3}", ym_client_id=client_id)
    company.settle()
    company.clock.advance(minutes=1)
    company.fire("upload-conversions")
    return company


def _upload(company: Company) -> Upload:
    return Upload.of(company.system.the("upload"))


def _theirs(company: Company) -> dict[str, Any]:
    [uploading] = company.vendors.metrica_book()["uploadings"]
    return cast("dict[str, Any]", uploading)
