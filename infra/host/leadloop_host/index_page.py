"""The host's own page: what is served, what is due, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from leadloop.manifest import Function
from leadloop_host.state import HostState

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2433}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.35rem .6rem;"
    "border-bottom:1px solid #dfe4ec;vertical-align:top}th{font-weight:600}code{background:#eef1f5;padding:.1rem .3rem}"
)


def index_page(functions: Mapping[str, Function], state: HostState, leases: Mapping[str, str]) -> str:
    """The page, self-contained; ``leases`` maps a lease's name to the instant it ends. Every value is escaped."""
    next_firing = {firing.function: str(firing.at) for firing in state.schedules}
    rows = [
        (f"/{name}", _trigger(function), next_firing.get(name, ""), leases.get(name, ""))
        for name, function in functions.items()
    ]
    counts = (state.pending, state.due_now, state.leased, state.dead, state.running)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>leadloop host</title>'
        f"<style>{_STYLE}</style></head><body><h1>leadloop host</h1>"
        f"<p>Clock: {escape(str(state.clock))}. {'All is quiet.' if state.quiet else 'Work is under way.'} "
        "A scheduled function is run by hand with <code>curl -X POST</code> on its path.</p>"
        f"{_table(('Function', 'Trigger', 'Next run (UTC)', 'Leased until'), rows)}<h2>Messages</h2>"
        f"{_table(('Waiting', 'Due now', 'Being delivered', 'Dead', 'Calls under way'), [counts])}"
        '<p>As JSON: <a href="/_host/state">/_host/state</a>, <a href="/healthz">/healthz</a></p></body></html>'
    )


def _trigger(function: Function) -> str:
    if function.topic:
        return f"messages on {function.topic}"
    return "public HTTP" if function.public else "schedule"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
