"""What the stand-in counted, for tests and for people. No key and no destination's path, which holds a secret."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ...clock import format_time
from ..api.writes_seen import Write
from ..notifications.deliveries import Delivery
from ..notifications.templates import Template
from ..tracker.account import Account
from ..tracker.communications import Communication
from ..tracker.visits import VisitorSession
from .office import DeskOffice

Json = dict[str, Any]


def ledger_of(office: DeskOffice) -> Json:
    """Visits, contacts with their tags and sales, what integrations wrote, and every notification with its fate."""
    account, deliveries = office.account, office.deliveries
    return {
        "visits": [_visit(one) for one in account.sessions.values()],
        "communications": [_communication(account, one) for one in account.communications.values()],
        "communications_by_person": _by_person(account),
        "written_by_request": [_write(one) for one in office.seen.all],
        "points_spent": office.limits.calls,
        "sessions_begun": office.keys.sessions_begun,
        "notifications": [_template(one) for one in deliveries.templates.values()],
        "notification_counts": dict(Counter(one.state for one in deliveries.all)),
        "notification_deliveries": [_delivery(one) for one in deliveries.all],
    }


def _visit(one: VisitorSession) -> Json:
    ids = {"ym_client_id": one.visitor.ym_client_id, "yclid": one.yclid, "gclid": one.gclid}
    return {
        "id": one.id,
        "visitor_id": one.visitor.id,
        "at": time_text(one.at),
        "site_id": one.site_id,
        **ids,
        **one.marks,
    }


def _communication(account: Account, one: Communication) -> Json:
    tags = [
        {
            "tag_id": mark.tag_id,
            "name": account.tag_name(mark.tag_id),
            "at": time_text(mark.at),
            "by": _by(mark.by.login),
        }
        for mark in one.tags
    ]
    sale = one.sale
    return {
        "communication_id": one.id,
        "type": one.type,
        "id": one.own_id,
        "at": time_text(one.at),
        "ended_at": time_text(one.ended_at),
        "person_id": one.person_id,
        "number": one.number,
        "phone": account.phone_of(one),
        "visitor_session_id": one.session.id if one.session else None,
        "row_at": time_text(one.row_at),
        "ids_at": time_text(one.ids_at),
        "tags": tags,
        "sale": {"id": sale.id, "at": time_text(sale.at), "cost": sale.cost, "comment": sale.comment} if sale else None,
    }


def _by_person(account: Account) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for one in account.communications.values():
        found.setdefault(str(one.person_id), []).append(one.id)
    return found


def _write(one: Write) -> Json:
    return {**vars(one), "at": time_text(one.at), "communication_ids": list(one.communication_ids)}


def _template(one: Template) -> Json:
    kept = {"id": one.id, "event": one.event, "method": one.method, "is_on": one.is_on}
    return {**kept, "destination": _without_path(one.url)}


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "notification_id": one.template_id,
        "tells_of": one.tells_of,
        "communication_id": one.communication_id,
        "state": one.state,
        "created_at": time_text(one.created_at),
        "due_at": time_text(one.due_at) if one.state == "due" else None,
        "attempts": [{"at": time_text(attempt.at), "code": attempt.code} for attempt in one.attempts],
        "method": one.method,
        "body": one.written.body if one.written else None,
    }


def _by(login: str | None) -> str:
    return login or "employee"


def _without_path(destination: str) -> str:
    parts = urlsplit(destination)
    return f"{parts.scheme}://{parts.netloc}/…"


def time_text(seconds: int) -> str:
    """A moment as ledgers write it."""
    return format_time(datetime.fromtimestamp(seconds, UTC))
