"""Acceptance of an uploaded file: the request's parts, the file's rules, and the faults that bend them."""

import hashlib
import re
from typing import TYPE_CHECKING

import flask

from .conversion_file import ConversionFile, ConversionRow, FileInvalid, read_conversion_file
from .refusals import RequestRefused, invalid_parameter
from .uploadings import Uploading

if TYPE_CHECKING:
    from .stand_in import MetricaStandIn

# The vendor allows digits, Latin and Cyrillic letters and is silent on all other characters.
_COMMENT = re.compile("[0-9A-Za-zА-Яа-яЁё]{0,255}")
_LEGACY_ID_TYPES = ("", "USER_ID", "CLIENT_ID", "YCLID")


def accept_file(metrica: "MetricaStandIn", counter: int) -> Uploading:
    """Takes in the request's file and counts its rows. RequestRefused when a rule is broken; then nothing is kept."""
    part = flask.request.files.get("file")
    if part is None:
        message = "Required request part 'file' is not present"
        raise RequestRefused(400, "missing_parameter", message, "file")
    comment = _checked_comment(metrica)
    content = part.read()
    file = _read(metrica, content)
    _refuse_poison(metrica, file)
    _refuse_unknown_targets(metrica, counter, file)
    rows = _kept_rows(metrica, file)
    digest = hashlib.sha256(content).hexdigest()
    uploading = Uploading(
        id=metrica.uploadings.next_id(),
        counter=counter,
        comment=comment,
        created_at=metrica.clock.now(),
        source_quantity=file.source_quantity,
        rows=rows,
        client_id_type=file.client_id_type,
        digest=digest,
    )
    metrica.uploadings.all.append(uploading)
    for row in rows:
        metrica.conversions.upsert(counter, row, uploading.id)
    metrica.entry.notes.extend(file.warnings)
    return uploading


def _checked_comment(metrica: "MetricaStandIn") -> str:
    query = flask.request.args
    comment = query.get("comment", "")
    if not _COMMENT.fullmatch(comment):
        raise invalid_parameter("A comment has up to 255 digits, Latin and Cyrillic letters.", "comment")
    if query.get("type", "BASIC") != "BASIC":
        if query["type"] in ("CALLS", "CHATS"):
            metrica.entry.notes.append("the stand-in takes BASIC files only")
        raise invalid_parameter("The type of the uploading is not supported.", "type")
    if query.get("client_id_type", "") not in _LEGACY_ID_TYPES:
        raise invalid_parameter("client_id_type is unknown.", "client_id_type")
    if "client_id_type" in query:
        metrica.entry.notes.append("client_id_type is a parameter of old versions and was ignored")
    return comment


def _read(metrica: "MetricaStandIn", content: bytes) -> ConversionFile:
    try:
        file = read_conversion_file(content, int(metrica.clock.now().timestamp()))
    except FileInvalid as problem:
        raise _invalid_uploading(str(problem)) from problem
    partial = metrica.pending_fault("partial_lines")
    if file.problems and not (partial and partial.params["invalid"]):
        raise _invalid_uploading(file.problems[0])
    return file


def _refuse_poison(metrica: "MetricaStandIn", file: ConversionFile) -> None:
    poison = metrica.pending_fault("invalid_uploading")
    if poison is None:
        return
    target, identifier = poison.params["target"], poison.params["id"]
    if any(target in ("", row.target) and identifier in ("", row.identifier) for row in file.rows):
        metrica.commit_fault(poison)
        raise _invalid_uploading(poison.params["message"])


def _refuse_unknown_targets(metrica: "MetricaStandIn", counter: int, file: ConversionFile) -> None:
    if metrica.settings["unknown_target"] == "counted":
        return
    for row in file.rows:
        if not metrica.goals.has_target(counter, row.target):
            raise _invalid_uploading(f"Line {row.line}: the counter has no goal with the identifier {row.target}.")


def _kept_rows(metrica: "MetricaStandIn", file: ConversionFile) -> tuple[ConversionRow, ...]:
    partial = metrica.pending_fault("partial_lines")
    if partial is None:
        return file.rows
    every, matching = partial.params["every"], partial.params["matching"]
    kept = tuple(
        row
        for position, row in enumerate(file.rows, start=1)
        if not (every and position % every == 0) and not (matching and matching in (row.identifier, row.target))
    )
    if len(kept) < file.source_quantity:
        metrica.commit_fault(partial)
        metrica.entry.notes.append(f"{file.source_quantity - len(kept)} rows left out")
    return kept


def _invalid_uploading(message: str) -> RequestRefused:
    return RequestRefused(400, "invalid_uploading", message)
