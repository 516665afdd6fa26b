"""What a communication is called. Light: the edge, which only parses notifications, needs no more."""

from __future__ import annotations

from leadloop.crm.port import Medium

MEDIA = {"call": Medium.CALL, "chat": Medium.CHAT, "offline_message": Medium.REQUEST}
"""``communication_type`` → what leadloop calls it."""


def external_id(medium: Medium, number: str) -> str:
    """``call-900000001``: the id of the communication, which the list of all kinds and every notification tell."""
    return f"{medium}-{number}"


def parts_of(external_id: str) -> tuple[Medium, str] | None:
    """What ``external_id`` was made of; ``None`` for any other text."""
    medium, _, number = external_id.partition("-")
    return (Medium(medium), number) if medium in {*Medium} and number.isdecimal() else None
