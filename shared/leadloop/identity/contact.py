"""A person's contact in the mode ``keep``: sealed as soon as it is read, opened only by its reader."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from pydantic import BaseModel, ConfigDict

from leadloop.identity.sealing import seal, unseal


class Contact(BaseModel):
    """Who to call back. Never logged; its ``repr`` shows nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str = ""
    phones: tuple[str, ...] = ()
    """E.164; or, when the field held no valid number, what was typed."""
    emails: tuple[str, ...] = ()
    messengers: tuple[str, ...] = ()
    """Names or links in messengers, as they were typed."""
    comment: str = ""

    def __repr__(self) -> str:
        """Nothing: a contact in a traceback is a leak."""
        return "Contact(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return bool(self.name or self.phones or self.emails or self.messengers or self.comment)

    def sealed(self, public_key: str) -> str:
        """The contact as it may travel and rest. Raises ``KeyMalformed``."""
        return seal(public_key, self.model_dump_json(exclude_defaults=True).encode())


def open_contact(private_key: str, text: str) -> Contact:
    """The contact behind ``Submission.contact_sealed``. Raises ``KeyMalformed`` or ``SealUnreadable``."""
    return Contact.model_validate_json(unseal(private_key, text))
