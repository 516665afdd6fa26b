"""Tables of what each Terraform module takes and gives, in its README.md between ``<!-- variables -->`` and the like.

A module without a README gets one; a README without the marks is refused, because only its author knows the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from leadloop_preflight.configuration import Declared, declared_in
from leadloop_preflight.outcome import Outcome

_STEP = "tables"
_MARKED = ("variables", "outputs")
_ABSENT = object()


class MarksMissing(Exception):
    """A README does not say where its tables go. The text says how it would."""


def fresh(root: Path) -> Outcome:
    """Every table says what the files say."""
    try:
        stale = [path for path, text in _wanted(root) if not path.is_file() or path.read_text("utf-8") != text]
    except MarksMissing as fault:
        return Outcome(_STEP, "refused", "a place is missing", f"{fault}\n")
    if stale:
        findings = "".join(f"{path.relative_to(root)}: not what variables.tf and outputs.tf say\n" for path in stale)
        return Outcome(_STEP, "refused", "stale; `make fix` writes them", findings)
    return Outcome(_STEP, "passed", "as variables.tf and outputs.tf say")


def write(root: Path) -> list[Path]:
    """Write every table anew; tell which files changed. Raises ``MarksMissing`` and writes nothing."""
    changed = [(path, text) for path, text in _wanted(root) if not path.is_file() or path.read_text("utf-8") != text]
    for path, text in changed:
        path.write_text(text, encoding="utf-8")
    return [path for path, _ in changed]


def _wanted(root: Path) -> Iterator[tuple[Path, str]]:
    declared = declared_in(root)
    for folder in [root, *sorted(path for path in (root / "modules").iterdir() if path.is_dir())]:
        readme = folder / "README.md"
        text = readme.read_text("utf-8") if readme.is_file() else _begun(folder.name)
        own = [one for one in declared if one.path.parent == folder]
        tables = {
            "variables": _variables([one for one in own if one.kind == "variable"]),
            "outputs": _outputs([one for one in own if one.kind == "output"]),
        }
        for name, table in tables.items():
            text = _placed(text, name, table, readme)
        yield readme, text


def _begun(module: str) -> str:
    return f"# Module `{module}`\n" + "".join(
        f"\n## {name.capitalize()}\n\n<!-- {name} -->\n<!-- /{name} -->\n" for name in _MARKED
    )


def _placed(text: str, name: str, table: str, readme: Path) -> str:
    place = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not place.search(text):
        expected = f"<!-- {name} -->, and <!-- /{name} --> on a line after it"
        raise MarksMissing(
            f"{readme.parent.name}/{readme.name}: expected {expected}; put them where the table is to be"
        )
    return place.sub(lambda found: f"{found[1]}{table}{found[2]}", text)


def _variables(declared: Sequence[Declared]) -> str:
    rows = ((f"`{one.labels[0]}`", _type(one), _default(one), one.body["description"]) for one in declared)
    return _table(("Variable", "Type", "Default", "Meaning"), rows)


def _outputs(declared: Sequence[Declared]) -> str:
    return _table(("Output", "Meaning"), ((f"`{one.labels[0]}`", one.body["description"]) for one in declared))


def _type(one: Declared) -> str:
    return f"`{_written(one.body['type'])}`"


def _default(one: Declared) -> str:
    default = one.body.get("default", _ABSENT)
    return "required" if default is _ABSENT else f"`{_written(default, quoted=True)}`"


def _written(value: object, *, quoted: bool = False) -> str:
    """As in the file: an expression without the ``${}`` of the reader, a text with quotes where it is a value."""
    if isinstance(value, str) and value.startswith("${"):
        return value[2:-1]
    return value if isinstance(value, str) and not quoted else json.dumps(value, ensure_ascii=False)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
