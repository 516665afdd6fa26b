"""Records and what hangs on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .kinds import Kind
from .values import Value

Via = Literal["rest", "person", "robot"]


@dataclass(frozen=True)
class Stamp:
    """When something is done, in Unix seconds, by which user and in which way; a robot's user is 0."""

    at: int
    by: int
    via: Via


@dataclass
class Multifield:
    """One phone or e-mail."""

    id: int
    type_id: str
    value_type: str
    value: str


@dataclass(frozen=True)
class MultifieldEdit:
    """A phone or e-mail to add, to change when it names an id, or to take away when its value is empty."""

    type_id: str
    value: str
    value_type: str = "WORK"
    id: int | None = None


@dataclass(frozen=True)
class Patch:
    """What is asked to change. Values are by classic name; `contact_ids` None leaves the links as they are."""

    values: Mapping[str, Value] = field(default_factory=dict)
    multifields: Sequence[MultifieldEdit] = ()
    contact_ids: Sequence[int] | None = None


@dataclass
class Record:
    """A lead, deal, contact or company. One swallowed by a merge or deleted answers nobody any more."""

    kind: Kind
    id: int
    values: dict[str, Value]
    multifields: list[Multifield] = field(default_factory=list)
    contact_ids: list[int] = field(default_factory=list)
    is_deleted: bool = False
    merged_into: int | None = None

    @property
    def stage(self) -> str:
        """The id of its stage; empty for what has none."""
        return str(self.values.get(self.kind.stage_field) or "")

    @property
    def category_id(self) -> int:
        """The pipeline of a deal; 0 for everything else."""
        return int(str(self.values.get("CATEGORY_ID") or 0))

    def reachable_by(self, type_id: str) -> list[str]:
        """Its phones or e-mails as they were written."""
        return [one.value for one in self.multifields if one.type_id == type_id]


@dataclass(frozen=True)
class Change:
    """One line of the portal's own ledger; `fields` holds what differs, before and after."""

    at: int
    by: int
    via: Via
    action: Literal["added", "updated", "deleted"]
    kind: Kind
    record_id: int
    fields: Mapping[str, tuple[Value, Value]]


@dataclass(frozen=True)
class Event:
    """Something an outgoing webhook may tell of."""

    name: str
    record_id: int


@dataclass(frozen=True)
class StageEntry:
    """A record has entered a stage, which is where robots sit."""

    kind: Kind
    record_id: int
    stage: str
