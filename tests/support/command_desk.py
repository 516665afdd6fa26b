"""A world on one machine's folder, and the command line beside it.

desk.run("dead-letters", "--replay", "all")      # at the world's time, with its secrets in the environment
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadloop.adapters.file_clock import set_file_clock
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.cli import main
from leadloop.policy import Policy
from support.policies import HMAC_KEY, SEAL_PRIVATE_KEY, sokol
from support.world import World


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON of any shape
        return json.loads(self.out)


class CommandDesk:
    """A person at the server: functions run on the folder, commands look at it."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes], world: World
    ) -> None:
        self.world = world
        self._folder = folder
        self._capture = capture
        (folder / "data").mkdir()
        self.place: tuple[str, ...] = ("--data", str(folder / "data"))
        world.store = SqliteStore(folder / "data" / "documents.db")
        self.write_policy(sokol())
        monkeypatch.setenv("LEADLOOP_CLOCK_FILE", str(folder / "clock"))
        self.write_environment(LEADLOOP_HMAC_KEY=HMAC_KEY, LEADLOOP_SEAL_PRIVATE_KEY=SEAL_PRIVATE_KEY)

    def write_environment(self, **variables: str) -> None:
        """The ``.env`` beside the policy."""
        lines = "".join(f"{name}={value}\n" for name, value in variables.items())
        (self._folder / ".env").write_text(lines, encoding="utf-8")

    def write_policy(self, policy: Policy) -> None:
        """The policy that commands read."""
        written = policy.model_dump(mode="json", exclude_unset=True)
        (self._folder / "leadloop.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")

    def run(self, command: str, *words: str) -> Told:
        set_file_clock(self._folder / "clock", self.world.clock.now())
        code = main([command, "--policy", str(self._folder / "leadloop.yaml"), *self.place, *words])
        written = self._capture.readouterr()
        return Told(code, written.out, written.err.decode())
