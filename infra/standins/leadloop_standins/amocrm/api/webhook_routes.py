"""/api/v4/webhooks. Source: https://www.amocrm.ru/developers/content/crm_platform/webhooks-api."""

from typing import Any

import flask
from werkzeug.wrappers import Response

from ..hooks.subscriptions import MOST_WEBHOOKS, SETTINGS, Webhook
from .bodies import posted_object
from .listing import hal, no_content, query_of_request, whole_list
from .office import Office
from .problems import Problem, RequestRefused, ValidationFailed, not_a_choice


def add_webhook_routes(app: flask.Flask, office: Office) -> None:
    """Who is told of what."""

    @app.get("/api/v4/webhooks")
    def list_webhooks() -> Response:
        filters = query_of_request().get("filter")
        wanted = filters.get("destination") if isinstance(filters, dict) else None
        webhooks = office.subscriptions.by_destination.values()
        shown = [_shape(office, one) for one in webhooks if wanted in (None, one.destination)]
        return whole_list("webhooks", shown) if shown else no_content()

    @app.post("/api/v4/webhooks")
    def subscribe() -> Response:
        body = posted_object()
        _refuse_wrong(office, body)
        sort = body.get("sort", 1)
        by = office.account.profile.integration_user_id
        webhook = office.subscriptions.subscribe(
            body["destination"], body["settings"], sort if type(sort) is int else 1, office.unix_now(), by
        )
        return hal(_shape(office, webhook), 201)

    @app.delete("/api/v4/webhooks")
    def unsubscribe() -> Response:
        if not office.unsubscribe(str(posted_object().get("destination", ""))):
            raise RequestRefused(404, "There is no webhook with this destination")
        return no_content()


def _refuse_wrong(office: Office, body: dict[str, Any]) -> None:
    destination, settings = body.get("destination"), body.get("settings")
    problems = []
    # The vendor wants a valid address in Latin letters; Cyrillic domains are not supported.
    if (
        not isinstance(destination, str)
        or not destination.startswith(("http://", "https://"))
        or not destination.isascii()
    ):
        problems.append(Problem("InvalidUrl", "destination", "This value is not a valid URL."))
    if not isinstance(settings, list) or not settings:
        problems.append(Problem("NotBlank", "settings", "This value should not be blank."))
    else:
        problems += [
            not_a_choice(f"settings.{place}") for place, one in enumerate(settings) if str(one) not in SETTINGS
        ]
    if problems:
        raise ValidationFailed([("0", problems)])
    known = office.subscriptions.by_destination
    if destination not in known and len(known) >= MOST_WEBHOOKS:
        raise RequestRefused(422, f"An account has no more than {MOST_WEBHOOKS} webhooks")


def _shape(office: Office, webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "destination": webhook.destination,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "account_id": office.account.profile.id,
        "created_by": webhook.created_by,
        "sort": webhook.sort,
        "disabled": webhook.disabled,
        "settings": webhook.settings,
    }
