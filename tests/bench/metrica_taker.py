"""A Metrica that takes every file, counts its rows and its calls, and keeps nothing: what is measured is our side."""

from __future__ import annotations

import json
from collections import Counter

from leadloop.json_types import Json
from leadloop.policy import Policy
from leadloop.ports.http import HttpRequest, HttpResponse


class MetricaTaker:
    """An ``Http`` behind which every conversion is welcome."""

    def __init__(self, policy: Policy) -> None:
        self.calls: Counter[str] = Counter()
        self.rows = 0
        self._targets = [policy.target_of(goal) for goal in policy.goals]

    def send(self, request: HttpRequest) -> HttpResponse:
        """See ``Http``."""
        self.calls[request.operation] += 1
        return HttpResponse(200, {}, json.dumps(self._answer(request)).encode())

    def _answer(self, request: HttpRequest) -> Json:
        if request.operation == "list_goals":
            return {"goals": [self._goal(number, target) for number, target in enumerate(self._targets)]}
        if request.operation == "upload_offline_conversions":
            self.rows += request.body.count(b"\n") - 1 - _LINES_OF_THE_FORM if request.body else 0
            number = self.calls[request.operation]
            return {"uploading": {"id": number, "comment": dict(request.params)["comment"], "status": "UPLOADED"}}
        return {"uploadings": []}

    def _goal(self, number: int, target: str) -> Json:
        return {"id": number, "name": target, "type": "action", "conditions": [{"type": "exact", "url": target}]}


_LINES_OF_THE_FORM = 6
"""Line ends of the multipart body around the file: five before it, one after; the closing one is counted too."""
