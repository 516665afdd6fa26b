"""How an uploading ends: statuses on the way, and which rows find a visit."""

import pytest

from unit.standins.metrica_driver import MetricaDriver, csv_of

ANNA, BORIS = "1700000000123456789", "1700000000123456790"
AUGUST_26 = 1787738400
AUGUST_24 = AUGUST_26 - 2 * 86400


def outcome(metrica: MetricaDriver) -> list[tuple[bool, str]]:
    return [(conversion["linked"], conversion["reason"]) for conversion in metrica.ledger()["conversions"]]


# Statuses


def test_each_get_of_an_uploading_moves_it_one_status_on(metrica: MetricaDriver) -> None:
    number = metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))["id"]
    statuses = [metrica.uploading(number)["status"] for _ in range(5)]
    assert statuses == ["PREPARED", "EXPORTED", "MATCHED", "PROCESSED", "PROCESSED"]


def test_listing_moves_nothing_on_and_pending_conversions_are_not_called_linked(metrica: MetricaDriver) -> None:
    metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))
    assert [metrica.listing()[0]["status"] for _ in range(2)] == ["UPLOADED", "UPLOADED"]
    ledger = metrica.ledger()
    assert ledger["conversions"][0]["linked"] is None
    assert (ledger["totals"]["linked"], ledger["totals"]["pending"]) == (0, 1)


def test_intermediate_statuses_can_be_skipped(metrica: MetricaDriver) -> None:
    metrica.settings(skip_intermediate=True)
    number = metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))["id"]
    assert metrica.uploading(number)["status"] == "PROCESSED"


def test_processing_can_take_domain_time_instead_of_gets(metrica: MetricaDriver) -> None:
    metrica.settings(processing_minutes=120)
    number = metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))["id"]
    seen = []
    for time in ("09:29", "09:30", "10:00", "10:59", "11:00"):
        metrica.set_time(f"2026-09-01T{time}:00Z")
        seen.append((metrica.uploading(number)["status"], metrica.listing()[0]["status"]))
    assert seen == [(s, s) for s in ("UPLOADED", "PREPARED", "EXPORTED", "MATCHED", "PROCESSED")]


def test_the_ledger_knows_the_end_although_nobody_asked(metrica: MetricaDriver) -> None:
    metrica.settings(processing_minutes=120)
    metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))
    metrica.set_time("2026-09-01T11:00:00Z")
    assert metrica.ledger()["totals"]["linked"] == 1


def test_not_one_linked_row_is_a_linkage_failure(metrica: MetricaDriver) -> None:
    assert metrica.processed(csv_of(f"404,sold,{AUGUST_26},,"))["status"] == "LINKAGE_FAILURE"


def test_one_linked_row_is_enough_and_the_quantities_tell_the_rest(metrica: MetricaDriver) -> None:
    ended = metrica.processed(
        csv_of(f"{ANNA},sold,{AUGUST_26},,", f"404,sold,{AUGUST_26},,", f"{BORIS},no_such_goal,{AUGUST_26},,")
    )
    assert ended["status"] == "PROCESSED"
    assert (ended["line_quantity"], ended["linked_quantity"]) == (3, 1)
    assert (ended["user_not_found_quantity"], ended["goal_not_found_quantity"]) == (1, 1)
    assert outcome(metrica) == [(True, "linked"), (False, "user_not_found"), (False, "goal_not_found")]


# Which rows link


def test_a_conversion_before_the_first_visit_does_not_link(metrica: MetricaDriver) -> None:
    metrica.processed(csv_of(f"{ANNA},sold,{AUGUST_24},,"))
    assert outcome(metrica) == [(False, "before_first_visit")]


def test_a_rounded_client_id_is_nobody(metrica: MetricaDriver) -> None:
    rounded = f"{float(ANNA):.0f}"
    assert rounded != ANNA
    metrica.processed(csv_of(f"{rounded},sold,{AUGUST_26},,"))
    assert outcome(metrica) == [(False, "user_not_found")]


@pytest.mark.parametrize(
    ("processed_at", "expected"),
    [("2026-09-15T10:00:00Z", (True, "linked")), ("2026-09-15T10:00:01Z", (False, "outside_window"))],
)
def test_the_window_is_21_days_from_the_last_visit_to_the_processing(
    metrica: MetricaDriver, processed_at: str, expected: tuple[bool, str]
) -> None:
    number = metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))["id"]
    for _ in range(3):
        metrica.uploading(number)
    metrica.set_time(processed_at)
    metrica.uploading(number)
    assert outcome(metrica) == [expected]


def test_by_domain_time_the_window_ends_when_processing_ends_not_when_one_asks(metrica: MetricaDriver) -> None:
    metrica.settings(processing_minutes=60)
    metrica.set_time("2026-09-15T08:59:00Z")
    metrica.accepted(csv_of(f"{ANNA},sold,{AUGUST_26},,"))
    metrica.set_time("2026-09-15T09:01:00Z")
    metrica.accepted(csv_of(f"{ANNA},qualified_lead,{AUGUST_26},,"))
    metrica.set_time("2026-09-20T00:00:00Z")
    assert outcome(metrica) == [(True, "linked"), (False, "outside_window")]


def test_a_later_visit_keeps_the_window_open_for_an_earlier_conversion(metrica: MetricaDriver) -> None:
    metrica.visit("2026-09-10T10:00:00Z", client_id=ANNA)
    metrica.set_time("2026-09-20T00:00:00Z")
    metrica.processed(csv_of(f"{ANNA},sold,{AUGUST_26},,"))
    assert outcome(metrica) == [(True, "linked")]


def test_a_visit_after_the_processing_is_not_known_yet(metrica: MetricaDriver) -> None:
    metrica.visit("2026-09-02T10:00:00Z", client_id="1800000000123456789")
    metrica.processed(csv_of(f"1800000000123456789,sold,{AUGUST_26},,"))
    assert outcome(metrica) == [(False, "user_not_found")]


@pytest.mark.parametrize(
    ("column", "field", "value"),
    [
        ("UserId", "user_id", "crm-4711"),
        ("Yclid", "yclid", "16500000000000000001"),
        ("PurchaseId", "purchase_id", "З-15"),
    ],
)
def test_each_identifier_finds_the_visit_that_carries_it(
    metrica: MetricaDriver, column: str, field: str, value: str
) -> None:
    metrica.visit("2026-08-25T10:00:00Z", **{field: value})
    content = csv_of(f"{value},sold,{AUGUST_26}", f"{value},sold,{AUGUST_24}", header=f"{column},Target,DateTime")
    metrica.processed(content)
    assert outcome(metrica) == [(True, "linked"), (False, "before_first_visit")]


def test_a_click_is_in_the_window_of_its_visitor(metrica: MetricaDriver) -> None:
    metrica.visit("2026-09-10T10:00:00Z", client_id=ANNA)
    metrica.set_time("2026-09-20T00:00:00Z")
    metrica.processed(csv_of(f"7325873983740247040,sold,{AUGUST_26}", header="Yclid,Target,DateTime"))
    assert outcome(metrica) == [(True, "linked")]


def test_a_conversion_stays_linked_when_it_is_sent_again_too_late(metrica: MetricaDriver) -> None:
    content = csv_of(f"{ANNA},sold,{AUGUST_26},10,RUB")
    metrica.processed(content)
    metrica.set_time("2026-10-20T00:00:00Z")
    assert metrica.processed(content)["status"] == "LINKAGE_FAILURE"
    assert outcome(metrica) == [(True, "linked")]
