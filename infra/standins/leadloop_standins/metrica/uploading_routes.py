"""Uploading a file of offline conversions and reading uploadings back."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import flask

from .accounts import OFFLINE, READ_UPLOADINGS
from .intake import accept_file
from .refusals import invalid_parameter
from .uploadings import Uploading

if TYPE_CHECKING:
    from .stand_in import MetricaStandIn

_PREFIX = "/management/v1/counter/<counter>/offline_conversions"


def add_uploading_routes(app: flask.Flask, metrica: "MetricaStandIn") -> None:
    """POST upload, GET uploadings, GET uploading."""

    def shown(uploading: Uploading) -> dict[str, Any]:
        return uploading.as_json(metrica.settings["optional_fields"])

    @app.post(f"{_PREFIX}/upload")
    def upload(counter: str) -> dict[str, Any]:
        accepted = shown(accept_file(metrica, metrica.counter(counter, OFFLINE).id))
        return {"uploadings": [accepted]} if metrica.settings["wrapper"] == "uploadings" else {"uploading": accepted}

    @app.get(f"{_PREFIX}/uploadings")
    def list_uploadings(counter: str) -> dict[str, Any]:
        owner = metrica.counter(counter, READ_UPLOADINGS)
        limit, offset = _whole_number("limit", 10_000, least=1), _whole_number("offset", 0, least=0)
        metrica.settle()
        listed = _listed(metrica, owner.id)
        return {"uploadings": [shown(uploading) for uploading in listed[offset : offset + limit]]}

    @app.get(f"{_PREFIX}/uploading/<number>")
    def show_uploading(counter: str, number: str) -> dict[str, Any]:
        uploading = metrica.uploadings.find(metrica.counter(counter, READ_UPLOADINGS).id, number)
        if uploading is None:
            raise metrica.no_such_object()
        metrica.step(uploading)
        return {"uploading": shown(uploading)}


def _listed(metrica: "MetricaStandIn", counter: int) -> list[Uploading]:
    uploadings = metrica.uploadings.of_counter(counter)
    if metrica.settings["listing_order"] == "newest_first":
        uploadings = uploadings[::-1]
    lag = metrica.pending_fault("listing_lag")
    if lag is None:
        return uploadings
    visible_from = metrica.clock.now() - timedelta(minutes=lag.params["minutes"])
    visible = [uploading for uploading in uploadings if uploading.created_at <= visible_from]
    if len(visible) < len(uploadings):
        metrica.commit_fault(lag)
    return visible


def _whole_number(name: str, default: int, least: int) -> int:
    text = flask.request.args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise invalid_parameter(f"{name} is a whole number from {least}.", name)
    return int(text)
