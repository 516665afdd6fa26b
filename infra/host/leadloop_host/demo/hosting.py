"""``python -m leadloop_host.demo.hosting``: the ordinary host, with the demo page at ``/``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from leadloop_host.demo.page import CLIENT_ID, render
from leadloop_host.host import serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    for name in ("--policy", "--data"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    for name in ("--metrica", "--amocrm"):
        parser.add_argument(name, required=True)
    given = parser.parse_args()
    page = index(f"http://127.0.0.1:{given.port}", given.metrica, given.amocrm)
    return serve(policy=given.policy, data=given.data, port=given.port, index=page)


def index(origin: str, metrica: str, amocrm: str) -> WSGIApplication:
    """The demo page as an application. ``?sent=1``, where a form comes back to, is confirmed; nothing is echoed."""

    @Request.application
    def answer(request: Request) -> Response:
        html = render(origin, metrica, amocrm, CLIENT_ID, sent=request.args.get("sent") == "1")
        return Response(html, content_type="text/html; charset=utf-8")

    return answer


if __name__ == "__main__":
    sys.exit(main())
