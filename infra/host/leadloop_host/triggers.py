"""How Cloud Scheduler calls a function, and how a call by hand is made to look the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from leadloop.ports.clock import Clock
from leadloop.verdict import Verdict
from leadloop_host.refusals import refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def scheduler_headers(function: str, at: datetime) -> dict[str, str]:
    """The headers of a scheduled call due ``at`` (UTC), as Cloud Scheduler sends them.

    https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1#httptarget
    """
    return {
        "User-Agent": "Google-Cloud-Scheduler",
        "X-CloudScheduler": "true",
        "X-CloudScheduler-JobName": function,
        "X-CloudScheduler-ScheduleTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


class TriggeredByHand:
    """A WSGI application that gives a POST without scheduler headers those of a call due now.

    Any other method is refused: a link that a browser looks at in advance must not send conversions.
    """

    def __init__(self, application: WSGIApplication, function: str, clock: Clock) -> None:
        self._application = application
        self._function = function
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer through the function."""
        if environ.get("REQUEST_METHOD") != "POST":
            verdict = Verdict(False, "trigger.not_posted", "a scheduled function is triggered by POST")
            return refused(verdict, 405)(environ, start_response)
        if "HTTP_X_CLOUDSCHEDULER" not in environ:
            for name, value in scheduler_headers(self._function, self._clock.now()).items():
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return self._application(environ, start_response)
