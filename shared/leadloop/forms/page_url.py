"""A URL that a form names, taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus, urlsplit

MAX_PARAMETERS = 200


class PageUrl(NamedTuple):
    """The parts of a URL that a lead may be told by. A broken URL has none."""

    host: str = ""
    path: str = ""
    query: Mapping[str, str] = {}
    """Parameters, names in small letters; of a name repeated, the first with a value."""


NOWHERE = PageUrl()
_USUAL = re.compile(r"https?://([a-z0-9.-]+)(/[!\"$->@-~]*)?(?:\?([!\"$-~]*))?(?:#[!-~]*)?")
"""Of printable ASCII, without a port or a user: host, path, query."""


def read_url(text: str) -> PageUrl:
    """Take a URL apart. Never raises for what a visitor or a builder sent."""
    if not text:
        return NOWHERE
    text = text.strip()
    if usual := _USUAL.fullmatch(text):
        host, path, query = usual.groups("")
        return PageUrl(host, path, _parameters(query) if query else {})
    try:
        split = urlsplit(text)
        return PageUrl(split.hostname or "", split.path, _parameters(split.query) if split.query else {})
    except ValueError:
        return NOWHERE


def _parameters(query: str) -> dict[str, str]:
    """Read as https://url.spec.whatwg.org/#urlencoded-parsing has it; too many are no form's, and none is read."""
    if query.count("&") >= MAX_PARAMETERS:
        return {}
    is_encoded = "%" in query or "+" in query
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if value:
            if is_encoded:
                name, value = unquote_plus(name), unquote_plus(value)
            found.setdefault(name.casefold(), value)
    return found
