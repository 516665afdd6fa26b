"""The portal's inbound webhook: its address is what lets leadloop in, so it is a secret from beginning to end.

``https://{portal}/rest/{user}/{code}/``: https://apidocs.bitrix24.ru/local-integrations/local-webhooks.html
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from leadloop.crm.token_expiry import TokenEnd
from leadloop.policy.bitrix24 import Bitrix24
from leadloop.ports.http import NotSent
from leadloop.secrets import BITRIX24_WEBHOOK, SecretMissing, Secrets
from leadloop.verdict import Verdict

_FORM = re.compile(r"https://([^/?#@\s]+)/rest/([0-9]+)/([A-Za-z0-9]+)/?")
_EXPECTED = "expected the whole address of an inbound webhook, https://PORTAL/rest/USER/CODE/"


class WebhookUnavailable(NotSent):
    """There is no address to call, so nothing was sent; the work is put off."""

    def __init__(self, operation: str, found: str) -> None:
        super().__init__("bitrix24", operation, found)


class InboundWebhook:
    """The address of an inbound webhook, looked for at each call."""

    def __init__(self, secrets: Secrets, settings: Bitrix24, origin: str) -> None:
        """``origin``: scheme and host to call in the portal's place, usually the portal itself."""
        self._secrets = secrets
        self._settings = settings
        self._origin = origin

    def url(self, operation: str, method: str) -> str:
        """Where a method is called. Raises ``WebhookUnavailable``, which does not show the address."""
        try:
            written = self._secrets.get(BITRIX24_WEBHOOK)
        except SecretMissing as missing:
            raise WebhookUnavailable(operation, str(missing)) from None
        verdict = judge_address(written, self._settings.host)
        if not verdict:
            raise WebhookUnavailable(operation, f"{BITRIX24_WEBHOOK}: {verdict.reason}")
        _, user, code = _parts(written)
        return f"{self._origin}/rest/{user}/{code}/{method}.json"

    def end(self) -> TokenEnd | None:
        """When it ends, if the policy says that it was given an end: the portal does not tell."""
        if self._settings.webhook_expires is None:
            return None
        last = date.fromisoformat(self._settings.webhook_expires)
        at = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
        what_to_do = "prolong the inbound webhook in the portal, and write its new last day into crm.webhook_expires"
        return TokenEnd(at, what_to_do)


def judge_address(written: str, host: str) -> Verdict:
    """Whether a text is the address of an inbound webhook of the portal. The reason shows nothing of the text."""
    if _FORM.fullmatch(written) is None:
        return Verdict(False, "secret.webhook_form", f"{_EXPECTED}, found another form; copy it from the portal again")
    if _parts(written)[0].lower() != host:
        reason = f"it is not of the portal {host}, which crm.account names; correct the one or the other"
        return Verdict(False, "secret.webhook_portal", reason)
    return Verdict(True, "secret.webhook_form", "")


def _parts(written: str) -> tuple[str, str, str]:
    found = _FORM.fullmatch(written)
    assert found is not None  # noqa: S101 - it was judged before
    return found[1], found[2], found[3]
