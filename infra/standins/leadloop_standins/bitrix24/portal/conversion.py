"""A lead becomes a deal with a contact; two contacts or deals become one."""

from collections.abc import Iterable

from .edits import add_record, delete_record, update_record
from .kinds import CONTACT, DEAL, LEAD, Kind
from .portal import Portal
from .records import MultifieldEdit, Patch, Record, Stamp
from .values import Value

CONVERTED = "CONVERTED"
_GOES_ALONG = ("TITLE", "OPPORTUNITY", "CURRENCY_ID", "SOURCE_ID", "SOURCE_DESCRIPTION", "ASSIGNED_BY_ID", "COMPANY_ID")
_UTM = ("UTM_SOURCE", "UTM_MEDIUM", "UTM_CAMPAIGN", "UTM_CONTENT", "UTM_TERM")
_NAMES = ("NAME", "SECOND_NAME", "LAST_NAME")


def convert_lead(
    portal: Portal, lead: Record, stamp: Stamp, category_id: int = 0, *, with_contact: bool = True
) -> Record:
    """The new deal; user fields go along only where both kinds have one of the same code."""
    links = list(lead.contact_ids)
    if with_contact and not links:
        links = [_contact_of(portal, lead, stamp).id]
    names = [*_GOES_ALONG, *(_UTM if portal.switches.on("conversion_copies_utm") else ()), *_common_codes(portal)]
    values: dict[str, Value] = {name: lead.values[name] for name in names if lead.values.get(name) is not None}
    deal_values: dict[str, Value] = {**values, "LEAD_ID": lead.id, "CATEGORY_ID": category_id}
    deal = add_record(portal, DEAL, Patch(deal_values, contact_ids=links), stamp)
    update_record(portal, lead, Patch({"STATUS_ID": CONVERTED}, contact_ids=links), stamp)
    return deal


def merge_records(portal: Portal, kind: Kind, winner: Record, losers: Iterable[Record], stamp: Stamp) -> None:
    """The winner takes over what its own card lacks, phones and links; the losers are deleted."""
    for loser in losers:
        gaps = {name: value for name, value in loser.values.items() if winner.values.get(name) is None}
        known = {(one.type_id, one.value) for one in winner.multifields}
        more = [one for one in loser.multifields if (one.type_id, one.value) not in known]
        edits = [MultifieldEdit(one.type_id, one.value, one.value_type) for one in more]
        links = [*winner.contact_ids, *loser.contact_ids]
        update_record(portal, winner, Patch(gaps, edits, links if kind is not CONTACT else None), stamp)
        if kind is CONTACT:
            _relink(portal, loser.id, winner.id)
        loser.merged_into = winner.id
        delete_record(portal, loser, stamp)


def _contact_of(portal: Portal, lead: Record, stamp: Stamp) -> Record:
    values: dict[str, Value] = {name: lead.values.get(name) for name in (*_NAMES, "SOURCE_ID", "ASSIGNED_BY_ID")}
    values["LEAD_ID"] = lead.id
    values["NAME"] = values["NAME"] or lead.values.get("TITLE")
    edits = [MultifieldEdit(one.type_id, one.value, one.value_type) for one in lead.multifields]
    return add_record(portal, CONTACT, Patch(values, edits), stamp)


def _common_codes(portal: Portal) -> list[str]:
    if not portal.switches.on("conversion_maps_user_fields"):
        return []
    of_leads, of_deals = ({one.code for one in portal.user_fields if one.kind is kind} for kind in (LEAD, DEAL))
    return sorted(of_leads & of_deals)


def _relink(portal: Portal, from_id: int, to_id: int) -> None:
    """Cards that named the loser name the winner; nothing tells of it."""
    for kind in (LEAD, DEAL):
        for record in portal.live(kind):
            if from_id in record.contact_ids:
                swapped = (to_id if one == from_id else one for one in record.contact_ids)
                record.contact_ids = list(dict.fromkeys(swapped))
                record.values["CONTACT_ID"] = record.contact_ids[0]
