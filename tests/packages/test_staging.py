"""The folder of packages: whole when it has its index, and never holding what was removed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from leadloop import indexes
from leadloop_packaging.__main__ import EXAMPLE, main
from leadloop_packaging.staging import Package, stage
from support.knocks import MANIFEST

LEADS, VISITS = Package("capture-lead", b"first"), Package("capture-visit", b"second")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def index_in(folder: Path) -> dict[str, dict[str, object]]:
    entries: dict[str, dict[str, object]] = json.loads((folder / "packages.json").read_bytes())["packages"]
    return entries


def test_the_index_says_what_a_deployment_asks(tmp_path: Path) -> None:
    stage([VISITS, LEADS], tmp_path / "deep" / "packages")
    assert next(iter(index_in(tmp_path / "deep" / "packages").items())) == (
        "capture-lead",
        {
            "file": "capture-lead.zip",
            "sha256": hashlib.sha256(b"first").hexdigest(),
            "bytes": 5,
            "entry_point": "capture_lead",
            "runtime": "python313",
            "secrets": [],
        },
    )


def test_the_package_of_a_removed_function_disappears_and_nothing_else(tmp_path: Path) -> None:
    stage([LEADS, VISITS], tmp_path)
    (tmp_path / "mine.zip").write_bytes(b"kept")
    stage([Package("capture-lead", b"changed")], tmp_path)
    assert names_in(tmp_path) == {"capture-lead.zip", "mine.zip", "packages.json", "indexes.json"}
    assert (tmp_path / "capture-lead.zip").read_bytes() == b"changed"
    assert set(index_in(tmp_path)) == {"capture-lead"}


@pytest.mark.parametrize("index", ["", "[]", '{"packages": []}', '{"packages": {"x": 1}}', '{"packages": {"x": {}}}'])
def test_an_index_that_is_none_is_replaced(index: str, tmp_path: Path) -> None:
    (tmp_path / "packages.json").write_text(index)
    stage([LEADS], tmp_path)
    assert set(index_in(tmp_path)) == {"capture-lead"}


@pytest.mark.parametrize("file", ["../precious.zip", "/precious.zip", "notes.txt", "sub/precious.zip"])
def test_an_index_cannot_point_at_other_files(file: str, tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    (folder / "sub").mkdir(parents=True)
    kept = [tmp_path / "precious.zip", folder / "notes.txt", folder / "sub/precious.zip"]
    for path in kept:
        path.write_text("kept")
    (folder / "packages.json").write_text(json.dumps({"packages": {"x": {"file": file}}}))
    stage([LEADS], folder)
    assert all(path.exists() for path in kept)


def test_the_store_s_indexes_are_those_of_the_queries(tmp_path: Path) -> None:
    stage([LEADS], tmp_path)
    told = json.loads((tmp_path / "indexes.json").read_bytes())
    composite = {(one["collection"], tuple((f["path"], f["mode"]) for f in one["fields"])) for one in told["composite"]}
    single = {(one["collection"], one["path"], one["mode"]) for one in told["single"]}
    assert composite == {(one.collection, tuple(map(tuple, one.fields))) for one in indexes.composite_indexes()}
    assert single == {(one.collection, *one.fields[0]) for one in indexes.single_field_indexes()}
    assert (told["collections"], told["expiring"]) == (sorted(indexes.COLLECTIONS), sorted(indexes.EXPIRING))


class TestTheCommand:
    def test_packages_every_function(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--policy", str(EXAMPLE), "--output", str(tmp_path)]) == 0
        assert set(index_in(tmp_path)) == set(MANIFEST.functions)
        for name, entry in index_in(tmp_path).items():
            content = (tmp_path / f"{name}.zip").read_bytes()
            assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert str(tmp_path / "sync-crm.zip") in capsys.readouterr().out

    def test_without_a_policy_takes_the_folder_s_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "leadloop.yaml").write_text("site: {}")
        assert main([]) == 2

    def test_or_else_the_example_s_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert main([]) == 0
        assert "no leadloop.yaml here: packaging the example's policy" in capsys.readouterr().out
        assert (tmp_path / "build/packages/packages.json").is_file()

    def test_a_faulty_policy_touches_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        stage([LEADS], tmp_path / "packages")
        before = {path.name: path.read_bytes() for path in (tmp_path / "packages").iterdir()}
        (tmp_path / "leadloop.yaml").write_text("site:\n  counter: x\n")
        assert main(["--policy", str(tmp_path / "leadloop.yaml"), "--output", str(tmp_path / "packages")]) == 2
        assert "leadloop.yaml:2 site.counter: expected the number of a Metrica counter" in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in (tmp_path / "packages").iterdir()} == before

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "packages").write_text("a file")
        assert main(["--policy", str(EXAMPLE), "--output", str(tmp_path / "packages")]) == 2
        assert "cannot be written" in capsys.readouterr().err
