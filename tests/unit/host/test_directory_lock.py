"""One host per data directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadloop_host.directory_lock import DirectoryLock
from leadloop_host.faults import StartRefused


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    first = DirectoryLock(tmp_path)
    first.announce({"port": 8080})
    with pytest.raises(StartRefused, match=r"another host \(pid \d+, port 8080\) already serves"):
        DirectoryLock(tmp_path)
    first.release()
    DirectoryLock(tmp_path).release()


def test_what_a_dead_holder_wrote_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "host.lock").write_text(json.dumps({"pid": 1, "port": 8080, "note": "x" * 500}))
    lock = DirectoryLock(tmp_path)
    lock.announce({"port": 9000})
    assert json.loads((tmp_path / "host.lock").read_text())["port"] == 9000
    lock.release()


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartRefused, match=r"cannot be written: .*--data DIR"):
        DirectoryLock(tmp_path / "file" / "data")
