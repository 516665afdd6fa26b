"""How commands answer: exit codes, one JSON object, and failures without a traceback."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.json_types import Json

OK, REFUSED, USAGE = 0, 1, 2


def print_json(answer: Json) -> None:
    """The answer of ``--json``: one object on standard output, in the language it was written in."""
    print(json.dumps(answer, ensure_ascii=False, indent=2))


def tell_failure(command: str, failure: Exception, *, as_json: bool) -> None:
    """A failure in words on standard error, and as ``{"ok": false, "error": …}`` for a program."""
    words = failure_text(failure)
    if as_json:
        print_json({"ok": False, "error": {"kind": type(failure).__name__, "text": words}})
    print(f"leadloop {command}: {words}", file=sys.stderr)


def failure_text(failure: Exception) -> str:
    """What to tell a person. Errors of leadloop are written for people; of the rest only the kind is certain."""
    if type(failure).__module__.split(".")[0].startswith("leadloop"):
        return str(failure)
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.filename}: {failure.strerror}" if failure.filename else failure.strerror
    return (
        f"something leadloop did not expect ({type(failure).__name__}); "
        "set LEADLOOP_TRACEBACK=1 and run it again to see where"
    )
