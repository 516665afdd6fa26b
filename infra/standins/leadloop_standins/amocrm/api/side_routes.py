"""Notes, tags and links: what hangs on leads and contacts.

Sources: https://www.amocrm.ru/developers/content/crm_platform/events-and-notes, tags-api, entity-links-api.
"""

from typing import Any, Literal, get_args

import flask
from werkzeug.wrappers import Response

from ..crm.account import Change, EntityType
from ..crm.entities import Contact, Lead, Note
from ..crm.links import link_company, link_contact, unlink_contact
from .bodies import Row, posted_rows, request_id_of
from .listing import MOST_ENTITIES, hal, no_content, page_response, requested_page, self_link, written
from .office import Office
from .problems import Problem, RequestRefused, ValidationFailed, not_a_choice

Noted = Literal["leads", "contacts"]


def add_side_routes(app: flask.Flask, office: Office) -> None:
    """Notes of leads and contacts, tags of every entity type, links of leads."""
    for noted in get_args(Noted):
        _add_note_routes(app, office, noted)
    for entity_type in get_args(EntityType):
        _add_tag_routes(app, office, entity_type)
    _add_link_routes(app, office)


def _add_note_routes(app: flask.Flask, office: Office, noted: Noted) -> None:
    def add_notes(entity_id: int | None = None) -> Response:
        rows = [{**row, "entity_id": entity_id or row.get("entity_id")} for row in posted_rows(MOST_ENTITIES)]
        found = [(request_id_of(row, index), _note_problems(office, noted, row)) for index, row in enumerate(rows)]
        if any(problems for _, problems in found):
            raise ValidationFailed(found)
        notes = [_add_note(office, noted, row) for row in rows]
        shown = [
            {"id": one.id, "entity_id": one.entity_id, "request_id": request_id}
            for one, (request_id, _) in zip(notes, found, strict=True)
        ]
        return written("notes", shown)

    def list_notes(entity_id: int) -> Response:
        page = requested_page(MOST_ENTITIES, short=False)
        notes = [one for one in office.account.notes.values() if (one.entity_type, one.entity_id) == (noted, entity_id)]
        return page_response("notes", notes, page, lambda one: _note_shape(office, one))

    root = f"/api/v4/{noted}"
    app.add_url_rule(f"{root}/notes", f"add notes to {noted}", add_notes, methods=["POST"])
    app.add_url_rule(f"{root}/<int:entity_id>/notes", f"add notes to one of {noted}", add_notes, methods=["POST"])
    app.add_url_rule(f"{root}/<int:entity_id>/notes", f"list notes of {noted}", list_notes, methods=["GET"])


def _note_problems(office: Office, noted: Noted, row: Row) -> list[Problem]:
    known = office.account.leads if noted == "leads" else office.account.contacts
    problems = [] if type(row["entity_id"]) is int and row["entity_id"] in known else [not_a_choice("entity_id")]
    if not isinstance(row.get("note_type"), str):
        problems.append(Problem("NotBlank", "note_type", "This value should not be blank."))
    return problems


def _add_note(office: Office, noted: Noted, row: Row) -> Note:
    account, stamp = office.account, office.stamp()
    params = row.get("params")
    note = Note(
        account.ids.take("note"),
        noted,
        row["entity_id"],
        row["note_type"],
        dict(params) if isinstance(params, dict) else {},
        stamp.at,
        stamp.by,
    )
    account.notes[note.id] = note
    event_type = "service_note_added" if "service" in note.note_type else "common_note_added"
    account.feed.write(event_type, (noted[:-1], note.entity_id), stamp, (), [{"note": {"id": note.id}}])
    account.changes.append(Change("note", "note", note.id))
    return note


def _note_shape(office: Office, note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "entity_id": note.entity_id,
        "created_by": note.created_by,
        "created_at": note.created_at,
        "note_type": note.note_type,
        "params": note.params,
        "account_id": office.account.profile.id,
        "_links": self_link(f"{note.entity_type}/{note.entity_id}/notes/{note.id}"),
    }


def _add_tag_routes(app: flask.Flask, office: Office, entity_type: EntityType) -> None:
    def list_tags() -> Response:
        page = requested_page(MOST_ENTITIES, short=False)
        tags = list(office.account.tags[entity_type].values())
        return page_response("tags", tags, page, lambda tag: {"id": tag.id, "name": tag.name, "color": None})

    def add_tags() -> Response:
        rows = posted_rows(MOST_ENTITIES)
        tags = [office.account.tag(entity_type, str(row.get("name", ""))) for row in rows]
        return written("tags", [{"id": tag.id, "name": tag.name, "color": None} for tag in tags])

    root = f"/api/v4/{entity_type}/tags"
    app.add_url_rule(root, f"list tags of {entity_type}", list_tags, methods=["GET"])
    app.add_url_rule(root, f"add tags of {entity_type}", add_tags, methods=["POST"])


def _add_link_routes(app: flask.Flask, office: Office) -> None:
    @app.get("/api/v4/leads/<int:lead_id>/links")
    def list_links(lead_id: int) -> Response:
        lead = office.account.live_lead(lead_id)
        links = _link_shapes(lead) if lead else []
        return written("links", links) if links else no_content()

    @app.post("/api/v4/leads/<int:lead_id>/link")
    def link(lead_id: int) -> Response:
        lead = _lead(office, lead_id)
        for row in posted_rows(MOST_ENTITIES):
            _link(office, lead, row)
        return written("links", _link_shapes(lead))

    @app.post("/api/v4/leads/<int:lead_id>/unlink")
    def unlink(lead_id: int) -> Response:
        lead = _lead(office, lead_id)
        for row in posted_rows(MOST_ENTITIES):
            contact = _linkable(office, row)
            if contact is not None:
                unlink_contact(office.account, lead, contact, office.stamp())
        return no_content()

    @app.get("/api/v4/leads/<int:lead_id>/notes/<int:note_id>")
    def show_note(lead_id: int, note_id: int) -> Response:
        note = office.account.notes.get(note_id)
        return hal(_note_shape(office, note)) if note and note.entity_id == lead_id else no_content()


def _lead(office: Office, lead_id: int) -> Lead:
    lead = office.account.live_lead(lead_id)
    if lead is None:
        raise RequestRefused(404, "There is no such lead")
    return lead


def _link(office: Office, lead: Lead, row: Row) -> None:
    other = _linkable(office, row)
    if other is None or row.get("to_entity_type") not in ("contacts", "companies"):
        raise ValidationFailed([("0", [not_a_choice("to_entity_id")])])
    if other.kind == "company":
        link_company(office.account, lead, other, office.stamp())
    else:
        metadata = row.get("metadata")
        is_main = isinstance(metadata, dict) and metadata.get("is_main") is True
        link_contact(office.account, lead, other, office.stamp(), is_main=is_main)


def _linkable(office: Office, row: Row) -> Contact | None:
    contact_id = row.get("to_entity_id")
    return office.account.contacts.get(contact_id) if type(contact_id) is int else None


def _link_shapes(lead: Lead) -> list[dict[str, Any]]:
    frame = {"entity_id": lead.id, "entity_type": "leads"}
    contacts = [
        {**frame, "to_entity_id": one, "to_entity_type": "contacts", "metadata": {"main_contact": place == 0}}
        for place, one in enumerate(lead.contact_ids)
    ]
    company = {"to_entity_id": lead.company_id, "to_entity_type": "companies", "metadata": None}
    return [*contacts, {**frame, **company}] if lead.company_id else contacts
