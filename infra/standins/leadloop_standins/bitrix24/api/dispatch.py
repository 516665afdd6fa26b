"""From a method's name to its answer: existence, scope, operating time, and the `time` that every answer carries."""

from typing import Any

from ..portal.values import moment_text
from .batch import run_batch
from .calls import Answer, Call, Method
from .classic import classic_methods
from .dictionaries import dictionary_methods
from .limits import OperatingTime
from .problems import CallRefused, system_error
from .side_methods import side_methods
from .stage_history import list_stage_history
from .universal import universal_methods

METHODS = {
    **classic_methods(),
    **universal_methods(),
    **dictionary_methods(),
    **side_methods(),
    "crm.stagehistory.list": Method("crm", list_stage_history),
}
BATCH = "batch"
_APPLICATIONS_ONLY = ("event.bind", "event.unbind", "event.offline.", "placement.", "app.")


class Dispatcher:
    """Performs calls for one portal."""

    def __init__(self, operating: OperatingTime) -> None:
        self._operating = operating

    def perform(self, call: Call) -> Answer:
        """The answer; CallRefused by the system or by the method."""
        if call.method == BATCH:
            return Answer(run_batch(call, self.perform, self.time_of))
        if call.method.startswith(_APPLICATIONS_ONLY):
            raise CallRefused(403, "ACCESS_DENIED", "Access denied! Application context required")
        method = METHODS.get(call.method)
        if method is None:
            raise system_error("ERROR_METHOD_NOT_FOUND")
        if method.scope and method.scope not in call.webhook.scopes:
            raise system_error("insufficient_scope")
        now = call.office.unix_now()
        self._operating.check(call.webhook.code, call.method, now)
        try:
            return method.do(call)
        finally:
            self._operating.note(call.webhook.code, call.method, now)

    def time_of(self, call: Call) -> dict[str, Any]:
        """`time`; a batch itself costs no operating time."""
        now = call.office.unix_now()
        cost = call.office.switches.seconds("operating_seconds_per_call")
        lasted = {"start": float(now), "finish": now + cost, "duration": cost, "processing": cost}
        at = moment_text(now, call.portal.offset)
        dates = {"date_start": at, "date_finish": at}
        if call.method == BATCH:
            return {**lasted, **dates}
        key = (call.webhook.code, call.method)
        reset_at = self._operating.reset_at(*key, now)
        return {**lasted, **dates, "operating_reset_at": reset_at, "operating": self._operating.spent(*key, now)}
