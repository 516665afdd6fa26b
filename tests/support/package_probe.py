"""Run by a fresh interpreter: imports the main.py of an unpacked package, calls it once, and says what that loaded.

A ``Probe`` as JSON comes in on standard input; what was found goes out as the last line.
"""

from __future__ import annotations

import base64
import json
import sys


def main() -> None:
    """What was loaded by the import and by the call, by the names of modules."""
    told = json.load(sys.stdin)
    sys.path.insert(0, told["folder"])  # before the checkout, which a development environment also holds
    import functions_framework
    from flask import Flask

    app: Flask = functions_framework.create_app(  # type: ignore[no-untyped-call]
        told["entry_point"], told["folder"] + "/main.py"
    )
    imported = sorted(sys.modules)
    answer = app.test_client().post(
        told["path"],
        data=base64.b64decode(told["body"]),
        content_type=told["content_type"],
        headers=told["headers"],
    )
    found = {
        "leadloop": str(sys.modules["leadloop"].__file__),
        "imported": imported,
        "called": sorted(sys.modules),
        "status": answer.status_code,
        "answer": answer.text,
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
