"""Inbound webhooks: the address is the secret, and the rights are those of the employee who made it.

Source: https://apidocs.bitrix24.ru/local-integrations/local-webhooks.html.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..portal.portal import User
from ..settings import Switches
from .problems import CallRefused, system_error


@dataclass
class InboundWebhook:
    """A webhook of one employee; `expires_at` in Unix seconds of domain time, None for never."""

    user_id: int
    code: str
    scopes: list[str] = field(default_factory=lambda: ["crm"])
    expires_at: int | None = None


@dataclass
class Access:
    """The webhooks of the portal."""

    webhooks: list[InboundWebhook] = field(default_factory=list)

    def admit(
        self, user_id: str, code: str, users: Mapping[int, User], switches: Switches, now: int
    ) -> InboundWebhook | CallRefused:
        """The webhook called, or why nobody may call it."""
        found = next((one for one in self.webhooks if (str(one.user_id), one.code) == (user_id, code)), None)
        if found is None:
            return system_error(switches.text("wrong_code_error"))
        if not switches.on("commercial_plan"):
            return system_error("ACCESS_DENIED")
        if found.expires_at is not None and found.expires_at <= now:
            return system_error("expired_token")
        user = users.get(found.user_id)
        if user is None or not user.is_active:
            return system_error("INVALID_CREDENTIALS")
        return found

    def by_code(self, code: str) -> InboundWebhook | None:
        """None for an unknown code."""
        return next((one for one in self.webhooks if one.code == code), None)
