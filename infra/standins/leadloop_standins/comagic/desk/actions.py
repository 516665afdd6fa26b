"""Everything POST /_stand_in/actions understands, told apart by `action`."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from .action import Action
from .caller_actions import Chat, MakeCall, SendRequest, Visit
from .office_actions import (
    Answer,
    ChangeKey,
    Recognise,
    RenameTag,
    SendBody,
    SetSale,
    SetTag,
    SwitchNotification,
    UnsetTag,
)

AnyAction = Annotated[
    Visit
    | MakeCall
    | SendRequest
    | Chat
    | SetTag
    | UnsetTag
    | SetSale
    | Recognise
    | Answer
    | RenameTag
    | ChangeKey
    | SwitchNotification
    | SendBody,
    Field(discriminator="action"),
]
ACTIONS: TypeAdapter[Action] = TypeAdapter(AnyAction)
