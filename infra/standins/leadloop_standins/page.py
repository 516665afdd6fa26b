"""The page on which a person reads a stand-in's ledger: one self-contained HTML document, everything escaped."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment


@dataclass(frozen=True)
class Table:
    """A titled table; cells are shown as text, an empty one says so instead of vanishing."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --soft: #8881; --faint: #888; }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 0; }
  h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
  h2 small, p.note, p.empty { color: var(--faint); font-weight: normal; }
  p.note, p.empty { margin: .2rem 0 .5rem; }
  .scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .3rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
  th { background: var(--soft); font-weight: 600; }
  tr:last-child td { border-bottom: 0; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p class="note">Stand-in's own time: {{ now }} · <a href="/_stand_in/ledger">ledger as JSON</a> ·
<a href="/_stand_in/faults">faults</a></p>
{% for table in tables %}
<h2>{{ table.title }} <small>{{ table.rows | length }}</small></h2>
{% if table.note %}<p class="note">{{ table.note }}</p>{% endif %}
{% if table.rows %}
<div class="scroll"><table>
<thead><tr>{% for column in table.columns %}<th>{{ column }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in table.rows %}<tr>{% for cell in row %}<td>{{ "" if cell is none else cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table></div>
{% else %}<p class="empty">Nothing yet.</p>{% endif %}
{% endfor %}
</body>
</html>
"""

_TEMPLATE = Environment(autoescape=True, trim_blocks=True).from_string(_PAGE)


def render_page(title: str, now: str, tables: Sequence[Table]) -> str:
    """The whole document."""
    return _TEMPLATE.render(title=title, now=now, tables=tables)
