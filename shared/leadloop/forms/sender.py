"""Where a form was sent from, as keyed digests, and whether its sender or its phone looks like a program's.

An address of the internet and a User-Agent are read here, compared by their digests and kept nowhere; of the last few
User-Agents a process remembers whether they are programs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

from leadloop.forms.callers import Caller
from leadloop.forms.form_post import FormPost
from leadloop.identity.keys import KeyRing
from leadloop.policy import ContactMode, Policy

_LONGEST = 400
"""Characters of a header that are looked at."""

_PROGRAMS = (
    *("headless", "phantomjs", "selenium", "webdriver", "puppeteer", "playwright", "scrapy"),
    *("python-", "aiohttp", "httpx", "curl/", "wget/", "libwww", "go-http-client", "node-fetch", "axios/"),
)
"""What stands in the User-Agent of browsers without a screen and of HTTP libraries, in small letters. Not ``okhttp``:
people fill in the forms of apps."""
_NO_DIGIT = re.compile(r"[^0-9]+")
_ROWS = "|".join(f"{row[start : start + 7]}" for row in ("0123456789", "9876543210") for start in range(4))
_PATTERN = re.compile(rf"(\d)\1{{6}}|(\d\d)\2{{3}}|(\d{{3}})\3{{2}}|{_ROWS}")
"""One digit seven times, two four times, three three times, or seven in a row: numbers that do exist, and that
people and programs type to get past a form."""

_SIX = 16
_MAPPED = bytes(10) + b"\xff\xff"
"""An IPv4 address written as one of IPv6: https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2"""
_OWN_FOUR = re.compile(rb"\x0a|\x7f|\xa9\xfe|\xac[\x10-\x1f]|\xc0\xa8", re.DOTALL)
_OWN_SIX = re.compile(rb"\x00{15}|[\xfc\xfd]|\xfe[\x80-\xbf]", re.DOTALL)
"""Addresses inside a house (RFC 1918, 4193, and of this machine): one of our own proxies, and no visitor's."""


class Sender(NamedTuple):
    """What is noted of a sender; all of it nothing by itself, and nobody's name."""

    network: str | None = None
    device: str | None = None
    is_automation: bool = False


NOBODY = Sender()


def sender_of(caller: Caller, post: FormPost, policy: Policy, ring: KeyRing) -> Sender:
    """Who sent a form, as far as it may be noted.

    Nothing for a builder's server, whose address and program are the builder's. A sender that is no browser has no
    network either: most are a company's own site that passes its forms on. None of both in contacts mode ``none``.
    """
    if post.is_relayed:
        return NOBODY
    is_automation = _is_automation(caller.user_agent[:_LONGEST])
    if policy.contacts.mode is ContactMode.NONE or not caller.is_browser:
        return Sender(is_automation=is_automation)
    network = _network(caller.forwarded_for)
    if network is None:
        return Sender(is_automation=is_automation)
    browser = (caller.user_agent[:_LONGEST].encode(), caller.languages[:_LONGEST].encode())
    device = ring.keyed_digest(b"device", network, *browser)
    return Sender(ring.keyed_digest(b"network", network), device, is_automation)


def looks_made_up(phone: str) -> bool:
    """Whether a typed phone is one digit, a row or a repeated group, country code included."""
    return bool(phone) and _PATTERN.search(_NO_DIGIT.sub("", phone[:_LONGEST])) is not None


@lru_cache(maxsize=64)
def _is_automation(user_agent: str) -> bool:
    told = user_agent.lower()
    return any(map(told.__contains__, _PROGRAMS))


def _network(forwarded_for: str) -> bytes | None:
    """The network of whoever the nearest proxy took the form from; ``None`` when it does not say or is a proxy itself.

    Every proxy appends whom it took a request from, and whoever sends one may write anything before that: so the last
    address is Google's front end's or our own web server's word, and no other is believed
    (https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header).
    """
    last = forwarded_for.rpartition(",")[2].strip()[:_LONGEST]
    return _reduced(last) if last else None


def _reduced(address: str) -> bytes | None:
    """256 addresses of IPv4, or the first 48 bits of IPv6: what one customer is given, and no more exact."""
    try:
        packed = inet_pton(AF_INET6 if ":" in address else AF_INET, address)
    except (OSError, ValueError):
        return None
    if packed.startswith(_MAPPED) and len(packed) == _SIX:
        packed = packed[len(_MAPPED) :]
    if len(packed) == _SIX:
        return None if _OWN_SIX.match(packed) else packed[:6]
    return None if _OWN_FOUR.match(packed) else packed[:3]
