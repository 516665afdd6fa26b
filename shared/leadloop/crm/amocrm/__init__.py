"""amoCRM and Kommo, API v4: the same API behind two names (https://www.amocrm.ru/developers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.amocrm.hooks import parse_hook

if TYPE_CHECKING:
    from leadloop.crm.amocrm.account import AmoCrmAccount
    from leadloop.crm.amocrm.client import AmoCrmClient
    from leadloop.crm.survey import Survey
    from leadloop.runtime import Runtime

__all__ = ["connect", "parse_hook", "take_survey"]


def connect(runtime: Runtime) -> AmoCrmAccount:
    """The account the policy names. The token is looked for at the first call."""
    from leadloop.crm.amocrm.account import AmoCrmAccount  # not paid for by the edge, which only parses hooks

    policy = runtime.policy
    return AmoCrmAccount(_client(runtime), policy.crm, policy.qualification.fields)


def take_survey(runtime: Runtime) -> Survey:
    """What the account has. Raises ``SecretMissing`` or the errors of ``leadloop.ports.http``."""
    from leadloop.crm.amocrm.survey import take_survey as ask
    from leadloop.secrets import AMOCRM_TOKEN

    return ask(_client(runtime), runtime.secrets.get(AMOCRM_TOKEN))


def _client(runtime: Runtime) -> AmoCrmClient:
    from leadloop.crm.amocrm.client import AmoCrmClient

    base_url = runtime.endpoint("amocrm", f"https://{runtime.policy.crm.host}")
    return AmoCrmClient(runtime.http, base_url, runtime.secrets)
