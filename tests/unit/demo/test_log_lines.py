"""A log kept by a demo is read entry by entry, so that no form of writing hides an error."""

from __future__ import annotations

import io

from leadloop.adapters.json_log import JsonLog
from support.log_lines import entries_of
from support.settable_clock import SettableClock


def test_an_error_is_found_among_what_else_stands_in_a_log() -> None:
    stream = io.StringIO()
    log = JsonLog(SettableClock(), stream)
    stream.write(" * Serving Flask app\n")
    log.info("lead_captured", reason='"severity":"ERROR" is only quoted')
    log.error("metrica_unavailable")
    assert [entry["message"] for entry in entries_of(stream.getvalue(), "ERROR")] == ["metrica_unavailable"]
    assert [entry["message"] for entry in entries_of(stream.getvalue(), "INFO")] == ["lead_captured"]
