"""The rows of a seed document, as a person writes them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from ...orders import Order
from .orders import KindName, Plain


class PortalRow(Order):
    """Who the portal is, and where the ids of its kinds begin."""

    domain: str | None = None
    member_id: str | None = None
    currency: str | None = None
    first_ids: dict[KindName, int] = Field(default_factory=dict)


class UserRow(Order):
    """An employee; the first one is responsible for what nobody else is."""

    id: int
    name: str
    last_name: str = ""
    is_admin: bool = True
    is_active: bool = True
    is_intranet: bool = True


class StageRow(Order):
    """A stage, with or without its pipeline's prefix."""

    id: str
    name: str
    semantics: Literal["P", "S", "F"] = "P"


class PipelineRow(Order):
    """A pipeline of deals with its stages; 0 is the default one, whose stages are then replaced."""

    id: int
    name: str
    stages: list[StageRow]


class SourceRow(Order):
    """A source of leads."""

    id: str
    name: str


class UserFieldRow(Order):
    """A user field; the code may leave out UF_CRM_."""

    kind: KindName = "deal"
    code: str
    type: str = "string"
    label: str = ""
    choices: list[str] = Field(default_factory=list)


class RecordRow(Order):
    """A record that was there before."""

    id: int | None = None
    fields: dict[str, Plain] = Field(default_factory=dict)
    stage: str | None = None
    category_id: int = 0
    phones: list[str] = Field(default_factory=list)
    emails: list[str] = Field(default_factory=list)
    contact_ids: list[int] = Field(default_factory=list)
    created_at: datetime | None = None


class InboundWebhookRow(Order):
    """An inbound webhook: `/rest/{user_id}/{code}/`."""

    user_id: int = 1
    code: str
    scopes: list[str] = Field(default_factory=lambda: ["crm"])
    expires_at: datetime | None = None


class WebhookRow(Order):
    """An outgoing webhook set up in the interface."""

    destination: str
    events: list[str]
    application_token: str
    id: int | None = None


class RobotRow(Order):
    """A robot "Webhook" in one stage; macros such as {=Document:OPPORTUNITY} are filled in in its address."""

    kind: Literal["lead", "deal"] = "deal"
    stage: str
    destination: str
    application_token: str
