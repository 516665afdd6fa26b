"""What the portal knows from the beginning, part by part; nothing planted is told of by webhooks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ...faults import InstructionRefused
from ...orders import checked, unix
from ..api.access import InboundWebhook
from ..hooks.subscriptions import EVENTS, OutgoingWebhook, Robot
from ..portal.edits import add_record
from ..portal.first_day import add_status
from ..portal.kinds import COMPANY, CONTACT, DEAL, LEAD, Kind
from ..portal.portal import User
from ..portal.records import Stamp
from ..portal.stages import LEAD_STATUSES, SOURCES, Category, stage_entity, stage_id
from ..portal.user_fields import UserFieldRefused
from . import seed_rows as rows
from .office import DeskOffice
from .orders import Plain, kind_named, patch_of, stage_checked

REPLACING_PARTS = frozenset(("users", "lead_statuses", "sources"))
"""Parts that a new portal has by itself; the first planting of one replaces what was there."""


def plant(office: DeskOffice, part: str, given: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to a part; InstructionRefused names what is wrong with one."""
    shape, plant_row = _PARTS[part]
    for number, row in enumerate(given, start=1):
        plant_row(office, checked(f"Row {number} of {part}", shape, row))
    office.portal.events.clear()
    office.portal.entries.clear()


def remove_default(office: DeskOffice, part: str) -> None:
    """Makes room for the first planting of a replacing part."""
    if part == "users":
        office.portal.users.clear()
    else:
        office.portal.stages.remove(LEAD_STATUSES if part == "lead_statuses" else SOURCES)


def _portal(office: DeskOffice, row: rows.PortalRow) -> None:
    for name, value in row.model_dump(exclude={"first_ids"}, exclude_none=True).items():
        setattr(office.portal.profile, name, value)
    for kind, number in row.first_ids.items():
        office.portal.start_ids_at(kind, number)


def _user(office: DeskOffice, row: rows.UserRow) -> None:
    office.portal.users[row.id] = User(**row.model_dump())


def _pipeline(office: DeskOffice, row: rows.PipelineRow) -> None:
    if not row.stages:
        raise InstructionRefused(f"Pipeline {row.id} needs at least one stage.")
    stages = office.portal.stages
    stages.categories[row.id] = Category(row.id, row.name, 300 if row.id == 0 else 300 + 10 * len(stages.categories))
    entity = stage_entity(DEAL, row.id)
    stages.remove(entity)
    for place, one in enumerate(row.stages, start=1):
        full = stage_id(row.id, one.id)
        add_status(office.portal, entity, full, one.name, place * 10, one.semantics, category_id=row.id or None)


def _lead_status(office: DeskOffice, row: rows.StageRow) -> None:
    sort = 10 * (len(office.portal.stages.listed(LEAD_STATUSES)) + 1)
    add_status(office.portal, LEAD_STATUSES, row.id, row.name, sort, row.semantics)


def _source(office: DeskOffice, row: rows.SourceRow) -> None:
    sort = 10 * (len(office.portal.stages.listed(SOURCES)) + 1)
    add_status(office.portal, SOURCES, row.id, row.name, sort)


def _user_field(office: DeskOffice, row: rows.UserFieldRow) -> None:
    try:
        office.portal.add_user_field(kind_named(row.kind), row.code, row.type, row.label, tuple(row.choices))
    except UserFieldRefused as problem:
        raise InstructionRefused(str(problem)) from problem


def _records_of(kind: Kind) -> Callable[[DeskOffice, rows.RecordRow], None]:
    def plant_record(office: DeskOffice, row: rows.RecordRow) -> None:
        values: dict[str, Plain] = dict(row.fields)
        if kind is DEAL:
            values["CATEGORY_ID"] = row.category_id
        if row.stage is not None:
            values[kind.stage_field] = stage_checked(office.portal, kind, row.category_id, row.stage)
        stamp = Stamp(unix(row.created_at, office.unix_now()), office.portal.first_user, "person")
        patch = patch_of(office.portal, kind, values, row.phones, row.emails, row.contact_ids)
        add_record(office.portal, kind, patch, stamp, row.id)

    return plant_record


def _inbound_webhook(office: DeskOffice, row: rows.InboundWebhookRow) -> None:
    expires_at = None if row.expires_at is None else unix(row.expires_at, 0)
    office.access.webhooks.append(InboundWebhook(row.user_id, row.code, list(row.scopes), expires_at))


def _webhook(office: DeskOffice, row: rows.WebhookRow) -> None:
    events = tuple(one.upper() for one in row.events)
    unknown = sorted(set(events) - EVENTS)
    if unknown:
        raise InstructionRefused(
            f"An outgoing webhook knows no event {unknown[0]}. Known: {', '.join(sorted(EVENTS))}."
        )
    known = office.subscriptions.webhooks
    number = row.id or 975 + 2 * len(known)
    known.append(OutgoingWebhook(number, row.destination, events, row.application_token))


def _robot(office: DeskOffice, row: rows.RobotRow) -> None:
    kind = kind_named(row.kind)
    categories = office.portal.stages.categories if kind is DEAL else (0,)
    if not any(office.portal.stages.find(kind, one, row.stage) for one in categories):
        raise InstructionRefused(f"A robot sits in a stage that exists; {row.kind}s have no stage {row.stage!r}.")
    known = office.subscriptions.robots
    known.append(Robot(len(known) + 1, row.kind, row.stage, row.destination, row.application_token))


_PARTS: dict[str, tuple[TypeAdapter[Any], Callable[[DeskOffice, Any], None]]] = {
    "portal": (TypeAdapter(rows.PortalRow), _portal),
    "users": (TypeAdapter(rows.UserRow), _user),
    "pipelines": (TypeAdapter(rows.PipelineRow), _pipeline),
    "lead_statuses": (TypeAdapter(rows.StageRow), _lead_status),
    "sources": (TypeAdapter(rows.SourceRow), _source),
    "user_fields": (TypeAdapter(rows.UserFieldRow), _user_field),
    "companies": (TypeAdapter(rows.RecordRow), _records_of(COMPANY)),
    "contacts": (TypeAdapter(rows.RecordRow), _records_of(CONTACT)),
    "leads": (TypeAdapter(rows.RecordRow), _records_of(LEAD)),
    "deals": (TypeAdapter(rows.RecordRow), _records_of(DEAL)),
    "inbound_webhooks": (TypeAdapter(rows.InboundWebhookRow), _inbound_webhook),
    "webhooks": (TypeAdapter(rows.WebhookRow), _webhook),
    "robots": (TypeAdapter(rows.RobotRow), _robot),
}
SEED_PARTS = tuple(_PARTS)
"""In the order in which they are planted."""
