"""Everything POST /_stand_in/actions understands, told apart by `action`."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from .action import Action
from .birth_actions import CreateLead, Merge, Restore
from .lead_actions import Delete, EditField, Move, Rename, SetPrice, SetResponsible, SetTags, WriteNote
from .other_actions import (
    AcceptUnsorted,
    DeclineUnsorted,
    EditContact,
    EnableWebhook,
    IssueCode,
    RenameStatus,
    RevokeToken,
    SendHook,
)

AnyAction = Annotated[
    Move
    | SetPrice
    | EditField
    | Rename
    | SetResponsible
    | SetTags
    | WriteNote
    | Delete
    | Restore
    | Merge
    | CreateLead
    | EditContact
    | AcceptUnsorted
    | DeclineUnsorted
    | RenameStatus
    | EnableWebhook
    | IssueCode
    | RevokeToken
    | SendHook,
    Field(discriminator="action"),
]
ACTIONS: TypeAdapter[Action] = TypeAdapter(AnyAction)
