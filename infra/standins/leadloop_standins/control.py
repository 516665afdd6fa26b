"""`/` and `/_stand_in/*`: how a test gives orders to a stand-in and reads what it counted."""

from typing import TYPE_CHECKING, Any

import flask
from werkzeug.wrappers import Response

from .application import new_vendor_app
from .faults import InstructionRefused
from .page import Table, render_page

if TYPE_CHECKING:
    from .stand_in import StandIn


def control_app(stand_in: "StandIn") -> flask.Flask:
    """Routes: ledger, faults (GET, POST, DELETE), settings (GET, POST), reset, seed, and POST of a list per part."""
    app = new_vendor_app(__name__)

    @app.errorhandler(InstructionRefused)
    def refuse(problem: InstructionRefused) -> tuple[Response, int]:
        return flask.jsonify({"error": str(problem)}), 400

    @app.get("/")
    def page() -> str:
        with stand_in.lock:
            tables = [*stand_in.tables(), *_own_tables(stand_in)]
        return render_page(stand_in.title, stand_in.now_text, tables)

    @app.get("/_stand_in/ledger")
    def ledger() -> Response:
        with stand_in.lock:
            frame = {"stand_in": stand_in.title, "now": stand_in.now_text, "settings": stand_in.settings}
            kept = {"faults": stand_in.faults.as_json(), "journal": stand_in.journal.as_json()}
            return flask.jsonify({**frame, **stand_in.ledger(), **kept})

    @app.post("/_stand_in/reset")
    def reset() -> Response:
        stand_in.reset()
        return flask.jsonify({"reset": True})

    _fault_routes(app, stand_in)
    _settings_and_seed_routes(app, stand_in)
    stand_in.add_control_routes(app)
    return app


def _fault_routes(app: flask.Flask, stand_in: "StandIn") -> None:
    @app.get("/_stand_in/faults")
    def list_faults() -> Response:
        known = {
            kind.name: {"meaning": kind.meaning, "params": dict(kind.params)} for kind in stand_in.faults.kinds.values()
        }
        with stand_in.lock:
            return flask.jsonify({"faults": stand_in.faults.as_json(), "known": known})

    @app.post("/_stand_in/faults")
    def order_fault() -> tuple[Response, int]:
        with stand_in.lock:
            return flask.jsonify(stand_in.faults.order(_posted_object()).as_json()), 201

    @app.delete("/_stand_in/faults")
    def clear_faults() -> Response:
        with stand_in.lock:
            stand_in.faults.clear()
        return flask.jsonify({"faults": []})


def _settings_and_seed_routes(app: flask.Flask, stand_in: "StandIn") -> None:
    @app.get("/_stand_in/settings")
    def show_settings() -> Response:
        return flask.jsonify(stand_in.settings)

    @app.post("/_stand_in/settings")
    def change_settings() -> Response:
        with stand_in.lock:
            stand_in.change_settings(_posted_object())
            return flask.jsonify(stand_in.settings)

    @app.post("/_stand_in/seed")
    def plant_seed() -> tuple[Response, int]:
        stand_in.apply_seed(_posted_object())
        return flask.jsonify({"planted": True}), 201

    @app.post("/_stand_in/<part>")
    def plant_part(part: str) -> tuple[Response, int]:
        rows = flask.request.get_json(force=True)
        stand_in.apply_seed({part: rows})
        return flask.jsonify({"planted": len(rows)}), 201


def _posted_object() -> dict[str, Any]:
    document = flask.request.get_json(force=True)
    if not isinstance(document, dict):
        raise InstructionRefused(f"A JSON object is expected, found {type(document).__name__}.")
    return document


def _own_tables(stand_in: "StandIn") -> list[Table]:
    faults = [
        [f["number"], f["fault"], f["method"], f["path"], f["times"], f["fired"]] for f in stand_in.faults.as_json()
    ]
    requests = [
        [e.number, e.at, e.method, e.target, e.status or "no answer", ", ".join(e.faults), "; ".join(e.notes)]
        for e in reversed(stand_in.journal.entries)
    ]
    return [
        Table("Faults", ("№", "fault", "method", "path", "times", "fired"), faults),
        Table("Requests", ("№", "at", "method", "path", "status", "faults", "notes"), requests, "Newest first."),
    ]
