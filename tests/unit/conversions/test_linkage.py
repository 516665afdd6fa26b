"""Why rows were not linked, from our own facts: possible, unless the totals prove it."""

from __future__ import annotations

from datetime import timedelta

from leadloop.conversions.linkage import RowLinkage, explain_linkage
from support.metrica_desk import ANNA, BORIS, YCLID, MetricaDesk

ROUNDED = "1710232430900000000"


def explained(desk: MetricaDesk) -> dict[tuple[str, str], RowLinkage]:
    """Every row of every processed upload by lead and goal."""
    desk.upload()
    desk.pass_time(hours=2)
    desk.check()
    policy, store = desk.world.runtime.policy, desk.world.store
    rows = [row for upload in desk.uploads() for row in explain_linkage(store, policy, upload)]
    return {(row.lead_id, row.claim.goal): row for row in rows}


def rules(row: RowLinkage) -> dict[str, bool]:
    return {cause.rule: cause.certain for cause in row.causes}


def know_visit(desk: MetricaDesk, **visit: str) -> None:
    desk.stand_in.apply_seed({"visits": [{"time": "2026-08-31T10:00:00Z", "counter": "12345678", **visit}]})


def test_all_linked_needs_no_causes(desk: MetricaDesk) -> None:
    know_visit(desk, client_id=ANNA)
    desk.plant("anna", client_id=ANNA)
    [row] = explained(desk).values()
    assert (row.linked, row.causes) == (True, ())


def test_a_single_row_that_was_not_linked_is_certain(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ROUNDED)
    [row] = explained(desk).values()
    assert row.linked is False
    assert rules(row) == {"visitor.not_found": True, "client_id.looks_rounded": False}
    assert row.causes[-1].reason.startswith("the ClientID reads as if it had passed through a JavaScript number")


def test_among_several_rows_it_is_only_possible(desk: MetricaDesk) -> None:
    know_visit(desk, client_id=ANNA)
    desk.plant("anna", client_id=ANNA)
    desk.plant("galina", client_id=ROUNDED)
    found = explained(desk)
    assert {row.linked for row in found.values()} == {None}
    assert rules(found["galina", "lead_received"]) == {"visitor.not_found": False, "client_id.looks_rounded": False}
    assert rules(found["anna", "lead_received"]) == {"visitor.not_found": False}


def test_nothing_linked_at_all_points_at_the_counter(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", client_id=BORIS)
    for row in explained(desk).values():
        assert row.linked is False
        assert rules(row) == {"visitor.not_found": True, "upload.wrong_counter": False}


def test_each_kind_of_identifier_has_its_own_trap(desk: MetricaDesk) -> None:
    desk.plant("anna", user_id="crm-4711")
    desk.plant("boris", yclid=YCLID)
    found = explained(desk)
    assert "user_id.never_set" in rules(found["anna", "lead_received"])
    assert "yclid.of_another_account" in rules(found["boris", "lead_received"])


def test_a_conversion_long_after_the_known_visit(desk: MetricaDesk) -> None:
    know_visit(desk, client_id=ANNA)
    desk.plant("anna", client_id=ANNA, deal="1")
    desk.pass_time(days=30)
    desk.enter("anna", "qualified")
    found = explained(desk)
    assert "window.passed" in rules(found["anna", "lead_qualified"])


def test_a_conversion_dated_before_the_visit(desk: MetricaDesk) -> None:
    desk.plant("anna", client_id=ANNA, stages={"qualified": desk.now() - timedelta(days=2)})
    found = explained(desk)
    assert "visit.after_conversion" in rules(found["anna", "lead_qualified"])
    assert "visit.after_conversion" not in rules(found["anna", "lead_received"])


def test_of_several_visits_the_last_before_the_conversion_explains_it(desk: MetricaDesk) -> None:
    """The first visit is long over, and the one after the conversion does not hide the one before it."""
    know_visit(desk, client_id=ANNA)
    desk.plant("anna", client_id=ANNA, deal="1")
    desk.pass_time(days=30)
    desk.come_back("anna", ANNA, desk.now() - timedelta(days=1))
    desk.enter("anna", "qualified")
    desk.come_back("anna", ANNA, desk.now() + timedelta(minutes=30))
    found = rules(explained(desk)["anna", "lead_qualified"])
    assert not {"window.passed", "visit.after_conversion"} & set(found)


def test_a_goal_that_vanished_after_the_preflight(desk: MetricaDesk) -> None:
    know_visit(desk, client_id=ANNA)
    desk.plant("anna", client_id=ANNA)
    desk.upload()
    desk.stand_in.goals.of_counter(12345678)[0]["conditions"][0]["url"] = "renamed"
    [row] = explained(desk).values()
    assert rules(row)["goal.not_found"] is True
