"""The account's own dictionaries: who it is, users, pipelines, reasons of loss, custom fields.

Sources: https://www.amocrm.ru/developers/content/crm_platform/account-info, leads_pipelines, custom-fields, users-api.
"""

from typing import Any, get_args

import flask
from werkzeug.wrappers import Response

from ..crm.account import EntityType
from ..crm.entities import User
from ..crm.fields import CREATABLE_TYPES, TYPES_WITH_ENUMS, CustomField, EnumChoice, FieldCatalogue
from .bodies import Row, posted_rows, request_id_of
from .listing import (
    MOST_ENTITIES,
    hal,
    no_content,
    page_response,
    requested_extras,
    requested_page,
    self_link,
    whole_list,
)
from .office import Office
from .problems import Problem, ValidationFailed, not_a_choice, wrong_type
from .shapes import field_shape, loss_reason_shape, pipeline_shape


def add_dictionary_routes(app: flask.Flask, office: Office) -> None:
    """Everything an integration reads once, and creating a field."""

    @app.get("/api/v4/account")
    def show_account() -> Response:
        return hal(_account_shape(office))

    @app.get("/api/v4/users")
    def list_users() -> Response:
        page = requested_page(MOST_ENTITIES, short=False)
        return page_response("users", list(office.account.users.values()), page, _user_shape, with_totals=True)

    @app.get("/api/v4/leads/pipelines")
    def list_pipelines() -> Response:
        pipelines = sorted(office.account.pipelines.values(), key=lambda one: one.sort)
        return whole_list("pipelines", [pipeline_shape(office.account, one) for one in pipelines])

    @app.get("/api/v4/leads/pipelines/<int:pipeline_id>")
    def show_pipeline(pipeline_id: int) -> Response:
        pipeline = office.account.pipelines.get(pipeline_id)
        return hal(pipeline_shape(office.account, pipeline)) if pipeline else no_content()

    @app.get("/api/v4/leads/loss_reasons")
    def list_loss_reasons() -> Response:
        page = requested_page(MOST_ENTITIES, short=False)
        reasons = list(office.account.loss_reasons.values())
        return page_response("loss_reasons", reasons, page, loss_reason_shape, with_totals=True)

    for entity_type in get_args(EntityType):
        _add_field_routes(app, office, entity_type)


def _add_field_routes(app: flask.Flask, office: Office, entity_type: EntityType) -> None:
    def list_fields() -> Response:
        page = requested_page(MOST_ENTITIES, short=office.switches.on("short_pages"))
        fields = office.account.fields[entity_type].all()
        return page_response("custom_fields", fields, page, _shape, with_totals=True)

    def show_field(field_id: int) -> Response:
        one = office.account.fields[entity_type].by_id(field_id)
        return hal(_shape(one)) if one else no_content()

    def add_fields() -> Response:
        added = _add_fields(office, entity_type, posted_rows(MOST_ENTITIES))
        return hal({"_total_items": len(added), "_embedded": {"custom_fields": [_shape(one) for one in added]}}, 201)

    def _shape(one: CustomField) -> dict[str, Any]:
        return field_shape(office.account, entity_type, one)

    root = f"/api/v4/{entity_type}/custom_fields"
    app.add_url_rule(root, f"list fields of {entity_type}", list_fields, methods=["GET"])
    app.add_url_rule(f"{root}/<int:field_id>", f"show field of {entity_type}", show_field, methods=["GET"])
    app.add_url_rule(root, f"add fields of {entity_type}", add_fields, methods=["POST"])


def _add_fields(office: Office, entity_type: EntityType, rows: list[dict[str, Any]]) -> list[CustomField]:
    catalogue = office.account.fields[entity_type]
    found = [(request_id_of(row, index), _field_problems(catalogue, row)) for index, row in enumerate(rows)]
    if any(problems for _, problems in found):
        raise ValidationFailed(found)
    return [_new_field(office, catalogue, row) for row in rows]


def _field_problems(catalogue: FieldCatalogue, row: Row) -> list[Problem]:
    problems = []
    if not isinstance(row.get("name"), str) or not row["name"]:
        problems.append(Problem("NotBlank", "name", "This value should not be blank."))
    if not isinstance(row.get("type"), str) or row["type"] not in CREATABLE_TYPES:
        return [*problems, not_a_choice("type")]
    if catalogue.by_code(row.get("code")) is not None:
        problems.append(Problem("NotUnique", "code", "This value is already used."))
    if not isinstance(row.get("sort", 0), int):
        problems.append(wrong_type("sort", "int"))
    return problems + (_enum_problems(row.get("enums")) if row["type"] in TYPES_WITH_ENUMS else [])


def _enum_problems(enums: object) -> list[Problem]:
    if not isinstance(enums, list) or not enums:
        return [Problem("NotBlank", "enums", "This value should not be blank.")]
    named = [isinstance(one, dict) and isinstance(one.get("value"), str) for one in enums]
    return [wrong_type(f"enums.{place}.value", "string") for place, is_named in enumerate(named) if not is_named]


def _new_field(office: Office, catalogue: FieldCatalogue, row: Row) -> CustomField:
    take = office.account.ids.take
    given = row["enums"] if row["type"] in TYPES_WITH_ENUMS else []
    enums = [EnumChoice(take("enum"), one["value"], place, one.get("code")) for place, one in enumerate(given, start=1)]
    one = CustomField(take("field"), row["name"], row["type"], row.get("code"), row.get("sort", 500), enums=enums)
    one.is_api_only = bool(row.get("is_api_only", False))
    catalogue.add(one)
    return one


def _account_shape(office: Office) -> dict[str, Any]:
    profile, extras = office.account.profile, requested_extras()
    shape: dict[str, Any] = {
        "id": profile.id,
        "name": profile.name,
        "subdomain": profile.subdomain,
        "current_user_id": profile.integration_user_id,
        "country": profile.country,
        "currency": profile.currency,
        "customers_mode": "disabled",
        "is_unsorted_on": any(one.unsorted for one in office.account.pipelines.values()),
        "is_loss_reason_enabled": bool(office.account.loss_reasons),
        "is_technical_account": False,
        "contact_name_display_order": 1,
    }
    if "is_api_filter_enabled" in extras:
        shape["is_api_filter_enabled"] = office.switches.text("filters") == "honoured"
    inner = {"datetime_settings": {"timezone": profile.timezone}} if "datetime_settings" in extras else {}
    return {**shape, "_links": self_link("account"), "_embedded": inner}


def _user_shape(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "lang": "ru",
        "_links": self_link(f"users/{user.id}"),
    }
