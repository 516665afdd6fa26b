"""What visitors of the site and callers do."""

from typing import Literal

from pydantic import Field

from ...faults import InstructionRefused
from ..tracker.account import Account
from ..tracker.communications import Direction
from ..tracker.intake import CallMade, Origin, begin_session, take_call, take_chat, take_message
from ..tracker.places import VirtualNumber
from .action import Action, Outcome, contact_outcome, employee_named, entity_named, session_named
from .office import DeskOffice


class Visit(Action):
    """Somebody opens the site; `visitor_id` when the browser has been there before."""

    action: Literal["visit"]
    site_id: int | None = None
    campaign_id: int | None = None
    visitor_id: int | None = None
    ym_client_id: str | None = None
    ua_client_id: str | None = None
    yclid: str | None = None
    gclid: str | None = None
    ymclid: str | None = None
    marks: dict[str, str] = Field(default_factory=dict)
    entrance_page: str | None = None
    referrer: str | None = None
    device: Literal["desktop", "mobile", "tablet", "other"] = "desktop"
    city: str | None = None
    region: str | None = None
    country: str | None = None
    properties: dict[str, str] = Field(default_factory=dict)

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """Says which number the visitor is shown."""
        account = office.account
        visitor = entity_named("visitor", self.visitor_id, account.visitors) if self.visitor_id is not None else None
        if self.campaign_id is not None:
            entity_named("campaign", self.campaign_id, account.furniture.campaigns)
        came = self.model_dump(exclude={"action", "at", "visitor_id", "site_id"})
        session = begin_session(account, visitor, at, {**came, "site_id": _site(account, self.site_id)})
        number = account.furniture.dynamic_number_of(session.site_id)
        shown = number.number if number else None
        person = {"visitor_id": session.visitor.id, "person_id": session.visitor.person_id}
        return {"visitor_session_id": session.id, **person, "shown_number": shown}


class _Contact(Action):
    """Whoever makes contact, from a visit or without one."""

    session_id: int | None = None
    ids_delay_seconds: int | None = Field(default=None, ge=0)
    ext_id: str | None = None

    def origin(self, account: Account, site_id: int | None, campaign_id: int | None = None) -> Origin:
        """Where the contact came from."""
        session = session_named(account, self.session_id)
        return Origin(session, site_id, campaign_id, self.ids_delay_seconds, self.ext_id)


class MakeCall(_Contact):
    """A call that begins at `at`. Without a talk it is lost; by a static number there is no visitor."""

    action: Literal["call"]
    phone: str = Field(pattern=r"^\d+$")
    number: str | None = None
    wait_seconds: int = Field(default=5, ge=0)
    talk_seconds: int = Field(default=0, ge=0)
    direction: Direction = "in"
    employee_id: int | None = None

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """The number is the one lent to the visitor, unless another is dialled."""
        number = self._number(office.account)
        if number.kind == "static" and self.session_id is not None:
            raise InstructionRefused(f"{number.number} is in print: who dials it has no session. Leave session_id out.")
        origin = self.origin(office.account, number.site_id, number.campaign_id)
        employee = employee_named(office.account, self.employee_id).employee_id if self.talk_seconds else None
        source = "dynamic_call_tracking" if number.kind == "dynamic" else "call_tracking"
        durations = (self.wait_seconds, self.talk_seconds)
        made = CallMade(self.phone, number.number, source, *durations, self.direction, employee)
        call = take_call(office.account, made, origin, at)
        return {**contact_outcome(call), "call_session_id": call.own_id}

    def _number(self, account: Account) -> VirtualNumber:
        furniture = account.furniture
        if self.number is not None:
            return entity_named("virtual number", self.number, furniture.numbers)
        session = session_named(account, self.session_id)
        if session is None:
            raise InstructionRefused("A call needs a number to dial, or the session of a visitor who is shown one.")
        found = furniture.dynamic_number_of(session.site_id)
        if found is None:
            raise InstructionRefused(f"Site {session.site_id} has no dynamic number; plant one in numbers.")
        return found


class SendRequest(_Contact):
    """A form of the site, sent through the tracker."""

    action: Literal["offline_message"]
    site_id: int | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    text: str | None = None
    form_name: str | None = None
    is_technical: bool = False

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """Nobody has looked at it yet."""
        told = self.model_dump(include={"name", "phone", "email", "text", "form_name", "is_technical"})
        origin = self.origin(office.account, _site(office.account, self.site_id))
        return contact_outcome(take_message(office.account, origin, at, form_type="Стандартная", **told))


class Chat(_Contact):
    """A chat that begins at `at`; without messages of an employee it is lost."""

    action: Literal["chat"]
    site_id: int | None = None
    phone: str | None = None
    channel_type: str = "comagic"
    seconds: int = Field(default=60, ge=0)
    visitor_messages: int = Field(default=2, ge=0)
    employee_messages: int = Field(default=2, ge=0)
    employee_id: int | None = None

    def perform(self, office: DeskOffice, at: int) -> Outcome:
        """The first employee answers unless another is named."""
        is_answered = self.employee_messages > 0
        told = self.model_dump(include={"phone", "channel_type", "seconds", "visitor_messages", "employee_messages"})
        employee = employee_named(office.account, self.employee_id).employee_id if is_answered else None
        origin = self.origin(office.account, _site(office.account, self.site_id))
        return contact_outcome(take_chat(office.account, origin, at, employee_id=employee, **told))


def _site(account: Account, site_id: int | None) -> int:
    sites = account.furniture.sites
    return next(iter(sites), 0) if site_id is None else entity_named("site", site_id, sites).id
