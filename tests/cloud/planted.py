"""A copy of the infrastructure in which mistakes are planted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from leadloop_preflight.faults import ToolMissing
from support.sayings import ROOT

BUILD = ROOT / "build"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Copy:
    """``infra/terraform`` somewhere else, with the manifest that it reads."""

    folder: Path

    @classmethod
    def into(cls, place: Path) -> Copy:
        folder = place / "infra" / "terraform"
        shutil.copytree(ROOT / "infra" / "terraform", folder, ignore=shutil.ignore_patterns("tests", ".terraform*"))
        (place / "functions").mkdir()
        shutil.copy(ROOT / "functions" / "functions.yaml", place / "functions")
        return cls(folder)

    def put(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} no longer says {old!r}: plant the mistake elsewhere"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def add(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text("utf-8") if path.exists() else "") + text, "utf-8")


def needed(find: Callable[[], Found]) -> Found:
    """What a test cannot do without: where it is missing the test is skipped, in CI it fails."""
    try:
        return find()
    except ToolMissing as fault:
        if os.environ.get("CI"):
            pytest.fail(str(fault))
        pytest.skip(str(fault))
