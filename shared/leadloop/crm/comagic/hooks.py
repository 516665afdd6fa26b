"""Ids out of a notification, and nothing else: what they are is read in the reports.

A person writes the body in the cabinet; macros come as JSON, in a form as in a body of JSON, and one without a value is
null (https://www.uiscom.ru/academiya/spravochnyj-centr/uvedomleniya/).
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl

from leadloop.crm.comagic.ids import MEDIA, external_id
from leadloop.crm.port import LEAD, HookReading
from leadloop.json_types import Json

_ID = re.compile(r"0*([1-9][0-9]{0,19})")
_NOT_READ = "goal"
"""Somebody did something on the site, and made no contact."""


def parse_hook(body: bytes) -> HookReading:
    """The communication that a notification is about. Never raises."""
    said = _members(body)
    if not said:
        return HookReading(unreadable="the body is neither a JSON object nor a form")
    kind = _text(said.get("communication_type"))
    if kind == _NOT_READ:
        return HookReading()
    if kind not in MEDIA and _ID.fullmatch(_text(said.get("call_session_id"))):
        kind = "call"  # every notification of a call names its session
    number = _ID.fullmatch(_text(said.get("communication_id")))
    if kind == "call" and number is None and _ID.fullmatch(_text(said.get("call_session_id"))):
        return HookReading()  # a template without communication_id names a session alone: the next pull finds its call
    if kind not in MEDIA or number is None:
        return HookReading(unreadable="the body names no communication_id of digits, or no communication_type")
    return HookReading({LEAD: (external_id(MEDIA[kind], number[1]),)})


def _members(body: bytes) -> dict[str, Json]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=None))
    return found if isinstance(found, dict) else {}


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return ""
    return str(value).strip().strip('"') if isinstance(value, str | int) else ""
