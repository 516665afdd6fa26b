"""``leadloop plan``, ``upload`` and ``uploads`` on the data of a host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from leadloop import timestamps
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.cli import main
from leadloop.leases import lease
from support.metrica_desk import ANNA, BORIS, TOKEN, MetricaDesk, MetricaServer, metrica_server
from support.policies import sokol

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[MetricaServer]:
    with metrica_server() as served:
        yield served


@pytest.fixture
def desk(server: MetricaServer, tmp_path: Path) -> MetricaDesk:
    """Anna has left a form with a ClientID, Boris without any id; a host keeps both in its folder."""
    desk = MetricaDesk(server)
    (tmp_path / "data").mkdir()
    desk.world.store = SqliteStore(tmp_path / "data" / "documents.db")
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris")
    return desk


@pytest.fixture
def leadloop(
    desk: MetricaDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The command line on that folder, at the desk's time."""
    policy, clock = tmp_path / "leadloop.yaml", tmp_path / "clock"
    policy.write_text(yaml.safe_dump(sokol().model_dump(mode="json", exclude_unset=True)), encoding="utf-8")
    monkeypatch.setenv("LEADLOOP_ENDPOINT_METRICA", desk.server.url)
    monkeypatch.setenv("LEADLOOP_METRICA_TOKEN", TOKEN)
    monkeypatch.setenv("LEADLOOP_CLOCK_FILE", str(clock))

    def run(command: str, *words: str) -> tuple[int, str]:
        clock.write_text(timestamps.to_text(desk.now()), encoding="ascii")
        code = main([command, "--policy", str(policy), "--data", str(tmp_path / "data"), *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def answer(told: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return json.loads(told)


def test_plan_shows_rows_and_reasons_and_sends_nothing(desk: MetricaDesk, leadloop: Run) -> None:
    code, told = leadloop("plan")
    assert code == 0
    assert "to be sent: 1 conversion\n  1 row of " in told
    assert f"{ANNA},lead_received," in told
    assert "held.no_identifier" in told
    assert "lead boris, lead_received: neither a ClientID nor" in told
    assert desk.posts() == 0


def test_plan_names_missing_goals_and_what_to_do(desk: MetricaDesk, leadloop: Run) -> None:
    desk.stand_in.goals.of_counter(12345678)[0]["conditions"][0]["url"] = "renamed"
    _, told = leadloop("plan")
    assert "held.goal_not_in_counter" in told
    assert "create JavaScript-event goals" in told
    assert "\n! goals_not_in_counter: the counter has no JavaScript goals lead_received (matches); create " in told


def test_plan_says_how_many_it_does_not_print_and_gives_a_program_all(desk: MetricaDesk, leadloop: Run) -> None:
    for number in range(6):
        desk.plant(f"lead-{number}", client_id=f"178820341152930417{number}")
        desk.plant(f"silent-{number}")
    told = leadloop("plan")[1].splitlines()
    assert [line for line in told if "more" in line] == ["    … and 2 more (--json)"] * 2
    assert sum(line.startswith("    178820341152930417") or ANNA in line for line in told) == 5
    whole = answer(leadloop("plan", "--json")[1])
    assert [len(file["lines"]) for file in whole["files"]] == [7]
    assert len(whole["not_sent"]["held.no_identifier"]) == 7


def test_moments_are_told_in_the_zone_of_the_counter(desk: MetricaDesk, leadloop: Run) -> None:
    assert re.search(r"until \d{4}-\d\d-\d\d \d\d:\d\d \(Europe/Moscow\)", leadloop("plan")[1])
    leadloop("upload")
    head, _, row = leadloop("uploads")[1].splitlines()
    assert "created (Europe/Moscow)" in head
    moscow = timestamps.from_text(desk.the_upload().created_at).astimezone(ZoneInfo("Europe/Moscow"))
    assert f"{moscow:%Y-%m-%d %H:%M}" in row


def test_plan_offline_asks_nobody(desk: MetricaDesk, leadloop: Run) -> None:
    code, told = leadloop("plan", "--offline", "--json")
    assert (code, answer(told)["rows"], answer(told)["goals_verified"]) == (0, 1, False)
    assert desk.stand_in.journal.entries == []


def test_upload_says_what_it_will_do_and_what_it_did(desk: MetricaDesk, leadloop: Run) -> None:
    code, told = leadloop("upload")
    assert code == 0
    assert "will send up to 1 conversion to counter 12345678" in told
    assert "rows: 1 accepted" in told
    assert len(desk.conversions()) == 1
    assert leadloop("plan", "--json")[1].count('"rows": 0')


def test_upload_is_kept_out_by_a_run_of_the_schedule(desk: MetricaDesk, leadloop: Run) -> None:
    with lease(desk.world.store, desk.clock, "upload-conversions", "the schedule", 600):
        code, told = leadloop("upload")
    assert code == 1
    assert "upload-conversions is leased until" in told
    assert desk.posts() == 0


def test_upload_tells_a_wrong_token_by_what_to_do(
    desk: MetricaDesk, leadloop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLOOP_METRICA_TOKEN", "no-such-token")
    code, told = leadloop("upload")
    assert code == 1
    assert "set LEADLOOP_METRICA_TOKEN" in told
    assert "no-such-token" not in told


def test_refused_rows_are_offered_again(desk: MetricaDesk, leadloop: Run) -> None:
    desk.fault("invalid_uploading", id=ANNA)
    leadloop("upload")
    assert desk.states() == ["refused"]
    code, told = leadloop("upload", "--refused")
    assert code == 0
    assert "1 of them once refused" in told
    assert len(desk.conversions()) == 1


def test_uploads_lists_states_and_totals(desk: MetricaDesk, leadloop: Run) -> None:
    leadloop("upload")
    desk.pass_time(hours=2)
    desk.check()
    _, told = leadloop("uploads")
    upload = desk.the_upload()
    assert upload.token in told
    assert "terminal" in told
    assert "LINKAGE_FAILURE" in told
    [listed] = answer(leadloop("uploads", "--json")[1])
    assert (listed["token"], listed["totals"]["linked_quantity"]) == (upload.token, 0)


def test_uploads_with_a_token_gives_causes(desk: MetricaDesk, leadloop: Run) -> None:
    desk.plant("vera", client_id=BORIS)
    leadloop("upload")
    desk.pass_time(hours=2)
    desk.check()
    _, told = leadloop("uploads", desk.the_upload().token)
    assert "certain: Metrica knows no visitor for 2 of 2 rows" in told
    assert "possible: no row was linked at all" in told
    rows = answer(leadloop("uploads", desk.the_upload().token, "--json")[1])
    assert [row["linked"] for row in rows] == [False, False]


def test_rows_of_an_upload_not_processed_yet_have_no_causes(desk: MetricaDesk, leadloop: Run) -> None:
    leadloop("upload")
    token = desk.the_upload().token
    row = leadloop("uploads", token)[1].splitlines()[-1].split()
    assert row[-4:] == ["?", "not", "processed", "yet"]
    [told] = answer(leadloop("uploads", token, "--json")[1])
    assert (told["linked"], told["causes"]) == (None, [])


def test_times_in_causes_are_told_to_the_minute(desk: MetricaDesk, leadloop: Run) -> None:
    desk.plant("vera", client_id=BORIS, deal="7")
    leadloop("upload")
    desk.pass_time(days=30)
    desk.enter("vera", "qualified")
    leadloop("upload")
    desk.pass_time(hours=2)
    desk.check()
    [late] = [one.token for one in desk.uploads() if "lead_qualified" in leadloop("uploads", one.token)[1]]
    told = leadloop("uploads", late)[1]
    assert re.search(r"closed \d{4}-\d\d-\d\d \d\d:\d\d \(Europe/Moscow\), before it was processed", told)


def test_an_unknown_token_and_a_wrong_folder_are_said(leadloop: Run, tmp_path: Path) -> None:
    assert leadloop("uploads", "nosuchtoken") == (
        1,
        "no upload has the token nosuchtoken; `leadloop uploads` lists them\n",
    )
    code, told = leadloop("plan", "--data", str(tmp_path))
    assert code == 1
    assert "found no documents.db" in told
    assert not (tmp_path / "documents.db").exists(), "a wrong folder is not made into a right one"
