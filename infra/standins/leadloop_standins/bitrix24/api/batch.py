"""batch: up to fifty calls in one request, each able to use results before it.

Source: https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from ...php_query import parse_query
from .calls import Answer, Call
from .problems import CallRefused, system_error

MOST_COMMANDS = 50
_REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")

Perform = Callable[[Call], Answer]
Json = dict[str, Any]


def run_batch(call: Call, perform: Perform, time_of: Callable[[Call], Json]) -> Json:
    """The five maps by command key, each in the form PHP gives it; a failing command leaves the status at 200."""
    commands = call.mapping("cmd")
    refuses_all = call.office.switches.text("batch_overflow") == "refused"
    if len(commands) > MOST_COMMANDS and refuses_all:
        raise system_error("ERROR_BATCH_LENGTH_EXCEEDED")
    told: dict[str, Json] = {name: {} for name in ("result", "error", "total", "next", "time")}
    for place, (key, command) in enumerate(commands.items()):
        try:
            if place >= MOST_COMMANDS:
                raise system_error("ERROR_BATCH_LENGTH_EXCEEDED")
            inner = _inner_call(call, str(command), told["result"])
            answer = perform(inner)
        except CallRefused as problem:
            told["error"][key] = _told_error(call, problem)
            if _halts(call):
                break
            continue
        told["result"][key], told["time"][key] = answer.result, time_of(inner)
        told["total"].update({} if answer.total is None else {key: answer.total})
        told["next"].update({} if answer.next is None else {key: answer.next})
    return {"result" if name == "result" else f"result_{name}": php_array(found) for name, found in told.items()}


def php_array(found: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a list or a map, as the keys decide
    """What json_encode makes of a PHP array: `[]` of an empty one, a list when its keys are 0, 1, 2… in a row."""
    if list(found) == [str(place) for place in range(len(found))]:
        return list(found.values())
    return dict(found)


def _inner_call(call: Call, command: str, results: Mapping[str, Any]) -> Call:
    name, _, query = command.partition("?")
    method = method_name(name)
    if method == "batch":
        raise system_error("ERROR_BATCH_METHOD_NOT_ALLOWED")
    params = parse_query(parse_qsl(query, keep_blank_values=True))
    return replace(call, method=method, params=_resolved(params, results))


def method_name(path: str) -> str:
    """The method of a path: lower case, without the format and a slash at its end."""
    return path.strip("/").lower().removesuffix(".json")


def _resolved(value: Any, results: Mapping[str, Any]) -> Any:  # noqa: ANN401 - nested maps with texts at the leaves
    if isinstance(value, dict):
        return {key: _resolved(item, results) for key, item in value.items()}
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _looked_up(whole[1], results)
    return _REFERENCE.sub(lambda found: str(_looked_up(found[1], results)), value)


def _looked_up(path: str, results: Any) -> Any:  # noqa: ANN401 - whatever the result holds there
    """The value at `[key][field][0]`; an empty text when there is none."""
    place = results
    for part in path[1:-1].split("]["):
        if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, Mapping) and part in place:
            place = place[part]
        else:
            return ""
    return "" if place is None else place


def _told_error(call: Call, problem: CallRefused) -> Json:
    return {"error": problem.told_code(call.office.switches), "error_description": problem.description}


def _halts(call: Call) -> bool:
    return str(call.get("halt")).lower() in ("1", "true", "y")
