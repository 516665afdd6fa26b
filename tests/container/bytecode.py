"""Which modules of a folder would be compiled anew at every start, by whoever may not write there."""

from __future__ import annotations

import py_compile
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

UNCHECKED = 1
"""The flags of bytecode that is trusted without a look at its source (https://peps.python.org/pep-0552/)."""


def uncompiled(folder: Path, unchecked: bool) -> Iterator[Path]:
    """Sources without bytecode for this Python, or, when asked for, without the unchecked kind."""
    for source in sorted(folder.rglob("*.py")):
        bytecode = Path(cache_from_source(str(source)))
        header = bytecode.read_bytes()[:8] if bytecode.exists() else b""
        if header[:4] != MAGIC_NUMBER or (unchecked and int.from_bytes(header[4:], "little") != UNCHECKED):
            yield source.relative_to(folder)


def compile_one(source: Path, mode: py_compile.PycInvalidationMode) -> None:
    """Bytecode as ``compileall`` makes it."""
    py_compile.compile(str(source), invalidation_mode=mode, doraise=True)
