"""What lists of records have in common: their columns, and the rows a call asks for."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..portal.fields import MULTIFIELD_TYPES, Field, has_multifields
from ..portal.kinds import Kind
from ..portal.portal import Portal
from ..portal.records import Record
from ..portal.values import Value
from .calls import Call
from .filters import Columns


def records_asked_for(call: Call, kind: Kind, *, universal: bool) -> list[Record]:
    """Live records that pass the filter, in the order asked for."""
    portal = call.portal
    refuse = universal or portal.switches.text("unknown_filter_field") == "refused"
    columns = Columns(lambda name: _column(portal, kind, name, universal=universal), _read, portal.offset, refuse)
    passes = columns.matching(call.mapping("filter"))
    order: Mapping[str, Any] = call.mapping("order") or {"ID": portal.switches.text("default_order")}
    return columns.ordered((one for one in portal.live(kind) if passes(one)), order)


def _column(portal: Portal, kind: Kind, name: str, *, universal: bool) -> Field | None:
    if universal and name in ("contactIds", "CONTACT_IDS"):
        return Field("CONTACT_IDS", "crm_contact")
    if name in MULTIFIELD_TYPES and has_multifields(kind):
        # Compared as it was written: the numbers of findbycomm are not.
        return Field(name, "string")
    return portal.field_named(kind, name)


def _read(record: Record, name: str) -> Iterable[Value]:
    if name == "CONTACT_IDS":
        return list(record.contact_ids)
    return record.reachable_by(name) if name in MULTIFIELD_TYPES else [record.values.get(name)]
