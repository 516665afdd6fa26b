"""amoCRM and Kommo, API v4: the same API behind two names (https://www.amocrm.ru/developers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.amocrm.hooks import parse_hook

if TYPE_CHECKING:
    from leadloop.crm.amocrm.account import AmoCrmAccount
    from leadloop.runtime import Runtime

__all__ = ["connect", "parse_hook"]


def connect(runtime: Runtime) -> AmoCrmAccount:
    """The account the policy names. The token is looked for at the first call."""
    from leadloop.crm.amocrm.account import AmoCrmAccount  # not paid for by the edge, which only parses hooks
    from leadloop.crm.amocrm.client import AmoCrmClient

    policy = runtime.policy
    base_url = runtime.endpoint("amocrm", f"https://{policy.crm.host}")
    return AmoCrmAccount(AmoCrmClient(runtime.http, base_url, runtime.secrets), policy.crm, policy.qualification.fields)
