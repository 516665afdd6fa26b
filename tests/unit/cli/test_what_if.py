"""``leadloop what-if``: a month under another rule, before anybody switches it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leadloop.ports.store import Query
from support.command_desk import CommandDesk
from support.policies import sokol
from support.world import World
from unit.leads.test_family import Register, sent

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(hours=3)
"""In Moscow it begins three hours earlier than in UTC."""
MONTH = ("--month", "2026-10")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> CommandDesk:
    """Anna came in June, August, and at the very beginning of October; Boris only then, and at its very end."""
    desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, World(sokol()))
    Register(desk.world.store).take(
        sent("june", datetime(2026, 6, 1, tzinfo=UTC), "phone-anna"),
        sent("august", datetime(2026, 8, 20, tzinfo=UTC), "phone-anna"),
        sent("anna", OCTOBER, "phone-anna", client_id="1700000000123456789"),
        sent("boris", OCTOBER + timedelta(days=2), "phone-boris"),
        sent("late", OCTOBER + timedelta(days=31) - timedelta(seconds=1), "phone-boris"),
        sent("november", OCTOBER + timedelta(days=31), "phone-boris"),
    )
    return desk


def test_a_shorter_window_makes_leads_of_duplicates(desk: CommandDesk) -> None:
    told = desk.run("what-if", "--json", *MONTH, "--duplicates.window", "30d").json
    assert [told["before"][name] for name in ("leads", "new", "duplicates")] == [3, 1, 2]
    assert [told["after"][name] for name in ("leads", "new", "duplicates")] == [3, 2, 1]
    assert told["changed"].keys() == {"anna"}
    assert (told["before"]["goal lead_received"], told["after"]["goal lead_received"]) == (1, 2)


def test_both_stand_side_by_side_for_a_person_and_nothing_is_changed(desk: CommandDesk) -> None:
    before = [(one.key, one.version) for one in desk.world.store.query(Query("lead")).documents]
    told = desk.run("what-if", *MONTH, "--duplicates.window", "30d", "--set", "duplicates.counted_from=first")
    assert told.code == 0
    [line] = [line.split() for line in told.text.splitlines() if line.strip().startswith("duplicates")]
    assert line == ["duplicates", "2", "1", "-1"]
    assert "1 leads fare otherwise" in told.text
    assert [(one.key, one.version) for one in desk.world.store.query(Query("lead")).documents] == before


def test_a_hold_that_another_policy_lets_end_is_over_by_now_in_its_column_alone(desk: CommandDesk) -> None:
    Register(desk.world.store).take(sent("bot", OCTOBER, bot_signs={"honeypot_filled": True}))
    desk.world.clock.set(OCTOBER + timedelta(days=18))
    told = desk.run("what-if", "--json", *MONTH, "--fraud.at_hold_end", "release").json
    assert [told[when]["fraud held"] for when in ("before", "after")] == [1, 0]
    assert told["changed"]["bot"]["after"]["goals"] == ["lead_received"]
    desk.world.clock.advance(seconds=-1)
    assert desk.run("what-if", "--json", *MONTH, "--fraud.at_hold_end", "release").json["changed"] == {}


def test_a_rule_that_changes_nothing_says_so(desk: CommandDesk) -> None:
    assert "No lead fares otherwise." in desk.run("what-if", *MONTH, "--duplicates.window=ever").text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected at least one setting"),
        (("--duplicates.window", "soon"), "duplicates.window"),
        (("--duplicates.windw", "30d"), "window"),
        (("--set", "duplicates"), "expected a setting and its value"),
        (("--month", "October", "--duplicates.window", "30d"), "expected a year and a month such as 2026-10"),
    ],
    ids=["nothing", "no length", "no such setting", "no value", "no month"],
)
def test_what_cannot_be_asked_is_refused_in_words(desk: CommandDesk, words: tuple[str, ...], said: str) -> None:
    told = desk.run("what-if", *MONTH, *words)
    assert told.code == 1
    assert said in told.err


@pytest.mark.parametrize("words", [("--duplicates.keys", "[phone, email]"), ("--fraud.hold_from=60",)])
def test_any_setting_of_the_policy_may_be_tried(desk: CommandDesk, words: tuple[str, ...]) -> None:
    assert desk.run("what-if", *MONTH, *words).code == 0
