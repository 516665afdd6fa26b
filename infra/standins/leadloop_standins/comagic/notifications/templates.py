"""What a person writes in the cabinet: an event, an address and a text with macros.

A macro stands without quotes, for its value comes in JSON already; what has no value becomes null. Which macros exist
is known from templates that integrators have published; others become null here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from ..tracker.account import Event

_MACRO = re.compile(r"\{\{ *(\w+) *\}\}")

EVENT_NAMES: Mapping[Event, str] = {
    "call_started": "Входящий звонок",
    "call_finished": "Завершение звонка",
    "call_lost": "Потерянный звонок",
    "offline_message": "Заявка",
    "chat": "Чат",
    "tag": "Тег",
}

_CALL_MACROS = (
    "notification_name",
    "notification_mnemonic",
    "virtual_phone_number",
    "notification_time",
    "external_id",
    "contact_phone_number",
    "communication_id",
    "communication_number",
    "employee_full_name",
    "employee_id",
    "call_source",
    "direction",
    "call_session_id",
    "scenario_name",
    "talk_time_duration",
    "total_time_duration",
    "wait_time_duration",
    "tag_names",
)
DEFAULT_BODY = "{" + ",".join(f'"{name}":{{{{{name}}}}}' for name in _CALL_MACROS) + "}"
"""A body that tells of a call in the macros integrators use most."""


@dataclass
class Template:
    """One notification of the cabinet. A GET has no body; its macros stand in the URL."""

    id: int
    event: Event
    url: str
    name: str
    mnemonic: str
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: str = DEFAULT_BODY
    is_on: bool = True


@dataclass(frozen=True)
class Written:
    """A template with its macros filled in."""

    url: str
    headers: dict[str, str]
    body: str


def written(template: Template, values: Mapping[str, Any], *, escape_letters: bool, bare_in_url: bool) -> Written:
    """Fills in the macros of the URL, the headers and the body; unknown ones become null."""

    def encoded(name: str) -> str:
        return json.dumps(values.get(name), ensure_ascii=escape_letters)

    def in_url(name: str) -> str:
        value = values.get(name)
        return quote(value if bare_in_url and isinstance(value, str) else encoded(name), safe="")

    url = _MACRO.sub(lambda found: in_url(found[1]), template.url)
    headers = {name: _MACRO.sub(lambda found: encoded(found[1]), text) for name, text in template.headers.items()}
    body = _MACRO.sub(lambda found: encoded(found[1]), template.body) if template.method == "POST" else ""
    return Written(url, headers, body)
