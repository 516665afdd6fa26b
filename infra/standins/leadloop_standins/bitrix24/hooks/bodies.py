"""The bodies of POSTs: only an id, and who the portal is.

Source: https://apidocs.bitrix24.ru/api-reference/events/index.html; bodies of 2024 differ in two places.
"""

import re
from typing import Any
from urllib.parse import quote_plus

from ...php_form import encode_form
from ..api.shapes import classic_value
from ..portal.portal import Portal
from ..portal.records import Record

_AUTHORISATION_SERVERS = {"2026": "https://oauth.bitrix24.tech/rest/", "2024": "https://oauth.bitrix.info/rest/"}
_ANOTHER_PORTALS = "0" * 32
_MACRO = re.compile(r"\{=Document:(\w+)\}")


def event_body(portal: Portal, name: str, record_id: int, webhook_id: int, token: str | None, at: int) -> str:
    """An event as it leaves the queue: `ts` is that moment, not the one of the change. No token is a stranger's."""
    newer = portal.switches.text("webhook_form") == "2026"
    handler = {"event_handler_id": webhook_id} if newer else {}
    fields = {"data": {"FIELDS": {"ID": record_id}}, "ts": at}
    return encode_form({"event": name, **handler, **fields, "auth": _auth(portal, token)})


def robot_body(portal: Portal, record: Record, token: str | None) -> str:
    """The document that has entered the robot's stage."""
    document = ["crm", record.kind.document, f"{record.kind.upper}_{record.id}"]
    return encode_form({"document_id": document, "auth": _auth(portal, token)})


def filled_address(portal: Portal, destination: str, record: Record) -> str:
    """The address with `{=Document:OPPORTUNITY}` and its like replaced by what the card says."""

    def value(found: re.Match[str]) -> str:
        known = portal.field_named(record.kind, found[1])
        told = classic_value(portal, known, record.values.get(known.name)) if known else None
        return quote_plus(told or "")

    return _MACRO.sub(value, destination)


def _auth(portal: Portal, token: str | None) -> dict[str, Any]:
    profile = portal.profile
    return {
        "domain": profile.domain,
        "client_endpoint": f"https://{profile.domain}/rest/",
        "server_endpoint": _AUTHORISATION_SERVERS[portal.switches.text("webhook_form")],
        "member_id": profile.member_id,
        "application_token": _ANOTHER_PORTALS if token is None else token,
    }
