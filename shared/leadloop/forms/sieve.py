"""What keeps contacts out of texts that travel in clear, and says what it kept out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from leadloop.forms.field_names import UTM
from leadloop.forms.form_post import query_of
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.messages import PageAddress

MAX_TAG = 255
MAX_PATH = 500
CLICK_IDS = ("yclid", "gclid", "ymclid", "fbclid", "rb_clickid", "vk_clickid", "msclkid", "erid")
"""Click ids kept in stored URLs. Not ``ysclid``: it marks organic search and is nobody's click."""

_MACRO = re.compile(r"\{[^{}]*\}|%7B[^%]*%7D", re.IGNORECASE)
_CLICK_ID = re.compile(r"[A-Za-z0-9_.-]{1,250}")
_LOOKED_LIKE_CONTACT = "looked like a phone or an e-mail; only keyed or sealed contacts may travel"


class Sieve:
    """Passes texts on, without contacts and unresolved macros, and remembers what it held back."""

    def __init__(self, left_out: Mapping[str, str]) -> None:
        self.left_out = dict(left_out)

    def text(self, name: str, value: str, longest: int = MAX_TAG) -> str:
        """The text without unresolved macros; nothing if it holds a contact.

        ``{keyword}`` is what Direct failed to fill in: https://yandex.ru/support/direct/ru/statistics/url-tags
        """
        plain = _MACRO.sub("", value[: 2 * longest]).strip()
        if looks_like_contact(plain):
            self.left_out[name] = _LOOKED_LIKE_CONTACT
            return ""
        return plain[:longest]

    def texts(self, prefix: str, values: Mapping[str, str]) -> dict[str, str]:
        """The texts that still hold something."""
        passed = {name: self.text(f"{prefix}{name}", value) for name, value in values.items()}
        return {name: value for name, value in passed.items() if value}

    def address(self, name: str, url: str, params: tuple[str, ...]) -> PageAddress:
        """A URL reduced to host, path and the parameters known by name (UTM, click ids, ``params``)."""
        try:
            split = urlsplit(url.strip())
            host = (split.hostname or "")[:MAX_TAG]
        except ValueError:
            return PageAddress()
        query = query_of(url.strip())
        clicks = {known: query[known] for known in CLICK_IDS if _is_click_id(query.get(known, ""))}
        known = {known: query[known] for known in (*UTM, *(param.casefold() for param in params)) if query.get(known)}
        return PageAddress(
            host=self.text(f"{name}.host", host),
            path=self.text(f"{name}.path", split.path, MAX_PATH),
            params=self.texts(f"{name}.", known) | clicks,
        )


def _is_click_id(value: str) -> bool:
    return _CLICK_ID.fullmatch(value) is not None and not looks_like_contact(value)
