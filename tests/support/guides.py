"""The written guides as a test reads them: what stands in backticks, fenced blocks, links, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from support.sayings import ROOT

LANGUAGES = ("en", "ru")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


@dataclass(frozen=True)
class Guide:
    """One Markdown file."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCED.sub("", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        return [Block(*found) for found in _FENCED.findall(self.text)]

    @cached_property
    def words(self) -> set[str]:
        """What stands in backticks, in the prose."""
        return set(re.findall(r"`([^`\n]+)`", self.prose))

    @cached_property
    def links(self) -> list[str]:
        """Targets inside the repository."""
        return [link for link in _LINK.findall(self.prose) if not re.match(r"[a-z]+:", link)]

    @cached_property
    def headings(self) -> list[str]:
        return re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)

    @cached_property
    def anchors(self) -> set[str]:
        """Anchors as GitHub makes them of headings."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in self.headings}

    def rows(self, columns: int) -> list[list[str]]:
        """Cells of every table row with so many columns."""
        lines = re.findall(r"^\| ?(.*) ?\|$", self.prose, re.MULTILINE)
        return [cells for line in lines if len(cells := [cell.strip() for cell in line.split("|")]) == columns]


def guides(language: str) -> dict[str, Guide]:
    """The guides of one language by file name."""
    return {path.name: Guide(path) for path in sorted((ROOT / "docs" / language).glob("*.md"))}


def every_guide() -> list[Guide]:
    """All Markdown that a reader may come to."""
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return [Guide(path) for path in sorted(paths)]
