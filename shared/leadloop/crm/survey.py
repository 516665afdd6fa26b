"""What a CRM account has, for whoever sets leadloop up. Read by people's commands, never by a function."""

from __future__ import annotations

from typing import NamedTuple

from leadloop.crm.token_expiry import TokenEnd


class Listed(NamedTuple):
    """An entry of one of the account's lists: a reason of loss, a stage."""

    id: str
    name: str


class PipelineListed(NamedTuple):
    """A pipeline that is in use, with the statuses a deal may be in."""

    id: str
    name: str
    statuses: tuple[Listed, ...]


class FieldListed(NamedTuple):
    """A custom field of deals. ``code`` is empty where it has none."""

    id: str
    code: str
    name: str = ""
    """As people call it in the CRM."""


class HookListed(NamedTuple):
    """A webhook of the account; its destination holds a secret and is never shown."""

    destination: str
    is_on: bool
    events: frozenset[str]


class Survey(NamedTuple):
    """The account as far as a token may see it."""

    account: str
    currency: str
    """ISO 4217; empty when the account does not say."""
    token_end: TokenEnd | None
    """``None`` when the token does not tell."""
    pipelines: tuple[PipelineListed, ...]
    loss_reasons: tuple[Listed, ...]
    fields: tuple[FieldListed, ...]
    hooks: tuple[HookListed, ...] | None
    """``None`` when the token may not list them."""
    deal_events: frozenset[str]
    """What a webhook has to be about, so that no change of a deal waits for the pull."""
    contact_events: frozenset[str]
    """And of a contact, where contacts are read."""
