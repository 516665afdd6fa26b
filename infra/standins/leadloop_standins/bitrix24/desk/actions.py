"""Everything POST /_stand_in/actions understands, told apart by `action`."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from .action import Action
from .other_actions import Create, RegenerateWebhook, RenameStage, SendEvent, SetUser
from .record_actions import Convert, Delete, Edit, EditMany, Link, Merge, Move, RobotEdits

AnyAction = Annotated[
    Create
    | Move
    | Edit
    | EditMany
    | RobotEdits
    | Link
    | Delete
    | Merge
    | Convert
    | RenameStage
    | RegenerateWebhook
    | SetUser
    | SendEvent,
    Field(discriminator="action"),
]
ACTIONS: TypeAdapter[Action] = TypeAdapter(AnyAction)
