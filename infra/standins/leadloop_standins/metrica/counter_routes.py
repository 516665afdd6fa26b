"""Counters and their goals."""

from typing import TYPE_CHECKING, Any

import flask
from werkzeug.exceptions import BadRequest

from .accounts import READ, WRITE
from .refusals import RequestRefused

if TYPE_CHECKING:
    from .stand_in import MetricaStandIn


def add_counter_routes(app: flask.Flask, metrica: "MetricaStandIn") -> None:
    """GET counter, GET and POST goals, GET goal."""

    @app.get("/management/v1/counter/<counter>")
    def show_counter(counter: str) -> dict[str, Any]:
        return {"counter": metrica.counter(counter, READ).as_json()}

    @app.get("/management/v1/counter/<counter>/goals")
    def list_goals(counter: str) -> dict[str, Any]:
        return {"goals": metrica.goals.of_counter(metrica.counter(counter, READ).id)}

    @app.post("/management/v1/counter/<counter>/goals")
    def create_goal(counter: str) -> dict[str, Any]:
        owner = metrica.counter(counter, WRITE)
        goal = _posted_json().get("goal")
        if isinstance(goal, dict):
            goal = {name: value for name, value in goal.items() if name != "id"}
        return {"goal": metrica.goals.create(owner.id, goal, metrica.settings["goal_limit"])}

    @app.get("/management/v1/counter/<counter>/goal/<number>")
    def show_goal(counter: str, number: str) -> dict[str, Any]:
        goal = metrica.goals.find(metrica.counter(counter, READ).id, number)
        if goal is None:
            raise metrica.no_such_object()
        return {"goal": goal}


def _posted_json() -> dict[str, Any]:
    try:
        document = flask.request.get_json(force=True)
    except BadRequest as problem:
        raise RequestRefused(400, "invalid_json", "The body is not JSON.") from problem
    if not isinstance(document, dict):
        raise RequestRefused(400, "invalid_json", "The body is not a JSON object.")
    return document
