"""Answers of the host itself: JSON, never a page of a framework, never what was asked for."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from leadloop.json_types import JsonObject
from leadloop.verdict import Verdict


def json_answer(body: JsonObject, status: int = 200) -> Response:
    """The body as JSON that nothing may keep."""
    return Response(
        json.dumps(body, ensure_ascii=False),
        status,
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        content_type="application/json; charset=utf-8",
    )


def refused(verdict: Verdict, status: int = 403) -> Response:
    """What is answered to a call that may not be made."""
    return json_answer({"error": verdict.rule, "reason": verdict.reason}, status)


def not_found() -> Response:
    """What is answered to a path that is no function's."""
    return refused(
        Verdict(False, "path.unknown", "no function has this path; paths begin with a function's name, /capture-lead"),
        404,
    )
