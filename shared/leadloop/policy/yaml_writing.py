"""Lines of YAML that every reader understands alike.

YAML 1.1 and 1.2 take different words for numbers and truth values, and readers follow either: ``no`` and ``2026-01-01``
are text in 1.2, ``1e3`` and ``0o17`` are in 1.1. So a text is in quotes if either would take it for something else.
"""

from __future__ import annotations

import re

import yaml

from leadloop.json_types import Json

_INT, _FLOAT, _BOOL = (f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool"))


class _Dumper(yaml.SafeDumper):
    """PyYAML knows 1.1, but for its ``y`` and ``n``; what only 1.2 takes for numbers is added."""


def _taken_for(tag: str, pattern: str, first: str) -> None:
    _Dumper.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), list(first))


# https://yaml.org/type/bool.html, and https://yaml.org/spec/1.2.2/#103-core-schema for the numbers
_taken_for(_BOOL, r"[yYnN]", "yYnN")
_taken_for(_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789")
_taken_for(_FLOAT, r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789")


def write_yaml(value: Json) -> str:
    """A value as lines of YAML in the order it has, without an end of the last line; innermost lists on one line."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, default_flow_style=None, sort_keys=False, width=1_000_000
    )
    return text.removesuffix("\n").removesuffix("\n...")
