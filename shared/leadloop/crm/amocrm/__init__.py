"""amoCRM and Kommo, API v4: the same API behind two names (https://www.amocrm.ru/developers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.amocrm.hooks import parse_hook
from leadloop.crm.path_secret import judge_sender

if TYPE_CHECKING:
    from leadloop.crm.amocrm.access import Access
    from leadloop.crm.amocrm.account import AmoCrmAccount
    from leadloop.crm.amocrm.client import AmoCrmClient
    from leadloop.crm.amocrm.oauth import OAuthAccess
    from leadloop.crm.survey import Survey
    from leadloop.policy import AmoCrm
    from leadloop.runtime import Runtime

__all__ = ["connect", "judge_sender", "oauth_access", "parse_hook", "take_survey"]


def connect(runtime: Runtime) -> AmoCrmAccount:
    """The account the policy names. The token is looked for at the first call."""
    from leadloop.crm.amocrm.account import AmoCrmAccount  # not paid for by the edge, which only parses hooks

    return AmoCrmAccount(_client(runtime), _settings(runtime), runtime.policy.qualification.fields)


def take_survey(runtime: Runtime) -> Survey:
    """What the account has. Raises ``SecretMissing`` or the errors of ``leadloop.ports.http``."""
    from leadloop.crm.amocrm.survey import take_survey as ask

    return ask(_client(runtime))


def _client(runtime: Runtime) -> AmoCrmClient:
    from leadloop.crm.amocrm.client import AmoCrmClient

    return AmoCrmClient(runtime.http, _base_url(runtime), _access(runtime))


def oauth_access(runtime: Runtime) -> OAuthAccess:
    """The tokens of the policy's ``crm.oauth``. Raises ``OAuthNotChosen``."""
    from leadloop.crm.amocrm.oauth import OAuthAccess, OAuthNotChosen
    from leadloop.policy import AmoCrm

    settings = runtime.policy.crm
    if not isinstance(settings, AmoCrm) or settings.oauth is None:
        raise OAuthNotChosen
    return OAuthAccess(runtime, _base_url(runtime), settings.host, settings.oauth)


def _access(runtime: Runtime) -> Access:
    from leadloop.crm.amocrm.access import LongLivedToken

    return oauth_access(runtime) if _settings(runtime).oauth is not None else LongLivedToken(runtime.secrets)


def _base_url(runtime: Runtime) -> str:
    return runtime.endpoint("amocrm", f"https://{_settings(runtime).host}")


def _settings(runtime: Runtime) -> AmoCrm:
    from leadloop.policy import AmoCrm

    settings = runtime.policy.crm
    assert isinstance(settings, AmoCrm)  # noqa: S101 - the package was chosen by the policy's kind
    return settings
