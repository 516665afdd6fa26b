"""What ``python -m bench`` prints, writes and answers; the measurements themselves are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import command
from bench.figures import Figure, Gate, compared, counted
from bench.measurements import MEASUREMENTS, Unavailable
from bench.processes import NotServed
from bench.sampling import Scale
from bench.table import number, table_of

KEPT = compared("intake, memory", "µs", [330.0], [300.0], Gate(1.3), "processor time")
MISSED = counted("writes a lead", "", [15.5], Gate(14, aim=10))


class Told:
    """Measurements that find what the test says."""

    def __init__(self, *found: Figure | Unavailable) -> None:
        self.found = found
        self.asked: list[tuple[str, str]] = []

    def measure(self, name: str, scale: Scale) -> Iterator[Figure | Unavailable]:
        self.asked.append((name, scale.name))
        yield from self.found


def run(monkeypatch: pytest.MonkeyPatch, path: Path, told: Told, *words: str) -> tuple[int, dict[str, Any]]:
    monkeypatch.setattr(command, "measure", told.measure)
    code = command.main(["--output", str(path / "bench.json"), *words])
    report: dict[str, Any] = json.loads((path / "bench.json").read_text(encoding="utf-8"))
    return code, report


def test_a_missed_gate_is_exit_code_1_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = run(monkeypatch, tmp_path, Told(KEPT, MISSED), "--only", "intake")
    assert code == 1
    assert [one["verdict"] for one in report["figures"]] == ["ok", "over"]
    said = capsys.readouterr().out
    assert "over the gate: writes a lead" in said
    assert f"written to {tmp_path / 'bench.json'}" in said


def test_gates_kept_are_exit_code_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, tmp_path, Told(KEPT), "--only", "intake")[0] == 0


def test_a_quick_run_misses_no_gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = Told(MISSED)
    assert run(monkeypatch, tmp_path, told, "--quick", "--only", "writes")[0] == 0
    assert told.asked == [("writes", "quick")]


def test_everything_is_measured_when_nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = Told(KEPT)
    run(monkeypatch, tmp_path, told)
    assert told.asked == [(name, "full") for name in MEASUREMENTS]


def test_the_report_holds_figures_and_machine_and_no_name_or_path_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = Told(KEPT, Unavailable("durable", "no disk"))
    code, report = run(monkeypatch, tmp_path, told, "--only", "intake")
    assert code == 0
    assert set(report) == {"schema", "scale", "machine", "figures", "left_out"}
    assert report["left_out"] == {"durable": "no disk"}
    assert report["figures"] == [
        {
            "name": "intake, memory",
            "unit": "µs",
            "value": 330.0,
            "baseline": 300.0,
            "ratio": 1.1,
            "gate": 1.3,
            "aim": None,
            "gate_is": "at_most",
            "gated": "ratio",
            "spread": [1.1, 1.1],
            "verdict": "ok",
            "note": "processor time",
        }
    ]
    about = report["machine"]
    assert {"cpu", "cores", "memory_gib", "python", "libraries", "commit", "at", "load_before"} <= set(about)
    assert str(Path.home()) not in json.dumps(about)


def test_a_measurement_that_broke_off_is_named_and_leaves_the_others_their_turn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def measure(name: str, _: Scale) -> Iterator[Figure]:
        if name == "cold-start":
            raise NotServed("the server ended with 1")
        yield KEPT

    monkeypatch.setattr(command, "measure", measure)
    path = tmp_path / "bench.json"
    assert command.main(["--output", str(path), "--only", "cold-start", "--only", "intake"]) == 1
    report = json.loads(path.read_text(encoding="utf-8"))
    assert (report["left_out"], len(report["figures"])) == ({"cold-start": "the server ended with 1"}, 1)


def test_an_unknown_measurement_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(["--only", "beauty"])
    assert left.value.code == 2
    assert "intake" in capsys.readouterr().err


def test_the_table_has_a_line_for_each_figure_with_its_columns_aligned() -> None:
    lines = table_of([KEPT, MISSED]).splitlines()
    assert [line.split() for line in (lines[0], *lines[2:])] == [
        ["measurement", "value", "baseline", "ratio", "gate", "spread"],
        ["intake,", "memory", "330", "µs", "300", "1.10", "≤", "1.30", "1.10–1.10", "ok"],
        ["writes", "a", "lead", "15.5", "≤", "14", "(aim", "10)", "15.5–15.5", "over"],
    ]
    assert lines[2].index("≤") == lines[3].index("≤")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0123, "0.0123"), (1.1, "1.10"), (14, "14"), (15.5, "15.5"), (330.4, "330"), (123456.7, "123,457")],
)
def test_numbers_have_about_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text
