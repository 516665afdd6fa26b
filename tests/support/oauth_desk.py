"""A CRM desk whose account lets leadloop in by OAuth: an integration, its code, and what its endpoint was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leadloop import crm
from leadloop.crm import amocrm
from leadloop.crm.amocrm import tokens
from leadloop.crm.amocrm.tokens import Tokens
from leadloop.crm.token_seal import TokenSeal
from leadloop.policy import ContactMode, Policy
from leadloop.runtime import Runtime
from support.crm_desk import CLIENT_SECRET, SEED, CrmAccount, CrmDesk, crm_account
from support.policies import sokol

CLIENT_ID, REDIRECT_URI = "5b1f6a0c-3d2e-4c1b-9a77-0f2d8c4e6b13", "https://sokol.example/oauth"
CODE = "code-of-olga"
_INTEGRATION = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}
OAUTH_SEED: dict[str, Any] = {
    **{part: rows for part, rows in SEED.items() if part != "tokens"},
    "integrations": [{**_INTEGRATION, "authorization_code": CODE}],
}
ENDPOINT = "/oauth2/access_token"


def oauth_policy(mode: ContactMode | str = ContactMode.HASH) -> Policy:
    """The policy of «Сокол», with an integration in the place of a long-lived token."""
    return sokol(mode, crm={"oauth": {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}})


@contextmanager
def oauth_account() -> Iterator[CrmAccount]:
    """An account with no token but what the integration gets."""
    with crm_account(OAUTH_SEED) as account:
        yield account


def authorise(desk: CrmDesk, code: str = CODE) -> None:
    """A person gives leadloop the code."""
    amocrm.oauth_access(desk.world.runtime).authorise(code)


def call(runtime: Runtime) -> bool:
    """A worker begins and makes one call of the API; whether it was answered. Raises what the call does."""
    return bool(crm.connect(runtime).prepare())


def another_worker(desk: CrmDesk) -> Runtime:
    """A process beside, on the same store and the same account."""
    here = desk.world.runtime
    worker = Runtime(here.environment)
    worker.policy, worker.store, worker.http = here.policy, here.store, here.http
    worker.clock, worker.log, worker.entropy = here.clock, here.log, here.entropy
    return worker


def exchanges(desk: CrmDesk) -> list[int | None]:
    """How each call of the token endpoint was answered; ``None``: not at all."""
    return [entry.status for entry in desk.amocrm.journal.entries if entry.path == ENDPOINT]


def resting(desk: CrmDesk) -> Tokens:
    """The pair in the store."""
    seal = TokenSeal(CLIENT_SECRET, f"amocrm sokol.amocrm.ru {CLIENT_ID}")
    held = tokens.read(desk.world.store, seal)
    assert held is not None, "leadloop was not authorised"
    return held


def told(desk: CrmDesk, event: str) -> list[dict[str, Any]]:
    """The details of every log entry of an event."""
    return [entry.details for entry in desk.world.log.entries if entry.event == event]
