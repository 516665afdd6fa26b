"""Pipelines, their stages, and the other lists of statuses.

Sources: https://apidocs.bitrix24.ru/api-reference/crm/status/crm-status-list.html and crm-category-list.html. Stages
outside the default pipeline carry a prefix, `C1:NEW`; there may be several lost ones and one is won.
"""

from dataclasses import dataclass, field
from typing import Literal

from .kinds import DEAL, Kind

Semantics = Literal["P", "S", "F"]

LEAD_STATUSES = "STATUS"
SOURCES = "SOURCE"


@dataclass
class Status:
    """One row of a list. `extra` tells the two sorts of lost stages apart."""

    id: int
    entity_id: str
    status_id: str
    name: str
    sort: int
    semantics: Semantics = "P"
    is_system: bool = False
    extra: str = "process"
    category_id: int | None = None


@dataclass(frozen=True)
class Category:
    """A pipeline of deals; 0 is the default one."""

    id: int
    name: str
    sort: int


@dataclass
class Stages:
    """All lists of statuses. Names may be changed by people; ids stay."""

    statuses: list[Status] = field(default_factory=list)
    categories: dict[int, Category] = field(default_factory=dict)

    def of(self, kind: Kind, category_id: int = 0) -> list[Status]:
        """The stages a record of that kind and pipeline may stand in, in their order."""
        return self.listed(stage_entity(kind, category_id))

    def listed(self, entity_id: str) -> list[Status]:
        """One list in its order."""
        found = [one for one in self.statuses if one.entity_id == entity_id]
        return sorted(found, key=lambda one: (one.sort, one.id))

    def find(self, kind: Kind, category_id: int, status_id: str) -> Status | None:
        """None for a stage that the pipeline does not have."""
        return next((one for one in self.of(kind, category_id) if one.status_id == status_id), None)

    def remove(self, entity_id: str) -> None:
        """Empties a list, to be filled anew."""
        self.statuses = [one for one in self.statuses if one.entity_id != entity_id]


def stage_entity(kind: Kind, category_id: int) -> str:
    """The list that holds the stages."""
    if kind is not DEAL:
        return LEAD_STATUSES
    return f"DEAL_STAGE_{category_id}" if category_id else "DEAL_STAGE"


def stage_id(category_id: int, bare: str) -> str:
    """The id of a deal's stage, with its pipeline's prefix outside the default one."""
    return f"C{category_id}:{bare}" if category_id and ":" not in bare else bare
