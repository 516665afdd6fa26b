"""/api/v4/leads. Source: https://www.amocrm.ru/developers/content/crm_platform/leads-api."""

from collections.abc import Sequence

import flask
from werkzeug.wrappers import Response

from ..crm.entities import Lead, Stamp
from ..crm.lead_edits import add_lead, edit_lead, stage_of
from ..crm.patches import LeadPatch
from .bodies import Row, posted_object, posted_rows, read_lead, request_id_of
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
from .problems import Problem, ValidationFailed, not_a_choice, wrong_type
from .requests_seen import LeadCreation, watched_values
from .shapes import deleted_lead_shape, lead_shape

_ORDERS = ("created_at", "updated_at", "id")


def add_lead_routes(app: flask.Flask, office: Office) -> None:
    """Reading, adding and editing leads."""

    @app.get("/api/v4/leads")
    def list_leads() -> Response:
        return _list(office)

    @app.get("/api/v4/leads/<int:lead_id>")
    def show_lead(lead_id: int) -> Response:
        lead = office.account.live_lead(lead_id)
        return hal(lead_shape(office.account, lead, requested_extras())) if lead else no_content()

    @app.post("/api/v4/leads")
    def add_leads() -> Response:
        return _add(office, posted_rows(MOST_ENTITIES))

    @app.patch("/api/v4/leads")
    def edit_leads() -> Response:
        return written("leads", [_edited(lead) for lead in _edit(office, posted_rows(MOST_ENTITIES))])

    @app.patch("/api/v4/leads/<int:lead_id>")
    def edit_one_lead(lead_id: int) -> Response:
        return hal(_edited(*_edit(office, [{**posted_object(), "id": lead_id}])))


def _list(office: Office) -> Response:
    account, wanted, extras = office.account, query_of_request(), requested_extras()
    page = requested_page(MOST_ENTITIES, short=office.switches.on("short_pages"))
    in_bin = "only_deleted" in extras
    shown = [one for one in account.leads.values() if one.merged_into is None and one.is_deleted == in_bin]
    leads = ordered(matching(shown, wanted, office.switches), wanted.get("order"), _ORDERS)
    if query := flask.request.args.get("query"):
        leads = found_by_query(account, leads, query)
    if in_bin:
        return page_response("leads", leads, page, deleted_lead_shape)
    return page_response("leads", leads, page, lambda lead: lead_shape(account, lead, extras))


def _add(office: Office, rows: Sequence[Row]) -> Response:
    read = [read_lead(office.account, row) for row in rows]
    _refuse_invalid(rows, [problems for _, problems in read])
    shown = []
    for index, (row, (patch, _)) in enumerate(zip(rows, read, strict=True)):
        lead = add_lead(office.account, patch, office.stamp())
        request_id = request_id_of(row, index)
        note_creation(office, "POST leads", [request_id], lead.id, patch)
        shown.append({"id": lead.id, "request_id": request_id, "_links": self_link(f"leads/{lead.id}")})
    return written("leads", shown)


def _edit(office: Office, rows: Sequence[Row]) -> list[Lead]:
    found = [_lead_of(office, row) for row in rows]
    read = [
        (None, [lead]) if isinstance(lead, Problem) else read_lead(office.account, row, stage_of(lead))
        for row, lead in zip(rows, found, strict=True)
    ]
    _refuse_invalid(rows, [problems for _, problems in read])
    stamp: Stamp = office.stamp()
    edited = []
    for lead, (patch, _) in zip(found, read, strict=True):
        if isinstance(lead, Lead) and isinstance(patch, LeadPatch):
            edit_lead(office.account, lead, patch, stamp)
            edited.append(lead)
    return edited


def _lead_of(office: Office, row: Row) -> Lead | Problem:
    if type(row.get("id")) is not int:
        return wrong_type("id", "int")
    # What a batch answers for an unknown id is not documented; an id that does not exist is not a choice.
    return office.account.live_lead(row["id"]) or not_a_choice("id")


def _edited(lead: Lead) -> dict[str, object]:
    return {"id": lead.id, "updated_at": lead.updated_at, "_links": self_link(f"leads/{lead.id}")}


def note_creation(
    office: Office, method: str, request_ids: Sequence[str], lead_id: int, patch: LeadPatch, *, merged: bool = False
) -> None:
    """Keeps what an accepted request created, for the ledger's count of doubles."""
    catalogue = office.account.fields["leads"]
    found = ((code, catalogue.by_code(code)) for code in office.switches.texts("watched_field_codes"))
    codes = {one.id: code for code, one in found if one is not None}
    values = watched_values(codes, patch.fields)
    office.seen.note(LeadCreation(office.unix_now(), method, tuple(request_ids), lead_id, merged, values))


def _refuse_invalid(rows: Sequence[Row], problems: Sequence[Sequence[Problem]]) -> None:
    found = [(request_id_of(row, index), some) for index, (row, some) in enumerate(zip(rows, problems, strict=True))]
    if any(some for _, some in found):
        raise ValidationFailed(found)
