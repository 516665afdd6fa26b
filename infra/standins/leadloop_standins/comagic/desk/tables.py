"""The ledger as a person reads it."""

from collections.abc import Iterator
from typing import Any

from ...page import Table
from ..tracker.account import Account
from .ledger import time_text
from .office import DeskOffice

Rows = Iterator[list[object]]


def tables_of(office: DeskOffice) -> list[Table]:
    """Contacts, visits, what integrations wrote and what was sent."""
    contacts = ("id", "type", "at", "person", "№", "phone", "ClientID", "yclid", "tags", "sale", "row from", "ids from")
    visits = ("id", "at", "visitor", "ClientID", "yclid", "marks")
    writes = ("at", "method", "by", "communications", "told")
    sent = ("№", "at", "tells of", "of", "state", "answers")
    return [
        Table("Communications", contacts, list(_contacts(office.account)), "Newest first."),
        Table("Visits", visits, list(_visits(office.account)), "Newest first."),
        Table("Written by requests", writes, list(_writes(office)), "Newest first."),
        Table("Notifications sent", sent, list(_sent(office)), "Newest first; 0 is no answer."),
    ]


def _contacts(account: Account) -> Rows:
    for one in reversed(account.communications.values()):
        visit = one.session
        ids = (visit.visitor.ym_client_id, visit.yclid) if visit else (None, None)
        tags = ", ".join(account.tag_name(mark.tag_id) or str(mark.tag_id) for mark in one.tags)
        frame = (one.id, one.type, time_text(one.at), one.person_id, one.number, account.phone_of(one))
        sale = one.sale.cost if one.sale else None
        yield [*frame, *ids, tags, sale, time_text(one.row_at), time_text(one.ids_at)]


def _visits(account: Account) -> Rows:
    for one in reversed(account.sessions.values()):
        ids = (one.visitor.ym_client_id, one.yclid)
        yield [one.id, time_text(one.at), one.visitor.id, *ids, _plain(one.marks)]


def _writes(office: DeskOffice) -> Rows:
    for one in reversed(office.seen.all):
        about = ", ".join(map(str, one.communication_ids))
        yield [time_text(one.at), one.method, one.login, about, _plain(one.told)]


def _sent(office: DeskOffice) -> Rows:
    for one in reversed(office.deliveries.all):
        answers = ", ".join(str(attempt.code) for attempt in one.attempts)
        yield [one.id, time_text(one.created_at), one.tells_of, one.communication_id, one.state, answers]


def _plain(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())
