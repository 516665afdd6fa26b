"""User fields: the only place for a yclid, a ClientID or an id of one's own.

Sources: https://apidocs.bitrix24.ru/api-reference/crm/deals/user-defined-fields/crm-deal-userfield-add.html .
"""

import re
from dataclasses import dataclass

from .fields import Field
from .kinds import Kind

PREFIX = "UF_CRM_"
LONGEST_NAME = 50
USER_TYPES = frozenset(("string", "integer", "double", "boolean", "enumeration", "date", "datetime", "url"))


class UserFieldRefused(ValueError):
    """The portal does not take such a field."""


@dataclass(frozen=True)
class UserField:
    """A field of one kind of records; its code carries the prefix. Choices are `(id, value)`."""

    id: int
    kind: Kind
    code: str
    user_type: str
    label: str
    choices: tuple[tuple[int, str], ...] = ()

    @property
    def field(self) -> Field:
        """As reading, writing and filtering see it."""
        return Field(self.code, self.user_type, title=self.label, is_user_field=True)


def code_of(name: str) -> str:
    """The whole code of a name, given with or without the prefix; UserFieldRefused for one that cannot be."""
    code = name if name.startswith(PREFIX) else PREFIX + name
    if not re.fullmatch(r"[A-Z0-9_]+", code) or len(code) > LONGEST_NAME or code == PREFIX:
        raise UserFieldRefused(f"FIELD_NAME takes A-Z, 0-9 and _, up to {LONGEST_NAME} characters with {PREFIX}.")
    return code
