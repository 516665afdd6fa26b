"""Bitrix24 through an inbound webhook, with its outgoing webhooks and robots as hints (https://apidocs.bitrix24.ru)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.bitrix24.hooks import parse_hook
from leadloop.crm.bitrix24.senders import judge_sender

if TYPE_CHECKING:
    from leadloop.crm.bitrix24.account import Bitrix24Account
    from leadloop.crm.bitrix24.client import Bitrix24Client
    from leadloop.crm.survey import Survey
    from leadloop.policy.bitrix24 import Bitrix24
    from leadloop.runtime import Runtime

__all__ = ["connect", "judge_sender", "parse_hook", "take_survey"]


def connect(runtime: Runtime) -> Bitrix24Account:
    """The portal the policy names. Its webhook is looked for at the first call."""
    from leadloop.crm.bitrix24.account import Bitrix24Account  # not paid for by the edge, which only parses hooks

    policy = runtime.policy
    return Bitrix24Account(_client(runtime), _settings(runtime), policy.site.currency, policy.qualification.fields)


def take_survey(runtime: Runtime) -> Survey:
    """What the portal has. Raises ``SecretMissing`` or the errors of ``leadloop.ports.http``."""
    from leadloop.crm.bitrix24.survey import take_survey as ask

    return ask(_client(runtime), _settings(runtime))


def _client(runtime: Runtime) -> Bitrix24Client:
    from leadloop.crm.bitrix24.access import InboundWebhook
    from leadloop.crm.bitrix24.client import Bitrix24Client

    settings = _settings(runtime)
    origin = runtime.endpoint("bitrix24", f"https://{settings.host}")
    return Bitrix24Client(runtime.http, InboundWebhook(runtime.secrets, settings, origin))


def _settings(runtime: Runtime) -> Bitrix24:
    from leadloop.policy.bitrix24 import Bitrix24

    settings = runtime.policy.crm
    assert isinstance(settings, Bitrix24)  # noqa: S101 - the package was chosen by the policy's kind
    return settings
