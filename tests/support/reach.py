"""What a function can reach: its code read, not run, from main.py along every name it uses, lazy imports included.

A step leads from a definition to the definitions it names; annotations of functions are no steps. A class brings all
its methods, with one exception: of the runtime only those ports are reached that somebody asks for (``world.bus``),
because only asking opens an adapter. The adapters of one machine are left out: a package runs in the cloud.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from support.sayings import ROOT

BODY = ""
"""Names what runs when a module is imported."""

MAIN = "main"
RUNTIME = "leadloop.runtime"
ONE_MACHINE = "leadloop.adapters.sqlite_"


class Place(NamedTuple):
    """A definition in a module."""

    module: str
    name: str


@dataclass
class _Module:
    code: dict[str, list[ast.AST]]
    """What runs in each definition, and under ``BODY`` on import."""
    names: dict[str, Place]
    """What the imports of the file bring in, by the name they bring it under."""


def imports_of(function: str) -> set[str]:
    """What one function can import that is neither ours nor Python's, as dotted names such as ``nacl.public``."""
    entry_point = function.replace("-", "_")
    found: set[str] = set()
    seen: set[Place] = set()
    ahead = [Place(MAIN, BODY), Place(MAIN, entry_point)]
    while ahead:
        place = ahead.pop()
        if place in seen or place.module.startswith(ONE_MACHINE):
            continue
        seen.add(place)
        module = _main(entry_point) if place.module == MAIN else _ours(place.module)
        if module is not None:
            ahead.extend(_steps(place, module, found))
    return found


def _steps(place: Place, module: _Module, found: set[str]) -> Iterator[Place]:
    if place.name not in module.code:
        yield from filter(None, [module.names.get(place.name)])  # a name that a package passes on
    for node in _running(module.code.get(place.name, ())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in _imported(node):
                if not target.startswith("leadloop"):
                    found |= {target} if target.partition(".")[0] not in sys.stdlib_module_names else set()
                yield from (Place(above, BODY) for above in _upwards(target))
        elif isinstance(node, ast.Name):
            yield module.names.get(node.id, Place(place.module, node.id))
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, module)


def _attribute(node: ast.Attribute, module: _Module) -> Iterator[Place]:
    if isinstance(node.value, ast.Name) and node.value.id in module.names:
        yield Place(module.names[node.value.id].module, node.attr)
    else:
        yield Place(RUNTIME, f"Runtime.{node.attr}")
    if isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("kind_of"):
        for kind in sorted((ROOT / "shared/leadloop/crm").glob("*/__init__.py")):
            yield Place(f"leadloop.crm.{kind.parent.name}", BODY)
            yield Place(f"leadloop.crm.{kind.parent.name}", node.attr)


def _running(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every node that is evaluated: no annotation of a function, nothing under ``if TYPE_CHECKING``."""
    ahead = list(nodes)
    while ahead:
        node = ahead.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            ahead.extend(node.orelse)
        elif isinstance(node, ast.FunctionDef):
            ahead.extend([*node.body, *node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
        else:
            ahead.extend(ast.iter_child_nodes(node))


@cache
def _main(entry_point: str) -> _Module:
    return _read(MAIN, ROOT / "functions" / entry_point / "main.py")


@cache
def _ours(name: str) -> _Module | None:
    path = ROOT / "shared" / Path(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return _read(name, candidate)
    return None


def _read(name: str, path: Path) -> _Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    code: dict[str, list[ast.AST]] = {BODY: []}
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef) and (name, statement.name) == (RUNTIME, "Runtime"):
            code |= {f"Runtime.{node.name}": [node] for node in statement.body if isinstance(node, ast.FunctionDef)}
        elif isinstance(statement, ast.FunctionDef | ast.ClassDef):
            code[statement.name] = [statement]
            code[BODY] += statement.decorator_list
        else:
            code[BODY].append(statement)
    nodes = (node for node in _running(tree.body) if isinstance(node, ast.Import | ast.ImportFrom))
    return _Module(code, {bound: place for node in nodes for bound, place in _bindings(node)})


def _bindings(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Place]]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            name = alias.asname or alias.name.partition(".")[0]
            yield name, Place(alias.name if alias.asname else name, BODY)
        else:
            inner = f"{node.module}.{alias.name}"
            is_module = inner.startswith("leadloop") and _ours(inner) is not None
            yield alias.asname or alias.name, Place(inner, BODY) if is_module else Place(node.module or "", alias.name)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        yield alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"


def _upwards(dotted: str) -> Iterator[str]:
    """A module and the packages around it; importing it imports them."""
    while dotted:
        yield dotted
        dotted = dotted.rpartition(".")[0]
