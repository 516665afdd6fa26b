"""The environment a command works in: the process's own, completed by the ``.env`` beside the policy.

The file is a convenience of the command line only. Deployed functions get their environment from
their platform and know nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

FILE_NAME = ".env"

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


class EnvironmentFileInvalid(Exception):
    """A line of the environment file is not ``NAME=value``. The message never holds the line."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"{path}:{line}: expected NAME=value, a comment or an empty line, in UTF-8; correct the line")


def environment_of(policy: Path, own: Mapping[str, str]) -> dict[str, str]:
    """The environment for a policy: ``.env`` beside it, then the process's own, which wins.

    An empty value is no value. Raises ``EnvironmentFileInvalid`` or ``OSError``.
    """
    path = policy.parent / FILE_NAME
    written = read_environment(path) if path.is_file() else {}
    return {name: value for source in (written, own) for name, value in source.items() if value}


def read_environment(path: Path) -> dict[str, str]:
    """The variables a file sets. Raises ``EnvironmentFileInvalid`` or ``OSError``."""
    variables = {}
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise EnvironmentFileInvalid(path, content[: fault.start].count(b"\n") + 1) from None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise EnvironmentFileInvalid(path, number)
        variables[match[1]] = _unquoted(match[2])
    return variables


def _unquoted(value: str) -> str:
    quoted = re.fullmatch(r"(['\"])(.*)\1", value)
    return quoted[2] if quoted else value
