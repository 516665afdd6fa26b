"""What an account keeps: leads, contacts and companies, and what hangs on them."""

from dataclasses import dataclass, field
from typing import Literal

Scalar = str | int | float | bool


@dataclass(frozen=True)
class FieldValue:
    """One value of a custom field; a choice and a phone also name their enum."""

    value: Scalar
    enum_id: int | None = None
    enum_code: str | None = None


FieldValues = dict[int, tuple[FieldValue, ...]]
"""Values by field id; a field without values is absent."""


@dataclass(frozen=True)
class Stamp:
    """When something is done, in Unix seconds, and by which user; 0 is a robot, the API or a form."""

    at: int
    by: int


@dataclass
class Entity:
    """What leads, contacts and companies share. `created_by` and `updated_by` 0 mean a robot, the API or a form."""

    id: int
    name: str
    created_at: int
    updated_at: int
    created_by: int = 0
    updated_by: int = 0
    responsible_user_id: int = 0
    is_deleted: bool = False
    fields: FieldValues = field(default_factory=dict)
    tag_ids: list[int] = field(default_factory=list)

    def touch(self, stamp: Stamp) -> None:
        """Notes the last edit of any kind."""
        self.updated_at, self.updated_by = stamp.at, stamp.by


@dataclass
class Lead(Entity):
    """A deal. `price` is in whole units of the account's currency; the first contact is the main one."""

    price: int = 0
    pipeline_id: int = 0
    status_id: int = 0
    loss_reason_id: int | None = None
    closed_at: int | None = None
    contact_ids: list[int] = field(default_factory=list)
    company_id: int | None = None
    merged_into: int | None = None

    @property
    def is_alive(self) -> bool:
        """Neither in the bin nor swallowed by a merge: what GET answers with 200."""
        return not self.is_deleted and self.merged_into is None


@dataclass
class Contact(Entity):
    """A person or a company. One that waits in "unsorted" is not yet visible in the contacts section."""

    kind: Literal["contact", "company"] = "contact"
    first_name: str = ""
    last_name: str = ""
    company_id: int | None = None
    is_unsorted: bool = False

    @property
    def is_visible(self) -> bool:
        """What GET answers with 200."""
        return not self.is_deleted and not self.is_unsorted


@dataclass(frozen=True)
class Tag:
    """A label; leads and contacts have separate sets."""

    id: int
    name: str


@dataclass(frozen=True)
class User:
    """A person who works in the account."""

    id: int
    name: str
    email: str = ""


@dataclass(frozen=True)
class LossReason:
    """Why a lead was closed as lost."""

    id: int
    name: str
    sort: int
    created_at: int


@dataclass(frozen=True)
class Note:
    """A remark on a lead or a contact."""

    id: int
    entity_type: Literal["leads", "contacts"]
    entity_id: int
    note_type: str
    params: dict[str, object]
    created_at: int
    created_by: int
