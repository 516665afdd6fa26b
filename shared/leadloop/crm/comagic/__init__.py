"""CoMagic, UIS and Novofon: one call tracker behind several names (https://comagic.github.io/data_api/).

It is read as a CRM is, and holds no deals: a call, a chat or a request of the site is a communication. Nothing is
created there and nothing written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop.crm.comagic.hooks import parse_hook
from leadloop.crm.path_secret import judge_sender

if TYPE_CHECKING:
    from leadloop.crm.comagic.account import CoMagicAccount
    from leadloop.crm.comagic.client import CoMagicClient
    from leadloop.crm.comagic.survey import TrackerSurvey
    from leadloop.crm.survey import Survey
    from leadloop.policy.call_tracker import CallTracker
    from leadloop.runtime import Runtime

__all__ = ["connect", "judge_sender", "look_at", "parse_hook", "take_survey"]


def connect(runtime: Runtime) -> CoMagicAccount:
    """The account the policy names. The token is looked for at the first call."""
    from leadloop.crm.comagic.account import CoMagicAccount  # not paid for by the edge, which only parses hooks

    return CoMagicAccount(_client(runtime), _settings(runtime), runtime.policy, runtime.clock)


def take_survey(runtime: Runtime) -> Survey:
    """What the account has. Raises the errors of ``leadloop.ports.http``."""
    from leadloop.crm.comagic.survey import take_survey as ask

    return ask(_client(runtime))


def look_at(runtime: Runtime) -> TrackerSurvey:
    """What the account has, and what its key may read. Raises as ``take_survey`` does."""
    from leadloop.crm.comagic.survey import look_at as ask

    with_contacts = runtime.policy.contacts.mode != "none"
    return ask(_client(runtime), _settings(runtime).media, runtime.clock.now(), with_contacts=with_contacts)


def _client(runtime: Runtime) -> CoMagicClient:
    from leadloop.crm.comagic.client import CoMagicClient

    base_url = runtime.endpoint("comagic", f"https://{_settings(runtime).host}")
    return CoMagicClient(runtime.http, base_url, runtime.secrets)


def _settings(runtime: Runtime) -> CallTracker:
    settings = runtime.policy.call_tracker
    assert settings is not None  # noqa: S101 - the package was chosen by the policy's kind
    return settings
