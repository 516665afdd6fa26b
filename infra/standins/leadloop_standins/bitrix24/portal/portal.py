"""The portal as a whole: what it holds and what has just changed in it."""

from dataclasses import dataclass, field
from datetime import timedelta

from ..settings import Switches
from .fields import STANDARD_FIELDS, Field
from .history import StageHistory
from .kinds import KINDS, Kind
from .records import Change, Event, Record, StageEntry
from .stages import Stages
from .user_fields import USER_TYPES, UserField, UserFieldRefused, code_of


@dataclass
class Profile:
    """Who the portal is."""

    domain: str = "romashka.bitrix24.ru"
    member_id: str = "5f2a9c7e1b3d4860a7c5e9f1d2b48630"
    currency: str = "RUB"


@dataclass(frozen=True)
class User:
    """An employee; calls run with the rights of the one who made the webhook."""

    id: int
    name: str
    last_name: str = ""
    is_admin: bool = True
    is_active: bool = True
    is_intranet: bool = True


@dataclass
class Portal:
    """All records. Functions of this package change them and leave `events` and `entries` for what posts them."""

    switches: Switches
    profile: Profile = field(default_factory=Profile)
    users: dict[int, User] = field(default_factory=dict)
    stages: Stages = field(default_factory=Stages)
    user_fields: list[UserField] = field(default_factory=list)
    history: StageHistory = field(default_factory=StageHistory)
    changes: list[Change] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    entries: list[StageEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.records: dict[Kind, dict[int, Record]] = {kind: {} for kind in KINDS}
        self._next: dict[str, int] = {}

    @property
    def offset(self) -> timedelta:
        """The server's, in which dates are told."""
        return timedelta(minutes=self.switches.number("utc_offset_minutes"))

    @property
    def first_user(self) -> int:
        """Who is responsible for what nobody else is; 0 in a portal without employees."""
        return next(iter(self.users), 0)

    def take_id(self, sequence: str) -> int:
        """The next number of a growing sequence; every odd one, for real ids have gaps too."""
        number = self._next.get(sequence, 1)
        self._next[sequence] = number + 2
        return number

    def start_ids_at(self, sequence: str, number: int) -> None:
        """The next number of the sequence."""
        self._next[sequence] = number

    def keep_clear_of(self, sequence: str, number: int) -> None:
        """Later numbers of the sequence are greater than this one."""
        self._next[sequence] = max(self._next.get(sequence, 1), number + 2)

    def live(self, kind: Kind) -> list[Record]:
        """What answers, by id."""
        found = (one for one in self.records[kind].values() if not one.is_deleted)
        return sorted(found, key=lambda one: one.id)

    def find(self, kind: Kind, record_id: int) -> Record | None:
        """None for what never was, is deleted or was swallowed by a merge."""
        record = self.records[kind].get(record_id)
        return None if record is None or record.is_deleted else record

    def fields(self, kind: Kind) -> list[Field]:
        """Standard fields, then the portal's own."""
        return [*STANDARD_FIELDS[kind], *(one.field for one in self.user_fields if one.kind is kind)]

    def field_named(self, kind: Kind, name: str) -> Field | None:
        """By its classic or its universal name."""
        return next((one for one in self.fields(kind) if name in (one.name, one.universal_name)), None)

    def add_user_field(
        self, kind: Kind, name: str, user_type: str, label: str = "", choices: tuple[str, ...] = ()
    ) -> UserField:
        """A new field; UserFieldRefused for a name that is taken or impossible, and for an unknown type."""
        code = code_of(name)
        if user_type not in USER_TYPES:
            raise UserFieldRefused(f"USER_TYPE_ID {user_type!r} is unknown. Known: {', '.join(sorted(USER_TYPES))}.")
        if any(one.code == code and one.kind is kind for one in self.user_fields):
            raise UserFieldRefused(f"The field {code} of {kind.user_field_entity} exists already.")
        numbered = tuple((self.take_id("choice"), value) for value in choices)
        added = UserField(self.take_id("user_field"), kind, code, user_type, label or code, numbered)
        self.user_fields.append(added)
        return added
