"""The same checkout and policy make the same bytes, whoever packages them, where and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from leadloop_packaging.archive import zip_of
from support.packages import FUNCTIONS
from support.sayings import ROOT

EXAMPLE = ROOT / "examples/real_estate/leadloop.yaml"
MADE_OF = ("functions", "shared", "infra/packaging")


def build(root: Path, folder: Path, policy: Path, umask: int, environment: dict[str, str]) -> dict[str, bytes]:
    """What ``python -m leadloop_packaging`` of a checkout leaves behind, run from another folder."""
    folder.mkdir()
    modules = os.pathsep.join(str(root / part) for part in ("shared", "infra/packaging"))
    subprocess.run(
        [sys.executable, "-m", "leadloop_packaging", "--policy", str(policy), "--output", "out"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": modules, **environment},
        umask=umask,
        check=True,
        capture_output=True,
    )
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def test_built_twice_packages_are_equal_byte_for_byte(tmp_path: Path) -> None:
    here = build(
        *(ROOT, tmp_path / "here", EXAMPLE, 0o022),
        {"PYTHONHASHSEED": "1", "TZ": "Europe/Moscow", "LC_ALL": "C.UTF-8"},
    )
    elsewhere = tmp_path / "another checkout"
    for part in MADE_OF:
        shutil.copytree(ROOT / part, elsewhere / part, copy_function=shutil.copyfile)
    shutil.copyfile(ROOT / "constraints.txt", elsewhere / "constraints.txt")
    for path in elsewhere.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700)
    policy = shutil.copyfile(EXAMPLE, tmp_path / "renamed.yaml")
    there = build(
        *(elsewhere, tmp_path / "there", policy, 0o077),
        {"PYTHONHASHSEED": "2", "TZ": "Asia/Vladivostok", "LC_ALL": "C", "PYTHONUTF8": "0"},
    )
    assert set(here) == {"packages.json", "indexes.json", *(f"{function}.zip" for function in FUNCTIONS)}
    assert here == there


def test_an_archive_tells_nothing_but_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"b/c.py": b"2", "a.py": b"1", "b.py": "три".encode()}))
    with ZipFile(tmp_path / "a.zip") as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["a.py", "b.py", "b/c.py"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(entry.create_system, entry.external_attr >> 16) for entry in entries} == {(3, 0o100644)}
    assert {entry.compress_type for entry in entries} == {ZIP_STORED}
    assert not any(entry.extra or entry.comment for entry in entries)
