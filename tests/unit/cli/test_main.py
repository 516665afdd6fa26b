"""The command line as a whole: help, exit codes, failures without a traceback."""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from types import ModuleType

import pytest

import leadloop.cli as cli
from leadloop import __version__
from leadloop.cli import main


class Stumble(ModuleType):
    """A command that fails as it is told to."""

    NAME = "stumble"
    HELP = "fail"

    def __init__(self, failure: BaseException) -> None:
        super().__init__("leadloop.cli.stumble")
        self.failure = failure

    def add_arguments(self, parser: ArgumentParser) -> None:
        """None of its own."""

    def run(self, arguments: Namespace) -> int:
        """Fail."""
        raise self.failure


def stumble(monkeypatch: pytest.MonkeyPatch, failure: BaseException, *words: str) -> int:
    """Run a command that fails so."""
    monkeypatch.setattr(cli, "_wanted", lambda words: [Stumble(failure)])
    return main(["stumble", *words])


class ClosedForTheNight(Exception):
    """An error of leadloop's own."""

    __module__ = "leadloop.adapters.shop"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"leadloop {__version__}\n"


def test_help_lists_the_commands_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "init" in text
    assert "check" in text


@pytest.mark.parametrize("words", [[], ["chek"], ["check", "--polisy", "x"], ["--json"], ["init", "--lang", "fr"]])
def test_asked_wrongly(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "usage: leadloop" in capsys.readouterr().err


def test_command_that_is_not_installed_breaks_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "COMMANDS", ("not-there", "init"))
    assert main(["init", "--help"]) == 0
    assert main(["not-there"]) == 2
    assert "choose from 'init'" in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    script = "import sys; from leadloop.cli import main; main(['--help']); print('\\n', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.splitlines()[-1].split()}
    assert "argparse" in loaded
    assert not loaded & {"pydantic", "yaml", "requests", "flask", "nacl", "functions_framework", "phonenumbers"}


def test_python_minus_m() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "leadloop.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"leadloop {__version__}\n"


def test_error_of_leadloop_is_told_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stumble(monkeypatch, ClosedForTheNight("the shop is closed; come at nine")) == 1
    said = capsys.readouterr()
    assert said.err == "leadloop stumble: the shop is closed; come at nine\n"
    assert said.out == ""


def test_error_of_leadloop_for_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert stumble(monkeypatch, ClosedForTheNight("the shop is closed"), "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"ok": False, "error": {"kind": "ClosedForTheNight", "text": "the shop is closed"}}


def test_error_of_the_machine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert stumble(monkeypatch, OSError(28, "No space left on device", "leadloop.yaml")) == 1
    assert capsys.readouterr().err == "leadloop stumble: leadloop.yaml: No space left on device\n"


def test_unexpected_error_shows_neither_traceback_nor_what_it_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stumble(monkeypatch, ValueError("+79990000001 hunter2")) == 1
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_traceback_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLOOP_TRACEBACK", "1")
    with pytest.raises(ValueError, match="deep inside"):
        stumble(monkeypatch, ValueError("deep inside"))


def test_interrupt_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stumble(monkeypatch, KeyboardInterrupt()) == 130


@pytest.mark.parametrize("lines", [1, 100_000])
def test_reader_that_leaves_early_is_no_failure(lines: int) -> None:
    script = (
        "import sys, leadloop.cli as cli, leadloop.cli.init as init\n"
        "def run(arguments):\n"
        "    print('first', flush=True)\n"
        "    sys.stdin.read()\n"
        f"    sys.stdout.write('line\\n' * {lines})\n"
        "    return 0\n"
        "init.run = run\n"
        "sys.exit(cli.main(['init']))\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "first\n"
        process.stdout.close()
        process.stdin.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


def test_a_setting_is_an_option_of_no_other_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--duplicates.window", "30d"]) == 2
    assert "unrecognized arguments: --duplicates.window 30d\n" in capsys.readouterr().err
