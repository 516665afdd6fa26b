"""How a person names a lead on the command line, and what to say where nothing goes by the name."""

from __future__ import annotations

ACCEPTED = "a whole lead id, a CRM deal by its id or reference (amocrm-lead-30052001), a ClientID or a yclid"
"""What names a lead."""


def quoted(wanted: str) -> str:
    """What was typed, in quotes; what looks like a contact is not repeated."""
    from leadloop.identity.contact_signs import looks_like_contact

    return "that was typed (it looks like a contact)" if looks_like_contact(wanted) else repr(wanted)


def nothing_found(wanted: str) -> str:
    """What to say where nothing was found."""
    return (
        f"no lead has the id, CRM deal, ClientID or yclid {quoted(wanted)}; expected {ACCEPTED}; phones, e-mails, "
        "names and beginnings of ids are not searched; `leadloop report` prints whole ids"
    )
