"""What ``leadloop test-lead`` posts: a form of a page whose address bears the code, and surely taken for a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import SplitResult, unquote_plus, urlsplit

from leadloop.forms.builders import ConnectionTest
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.forms.desk import FormRefused
from leadloop.forms.test_codes import PARAMETER
from leadloop.identity.keys import KeyRing
from leadloop.messages import LeadCaptured, decode, encode
from leadloop.policy import ContactMode
from leadloop.runtime import Runtime

_CLIENT_ID, _YCLID = "1000000000000000001", "1000000000000000002"
"""Of no visitor and no click."""


class NotAnAddress(Exception):
    """What should be the address of a page or of a function is none."""

    def __init__(self, option: str, address: str) -> None:
        expected = "an address with https:// or http:// and a host, such as https://sokol.example/contacts"
        super().__init__(f"{option} {address!r}: expected {expected}; nothing was sent")


class NotAField(Exception):
    """What should be a field of the form is not written as one."""

    def __init__(self, words: str) -> None:
        super().__init__(f"--field {words!r}: expected NAME=VALUE, such as --field city=Moscow")


class WouldCount(Exception):
    """As it was asked for, the form would be a lead like any other."""

    def __init__(self) -> None:
        super().__init__(
            "it would be a lead that counts, and was not sent: expected a page whose address bears the code, found "
            "another page or none; leave out a --field that says the page, and give a shorter address by --page"
        )


def taken_apart(option: str, address: str) -> SplitResult:
    """The address given by an option. Raises ``NotAnAddress``."""
    try:
        split = urlsplit(address)
        is_address = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise NotAnAddress(option, address)
    return split


def marked(address: str, code: str) -> str:
    """The address of a page with the code in it, instead of any that it bears. Raises ``NotAnAddress``."""
    split = taken_apart("--page", address)
    others = [pair for pair in split.query.split("&") if pair and not _is_code(pair)]
    return split._replace(query="&".join([*others, f"{PARAMETER}={code}"])).geturl()


def form_of(world: Runtime, page: str, fields: Sequence[str]) -> bytes:
    """The form as JSON. Raises ``NotAField``, or ``WouldCount`` for one that capture-lead would not take for a test."""
    form = {"form": "leadloop test-lead", "page": page, "ym_client_id": _CLIENT_ID, "yclid": _YCLID}
    form |= {"utm_source": "leadloop", "utm_medium": "test"}
    if world.policy.contacts.mode is not ContactMode.NONE:
        # A key and no number: so it may come wherever leadloop runs, and is nobody's telephone.
        form["phone_key"] = KeyRing.of(world.secrets).keys_of("phone", "test-lead")[0].hmac
    body = json.dumps({**form, **dict(map(_field, fields))}).encode()
    if _would_count(world, body):
        raise WouldCount
    return body


def _is_code(pair: str) -> bool:
    return unquote_plus(pair.partition("=")[0]).casefold() == PARAMETER


def _field(words: str) -> tuple[str, str]:
    name, equals, value = words.partition("=")
    if not (name and equals):
        raise NotAField(words)
    return name, value


def _would_count(world: Runtime, body: bytes) -> bool:
    """Whether it is read as a lead, by the code that capture-lead reads it with."""
    try:
        message = capture(
            world, Received(body, "application/json", len(body)), Caller.of({}, world.policy.site)
        ).message
    except (ConnectionTest, FormRefused):
        return False
    read = decode(encode(message))
    return isinstance(read, LeadCaptured) and read.submission.trial is None
