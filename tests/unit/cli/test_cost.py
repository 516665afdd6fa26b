"""``leadloop cost`` as a person and as a program ask it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leadloop.cli import main
from support.sayings import ROOT

POLICY = ROOT / "examples" / "real_estate" / "leadloop.yaml"


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["cost", "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_person_reads_amounts_prices_money_and_what_is_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--leads-per-day", "300"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("300 leads a day, 9 131 a month, with webhooks; USD\n")
    [jobs] = [line.split() for line in said.splitlines() if line.startswith("  Cloud Scheduler")]
    assert jobs == ["Cloud", "Scheduler", "5", "jobs", "0.1", "/", "1", "0.50", "0.0548", "0.20", "0.0219"]
    assert "most of it by the list: Cloud Run, processor" in said
    assert "of what calls cost: read-crm" in said
    assert "  prices of 2026-" in said
    assert said.endswith("no calls counted: keep-dead-letter, receive-verdict, record-verdict\n")


def test_a_program_reads_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "--leads-per-day", "300", "--crm", "pull")
    assert (found["ok"], found["crm"], found["leads_a_day"], found["warm"]) == (True, "pull", 300, 0)
    assert sum(item["usd"] for item in found["items"]) == pytest.approx(found["usd"]["list"])
    for item in found["items"]:
        price = item["price"]
        assert item["usd"] == pytest.approx(item["amount"] * price["usd"] / price["per"])
        assert price["source"].startswith("https://cloud.google.com/")
        assert price["known"] in {"google", "others", "unconfirmed"}
    each = found["usd_per_1000_leads"]["with_free_tier"]
    assert each == pytest.approx(found["usd"]["with_free_tier"] / found["leads_a_month"] * 1000)
    assert found["not_counted"] == ["keep-dead-letter", "receive-verdict", "record-verdict"]


def test_no_leads_cost_what_is_paid_anyway(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "--leads-per-day", "0")
    assert found["usd"]["list"] > 0
    assert found["usd_per_1000_leads"] == {"list": None, "with_free_tier": None}
    assert main(["cost", "--leads-per-day", "0"]) == 0
    assert "per 1,000 leads" not in capsys.readouterr().out


def test_the_policys_own_schedules_count(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    often = tmp_path / "leadloop.yaml"
    text = POLICY.read_text(encoding="utf-8")
    often.write_text(f'{text}\nschedules: {{sync-crm: "* * * * *"}}\n', encoding="utf-8")
    calls = {}
    for path in (POLICY, often):
        found = asked(capsys, "--leads-per-day", "0", "--policy", str(path))
        calls[path] = {one["function"]: one["calls"] for one in found["functions"]}
    assert calls[often]["sync-crm"] / calls[POLICY]["sync-crm"] == pytest.approx(15)
    assert calls[often]["drain-spool"] == calls[POLICY]["drain-spool"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "--leads-per-day"),
        (["--leads-per-day", "many"], "expected a number, found 'many'"),
        (["--leads-per-day", "-1"], "expected 0 to 1000000 leads a day, found -1"),
        (["--leads-per-day", "nan"], "found nan"),
        (["--leads-per-day", "inf"], "found inf"),
        (["--leads-per-day", "1", "--warm", "6"], "expected 0 to 5 instances, found 6"),
        (["--leads-per-day", "1", "--warm", "0.5"], "found 0.5"),
        (["--leads-per-day", "1", "--crm", "hope"], "invalid choice: 'hope'"),
    ],
)
def test_nonsense_is_asked_wrongly(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_manifest_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["cost", "--leads-per-day", "1", "--functions", str(tmp_path)]) == 1
    assert "name its folder with --functions" in capsys.readouterr().err
