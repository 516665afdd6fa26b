"""The feed of stages. Source: https://apidocs.bitrix24.ru/api-reference/crm/crm-stage-history-list.html."""

from collections import Counter
from dataclasses import dataclass

from .kinds import Kind
from .stages import Status

CREATED, TO_INTERMEDIATE, TO_FINAL, TO_CATEGORY = 1, 2, 3, 5


@dataclass(frozen=True)
class StageRow:
    """One move, with the moment at which it happened; ids grow within a kind."""

    id: int
    type_id: int
    kind: Kind
    owner_id: int
    created_at: int
    category_id: int
    stage: str
    semantics: str


class StageHistory:
    """Every move of every record, in the order in which it was written; ids are never given out twice."""

    def __init__(self) -> None:
        self.rows: list[StageRow] = []
        self._written: Counter[Kind] = Counter()
        self._forgotten: set[tuple[Kind, int]] = set()

    def write(self, kind: Kind, owner_id: int, type_id: int, at: int, category_id: int, stage: Status) -> None:
        """Adds a move into a stage."""
        self._written[kind] += 1
        number = 2 * self._written[kind] + 1
        self.rows.append(StageRow(number, type_id, kind, owner_id, at, category_id, stage.status_id, stage.semantics))

    def forget(self, kind: Kind, owner_id: int) -> None:
        """The moves of a record are listed no more; the ledger still knows them."""
        self._forgotten.add((kind, owner_id))

    def of(self, kind: Kind) -> list[StageRow]:
        """The moves of one kind of records, as they are listed."""
        return [row for row in self.rows if row.kind is kind and (kind, row.owner_id) not in self._forgotten]
