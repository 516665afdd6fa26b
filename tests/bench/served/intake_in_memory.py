"""capture-lead in a process of its own on a bus that writes a message as bytes and forgets it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from leadloop.messages import Message, encode
from leadloop.runtime import Runtime, using

SOURCE = Path(__file__).parents[3] / "functions" / "capture_lead" / "main.py"


class ForgetfulBus:
    """A ``Bus`` that does the work of publishing, but for keeping."""

    def publish(self, _topic: str, message: Message) -> str:
        """See ``Bus``."""
        encode(message)
        return "1"


_world = Runtime(os.environ)
_world.bus = ForgetfulBus()
_in_force = using(_world)
_in_force.__enter__()

_spec = importlib.util.spec_from_file_location("capture_lead_main", SOURCE)
assert _spec is not None
assert _spec.loader is not None
_main = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_main)
capture_lead = _main.capture_lead
