"""A Dockerfile as its builder reads it: stages, instructions, and the files that a COPY takes.

Only what ours uses is understood; an instruction that is not raises, so that no line is passed over in silence.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import NamedTuple

from dockerfile_parse import DockerfileParser

UNDERSTOOD = {
    *("RUN", "COPY", "WORKDIR", "ENV", "LABEL"),
    *("USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
}


class Instruction(NamedTuple):
    """``COPY shared shared``: name and value, lines put together."""

    name: str
    value: str


@dataclass
class Stage:
    """What stands between a FROM and the next."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def last(self, name: str) -> str:
        """The value in force. Raises ``IndexError`` when the stage has none."""
        return [instruction.value for instruction in self.instructions if instruction.name == name][-1]

    def listed(self, name: str) -> list[str]:
        """The words of a command in the form of a list. Raises ``ValueError`` when a shell would run it."""
        words: list[str] = json.loads(self.last(name))
        return words


def stages_of(text: str) -> list[Stage]:
    """The stages in order, the image last. Raises ``ValueError`` for an instruction that is not understood."""
    stages: list[Stage] = []
    for read in DockerfileParser(fileobj=io.BytesIO(text.encode())).structure:
        instruction = Instruction(read["instruction"], read["value"])
        if instruction.name == "FROM":
            base, _, name = instruction.value.partition(" AS ")
            stages.append(Stage(base, name or "image"))
        elif instruction.name in UNDERSTOOD:
            stages[-1].instructions.append(instruction)
        elif instruction.name != "COMMENT":
            raise ValueError(f"the test of the Dockerfile understands no {instruction.name}; teach it")
    return stages


class HealthCheck(NamedTuple):
    """How the engine asks for the health: seconds, and the command."""

    interval: float
    timeout: float
    start_period: float
    command: list[str]


def health_check_of(stage: Stage) -> HealthCheck:
    """The image's health check. Raises when it has none, or one for a shell."""
    options, _, command = stage.last("HEALTHCHECK").partition("CMD ")
    seconds = {name: float(value) for name, value in re.findall(r"--([a-z-]+)=(\d+)s", options)}
    return HealthCheck(seconds["interval"], seconds["timeout"], seconds["start-period"], json.loads(command))


def with_environment(environment: dict[str, str], assignments: str) -> dict[str, str]:
    """The environment after an ENV."""
    told = dict(word.split("=", 1) for word in shlex.split(assignments))
    return environment | {name: Template(value).substitute(environment) for name, value in told.items()}


@dataclass(frozen=True)
class Context:
    """What is sent to the engine: a folder without what its .dockerignore names."""

    folder: Path
    ignored: str

    def files(self, source: str) -> Iterator[tuple[Path, Path]]:
        """Each file that a COPY of ``source`` takes, with its path below the destination."""
        start = self.folder / source
        found = sorted(path for path in start.rglob("*") if path.is_file()) if start.is_dir() else [start]
        for path in found:
            if not self.is_ignored(path.relative_to(self.folder)):
                yield path, path.relative_to(start) if start.is_dir() else Path(start.name)

    def is_ignored(self, path: Path) -> bool:
        """The last pattern that fits the path or a folder above it decides."""
        names = [str(path), *(str(parent) for parent in path.parents[:-1])]
        decided = False
        for line in self.ignored.splitlines():
            pattern = line.strip()
            if pattern and not pattern.startswith("#"):
                fitting = re.compile(_expression(pattern.removeprefix("!")))
                if any(fitting.fullmatch(name) for name in names):
                    decided = not pattern.startswith("!")
        return decided


def _expression(pattern: str) -> str:
    """https://docs.docker.com/build/concepts/context/#dockerignore-files: ``*`` within a name, ``**`` any folders."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    return "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
