"""The rules of the house, held by a machine: sizes, names, clocks, and folders that agree with the manifest."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadloop import manifest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(
    path
    for folder in ("shared", "functions", "infra")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_MAIN = 400, 60, 40
VAGUE = {"utils", "util", "helpers", "helper", "manager", "data", "process", "misc", "common"}


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_file_outgrows_its_room(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    allowed = LONGEST_MAIN if path.name == "main.py" else LONGEST_FILE
    assert lines <= allowed, f"{named(path)} has {lines} lines, at most {allowed}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_function_outgrows_a_screen(path: Path) -> None:
    long = {
        function.name: length
        for function in functions_of(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long, f"{named(path)}: {long}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_names_say_what_a_thing_is(path: Path) -> None:
    assert path.stem not in VAGUE
    assert not {function.name for function in functions_of(path)} & VAGUE


def test_time_and_chance_come_only_through_their_ports() -> None:
    """Only adapters, the stand-ins (outside worlds of their own) and the demo may ask the machine."""
    forbidden = re.compile(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(|\brandom\.\w+\(|\bsecrets\.token|uuid4\(")
    allowed = ("adapters", "leadloop_standins", "demo")
    offenders = {
        named(path): found.group()
        for path in SOURCES
        if not any(part in path.parts for part in allowed)
        and (found := forbidden.search(path.read_text(encoding="utf-8")))
    }
    assert not offenders


def test_every_function_of_the_manifest_has_its_folder_and_every_folder_its_entry() -> None:
    entries = {name.replace("-", "_") for name in manifest.load(ROOT / "functions" / "functions.yaml").functions}
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}
    assert entries == folders


@pytest.mark.parametrize("path", sorted((ROOT / "functions").glob("*/main.py")), ids=named)
def test_each_function_defines_its_entry_point_and_pins_what_it_needs(path: Path) -> None:
    assert path.parent.name in {function.name for function in functions_of(path)}
    pins = (path.parent / "requirements.txt").read_text(encoding="utf-8").split()
    assert pins
    assert all("==" in pin for pin in pins if not pin.startswith("#"))
    tested = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().split()
    assert {pin.lower() for pin in pins} <= set(tested)
