"""What happens to a record: it is added, updated, deleted. The stamp says when, by whom and in which way."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from .fields import has_multifields
from .history import CREATED
from .kinds import DEAL, LEAD, Kind
from .moves import enter_first_stage, move, stage_wanted
from .multifields import edit_multifields
from .portal import Portal
from .records import Change, Event, Patch, Record, Stamp
from .values import Value, start_of_day, whole

_STAGED = frozenset(("STAGE_ID", "STATUS_ID", "CATEGORY_ID"))
_WEEK = 7 * 86_400


def add_record(portal: Portal, kind: Kind, patch: Patch, stamp: Stamp, record_id: int | None = None) -> Record:
    """A new record, born in the stage asked for or in the first one of its pipeline; StageRefused before anything."""
    number = portal.take_id(kind.name) if record_id is None else record_id
    portal.keep_clear_of(kind.name, number)
    record = Record(kind, number, {**_birth_values(portal, kind, number, stamp), **_plain(patch)})
    wanted = stage_wanted(portal, record, patch.values)
    portal.records[kind][number] = record
    if not record.values.get("TITLE") and "TITLE" in record.values:
        record.values["TITLE"] = f"{kind.title} #{number}"
    edit_multifields(portal, record, patch.multifields)
    _link(record, patch)
    if kind.stage_field:
        enter_first_stage(portal, record, wanted, CREATED, stamp)
    _note(portal, record, "added", stamp, {})
    return record


def update_record(portal: Portal, record: Record, patch: Patch, stamp: Stamp) -> None:
    """Applies a patch; StageRefused before anything is done.

    The stamp and the event come even when nothing differs, so that loops of one's own show.
    """
    before, wanted = dict(record.values), stage_wanted(portal, record, patch.values)
    record.values.update(_plain(patch))
    edit_multifields(portal, record, patch.multifields)
    _link(record, patch)
    moved = bool(record.kind.stage_field) and move(portal, record, wanted, stamp)
    record.values["DATE_MODIFY"], record.values["MODIFY_BY_ID"] = stamp.at, stamp.by
    _note(portal, record, "updated", stamp, before)
    if moved and stamp.via != "robot":
        for _ in range(portal.switches.number("robot_edits_after_move")):
            update_record(portal, record, Patch(), Stamp(stamp.at, 0, "robot"))


def delete_record(portal: Portal, record: Record, stamp: Stamp) -> None:
    """Gone: `get` answers 400 with an empty code, and the moves go with it unless the portal is set to keep them."""
    record.is_deleted = True
    _note(portal, record, "deleted", stamp, record.values)
    if not portal.switches.on("history_outlives_deletion"):
        portal.history.forget(record.kind, record.id)


def _birth_values(portal: Portal, kind: Kind, number: int, stamp: Stamp) -> dict[str, Value]:
    values: dict[str, Value] = {one.name: False if one.type == "char" else None for one in portal.fields(kind)}
    values.update(ID=number, OPENED=True, ASSIGNED_BY_ID=portal.first_user)
    values.update(CREATED_BY_ID=stamp.by, MODIFY_BY_ID=stamp.by, DATE_CREATE=stamp.at, DATE_MODIFY=stamp.at)
    if kind in (LEAD, DEAL):
        values.update(CURRENCY_ID=portal.profile.currency, OPPORTUNITY=Decimal(0))
    if kind is DEAL:
        # CLOSEDATE is a plan until somebody writes it: never the time of winning.
        values.update(CATEGORY_ID=0, BEGINDATE=start_of_day(stamp.at, portal.offset))
        values.update(CLOSEDATE=start_of_day(stamp.at + _WEEK, portal.offset))
    return values


def _plain(patch: Patch) -> dict[str, Value]:
    """Values without those that move the record; an amount that is wiped is nought."""
    values = {name: value for name, value in patch.values.items() if name not in _STAGED}
    return {name: Decimal(0) if name == "OPPORTUNITY" and value is None else value for name, value in values.items()}


def _link(record: Record, patch: Patch) -> None:
    if "CONTACT_ID" not in record.values:
        return
    asked = patch.contact_ids
    if asked is None and "CONTACT_ID" in patch.values:
        asked = [whole(patch.values["CONTACT_ID"])]
    if asked is not None:
        record.contact_ids = [one for one in dict.fromkeys(asked) if one]
    record.values["CONTACT_ID"] = record.contact_ids[0] if record.contact_ids else None


def _note(
    portal: Portal,
    record: Record,
    action: Literal["added", "updated", "deleted"],
    stamp: Stamp,
    before: Mapping[str, Value],
) -> None:
    """Writes the ledger and leaves the event."""
    if has_multifields(record.kind):
        record.values["HAS_PHONE"] = bool(record.reachable_by("PHONE"))
        record.values["HAS_EMAIL"] = bool(record.reachable_by("EMAIL"))
    names = dict.fromkeys((*before, *record.values))
    differing = {
        name: (before.get(name), record.values.get(name))
        for name in names
        if name != "DATE_MODIFY" and before.get(name) != record.values.get(name)
    }
    portal.changes.append(Change(stamp.at, stamp.by, stamp.via, action, record.kind, record.id, differing))
    verb = {"added": "ADD", "updated": "UPDATE", "deleted": "DELETE"}[action]
    portal.events.append(Event(f"ONCRM{record.kind.upper}{verb}", record.id))
