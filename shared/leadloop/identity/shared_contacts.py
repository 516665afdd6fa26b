"""Phones and e-mails that the policy names as nobody's own: agents, info@. No key is made of them."""

from __future__ import annotations

from functools import lru_cache

from leadloop.identity.normalise import emails, phones


@lru_cache(maxsize=4)
def shared_contacts(listed: tuple[str, ...], region: str) -> frozenset[str]:
    """The listed contacts in their one written form; what is neither a phone nor an e-mail is left out."""
    return frozenset(value for one in listed for value in read_contact(one, region))


def read_contact(listed: str, region: str) -> tuple[str, ...]:
    """One listed contact in its written form; nothing for what is neither a phone nor an e-mail."""
    return (emails(listed) if "@" in listed else phones(listed, region)).values
