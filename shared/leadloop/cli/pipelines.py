"""Which status of the CRM means which stage: guessed from its name, decided by a person, written into the policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from leadloop.report.tables import printable

if TYPE_CHECKING:
    from leadloop.crm.survey import PipelineListed

IGNORED, OPEN = "-", "?"
"""Instead of a stage: it means nothing, and nobody has decided yet."""

_GUESSES = (
    (r"не\W?квал|нецел|unqualif|спам|spam", None),
    (r"нереализ|не реализ|отказ|проигр|провал|некачеств|lost", "lost"),
    (r"успешн|реализован|продан|\bwon\b|\bsold\b", "sold"),
    (r"квалиф|целев|qualif", "qualified"),
    (r"встреч|показ|замер|демо|визит|meeting|visit|\bdemo\b", "meeting"),
    (r"^нов|первичн|необраб|^заявк|\bnew\b|first contact|incoming", "new"),
)
"""What names of statuses usually say, the first that fits."""


class NotAStage(Exception):
    """What should say which stage a status is does not."""

    def __init__(self, words: str, expected: str) -> None:
        super().__init__(f"--stage {words!r}: expected {expected}")


class StatusChosen(NamedTuple):
    """A status with what it means: a stage, ``IGNORED`` or ``OPEN``."""

    id: str
    name: str
    stage: str

    @property
    def is_stage(self) -> bool:
        """Whether it means a stage."""
        return self.stage not in (IGNORED, OPEN)


class PipelineChosen(NamedTuple):
    """A pipeline and what its statuses mean."""

    id: str
    name: str
    statuses: tuple[StatusChosen, ...]

    @property
    def is_used(self) -> bool:
        """Whether any of its statuses means a stage."""
        return any(one.is_stage for one in self.statuses)

    def deciding(self, status_id: str, stage: str) -> PipelineChosen:
        """The same, with another meaning of a status, or of all (``*``)."""
        changed = [one._replace(stage=stage) if status_id in (one.id, "*") else one for one in self.statuses]
        return self._replace(statuses=tuple(changed))


def guess(name: str) -> str:
    """The stage that a status is by its name; ``OPEN`` where the name does not say."""
    for pattern, stage in _GUESSES:
        if re.search(pattern, name.casefold()):
            return stage or OPEN
    return OPEN


def guessed(listed: Iterable[PipelineListed]) -> tuple[PipelineChosen, ...]:
    """The account's pipelines, each status with the stage that its name speaks for."""
    return tuple(
        PipelineChosen(one.id, one.name, tuple(StatusChosen(*status, guess(status.name)) for status in one.statuses))
        for one in listed
    )


def read_stages(words: Iterable[str]) -> dict[tuple[str, str], str]:
    """What ``--stage PIPELINE/STATUS=STAGE`` says, by pipeline and status. Raises ``NotAStage``."""
    told = {}
    for one in words:
        path, _, stage = one.rpartition("=")
        pipeline, _, status = path.partition("/")
        if not (pipeline and status and stage):
            raise NotAStage(one, f"PIPELINE/STATUS=STAGE, such as 3383152/33929755=qualified; {IGNORED} means nothing")
        told[pipeline, status] = stage
    return told


def decided(pipelines: Sequence[PipelineChosen], told: Mapping[tuple[str, str], str]) -> tuple[PipelineChosen, ...]:
    """The pipelines with what was told of them. Raises ``NotAStage`` for a status that is in none."""
    known = {(one.id, status.id) for one in pipelines for status in one.statuses}
    for (pipeline, status), stage in told.items():
        if (pipeline, status) not in known:
            raise NotAStage(f"{pipeline}/{status}={stage}", "a pipeline and a status that the account has")
        pipelines = [one.deciding(status, stage) if one.id == pipeline else one for one in pipelines]
    return tuple(pipelines)


def written_by_hand(told: Mapping[tuple[str, str], str]) -> tuple[PipelineChosen, ...]:
    """The pipelines that were told, where the account was not read."""
    by_pipeline: dict[str, list[StatusChosen]] = {}
    for (pipeline, status), stage in told.items():
        by_pipeline.setdefault(pipeline, []).append(StatusChosen(status, "", stage))
    return tuple(PipelineChosen(id_, "", tuple(statuses)) for id_, statuses in by_pipeline.items())


def shown(pipeline: PipelineChosen) -> Iterator[str]:
    """A pipeline for a person, line by line."""
    width = max(len(one.id) for one in pipeline.statuses)
    name = max(len(printable(one.name)) for one in pipeline.statuses)
    for one in pipeline.statuses:
        yield f"    {one.id.ljust(width)}  {printable(one.name).ljust(name)}  → {one.stage}"


def as_mapping(pipelines: Iterable[PipelineChosen]) -> str:
    """``crm.pipelines`` as YAML: each status with its name; what nobody decided on stays a comment."""
    lines = []
    for pipeline in pipelines:
        told = [one for one in pipeline.statuses if one.stage != IGNORED]
        if told:
            lines.append(f"    {'' if pipeline.is_used else '# '}{_plain(pipeline.id)}:{_remark(pipeline.name)}")
        for one in told:
            lines.append(f"      {'' if one.is_stage else '# '}{_plain(one.id)}: {one.stage}{_remark(one.name)}")
    return "\n".join(lines)


def as_ignored(pipelines: Iterable[PipelineChosen]) -> str:
    """``crm.ignored`` as YAML, from behind its colon."""
    ignored = [
        f"    - {_plain(f'{pipeline.id}/{one.id}')}{_remark(f'{pipeline.name}: {one.name}')}"
        for pipeline in pipelines
        for one in pipeline.statuses
        if one.stage == IGNORED
    ]
    return "\n".join(["", *ignored]) if ignored else " []"


def _remark(name: str) -> str:
    text = printable(name).strip(": ")
    return f"  # {text}" if text else ""


def _plain(id_: str) -> str:
    """An id as a YAML scalar: in quotes, unless it reads as itself without them, or is a number."""
    import yaml  # the command's help needs none

    is_plain = re.fullmatch(r"[0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)?", id_) is not None and id_ not in (IGNORED, "--")
    is_itself = is_plain and (id_.isdigit() or yaml.safe_load(id_) == id_)
    return id_ if is_itself else json.dumps(id_, ensure_ascii=False)
