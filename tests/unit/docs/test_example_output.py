"""What the example's page shows of the demo's output is what the report prints today.

The report is held to its golden text by ``tests/unit/report``; the page is held here to the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = (ROOT / "tests" / "bodies" / "report" / "small-loop.txt").read_text(encoding="utf-8")
PAGES = ("README.md", "README.ru.md")
SECTIONS = ("Goals: ", "Uploads: ", "Not linked, ", "Not sent")


def shown(page: str) -> str:
    """The block of output on a page of the example."""
    text = (ROOT / "examples" / "real_estate" / page).read_text(encoding="utf-8")
    [block] = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    return str(block)


def columns(report: str, section: str) -> list[str]:
    """The heads of a section's table."""
    lines = report.splitlines()
    [title] = [number for number, line in enumerate(lines) if line.startswith(section)]
    return re.split(r" {2,}", lines[title + 1].strip())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_it_has_the_columns_of_the_report(page: str, section: str) -> None:
    assert columns(shown(page), section) == columns(GOLDEN, section)


@pytest.mark.parametrize("page", PAGES)
def test_its_moments_are_in_the_zone_of_the_counter_and_its_ids_whole(page: str) -> None:
    block = shown(page)
    assert "UTC" not in block
    assert re.findall(r"\d\d:\d\d \(Europe/Moscow\)", block)
    assert re.findall(r"^  ([0-9a-f]{12,}) +lead_", block, flags=re.MULTILINE)
    assert all(len(one) == 32 for one in re.findall(r"^  ([0-9a-f]{12,}) +lead_", block, flags=re.MULTILINE))


def test_both_pages_show_the_same() -> None:
    assert shown(PAGES[0]) == shown(PAGES[1])
