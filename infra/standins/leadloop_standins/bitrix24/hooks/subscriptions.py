"""Outgoing webhooks and the robots that call one. Source: https://apidocs.bitrix24.ru/api-reference/events/index.html."""

from dataclasses import dataclass, field

from ..portal.kinds import KINDS

EVENTS = frozenset(f"ONCRM{kind.upper}{verb}" for kind in KINDS for verb in ("ADD", "UPDATE", "DELETE"))
"""What an outgoing webhook may be told of; a move to another pipeline is told to applications only."""


@dataclass(frozen=True)
class OutgoingWebhook:
    """A destination with the events chosen for it and the token by which it knows the portal."""

    id: int
    destination: str
    events: tuple[str, ...]
    application_token: str


@dataclass(frozen=True)
class Robot:
    """A robot that sits in one stage of leads or deals and posts to its address, in which macros are filled in."""

    id: int
    kind_name: str
    stage: str
    destination: str
    application_token: str


@dataclass
class Subscriptions:
    """Everybody who is told."""

    webhooks: list[OutgoingWebhook] = field(default_factory=list)
    robots: list[Robot] = field(default_factory=list)
