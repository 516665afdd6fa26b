"""What tests of functions and of the commands beside them share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.command_desk import CommandDesk
    from support.world import World


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], world: World
) -> CommandDesk:
    """The functions on a folder as a host keeps it, and the command line."""
    from support.command_desk import CommandDesk

    return CommandDesk(tmp_path, monkeypatch, capsysbinary, world)
