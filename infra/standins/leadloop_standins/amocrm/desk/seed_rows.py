"""The rows of a seed document, as a person writes them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from .orders import Order, Plain


class AccountRow(Order):
    """Who the account is, and where its ids begin."""

    id: int | None = None
    subdomain: str | None = None
    name: str | None = None
    country: str | None = None
    currency: str | None = None
    timezone: str | None = None
    integration_user_id: int | None = None
    first_ids: dict[str, int] = Field(default_factory=dict)


class UserRow(Order):
    """A person; the first one is responsible for what nobody else is."""

    id: int
    name: str
    email: str = ""


class StatusRow(Order):
    """A stage; 142 and 143 rename the system's own."""

    id: int | None = None
    name: str
    sort: int | None = None
    is_unsorted: bool = False


class PipelineRow(Order):
    """A pipeline; without a stage for "unsorted" it has none."""

    id: int
    name: str
    is_main: bool = False
    is_archive: bool = False
    statuses: list[StatusRow]


class LossReasonRow(Order):
    """Why leads are lost."""

    id: int | None = None
    name: str


class TrackingFieldRow(Order):
    """A tracking field that this account has; old accounts lack some."""

    code: str
    id: int | None = None


class EnumRow(Order):
    """A choice of a field."""

    id: int | None = None
    value: str
    code: str | None = None


class FieldRow(Order):
    """A custom field."""

    entity: Literal["leads", "contacts", "companies"] = "leads"
    id: int | None = None
    name: str
    type: str = "text"
    code: str | None = None
    enums: list[EnumRow] = Field(default_factory=list)


class ContactRow(Order):
    """A contact or company."""

    id: int | None = None
    name: str
    kind: Literal["contact", "company"] = "contact"
    phone: str | None = None
    email: str | None = None
    created_at: datetime | None = None


class LeadRow(Order):
    """A lead that was there before."""

    id: int | None = None
    name: str
    price: int = 0
    pipeline_id: int | None = None
    status_id: int | None = None
    contact_ids: list[int] = Field(default_factory=list)
    fields: dict[str, Plain] = Field(default_factory=dict)
    created_at: datetime | None = None


class WebhookRow(Order):
    """A webhook set up in the interface."""

    destination: str
    settings: list[str]


class IntegrationRow(Order):
    """An integration with what it holds already."""

    client_id: str
    client_secret: str
    redirect_uri: str
    authorization_code: str | None = None
    refresh_token: str | None = None


class TokenRow(Order):
    """A long-lived token."""

    token: str
