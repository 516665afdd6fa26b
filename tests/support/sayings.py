"""What the code can say to a person: log events, error codes, rules, errors, variables, collections. Read, not run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("shared/leadloop", "functions", "infra/host/leadloop_host")
_VARIABLE = re.compile(r"LEADLOOP_[A-Z0-9_]+")


@cache
def trees() -> tuple[ast.Module, ...]:
    """Every module that runs in production."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in paths)


def log_events() -> set[str]:
    """Events logged as a warning or an error; ``*`` stands for what an f-string fills in."""
    found = set()
    for call in _calls({"error", "warning"}):
        receiver = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        if receiver.rpartition(".")[2].lstrip("_") == "log" and call.args:
            found |= set(_texts(call.args[0]))
    return found


def error_codes() -> set[str]:
    """Codes that functions answer: ``error(403, "origin_not_configured", …)``."""
    answered = (call for call in _calls({"error"}) if len(call.args) > 1 and isinstance(_constant(call.args[0]), int))
    return {text for call in answered for text in _texts(call.args[1])}


def rules() -> set[str]:
    """Rules of refusals, causes and sources. Where a rule is a name, its constant is not followed."""
    refusals = (call.args[1] for call in _calls({"Verdict"}) if _constant(call.args[0]) is False)
    sources = (call.args[1] for call in _calls({"Source"}) if len(call.args) > 1)
    named = [text for node in [*refusals, *sources] for text in _texts(node)]
    named += [text for call in _calls({"Cause", "InCrm"}) for text in _texts(call.args[0])]
    named += [f"held.{text}" for call in _calls({"_held"}) for text in _texts(call.args[0])]
    return {rule for rule in named if re.fullmatch(r"[a-z_]+(\.[a-z_*]+)?", rule)}


def errors() -> set[str]:
    """Public exception classes, by name."""
    bases: dict[str, list[str]] = {}
    for node in _nodes():
        if isinstance(node, ast.ClassDef):
            bases[node.name] = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
    found: set[str] = {"Exception", "ValueError"}
    while more := {name for name, above in bases.items() if found & set(above)} - found:
        found |= more
    return {name for name in found if name in bases and not name.startswith("_")}


def variables() -> set[str]:
    """Environment variables named in the code; one that is put together ends in an underscore."""
    texts = (node.value for node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {name for text in texts for name in _VARIABLE.findall(text)}


def collections() -> set[str]:
    """Collections of documents that the code reads or writes."""
    return {text for call in _calls({"Key", "Query"}) if call.args for text in _texts(call.args[0])}


def _calls(names: set[str]) -> Iterator[ast.Call]:
    for node in _nodes():
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                yield node


def _nodes() -> Iterable[ast.AST]:
    return (node for tree in trees() for node in ast.walk(tree))


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts an expression may be: a constant, both branches of a choice, or an f-string with ``*``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
