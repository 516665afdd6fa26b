"""/api/v4/contacts and /api/v4/companies. Source: https://www.amocrm.ru/developers/content/crm_platform/contacts-api."""

from collections.abc import Sequence
from typing import Literal

import flask
from werkzeug.wrappers import Response

from ..crm.account import EntityType
from ..crm.contact_edits import add_contact, edit_contact
from ..crm.entities import Contact
from ..crm.shared_edits import entity_type_of
from .bodies import Row, posted_object, posted_rows, read_contact, request_id_of
from .filters import found_by_query, matching, ordered
from .listing import (
    MOST_ENTITIES,
    hal,
    no_content,
    page_response,
    query_of_request,
    requested_extras,
    requested_page,
    self_link,
    written,
)
from .office import Office
from .problems import ValidationFailed, not_a_choice
from .shapes import contact_shape


def add_contact_routes(app: flask.Flask, office: Office) -> None:
    """The same methods for people and for companies."""
    _add_routes(app, office, "contacts")
    _add_routes(app, office, "companies")


def _add_routes(app: flask.Flask, office: Office, entity_type: EntityType) -> None:
    def list_all() -> Response:
        return _list(office, entity_type)

    def show(entity_id: int) -> Response:
        contact = _visible(office, entity_type, entity_id)
        return hal(contact_shape(office.account, contact, requested_extras())) if contact else no_content()

    def add() -> Response:
        return _add(office, entity_type, posted_rows(MOST_ENTITIES))

    def edit_many() -> Response:
        edited = _edit(office, entity_type, posted_rows(MOST_ENTITIES))
        return written(entity_type, [_edited(one) for one in edited])

    def edit(entity_id: int) -> Response:
        return hal(_edited(*_edit(office, entity_type, [{**posted_object(), "id": entity_id}])))

    root = f"/api/v4/{entity_type}"
    app.add_url_rule(root, f"list {entity_type}", list_all, methods=["GET"])
    app.add_url_rule(f"{root}/<int:entity_id>", f"show {entity_type}", show, methods=["GET"])
    app.add_url_rule(root, f"add {entity_type}", add, methods=["POST"])
    app.add_url_rule(root, f"edit many {entity_type}", edit_many, methods=["PATCH"])
    app.add_url_rule(f"{root}/<int:entity_id>", f"edit {entity_type}", edit, methods=["PATCH"])


def _list(office: Office, entity_type: EntityType) -> Response:
    account, wanted, extras = office.account, query_of_request(), requested_extras()
    page = requested_page(MOST_ENTITIES, short=office.switches.on("short_pages"))
    visible = [one for one in account.contacts.values() if one.is_visible and entity_type_of(one) == entity_type]
    contacts = ordered(matching(visible, wanted, office.switches), wanted.get("order"), ("updated_at", "id"))
    if query := flask.request.args.get("query"):
        contacts = found_by_query(account, contacts, query)
    return page_response(entity_type, contacts, page, lambda one: contact_shape(account, one, extras))


def _add(office: Office, entity_type: EntityType, rows: Sequence[Row]) -> Response:
    read = [read_contact(office.account, row, entity_type) for row in rows]
    found = [(request_id_of(row, index), read[index][1]) for index, row in enumerate(rows)]
    if any(problems for _, problems in found):
        raise ValidationFailed(found)
    shown = []
    for (request_id, _), (patch, _) in zip(found, read, strict=True):
        kind: Literal["contact", "company"] = "contact" if entity_type == "contacts" else "company"
        one = add_contact(office.account, patch, office.stamp(), kind=kind)
        shown.append({"id": one.id, "request_id": request_id, "_links": self_link(f"{entity_type}/{one.id}")})
    return written(entity_type, shown)


def _edit(office: Office, entity_type: EntityType, rows: Sequence[Row]) -> list[Contact]:
    known = [_visible(office, entity_type, row.get("id")) for row in rows]
    read = [read_contact(office.account, row, entity_type) for row in rows]
    problems = [
        (request_id_of(row, index), read[index][1] if known[index] else [not_a_choice("id")])
        for index, row in enumerate(rows)
    ]
    if any(some for _, some in problems):
        raise ValidationFailed(problems)
    edited = [contact for contact in known if contact is not None]
    for contact, (patch, _) in zip(edited, read, strict=True):
        edit_contact(office.account, contact, patch, office.stamp())
    return edited


def _visible(office: Office, entity_type: EntityType, entity_id: object) -> Contact | None:
    contact = office.account.contacts.get(entity_id) if type(entity_id) is int else None
    return contact if contact and contact.is_visible and entity_type_of(contact) == entity_type else None


def _edited(one: Contact) -> dict[str, object]:
    links = self_link(f"{entity_type_of(one)}/{one.id}")
    return {"id": one.id, "name": one.name, "updated_at": one.updated_at, "_links": links}
