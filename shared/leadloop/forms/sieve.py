"""What keeps contacts out of texts that travel in clear, and says what it kept out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypedDict

from leadloop.forms.field_names import UTM
from leadloop.forms.page_url import NOWHERE, PageUrl
from leadloop.identity.contact_signs import looks_like_contact

MAX_TAG = 255
MAX_PATH = 500
CLICK_IDS = frozenset({"yclid", "gclid", "ymclid", "fbclid", "rb_clickid", "vk_clickid", "msclkid", "erid"})
"""Click ids kept in stored URLs. Not ``ysclid``: it marks organic search and is nobody's click."""

_MACRO = re.compile(r"\{[^{}]*\}|%7B[^%]*%7D", re.IGNORECASE)
_HARMLESS = re.compile(r"(?:[A-Za-z\u0400-\u04ff_./-]*[0-9]){0,8}[A-Za-z\u0400-\u04ff_./-]*")
"""What most tags, hosts and paths are: no contact and no macro is written with these, and with so few digits. If
several are it together, each of them is."""
_CLICK_ID = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_LOOKED_LIKE_CONTACT = "looked like a phone or an e-mail; only keyed or sealed contacts may travel"


class Address(TypedDict, total=False):
    """The fields of a ``PageAddress``."""

    host: str
    path: str
    params: dict[str, str]


class Sieve:
    """Passes texts on, without contacts and unresolved macros, and remembers what it held back."""

    def __init__(self, left_out: Mapping[str, str]) -> None:
        self.left_out = dict(left_out)
        self._passed: set[str] = set()
        """What was found to be no contact: one tag often stands in several places of a form."""
        self._last: tuple[Mapping[str, str], dict[str, str]] = {}, {}
        """A query that lost nothing to the sieve, and what was kept of it: the next page often has the same."""

    def text(self, name: str, value: str, longest: int = MAX_TAG) -> str:
        """The text without unresolved macros; nothing if it holds a contact.

        ``{keyword}`` is what Direct failed to fill in: https://yandex.ru/support/direct/ru/statistics/url-tags
        """
        if _HARMLESS.fullmatch(value):
            self._passed.add(value)
            return value[:longest]
        plain = value[: 2 * longest].strip()
        if "{" in plain or "%7" in plain:
            plain = _MACRO.sub("", plain).strip()
        if looks_like_contact(plain):
            self.left_out[name] = _LOOKED_LIKE_CONTACT
            return ""
        self._passed.add(plain)
        return plain[:longest]

    def texts(self, prefix: str, values: Mapping[str, str]) -> dict[str, str]:
        """The texts that still hold something."""
        whole = "".join(values.values())
        if len(whole) <= MAX_TAG and _HARMLESS.fullmatch(whole):
            self._passed.update(values.values())
            return {name: value for name, value in values.items() if value}
        passed = {}
        for name, value in values.items():
            text = value[:MAX_TAG] if value in self._passed else self.text(prefix + name, value)
            if text:
                passed[name] = text
        return passed

    def address(self, name: str, url: PageUrl, params: tuple[str, ...]) -> Address:
        """A URL reduced to host, path and the parameters known by name (UTM, click ids, ``params``)."""
        if url is NOWHERE:
            return {}
        host, path, query = url
        if len(host) + len(path) > MAX_TAG or not _HARMLESS.fullmatch(host + path):
            host, path = self.text(f"{name}.host", host[:MAX_TAG]), self.text(f"{name}.path", path, MAX_PATH)
        return {"host": host, "path": path, "params": self._parameters(name, query, params) if query else {}}

    def _parameters(self, name: str, query: Mapping[str, str], params: tuple[str, ...]) -> dict[str, str]:
        if query == self._last[0]:
            return self._last[1]
        kept: dict[str, str] = {}
        known, passed, held_back = _known_by_name(params), self._passed, len(self.left_out)
        for param, value in query.items():
            if param in CLICK_IDS and _is_click_id(value):
                kept[param] = value
            elif param in known:
                text = value[:MAX_TAG] if value in passed else self.text(f"{name}.{param}", value)
                if text:
                    kept[param] = text
        if len(self.left_out) == held_back:
            self._last = query, kept
        return kept


@lru_cache(maxsize=8)
def _known_by_name(params: tuple[str, ...]) -> frozenset[str]:
    """The parameters of a URL that may be kept, in small letters; worked out once for a policy."""
    return frozenset({*UTM, *(param.casefold() for param in params)})


def _is_click_id(value: str) -> bool:
    return _CLICK_ID.fullmatch(value) is not None and not looks_like_contact(value)
