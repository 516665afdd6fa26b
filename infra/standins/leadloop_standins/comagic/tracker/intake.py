"""How visitors, calls, chats and site requests come into the books."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .account import Account, Event, Happening
from .communications import Call, Chat, Direction, OfflineMessage
from .visits import Visitor, VisitorSession


@dataclass(frozen=True)
class Origin:
    """Where a contact came from: a session, or a site and a campaign alone."""

    session: VisitorSession | None = None
    site_id: int | None = None
    campaign_id: int | None = None
    ids_delay_seconds: int | None = None
    ext_id: str | None = None


@dataclass(frozen=True)
class CallMade:
    """A call as it went."""

    phone: str
    number: str
    source: str
    wait_seconds: int
    talk_seconds: int
    direction: Direction
    employee_id: int | None


def begin_session(account: Account, visitor: Visitor | None, at: int, came: Mapping[str, Any]) -> VisitorSession:
    """A visit, of a new visitor when none is given; `came` are fields of VisitorSession and of a new Visitor."""
    own = {name: value for name, value in came.items() if name in Visitor.__dataclass_fields__}
    if visitor is None:
        visitor = Visitor(account.ids.take("visitor"), account.ids.take("person"), **own)
        account.visitors[visitor.id] = visitor
    visit = {name: value for name, value in came.items() if name in VisitorSession.__dataclass_fields__}
    session = VisitorSession(account.ids.take("visitor_session"), visitor, at, **visit)
    account.sessions[session.id] = session
    visitor.session_ids.append(session.id)
    return session


def take_call(account: Account, made: CallMade, origin: Origin, at: int) -> Call:
    """Books a call from its first ring on; it is told of as it rings and as it ends."""
    call = Call(
        **_frame(account, "call", origin, made.phone, at, at + made.wait_seconds + made.talk_seconds),
        direction=made.direction,
        contact_phone_number=made.phone,
        virtual_phone_number=made.number,
        source=made.source,
        wait_seconds=made.wait_seconds,
        talk_seconds=made.talk_seconds,
        employee_id=made.employee_id if made.talk_seconds else None,
    )
    ends: list[Event] = ["call_finished", "call_lost"] if call.is_lost else ["call_finished"]
    told = [Happening("call_started", call, at), *(Happening(event, call, call.ended_at) for event in ends)]
    account.add(call, *told)
    return call


def take_chat(account: Account, origin: Origin, at: int, *, seconds: int, phone: str | None, **told: Any) -> Chat:  # noqa: ANN401
    """Books a chat; `told` are the remaining fields of Chat."""
    chat = Chat(**_frame(account, "chat", origin, phone, at, at + seconds), seconds=seconds, phone=phone, **told)
    account.add(chat, Happening("chat", chat, chat.ended_at))
    return chat


def take_message(account: Account, origin: Origin, at: int, *, phone: str | None, **told: Any) -> OfflineMessage:  # noqa: ANN401
    """Books a site request; `told` are the remaining fields of OfflineMessage."""
    message = OfflineMessage(**_frame(account, "offline_message", origin, phone, at, at), phone=phone, **told)
    account.add(message, Happening("offline_message", message, at))
    return message


def _frame(account: Account, kind: str, origin: Origin, phone: str | None, at: int, ended_at: int) -> dict[str, Any]:
    session = origin.session
    person_id = account.person_for(session, phone)
    row_at = ended_at + account.switches.number("row_delay_seconds")
    delay = origin.ids_delay_seconds
    return {
        "id": account.ids.take("communication"),
        "own_id": account.ids.take(kind),
        "at": at,
        "person_id": person_id,
        "number": account.next_number_of(person_id),
        "row_at": row_at,
        "ids_at": row_at + (account.switches.number("ids_delay_seconds") if delay is None else delay),
        "session": session,
        "site_id": session.site_id if session else origin.site_id,
        "campaign_id": session.campaign_id if session else origin.campaign_id,
        "ext_id": origin.ext_id,
    }
