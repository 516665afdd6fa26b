"""What the stand-in counted, for tests and for people."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ...clock import format_time
from ...page import Table
from ..api.requests_seen import RequestsSeen
from ..api.shapes import name_of
from ..hooks.deliveries import Deliveries, Delivery
from ..portal.history import StageRow
from ..portal.kinds import COMPANY, CONTACT, DEAL, LEAD, Kind
from ..portal.portal import Portal
from ..portal.records import Change, Record
from ..portal.values import Value

Json = dict[str, Any]
_PLURALS = {LEAD: "leads", DEAL: "deals", CONTACT: "contacts", COMPANY: "companies"}
_MOMENTS = frozenset(("DATE_CREATE", "DATE_MODIFY", "MOVED_TIME", "DATE_CLOSED"))


def ledger_of(portal: Portal, deliveries: Deliveries, seen: RequestsSeen) -> Json:
    """Records with their moves, every change, what calls created, and every event with its fate.

    Moves are told here also after the portal has forgotten those of a deleted record.
    """
    moves: defaultdict[tuple[Kind, int], list[StageRow]] = defaultdict(list)
    for row in portal.history.rows:
        moves[row.kind, row.owner_id].append(row)
    by_value = {_PLURALS[kind]: seen.by_value(kind) for kind in (LEAD, DEAL)}
    return {
        **{
            name: [_record(one, moves[kind, one.id]) for one in portal.records[kind].values()]
            for kind, name in _PLURALS.items()
        },
        "changes": [_change(one) for one in portal.changes],
        "created_by_request": [
            {
                "at": _time(one.at),
                "method": one.method,
                "kind": one.kind.name,
                "id": one.record_id,
                "values": one.values,
            }
            for one in seen.creations
        ],
        "records_by_field_value": by_value,
        "doubled_field_values": {
            plural: {
                code: {value: ids for value, ids in values.items() if len(ids) > 1} for code, values in codes.items()
            }
            for plural, codes in by_value.items()
        },
        "traces": [{"id": one.id, "trace": one.text, "entities": one.entities} for one in seen.traces],
        "webhooks": [
            {"id": one.id, "destination": _without_path(one.destination), "events": one.events}
            for one in deliveries.subscriptions.webhooks
        ],
        "webhook_counts": dict(Counter(one.state for one in deliveries.all)),
        "webhook_deliveries": [_delivery(one) for one in deliveries.all],
    }


def tables_of(portal: Portal, deliveries: Deliveries, seen: RequestsSeen) -> list[Table]:
    """The same as a person reads it; destinations are shown without their path, which holds a secret."""
    changes = [
        [_time(one.at), f"{one.kind.name} {one.record_id}", one.action, one.via, one.by, _plain(one)]
        for one in reversed(portal.changes)
    ]
    creations = [
        [_time(one.at), one.method, one.kind.name, one.record_id, ", ".join(f"{k}={v}" for k, v in one.values.items())]
        for one in reversed(seen.creations)
    ]
    posts = [[one.id, _time(one.created_at), one.tells_of, one.state, one.code] for one in reversed(deliveries.all)]
    return [
        _cards(portal, DEAL, "Deals"),
        _cards(portal, LEAD, "Leads"),
        _cards(portal, CONTACT, "Contacts"),
        Table("Changes", ("at", "of", "what", "by way of", "user", "fields"), changes, "Newest first."),
        Table("Created by calls", ("at", "method", "kind", "id", "watched fields"), creations, "Newest first."),
        Table("Events", ("№", "at", "tells of", "state", "answer"), posts, "Newest first; 0 is no answer."),
    ]


def _cards(portal: Portal, kind: Kind, title: str) -> Table:
    rows = [
        [one.id, name_of(one), one.stage, one.values.get("OPPORTUNITY"), one.contact_ids, _state(one)]
        for one in reversed(portal.records[kind].values())
    ]
    return Table(title, ("id", "name", "stage", "amount", "contacts", "state"), rows, "Newest first.")


def _record(record: Record, moves: list[StageRow]) -> Json:
    return {
        "id": record.id,
        "name": name_of(record),
        "stage": record.stage,
        "fields": {name: _told(name, value) for name, value in record.values.items() if value is not None},
        "multifields": [vars(one) for one in record.multifields],
        "contact_ids": record.contact_ids,
        "is_deleted": record.is_deleted,
        "merged_into": record.merged_into,
        "history": [_move(row) for row in moves],
    }


def _move(row: StageRow) -> Json:
    kept = {"id": row.id, "type": row.type_id, "at": _time(row.created_at)}
    return {**kept, "category_id": row.category_id, "stage": row.stage, "semantics": row.semantics}


def _change(one: Change) -> Json:
    told = {name: [_told(name, before), _told(name, after)] for name, (before, after) in one.fields.items()}
    kept = {"at": _time(one.at), "kind": one.kind.name, "id": one.record_id, "action": one.action}
    return {**kept, "by": one.by, "via": one.via, "fields": told}


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "tells_of": one.tells_of,
        "state": one.state,
        "created_at": _time(one.created_at),
        "sent_at": _time(one.sent_at) if one.sent_at is not None else None,
        "code": one.code,
        "body": one.body,
    }


def _state(one: Record) -> str:
    return f"merged into {one.merged_into}" if one.merged_into else "deleted" if one.is_deleted else ""


def _plain(one: Change) -> str:
    return ", ".join(f"{name}: {before} → {after}" for name, (before, after) in one.fields.items())


def _told(name: str, value: Value) -> object:
    if name in _MOMENTS and isinstance(value, int):
        return _time(value)
    return str(value) if isinstance(value, Decimal) else value


def _without_path(destination: str) -> str:
    parts = urlsplit(destination)
    return f"{parts.scheme}://{parts.netloc}/…"


def _time(seconds: int) -> str:
    return format_time(datetime.fromtimestamp(seconds, UTC))
