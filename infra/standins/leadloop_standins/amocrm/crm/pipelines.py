"""Pipelines and their stages. Source: https://www.amocrm.ru/developers/content/crm_platform/leads_pipelines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

WON = 142
LOST = 143
CLOSED = frozenset((WON, LOST))
"""System stages: the same ids in every pipeline, under names that users may change."""


@dataclass
class Status:
    """A stage; its id is unique only together with the pipeline, because of 142 and 143."""

    id: int
    name: str
    sort: int
    color: str = "#99ccff"
    is_unsorted: bool = False

    @property
    def is_editable(self) -> bool:
        """System stages are not."""
        return not self.is_unsorted and self.id not in CLOSED


@dataclass
class Pipeline:
    """An ordered set of stages."""

    id: int
    name: str
    sort: int
    is_main: bool = False
    is_archive: bool = False
    statuses: dict[int, Status] = field(default_factory=dict)

    @property
    def unsorted(self) -> Status | None:
        """The stage where requests wait to be accepted, when the pipeline has it."""
        return next((status for status in self.statuses.values() if status.is_unsorted), None)

    @property
    def first_status(self) -> Status:
        """Where a lead is born when nobody names a stage."""
        return min((s for s in self.statuses.values() if not s.is_unsorted), key=lambda status: status.sort)


@dataclass(frozen=True)
class Stage:
    """A place in a pipeline."""

    pipeline_id: int
    status_id: int


def new_pipeline(
    pipeline_id: int,
    name: str,
    sort: int,
    statuses: Sequence[Status],
    *,
    is_main: bool = False,
    is_archive: bool = False,
) -> Pipeline:
    """A pipeline with its system stages; a given status 142 or 143 renames the system one."""
    system = [
        Status(WON, "Успешно реализовано", 10_000, "#CCFF66"),
        Status(LOST, "Закрыто и не реализовано", 11_000, "#D5D8DB"),
    ]
    ordered = sorted((*system, *statuses), key=lambda status: status.sort)
    by_id = {status.id: status for status in ordered}
    for given in statuses:
        by_id[given.id] = given
    return Pipeline(pipeline_id, name, sort, is_main, is_archive, by_id)
