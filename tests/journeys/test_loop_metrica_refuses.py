"""Metrica says no: the log names the cause and what to do, nothing is lost, and after the repair all is counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from journeys.loop import Loop, assert_told, living
from journeys.visitors import ANNA, BORIS, VERA
from leadloop_host.demo.world import COUNTER_TOKEN

VISITORS = (ANNA, BORIS, VERA)
OVER_QUOTA: dict[str, object] = {"fault": "quota", "times": None}
ONCE = Counter((visitor.client_id, "lead_received") for visitor in VISITORS)


def fail_to_upload(loop: Loop, runs: int = 2) -> dict[str, Any]:
    """Leads come in and so many scheduled uploads fail; the answer of one more, by hand."""
    for visitor in VISITORS:
        loop.send_form(visitor)
    for _ in range(runs):
        loop.pass_time(hours=2)
    summary = loop.run("upload-conversions")
    assert loop.ledger("metrica")["totals"]["uploadings"] == 0
    return summary


def assert_all_is_counted_once(loop: Loop) -> None:
    for _ in range(2):
        loop.pass_time(hours=2)
    assert loop.counted() == ONCE
    assert loop.ledger("metrica")["resent_rows"] == []
    assert {upload.fields["state"] for upload in loop.documents("upload")} <= {"terminal", "released"}


def test_a_wrong_token_is_named_and_the_conversions_wait(tmp_path: Path) -> None:
    with living(tmp_path, LEADLOOP_METRICA_TOKEN="of-last-year") as loop:
        assert "invalid_token" in fail_to_upload(loop)["stopped"]
        assert_told(loop, "metrica_token_refused", "set LEADLOOP_METRICA_TOKEN", "the conversions wait")
        assert "of-last-year" not in (tmp_path / "host.log").read_text()
        loop.restart_host(LEADLOOP_METRICA_TOKEN=COUNTER_TOKEN)
        assert_all_is_counted_once(loop)


def test_a_wrong_counter_is_named_and_the_conversions_wait(tmp_path: Path) -> None:
    with living(tmp_path, policy={"site": {"counter": "45000002"}}) as loop:
        assert fail_to_upload(loop)["stopped"]
        assert_told(loop, "counter_unknown", "45000002", "correct site.counter in the policy")
        loop.edit_policy("site", counter=loop.world.policy.site.counter)
        loop.restart_host()
        assert_all_is_counted_once(loop)


def test_a_missing_goal_is_named_and_holds_back_its_own_conversions_only(tmp_path: Path) -> None:
    received = {"on": "received", "target": "zayavka"}
    with living(tmp_path, policy={"goals": {"lead_received": received}}) as loop:
        leads = {visitor: loop.send_form(visitor) for visitor in VISITORS}
        loop.settle()
        loop.move(loop.deal_of(leads[ANNA]), "qualified")
        loop.settle()
        loop.pass_time(hours=2)
        assert_told(loop, "goals_not_in_counter", "zayavka", "create JavaScript-event goals", "correct `goals`")
        assert loop.counted() == {(ANNA.client_id, "lead_qualified"): 1}
        assert loop.run("upload-conversions")["withheld"] == {"held.goal_not_in_counter": 3}
        loop.order("metrica", "goals", [{"target": "zayavka"}])
        loop.pass_time(hours=2)
        late = Counter((visitor.client_id, "zayavka") for visitor in VISITORS)
        assert loop.counted() == late + Counter({(ANNA.client_id, "lead_qualified"): 1})


def test_a_token_that_may_only_read_is_told_from_a_wrong_one_and_one_that_may_only_upload_is_enough(loop: Loop) -> None:
    loop.order("metrica", "tokens", [{"token": COUNTER_TOKEN, "scopes": ["metrika:read"]}])
    assert "access_denied" in fail_to_upload(loop)["stopped"]
    assert_told(loop, "upload_not_taken", "access_denied", "right to edit the counter", "the rows wait")
    assert loop.logged("metrica_token_refused") == loop.logged("goals_not_verified") == []
    loop.order("metrica", "tokens", [{"token": COUNTER_TOKEN, "scopes": ["metrika:offline_data"]}])
    assert_all_is_counted_once(loop)
    assert loop.logged("goals_not_verified")


def test_over_quota_for_several_runs_the_conversions_wait_for_the_next(loop: Loop) -> None:
    """The Russian page says 429, the English one 420; there may be either, on every call or on uploads alone."""
    loop.order("metrica", "faults", {**OVER_QUOTA, "status": 420, "error_type": "quota_requests_by_uid"})
    assert "420" in fail_to_upload(loop)["stopped"]
    assert_told(loop, "metrica_unavailable", "420", "quota", "wait for the next run")
    loop.repair("metrica")
    loop.order("metrica", "faults", {**OVER_QUOTA, "path": "/upload", "error_type": "quota_parallel_requests"})
    loop.pass_time(hours=2)
    assert "429" in loop.run("upload-conversions")["stopped"]
    assert_told(loop, "upload_not_taken", "429", "quota", "wait for the next run")
    loop.repair("metrica")
    assert_all_is_counted_once(loop)
