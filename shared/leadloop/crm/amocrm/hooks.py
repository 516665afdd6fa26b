"""Ids out of an amoCRM webhook, and nothing else: what they are is read through the API.

The layout of bodies, and what real ones do to parsers:
https://www.amocrm.ru/developers/content/crm_platform/webhooks-format
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

from leadloop.crm.brackets import BracketPair, read_pairs
from leadloop.crm.port import CONTACT, LEAD, HookReading

_ID = re.compile(r"0*[1-9][0-9]{0,19}")
_NOT_READ = frozenset({"customers", "task", "message", "talk", "catalogs", "companies"})
"""Entities that say nothing about a deal."""
_KNOWN = frozenset({"leads", "contacts", "unsorted"}) | _NOT_READ
_BARE_ACTIONS = frozenset({"add", "update"})
"""Reviews of message templates come as ``add[0][…]``, without an entity."""

Path = tuple[str, ...]
Found = Iterator[tuple[str, str]]


def parse_hook(body: bytes) -> HookReading:
    """The leads and contacts a hook is about, each once, in the order of the body. Never raises."""
    pairs = [pair for pair in read_pairs(body) if len(pair.path) > 1 and pair.path[0] in _KNOWN | _BARE_ACTIONS]
    if not pairs:
        return HookReading(unreadable="no entity that amoCRM sends hooks about is named in the body")
    companies = {pair.path[:3] for pair in pairs if pair.path[3:] == ("type",) and pair.value == "company"}
    pairs = [pair for pair in pairs if pair.path[:3] not in companies]
    ids: dict[str, dict[str, None]] = defaultdict(dict)
    for pair in pairs:
        for kind, external_id in _ids_in(pair):
            ids[kind][external_id] = None
    if not ids and any(_must_hold_an_id(pair.path) for pair in pairs):
        return HookReading(unreadable="the body names a lead or a contact without an id of digits")
    return HookReading({kind: tuple(found) for kind, found in ids.items()})


def _ids_in(pair: BracketPair) -> Found:
    reader = _READERS.get(pair.path[0])
    if reader is not None and _ID.fullmatch(pair.value.strip()):
        for kind in reader(pair.path[1:]):
            yield kind, pair.value.strip().lstrip("0")


def _of_leads(path: Path) -> Iterator[str]:
    # documented as leads[delete]=ID, sent as leads[delete][0][id]=ID; both are read
    if path == ("delete",) or (len(path) == 2 and path[0] == "delete") or (len(path) == 3 and path[2] == "id"):
        yield LEAD


def _of_contacts(path: Path) -> Iterator[str]:
    if path == ("delete",) or (len(path) == 2 and path[0] == "delete") or (len(path) == 3 and path[2] == "id"):
        yield CONTACT
    if len(path) in (4, 5) and path[2] == "linked_leads_id":
        yield LEAD


def _of_unsorted(path: Path) -> Iterator[str]:
    if len(path) == 3 and path[2] == "lead_id":
        yield LEAD
    # data: what was offered; accept_result and decline_result: what a manager made of it
    if len(path) in (5, 6) and path[2] in ("data", "accept_result", "decline_result") and path[5:] in ((), ("id",)):
        if path[3] == "leads":
            yield LEAD
        if path[3] == "contacts":
            yield CONTACT


def _must_hold_an_id(path: Path) -> bool:
    return path[0] in ("leads", "contacts") and "note" not in path[1:2]


_READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "leads": _of_leads,
    "contacts": _of_contacts,
    "unsorted": _of_unsorted,
}
