"""/api/v4/leads/complex and /api/v4/leads/unsorted: leads that come with their contact.

Sources: https://www.amocrm.ru/developers/content/crm_platform/leads-api and unsorted-api.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import flask
from werkzeug.wrappers import Response

from ..crm.account import EntityType
from ..crm.intake import Admission, Arrival, Party, admit
from ..crm.pipelines import Stage
from ..crm.unsorted import UnsortedRequest
from ..crm.unsorted_edits import accept_unsorted, decline_unsorted
from .bodies import Row, embedded, posted_rows, read_contact, read_lead, request_id_of
from .lead_routes import note_creation
from .listing import MOST_ENTITIES, hal, no_content, page_response, requested_page, self_link
from .office import Office
from .problems import Problem, RequestRefused, ValidationFailed, not_a_choice, wrong_type

Reader = Callable[[Office, Row, str], tuple[Arrival, list[Problem]]]

MOST_COMPLEX = 50
_REQUIRED_METADATA = ("form_id", "form_name", "form_page", "form_sent_at")


def add_complex_routes(app: flask.Flask, office: Office) -> None:
    """Adding leads whole, and the requests that wait in "unsorted"."""

    @app.post("/api/v4/leads/complex")
    def add_complex() -> Response:
        arrivals = _read_all(office, posted_rows(MOST_COMPLEX), _complex_arrival)
        admissions = _admit(office, "POST leads/complex", arrivals)
        return hal([_complex_answer(one) for one in {id(one): one for one in admissions}.values()])

    @app.post("/api/v4/leads/unsorted/forms")
    def add_forms() -> Response:
        arrivals = _read_all(office, posted_rows(MOST_COMPLEX), _form_arrival)
        _refuse_waiting_twice(office, arrivals)
        admissions = _admit(office, "POST leads/unsorted/forms", arrivals)
        shown = [_unsorted_answer(office, one) for one in admissions]
        return hal({"_total_items": len(shown), "_embedded": {"unsorted": shown}})

    @app.get("/api/v4/leads/unsorted")
    def list_unsorted() -> Response:
        page = requested_page(MOST_ENTITIES, short=office.switches.on("short_pages"))
        waiting = [one for one in office.account.unsorted.values() if one.outcome == "waiting"]
        return page_response("unsorted", waiting, page, lambda one: _unsorted_shape(office, one))

    @app.get("/api/v4/leads/unsorted/<uid>")
    def show_unsorted(uid: str) -> Response:
        request = _waiting(office, uid)
        return hal(_unsorted_shape(office, request)) if request else no_content()

    @app.post("/api/v4/leads/unsorted/<uid>/accept")
    def accept(uid: str) -> Response:
        return _accept(office, uid)

    @app.delete("/api/v4/leads/unsorted/<uid>/decline")
    def decline(uid: str) -> Response:
        request = _waiting(office, uid)
        if request is None:
            raise RequestRefused(404, "There is no such request waiting")
        decline_unsorted(office.account, request, office.stamp())
        return hal(_unsorted_shape(office, request))


def _read_all(office: Office, rows: Sequence[Row], read: Reader) -> list[Arrival]:
    found: list[tuple[str, Sequence[Problem]]] = []
    arrivals: list[Arrival] = []
    for index, row in enumerate(rows):
        request_id = request_id_of(row, index)
        arrival, problems = read(office, row, request_id)
        arrivals.append(arrival)
        found.append((request_id, problems))
    if any(problems for _, problems in found):
        raise ValidationFailed(found)
    return arrivals


def _complex_arrival(office: Office, row: Row, request_id: str) -> tuple[Arrival, list[Problem]]:
    inner = row.get("_embedded")
    metadata = inner.get("metadata") if isinstance(inner, dict) else None
    arrival, problems = _arrival(office, row, row, request_id)
    if metadata is None:
        return arrival, problems
    if not isinstance(metadata, dict):
        return arrival, [*problems, wrong_type("_embedded.metadata", "object")]
    category: Literal["forms", "sip"] = "sip" if metadata.get("category") == "sip" else "forms"
    if metadata.get("category") not in ("forms", "sip"):
        problems.append(not_a_choice("_embedded.metadata.category"))
    return replace(arrival, metadata=metadata, category=category), problems


def _form_arrival(office: Office, row: Row, request_id: str) -> tuple[Arrival, list[Problem]]:
    leads = embedded(row, "leads")
    lead_row = leads[0] if leads else {}
    stage = {"pipeline_id": row["pipeline_id"]} if row.get("pipeline_id") else {}
    arrival, problems = _arrival(office, {**lead_row, **stage}, row, request_id)
    metadata = row.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    missing = [name for name in ("source_name", "source_uid") if not row.get(name)]
    missing += [f"metadata.{name}" for name in _REQUIRED_METADATA if not metadata.get(name)]
    problems += [Problem("NotBlank", path, "This value should not be blank.") for path in missing]
    name, uid = str(row.get("source_name", "")), str(row.get("source_uid", ""))
    return replace(arrival, metadata=metadata, source_name=name, source_uid=uid), problems


def _arrival(office: Office, lead_row: Row, parties: Row, request_id: str) -> tuple[Arrival, list[Problem]]:
    lead, problems = read_lead(office.account, _without_parties(lead_row))
    contact, contact_problems = _party(office, parties, "contacts")
    company, company_problems = _party(office, parties, "companies")
    return Arrival(request_id, lead, contact, company), [*problems, *contact_problems, *company_problems]


def _without_parties(row: Row) -> Row:
    inner = row.get("_embedded")
    kept = {"tags": inner["tags"]} if isinstance(inner, dict) and "tags" in inner else {}
    return {**row, "_embedded": kept}


def _party(office: Office, row: Row, entity_type: EntityType) -> tuple[Party | None, list[Problem]]:
    parties = embedded(row, entity_type)
    root = f"_embedded.{entity_type}"
    if not parties:
        return None, []
    if len(parties) > 1:
        return None, [Problem("TooMany", root, "This collection should contain 1 element or less.")]
    if "id" in parties[0]:
        party_id = parties[0]["id"]
        known = type(party_id) is int and party_id in office.account.contacts
        return (party_id, []) if known else (None, [not_a_choice(f"{root}.0.id")])
    patch, problems = read_contact(office.account, parties[0], entity_type)
    return patch, [Problem(one.code, f"{root}.0.{one.path}", one.detail) for one in problems]


def _admit(office: Office, method: str, arrivals: Sequence[Arrival]) -> list[Admission]:
    admissions = admit(office.account, arrivals, office.unix_now())
    for arrival, one in zip(arrivals, admissions, strict=True):
        note_creation(office, method, [arrival.request_id], one.lead_id, arrival.lead, merged=one.merged)
    return admissions


def _complex_answer(one: Admission) -> dict[str, Any]:
    ids = {"id": one.lead_id, "contact_id": one.contact_id, "company_id": one.company_id}
    return {**ids, "request_id": one.request_ids, "merged": one.merged}


def _refuse_waiting_twice(office: Office, arrivals: Sequence[Arrival]) -> None:
    """An identical request that still waits cannot be added again."""
    waiting = [one for one in office.account.unsorted.values() if one.outcome == "waiting"]
    known = {(one.source_uid, str(one.metadata)) for one in waiting}
    problem = Problem("NotUnique", "metadata", "The same request is already waiting in unsorted.")
    twice = [(one.request_id, [problem]) for one in arrivals if (one.source_uid, str(one.metadata)) in known]
    if twice:
        raise ValidationFailed(twice)


def _waiting(office: Office, uid: str) -> UnsortedRequest | None:
    request = office.account.unsorted.get(uid)
    return request if request is not None and request.outcome == "waiting" else None


def _accept(office: Office, uid: str) -> Response:
    request = _waiting(office, uid)
    if request is None:
        raise RequestRefused(404, "There is no such request waiting")
    body = flask.request.get_json(force=True, silent=True)
    status_id = body.get("status_id") if isinstance(body, dict) else None
    stage = None if status_id is None else Stage(request.pipeline_id, status_id)
    if stage is not None and (type(status_id) is not int or not office.account.has_stage(stage)):
        raise ValidationFailed([("0", [not_a_choice("status_id")])])
    accept_unsorted(office.account, request, stage, None, office.stamp())
    return hal(_unsorted_shape(office, request))


def _unsorted_answer(office: Office, one: Admission) -> dict[str, Any]:
    request = office.account.unsorted[str(one.uid)]
    shape = _unsorted_shape(office, request)
    kept = {key: shape[key] for key in ("uid", "account_id", "_links", "_embedded")}
    return {**kept, "request_id": one.request_ids[0]}


def _unsorted_shape(office: Office, request: UnsortedRequest) -> dict[str, Any]:
    contacts = [request.contact_id] if request.contact_id else []
    return {
        "uid": request.uid,
        "source_uid": request.source_uid or None,
        "source_name": request.source_name or None,
        "category": request.category,
        "pipeline_id": request.pipeline_id,
        "created_at": request.created_at,
        "metadata": request.metadata,
        "account_id": office.account.profile.id,
        "_links": self_link(f"leads/unsorted/{request.uid}"),
        "_embedded": {
            "contacts": [{"id": one, "_links": self_link(f"contacts/{one}")} for one in contacts],
            "leads": [{"id": request.lead_id, "_links": self_link(f"leads/{request.lead_id}")}],
            "companies": [],
        },
    }
