"""An upload run as a whole, before a Metrica that behaves."""

from __future__ import annotations

from datetime import timedelta

from support.metrica_desk import ANNA, BORIS, YCLID, MetricaDesk, MetricaServer, unix
from support.policies import sokol


def test_reached_goals_are_counted_once_and_read_back(desk: MetricaDesk) -> None:
    morning = desk.now()
    desk.plant("anna", client_id=ANNA, stages={"qualified": morning, "sold": morning}, price=1_234_567_89)
    desk.pass_time(hours=1)

    summary = desk.upload()

    assert desk.conversions() == {
        ("ClientId", ANNA, "lead_received", unix(morning)),
        ("ClientId", ANNA, "lead_qualified", unix(morning)),
        ("ClientId", ANNA, "flat_sold", unix(morning)),
    }
    [sold] = [one for one in desk.counted()["conversions"] if one["target"] == "flat_sold"]
    assert (sold["price"], sold["currency"]) == ("1234567.89", "RUB")
    assert summary.rows["accepted"] == 3
    assert desk.states() == ["accepted", "accepted"], "rows with and without a price go in separate files"
    desk.pass_time(hours=2)
    desk.check()
    assert desk.states() == ["terminal", "terminal"]
    assert sum(upload.totals["line_quantity"] or 0 for upload in desk.uploads()) == 3


def test_a_second_run_has_nothing_to_send(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.upload()
    again = desk.upload()
    assert again.rows.total() == 0
    assert desk.posts() == 1


def test_one_kind_of_identifier_per_file(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, yclid=YCLID)
    desk.plant("boris", user_id="crm-4711", yclid=YCLID)
    desk.plant("vera", yclid=YCLID)
    desk.upload()
    assert {(kind, identifier) for kind, identifier, _, _ in desk.conversions()} == {
        ("ClientId", ANNA),
        ("UserId", "crm-4711"),
        ("Yclid", YCLID),
    }
    assert {one["client_id_type"] for one in desk.counted()["uploadings"]} == {"CLIENT_ID", "USER_ID", "YCLID"}


def test_the_comment_is_the_token(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.upload()
    [uploading] = desk.counted()["uploadings"]
    assert uploading["comment"] == desk.the_upload().token
    assert str(uploading["id"]) == desk.the_upload().vendor_id


def test_money_waits_for_its_price(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, stages={"sold": desk.now()}, price=500_000_00)
    summary = desk.upload()
    assert summary.withheld == {"held.settling": 1}
    assert {target for _, _, target, _ in desk.conversions()} == {"lead_received"}
    desk.pass_time(minutes=30)
    desk.upload()
    assert {target for _, _, target, _ in desk.conversions()} == {"lead_received", "flat_sold"}


def test_rows_are_divided_into_files_of_the_policys_size(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(defaults={"rows_per_upload": 3}))
    for number in range(7):
        desk.plant(f"lead-{number}", client_id=f"170000000000000{number:04d}")
    desk.upload()
    assert [one["source_quantity"] for one in desk.counted()["uploadings"]] == [3, 3, 1]


def test_a_run_sends_no_more_files_than_it_may_and_the_next_one_goes_on(server: MetricaServer) -> None:
    policy = sokol(defaults={"rows_per_upload": 2, "uploads_per_run": 2})
    desk = MetricaDesk(server, policy)
    for number in range(7):
        desk.plant(f"lead-{number}", client_id=f"170000000000000{number:04d}")
    first = desk.upload()
    assert (len(desk.conversions()), first.put_off) == (4, 3)
    desk.upload()
    assert len(desk.conversions()) == 7


def test_what_is_about_to_miss_its_window_goes_first(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(defaults={"rows_per_upload": 1, "uploads_per_run": 1}))
    desk.plant("new", client_id=ANNA)
    desk.plant("old", client_id=BORIS, at=desk.now() - timedelta(days=20))
    desk.upload()
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {BORIS}


def test_each_form_of_file_counts_against_the_runs_number(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(defaults={"uploads_per_run": 1}))
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", yclid=YCLID, at=desk.now() - timedelta(days=1))
    first = desk.upload()
    assert (first.put_off, desk.states()) == (1, ["accepted"])
    assert {kind for kind, _, _, _ in desk.conversions()} == {"Yclid"}


def test_an_upload_knows_its_earliest_deadline(desk: MetricaDesk) -> None:
    early = desk.plant("anna", client_id=ANNA, at=desk.now() - timedelta(days=10))
    desk.plant("boris", client_id=BORIS)
    desk.upload()
    [claim] = desk.lead(early.id).claims.values()
    assert desk.the_upload().deadline == claim.deadline
    assert (desk.the_upload().first, desk.the_upload().end) == (0, 2)


def test_what_a_lead_contributes_to_totals_is_counted_with_the_claim(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.upload()
    assert desk.world.totals("claims.lead_received") == 1
    desk.pass_time(hours=3)
    desk.upload()
    assert desk.world.totals("claims.lead_received") == 1
