"""What the stand-in counted, for tests."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from ...clock import format_time
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
                "at": time_text(one.at),
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
    kept = {"id": row.id, "type": row.type_id, "at": time_text(row.created_at)}
    return {**kept, "category_id": row.category_id, "stage": row.stage, "semantics": row.semantics}


def _change(one: Change) -> Json:
    told = {name: [_told(name, before), _told(name, after)] for name, (before, after) in one.fields.items()}
    kept = {"at": time_text(one.at), "kind": one.kind.name, "id": one.record_id, "action": one.action}
    return {**kept, "by": one.by, "via": one.via, "fields": told}


def _delivery(one: Delivery) -> Json:
    return {
        "id": one.id,
        "tells_of": one.tells_of,
        "state": one.state,
        "created_at": time_text(one.created_at),
        "sent_at": time_text(one.sent_at) if one.sent_at is not None else None,
        "code": one.code,
        "body": one.body,
    }


def _told(name: str, value: Value) -> object:
    if name in _MOMENTS and isinstance(value, int):
        return time_text(value)
    return str(value) if isinstance(value, Decimal) else value


def _without_path(destination: str) -> str:
    parts = urlsplit(destination)
    return f"{parts.scheme}://{parts.netloc}/…"


def time_text(seconds: int) -> str:
    """As every time in a ledger."""
    return format_time(datetime.fromtimestamp(seconds, UTC))
