"""``--keep DIR``: what no demo has made is nobody's to empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadloop.cli import main
from leadloop_host.demo.performance import perform
from leadloop_host.demo.story import StoryAtFault
from support.stories import EXAMPLE, SHORT


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_with_foreign_files_is_refused_and_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "thesis"
    (folder / "data").mkdir(parents=True)
    (folder / "thesis.txt").write_text("three years of work")
    (folder / "data" / "documents.db").write_text("somebody's own")
    before = contents(folder)
    assert main(["demo", "--example", str(EXAMPLE), "--keep", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "expected an empty folder or one an earlier demo made, found other files; name another" in told
    assert str(folder) in told
    assert contents(folder) == before


def test_a_story_at_fault_empties_nothing_either(tmp_path: Path) -> None:
    """The demo of yesterday is still there to be looked at."""
    example, kept = tmp_path / "example", tmp_path / "kept"
    example.mkdir()
    kept.mkdir()
    (kept / ".leadloop-demo").touch()
    (kept / "host.log").write_text("yesterday")
    story = SHORT.read_text(encoding="utf-8").replace("counts: [lead_received]", "counts: [lead_recieved]")
    (example / "story.yaml").write_text(story, encoding="utf-8")
    (example / "leadloop.yaml").write_text((EXAMPLE / "leadloop.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(StoryAtFault, match="found 'lead_recieved'"):
        perform(example, kept, None, serve=False)
    assert contents(kept)["host.log"] == "yesterday"


@pytest.mark.parametrize("missing", ["story.yaml", "leadloop.yaml"])
def test_an_example_without_its_files_is_told(missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (EXAMPLE / "leadloop.yaml", EXAMPLE / "story.yaml"):
        if path.name != missing:
            (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["demo", "--example", str(tmp_path)]) == 1
    assert missing in capsys.readouterr().err
