"""How a record enters a stage and changes its pipeline."""

from collections.abc import Mapping

from .history import TO_CATEGORY, TO_FINAL, TO_INTERMEDIATE
from .kinds import DEAL
from .portal import Portal
from .records import Record, StageEntry, Stamp
from .stages import Status
from .values import Value, start_of_day, whole


class StageRefused(ValueError):
    """The pipeline has no such stage, and the portal is set to say so."""


def stage_wanted(portal: Portal, record: Record, values: Mapping[str, Value]) -> tuple[int, str | None]:
    """The pipeline and the stage that a patch asks for; the stage is None when it asks for none that exists.

    StageRefused when it asks for a stage that is not there and the portal is set to say so.
    """
    category_id = record.category_id
    if record.kind is DEAL and values.get("CATEGORY_ID") is not None:
        asked = whole(values["CATEGORY_ID"])
        category_id = asked if asked in portal.stages.categories else category_id
    asked_stage = values.get(record.kind.stage_field)
    if asked_stage is None:
        return category_id, None
    if portal.stages.find(record.kind, category_id, str(asked_stage)):
        return category_id, str(asked_stage)
    if portal.switches.text("wrong_stage") == "refused":
        raise StageRefused(f"Stage {asked_stage} does not belong to pipeline {category_id}.")
    return category_id, None


def enter_first_stage(
    portal: Portal, record: Record, wanted: tuple[int, str | None], type_id: int, stamp: Stamp
) -> None:
    """Puts the record into the stage wanted, or into the first one of the pipeline."""
    category_id, stage = wanted
    found = portal.stages.find(record.kind, category_id, stage or "") or portal.stages.of(record.kind, category_id)[0]
    _enter(portal, record, category_id, found, type_id, stamp)


def move(portal: Portal, record: Record, wanted: tuple[int, str | None], stamp: Stamp) -> bool:
    """Moves the record if something else than where it stands is wanted; whether it has moved."""
    category_id, stage = wanted
    if category_id != record.category_id:
        enter_first_stage(portal, record, wanted, TO_CATEGORY, stamp)
        return True
    found = portal.stages.find(record.kind, category_id, stage or "")
    if found is None or found.status_id == record.stage:
        return False
    type_id = TO_INTERMEDIATE if found.semantics == "P" else TO_FINAL
    _enter(portal, record, category_id, found, type_id, stamp)
    return True


def _enter(portal: Portal, record: Record, category_id: int, stage: Status, type_id: int, stamp: Stamp) -> None:
    is_final = stage.semantics != "P"
    values = record.values
    values[record.kind.stage_field] = stage.status_id
    values[record.kind.semantic_field] = stage.semantics
    values.update(MOVED_TIME=stamp.at, MOVED_BY_ID=stamp.by)
    if record.kind is DEAL:
        values.update(CATEGORY_ID=category_id, CLOSED=is_final)
        if is_final:
            values["CLOSEDATE"] = start_of_day(stamp.at, portal.offset)
    else:
        values["DATE_CLOSED"] = stamp.at if is_final else None
    portal.history.write(record.kind, record.id, type_id, stamp.at, category_id, stage)
    portal.entries.append(StageEntry(record.kind, record.id, stage.status_id))
