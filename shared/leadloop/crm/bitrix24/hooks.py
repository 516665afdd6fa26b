"""Ids out of an event, or out of a robot's webhook, and nothing else: what they are is read through the API.

An event holds the id of what changed: https://apidocs.bitrix24.ru/api-reference/events/index.html. A robot's action
"Webhook" holds its document instead, as ``document_id[2]=DEAL_123``.
"""

from __future__ import annotations

import re

from leadloop.crm.bitrix24 import kinds
from leadloop.crm.brackets import read_pairs
from leadloop.crm.port import CONTACT, LEAD, HookReading

_EVENT = re.compile(r"ONCRM(LEAD|DEAL|CONTACT)(?:ADD|UPDATE|DELETE)")
_DOCUMENT = re.compile(r"(LEAD|DEAL|CONTACT)_([0-9]+)")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,19})")
_LETTER = {kind.name: kind for kind in kinds.KINDS}


def values_of(body: bytes) -> dict[str, str]:
    """What a body holds, by its flat path: ``data[FIELDS][ID]``; the first of several. Never raises."""
    found: dict[str, str] = {}
    for pair in read_pairs(body):
        name, *rest = pair.path
        found.setdefault(name + "".join(f"[{part}]" for part in rest), pair.value)
    return found


def parse_hook(body: bytes) -> HookReading:
    """The deal, lead or contact a webhook is about; nobody for what leadloop does not read. Never raises."""
    held = values_of(body)
    if "event" in held:
        return _of_event(held["event"].upper(), held.get("data[FIELDS][ID]", ""))
    if "document_id[2]" in held:
        document = _DOCUMENT.fullmatch(held["document_id[2]"])
        return _about(document[1], document[2]) if document is not None else HookReading()
    return HookReading(unreadable="the body names neither an event of Bitrix24 nor a document of its robots")


def _of_event(event: str, number: str) -> HookReading:
    known = _EVENT.fullmatch(event)
    return _about(known[1], number) if known is not None else HookReading()


def _about(name: str, number: str) -> HookReading:
    found = _NUMBER.fullmatch(number.strip())
    if found is None:
        return HookReading(unreadable="the body is about a deal, a lead or a contact and has no id of digits")
    if name not in _LETTER:
        return HookReading({CONTACT: (found[1],)})
    return HookReading({LEAD: (kinds.external_id(_LETTER[name], found[1]),)})
