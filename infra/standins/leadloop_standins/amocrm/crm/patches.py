"""What an integration or a person asks to change; None means untouched."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .entities import FieldValues
from .pipelines import Stage


@dataclass(frozen=True)
class TagChange:
    """Tag names; `replace` None leaves the present ones in place before adding and deleting."""

    replace: Sequence[str] | None = None
    add: Sequence[str] = ()
    delete: Sequence[str] = ()


@dataclass(frozen=True)
class EntityPatch:
    """What leads and contacts share. An empty tuple of values in `fields` empties that field."""

    name: str | None = None
    responsible_user_id: int | None = None
    created_at: int | None = None
    updated_at: int | None = None
    created_by: int | None = None
    updated_by: int | None = None
    fields: FieldValues = field(default_factory=dict)
    tags: TagChange = TagChange()


@dataclass(frozen=True)
class LeadPatch(EntityPatch):
    """Changes of a lead. `contact_ids` and `company_id` are links to make at birth."""

    price: int | None = None
    stage: Stage | None = None
    loss_reason_id: int | None = None
    closed_at: int | None = None
    contact_ids: Sequence[int] = ()
    company_id: int | None = None


@dataclass(frozen=True)
class ContactPatch(EntityPatch):
    """Changes of a contact or company."""

    first_name: str | None = None
    last_name: str | None = None
