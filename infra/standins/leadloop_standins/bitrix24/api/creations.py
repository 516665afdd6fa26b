"""What add methods of both families do besides adding."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..portal.moves import StageRefused
from ..portal.records import Record
from .calls import Call
from .problems import bare
from .requests_seen import Creation


def note_creation(call: Call, record: Record, fields: Mapping[str, Any]) -> None:
    """Writes down which call made the record and what it carried, so that a double shows."""
    watched = call.office.switches.texts("watched_field_codes")
    values = {code: str(record.values[code]) for code in watched if record.values.get(code)}
    call.office.seen.note_creation(Creation(call.stamp.at, call.method, record.kind, record.id, values))
    trace = fields.get("TRACE") or fields.get("trace")
    if trace:
        call.office.seen.note_trace(str(trace), [(record.kind.upper, record.id)])


@contextmanager
def staged() -> Iterator[None]:
    """Answers 400 for a stage that the portal refuses."""
    try:
        yield
    except StageRefused as problem:
        raise bare(str(problem)) from problem
