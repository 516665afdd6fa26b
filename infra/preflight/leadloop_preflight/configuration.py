"""What Terraform files say, as far as it can be read without running Terraform."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import hcl2
from hcl2.utils import SerializationOptions

_AS_WRITTEN = SerializationOptions(with_comments=False, strip_string_quotes=True)

Body = dict[str, Any]
"""Arguments and nested blocks, the latter as lists; expressions as ``${…}``."""


class Declared(NamedTuple):
    """One top-level block and where it stands."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    path: Path


def declared_in(folder: Path) -> list[Declared]:
    """Every top-level block of the ``.tf`` files in a folder and the folders in it."""
    return [block for path in sorted(folder.rglob("*.tf")) for block in _blocks(path, path.stat().st_mtime_ns)]


@cache
def _blocks(path: Path, _changed: int) -> list[Declared]:
    content = hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=_AS_WRITTEN)
    return [
        Declared(kind, labels, body, path)
        for kind, bodies in content.items()
        for one in bodies
        for labels, body in _labelled(one)
    ]


def _labelled(block: Body) -> Iterator[tuple[tuple[str, ...], Body]]:
    """A block's labels are the keys around its body."""
    if "__is_block__" in block:
        yield (), block
        return
    for label, inner in block.items():
        for labels, body in _labelled(inner):
            yield (label, *labels), body
