"""The rows of a seed document, as a person writes them."""

from datetime import datetime
from typing import Literal

from ...orders import Order
from ..api.keys import Rights
from ..notifications.templates import DEFAULT_BODY
from ..tracker.account import Event
from ..tracker.places import NumberKind


class AccountRow(Order):
    """Who the account is."""

    app_id: int | None = None
    name: str | None = None


class SiteRow(Order):
    """A site with the counter."""

    id: int
    domain_name: str
    target_call_seconds: int = 15


class CampaignRow(Order):
    """An advertising campaign."""

    id: int
    name: str
    site_id: int


class NumberRow(Order):
    """A virtual number. A static one is of one campaign."""

    number: str
    kind: NumberKind = "dynamic"
    site_id: int
    campaign_id: int | None = None


class EmployeeRow(Order):
    """Who answers; the first one answers what nobody else is named for."""

    id: int
    full_name: str


class TagRow(Order):
    """A tag of the list."""

    id: int | None = None
    name: str
    is_system: bool = False


class UserRow(Order):
    """A user who may log in."""

    id: int | None = None
    login: str
    password: str = ""
    rights: Rights = "all"


class TokenRow(Order):
    """A key made in the cabinet, permanent unless it has a last moment."""

    token: str
    login: str = "integration"
    rights: Rights = "all"
    expires_at: datetime | None = None
    is_blocked: bool = False


class NotificationRow(Order):
    """A notification written in the cabinet; the secret is in its URL."""

    event: Event
    url: str
    name: str | None = None
    mnemonic: str | None = None
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] | None = None
    body: str = DEFAULT_BODY
    is_on: bool = True
