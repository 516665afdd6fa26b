"""What managers and administrators do in the cabinet."""

from typing import Literal

from pydantic import Field

from ...faults import InstructionRefused
from ..tracker.communications import Communication, MessageStatus, OfflineMessage
from .action import Action, CommunicationAction, Outcome, employee_named, entity_named, session_named, tag_named
from .office import DeskOffice


class SetTag(CommunicationAction):
    """A manager tags a contact, often days later; the tag is named by id or by name."""

    action: Literal["tag"]
    tag: int | str
    employee_id: int | None = None

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:
        """A tag is set once."""
        tag_id = tag_named(office.account, self.tag)
        by = employee_named(office.account, self.employee_id)
        if not office.account.set_tag(communication, tag_id, at, by):
            raise InstructionRefused(f"Communication {communication.id} has tag {tag_id} already.")
        return {"tag_id": tag_id}


class UnsetTag(CommunicationAction):
    """Takes a tag off again."""

    action: Literal["untag"]
    tag: int | str

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:  # noqa: ARG002 - leaves no time
        """Nothing tells that it was there."""
        tag_id = tag_named(office.account, self.tag)
        if not office.account.unset_tag(communication, tag_id):
            raise InstructionRefused(f"Communication {communication.id} has no tag {tag_id}.")
        return {"tag_id": tag_id}


class SetSale(CommunicationAction):
    """A manager notes a sale."""

    action: Literal["sale"]
    cost: float
    comment: str | None = Field(default=None, max_length=255)

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:
        """A later one replaces it."""
        return {"sale_id": office.account.set_sale(communication, at, self.cost, self.comment).id}


class Recognise(CommunicationAction):
    """The tracker finds the visit of a contact that had none; the ids join its row now."""

    action: Literal["recognise"]
    session_id: int

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:
        """Also takes site and campaign from the visit."""
        session = session_named(office.account, self.session_id)
        if session is None or communication.session is not None:
            raise InstructionRefused(f"Communication {communication.id} has a session already.")
        communication.session, communication.ids_at = session, at
        communication.site_id, communication.campaign_id = session.site_id, session.campaign_id
        return {"visitor_session_id": session.id}


class Answer(CommunicationAction):
    """An employee works on a site request."""

    action: Literal["answer_request"]
    status: MessageStatus = "processed"
    comment: str | None = None
    employee_id: int | None = None

    def work(self, office: DeskOffice, communication: Communication, at: int) -> Outcome:
        """Only requests have a status."""
        if not isinstance(communication, OfflineMessage):
            raise InstructionRefused(f"Communication {communication.id} is a {communication.type}, not a request.")
        communication.status, communication.comment = self.status, self.comment
        communication.processed_at = at if self.status == "processed" else None
        communication.employee_id = employee_named(office.account, self.employee_id).employee_id
        return {"status": self.status}


class RenameTag(Action):
    """Gives a tag another name; ids stay, which is why code must go by ids."""

    action: Literal["rename_tag"]
    tag: int | str
    name: str

    def perform(self, office: DeskOffice, at: int) -> Outcome:  # noqa: ARG002 - leaves no time
        """Old marks show the new name."""
        tag_id = tag_named(office.account, self.tag)
        office.account.furniture.tags[tag_id].name = self.name
        return {"tag_id": tag_id}


class ChangeKey(Action):
    """Blocks a key or deletes it."""

    action: Literal["block_key", "delete_key"]
    token: str

    def perform(self, office: DeskOffice, at: int) -> Outcome:  # noqa: ARG002 - leaves no time
        """An unknown key is a mistake of the test."""
        change = office.keys.block if self.action == "block_key" else office.keys.remove
        if not change(self.token):
            raise InstructionRefused("There is no such key.")
        return {}


class SwitchNotification(Action):
    """Turns a notification off or on."""

    action: Literal["switch_notification"]
    notification_id: int
    is_on: bool

    def perform(self, office: DeskOffice, at: int) -> Outcome:  # noqa: ARG002 - leaves no time
        """What happens while it is off is not sent."""
        entity_named("notification", self.notification_id, office.deliveries.templates).is_on = self.is_on
        return {"notification_id": self.notification_id}


class SendBody(Action):
    """Sends a body as it is to every notification that is on: for shapes that no event here produces."""

    action: Literal["send_notification"]
    body: str

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """The loss, delay and doubling switches apply."""
        templates = [one for one in office.deliveries.templates.values() if one.is_on]
        for template in templates:
            office.deliveries.queue_body(template, self.body, at)
        return {"queued": len(templates)}
