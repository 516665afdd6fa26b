"""What the stand-in counted, for people."""

from ...page import Table
from ..api.requests_seen import RequestsSeen
from ..api.shapes import name_of
from ..hooks.deliveries import Deliveries
from ..portal.kinds import CONTACT, DEAL, LEAD, Kind
from ..portal.portal import Portal
from ..portal.records import Change, Record
from .ledger import time_text


def tables_of(portal: Portal, deliveries: Deliveries, seen: RequestsSeen) -> list[Table]:
    """The ledger as a person reads it."""
    changes = [
        [time_text(one.at), f"{one.kind.name} {one.record_id}", one.action, one.via, one.by, _plain(one)]
        for one in reversed(portal.changes)
    ]
    creations = [
        [
            time_text(one.at),
            one.method,
            one.kind.name,
            one.record_id,
            ", ".join(f"{k}={v}" for k, v in one.values.items()),
        ]
        for one in reversed(seen.creations)
    ]
    posts = [[one.id, time_text(one.created_at), one.tells_of, one.state, one.code] for one in reversed(deliveries.all)]
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


def _state(one: Record) -> str:
    return f"merged into {one.merged_into}" if one.merged_into else "deleted" if one.is_deleted else ""


def _plain(one: Change) -> str:
    return ", ".join(f"{name}: {before} → {after}" for name, (before, after) in one.fields.items())
