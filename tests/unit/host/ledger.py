"""What the tiny functions did, as lines in a file, and what they are ordered to answer.

The ledger is theirs, not the host's: it shows what really arrived.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

LEDGER, ORDERS, HELD = "ledger.jsonl", "orders", "held"
HOLD = "hold"
_GIVES_UP_AFTER = 100.0


def record(function: str, **details: object) -> None:
    """Append one line, whole."""
    line = json.dumps({"function": function, "pid": os.getpid(), **details}) + "\n"
    descriptor = os.open(_data() / LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def entries(data: Path, function: str | None = None) -> list[dict[str, Any]]:
    """The lines of one function, or all, in order."""
    path = data / LEDGER
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [line for line in lines if function in (None, line["function"])]


def order(data: Path, function: str, answer: int | str) -> None:
    """Make a function answer with a status; with ``HOLD``, not before it is ordered otherwise."""
    draft = data / f"{ORDERS}-{function}.new"
    draft.write_text(str(answer))
    draft.replace(data / f"{ORDERS}-{function}")


def ordered_status(function: str) -> int:
    """The status to answer with, awaited while the order is to hold."""
    path = _data() / f"{ORDERS}-{function}"
    given_up_at = time.monotonic() + _GIVES_UP_AFTER
    answer = path.read_text() if path.exists() else "204"
    if answer == HOLD:
        (_data() / f"{HELD}-{function}").touch()
    while answer == HOLD and time.monotonic() < given_up_at:
        time.sleep(0.01)
        answer = path.read_text()
    return 500 if answer == HOLD else int(answer)


def is_held(data: Path, function: str) -> bool:
    """Whether a function has begun to hold a call."""
    return (data / f"{HELD}-{function}").exists()


def _data() -> Path:
    return Path(os.environ["LEADLOOP_DATA"])
