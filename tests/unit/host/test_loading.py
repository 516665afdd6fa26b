"""Many functions in one process, each as if alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from flask import Flask

from leadloop.adapters.memory_log import MemoryLog
from leadloop_host.faults import StartRefused
from leadloop_host.loading import load_function

FUNCTION = """
import functions_framework
from title import TITLE
import title

@functions_framework.http
def {target}(request):
    return {{"title": TITLE, "module": title.__file__, "path": request.path}}
"""


def write(folder: Path, name: str, main: str = FUNCTION, title: str | None = None) -> None:
    target = name.replace("-", "_")
    (folder / target).mkdir()
    (folder / target / "main.py").write_text(main.format(target=target) if main is FUNCTION else main)
    (folder / target / "title.py").write_text(f"TITLE = {title or name!r}\n")


def load(folder: Path, name: str) -> Flask:
    return load_function(name, folder, MemoryLog())


def test_two_functions_keep_their_own_modules(tmp_path: Path) -> None:
    write(tmp_path, "take-lead")
    write(tmp_path, "note-lead")
    first, second = load(tmp_path, "take-lead"), load(tmp_path, "note-lead")
    assert first.test_client().get("/").get_json()["title"] == "take-lead"
    assert second.test_client().get("/").get_json()["title"] == "note-lead"
    assert second.test_client().get("/").get_json()["module"] == str(tmp_path / "note_lead" / "title.py")


def test_loading_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, "take-lead")
    before = list(sys.path), sys.modules.get("main"), dict(os.environ)
    load(tmp_path, "take-lead")
    assert (list(sys.path), sys.modules.get("main"), dict(os.environ)) == before
    assert "title" not in sys.modules


def test_the_kind_of_one_function_does_not_rub_off_on_the_next(tmp_path: Path) -> None:
    write(
        tmp_path,
        "hear-event",
        "import functions_framework\n@functions_framework.cloud_event\ndef hear_event(event):\n    pass\n",
    )
    write(tmp_path, "plain-one", "def plain_one(request):\n    return 'plain'\n")
    load(tmp_path, "hear-event")
    assert load(tmp_path, "plain-one").test_client().get("/").text == "plain"


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/a//b", "/a/b/", "/%D1%81"])
def test_every_path_reaches_the_function_and_none_is_redirected(tmp_path: Path, path: str) -> None:
    write(tmp_path, "take-lead")
    answer = load(tmp_path, "take-lead").test_client().get(path)
    assert answer.status_code == 200
    assert answer.get_json()["path"] == {"/%D1%81": "/с"}.get(path, path)


@pytest.mark.parametrize(
    ("main", "found"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def other(request):\n    return ''\n", "MissingTargetException"),
        ("def take_lead(:\n", "SyntaxError"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_named_with_the_cause(tmp_path: Path, main: str, found: str) -> None:
    write(tmp_path, "take-lead", main)
    with pytest.raises(
        StartRefused, match=r"the function take-lead cannot be loaded from .*take_lead/main\.py"
    ) as refusal:
        load(tmp_path, "take-lead")
    assert found in str(refusal.value)


def test_a_missing_folder_and_an_asynchronous_function_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="MissingSourceException"):
        load(tmp_path, "take-lead")
    write(
        tmp_path,
        "wait-lead",
        "import functions_framework.aio\n@functions_framework.aio.http\nasync def wait_lead(request):\n    return ''\n",
    )
    with pytest.raises(StartRefused, match=r"wait-lead .* is asynchronous"):
        load(tmp_path, "wait-lead")


def test_a_crash_is_logged_without_the_path_and_the_text_of_the_exception(tmp_path: Path) -> None:
    write(tmp_path, "take-lead", "def take_lead(request):\n    raise ValueError('Anna, +79990000001')\n")
    log = MemoryLog()
    answer = load_function("take-lead", tmp_path, log).test_client().get("/the-secret")
    assert answer.status_code == 500
    assert answer.headers["X-Google-Status"] == "crash"
    [entry] = log.entries
    assert (entry.event, entry.details["function"], entry.details["exception"]) == (
        "function_crashed",
        "take-lead",
        "ValueError",
    )
    assert "take_lead/main.py:2 take_lead" in str(entry.details["frames"])
    assert "Anna" not in str(entry)
    assert "the-secret" not in str(entry)
