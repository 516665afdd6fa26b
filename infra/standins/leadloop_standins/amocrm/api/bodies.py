"""Reads leads and contacts out of request bodies, with the problems amoCRM would report.

Sources: https://www.amocrm.ru/developers/content/crm_platform/leads-api and contacts-api. Unknown keys are ignored: no
source says what amoCRM does with them.
"""

from collections.abc import Mapping
from typing import Any

import flask

from ..crm.account import Account, EntityType
from ..crm.entities import FieldValues
from ..crm.patches import ContactPatch, LeadPatch, TagChange
from ..crm.pipelines import CLOSED, Stage
from .field_values import read_field_values
from .problems import Problem, RequestRefused, not_a_choice, wrong_type

Row = Mapping[str, Any]

_SHARED_INTS = ("responsible_user_id", "created_at", "updated_at", "created_by", "updated_by")
_LEAD_INTS = (*_SHARED_INTS, "price", "closed_at", "loss_reason_id", "pipeline_id", "status_id")
_STAGE = ("pipeline_id", "status_id")
_CONTACT_TEXTS = ("name", "first_name", "last_name")


def posted_rows(most: int) -> list[dict[str, Any]]:
    """The array of a batch; 400 for anything else or for more entities than the method takes."""
    body = flask.request.get_json(force=True, silent=True)
    if not isinstance(body, list) or not body or not all(isinstance(row, dict) for row in body):
        raise RequestRefused(400, "The body must be a non-empty array of objects")
    if len(body) > most:
        raise RequestRefused(400, f"No more than {most} entities fit in one request, {len(body)} were sent")
    return body


def posted_object() -> dict[str, Any]:
    """The object of a single edit."""
    body = flask.request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise RequestRefused(400, "The body must be an object")
    return body


def request_id_of(row: Row, index: int) -> str:
    """What the caller named the entity, or its place in the request."""
    return str(row.get("request_id", index))


def read_lead(account: Account, row: Row, present: Stage | None = None) -> tuple[LeadPatch, list[Problem]]:
    """A lead to add, or to edit when its `present` stage is given."""
    problems = _wrong_types(row, ints=_LEAD_INTS, texts=("name",))
    if problems:
        return LeadPatch(), problems
    fields, field_problems = read_field_values(account.fields["leads"], row.get("custom_fields_values"))
    stage, stage_problems = _read_stage(account, row, present)
    tags, tag_problems = _read_tags(account, "leads", row)
    links, link_problems = _read_links(account, row)
    problems = [*field_problems, *stage_problems, *tag_problems, *link_problems]
    if row.get("loss_reason_id") is not None and row["loss_reason_id"] not in account.loss_reasons:
        problems.append(not_a_choice("loss_reason_id"))
    if problems:
        return LeadPatch(), problems
    given: dict[str, Any] = {name: row.get(name) for name in ("name", *_LEAD_INTS) if name not in _STAGE}
    return LeadPatch(**given, fields=fields, tags=tags, stage=stage, **links), []


def read_contact(
    account: Account, row: Row, entity_type: EntityType = "contacts"
) -> tuple[ContactPatch, list[Problem]]:
    """A contact or company to add or edit."""
    problems = _wrong_types(row, ints=_SHARED_INTS, texts=_CONTACT_TEXTS)
    fields: FieldValues
    fields, field_problems = read_field_values(account.fields[entity_type], row.get("custom_fields_values"))
    tags, tag_problems = _read_tags(account, entity_type, row)
    problems += [*field_problems, *tag_problems]
    if problems:
        return ContactPatch(), problems
    given: dict[str, Any] = {name: row.get(name) for name in (*_CONTACT_TEXTS, *_SHARED_INTS)}
    return ContactPatch(**given, fields=fields, tags=tags), []


def embedded(row: Row, name: str) -> list[dict[str, Any]]:
    """The objects of a list under `_embedded`; absent and null are an empty one."""
    inner = row.get("_embedded")
    return _objects(inner.get(name) if isinstance(inner, dict) else None)


def _objects(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _wrong_types(row: Row, ints: tuple[str, ...], texts: tuple[str, ...]) -> list[Problem]:
    problems = [wrong_type(name, "int") for name in ints if row.get(name) is not None and type(row[name]) is not int]
    return problems + [wrong_type(name, "string") for name in texts if not isinstance(row.get(name), str | None)]


def _read_stage(account: Account, row: Row, present: Stage | None) -> tuple[Stage | None, list[Problem]]:
    pipeline_id, status_id = row.get("pipeline_id"), row.get("status_id")
    if pipeline_id is None and status_id is None:
        return None, []
    if pipeline_id is None:
        pipeline_id = _pipeline_with(account, status_id, present)
    pipeline = account.pipelines.get(pipeline_id) if type(pipeline_id) is int else None
    if pipeline is None:
        return None, [not_a_choice("status_id" if row.get("pipeline_id") is None else "pipeline_id")]
    stage = Stage(pipeline.id, pipeline.first_status.id if status_id is None else status_id)
    return (stage, []) if account.has_stage(stage) else (None, [not_a_choice("status_id")])


def _pipeline_with(account: Account, status_id: object, present: Stage | None) -> int | None:
    if status_id in CLOSED:
        return present.pipeline_id if present else account.main_pipeline.id
    return next((one.id for one in account.pipelines.values() if status_id in one.statuses), None)


def _read_tags(account: Account, entity_type: EntityType, row: Row) -> tuple[TagChange, list[Problem]]:
    inner = row.get("_embedded")
    replaces = isinstance(inner, dict) and "tags" in inner
    lists = {name: _objects(row.get(name)) for name in ("tags_to_add", "tags_to_delete")}
    lists["_embedded.tags"] = embedded(row, "tags")
    names: dict[str, list[str]] = {}
    problems = []
    for path, tags in lists.items():
        by_id = {str(tag.id): tag.name for tag in account.tags[entity_type].values()}
        found = [str(tag.get("name") or by_id.get(str(tag.get("id")), "")) for tag in tags]
        names[path] = found
        problems += [not_a_choice(f"{path}.{place}.id") for place, name in enumerate(found) if not name]
    replace = names["_embedded.tags"] if replaces else None
    return TagChange(replace, names["tags_to_add"], names["tags_to_delete"]), problems


def _read_links(account: Account, row: Row) -> tuple[dict[str, Any], list[Problem]]:
    """Links to contacts and companies by id; in /leads/complex the same place holds whole contacts."""
    contacts = [one["id"] for one in embedded(row, "contacts") if "id" in one]
    companies = [one["id"] for one in embedded(row, "companies") if "id" in one]
    problems = [
        not_a_choice(f"_embedded.{name}.{place}.id")
        for name, ids in (("contacts", contacts), ("companies", companies))
        for place, one in enumerate(ids)
        if type(one) is not int or one not in account.contacts
    ]
    return {"contact_ids": contacts, "company_id": companies[0] if companies else None}, problems
