"""``python -m leadloop_host.demo.hosting``: the ordinary host, with the demo page at ``/``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from werkzeug.wrappers import Response

from leadloop_host.demo.page import CLIENT_ID, render
from leadloop_host.host import serve


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    for name in ("--policy", "--data"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    for name in ("--metrica", "--amocrm"):
        parser.add_argument(name, required=True)
    given = parser.parse_args()
    html = render(f"http://127.0.0.1:{given.port}", given.metrica, given.amocrm, CLIENT_ID)
    page = Response(html, content_type="text/html; charset=utf-8")
    return serve(policy=given.policy, data=given.data, port=given.port, index=page)


if __name__ == "__main__":
    sys.exit(main())
