"""The signs of where a lead came from, read off a form's submission or off a deal of the CRM."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from leadloop.json_types import Json, JsonObject

SOURCE, CALLED_NUMBER, CREATED_BY = "source", "called_number", "created_by"
"""What a deal shows besides tags, click ids and the referrer, by the names of ``crm.fields``."""

BY_INTEGRATION = "integration"
BY_USER = "user"
"""Who made a deal that was entered by hand; any other maker is the CRM's own logic, or another program."""

_NOTHING: Mapping[str, str] = {}


class Signs(NamedTuple):
    """Everything a source may be known by; empty where nothing was said."""

    click_ids: Mapping[str, str] = _NOTHING
    utm: Mapping[str, str] = _NOTHING
    host: str = ""
    """Of the page, or the package of the application, that the visitor came from."""
    form: str = ""
    crm: Mapping[str, str] | None = None
    """The deal's source fields; ``None`` for what a form sent."""


def of_form(said: JsonObject) -> Signs:
    """The signs of a submission. Never raises, whatever its values are."""
    ids, referrer = _texts(said.get("ids")), _texts(said.get("referrer"))
    form = said.get("form")
    for page in ("page", "landing"):
        params = said.get(page)
        if isinstance(params, dict) and params.get("params"):
            ids = {**_texts(params["params"]), **ids}
    return Signs(ids, _texts(said.get("utm")), referrer.get("host", ""), form if isinstance(form, str) else "")


def of_deal(fields: Mapping[str, str]) -> Signs:
    """The signs of a deal: what its source fields hold.

    Who made it is told by the CRM's id of a user, 0 for a program; here it is a user's or an integration's.
    """
    maker = fields.get(CREATED_BY, "")
    if maker.isdecimal():
        fields = {**fields, CREATED_BY: BY_USER if int(maker) else BY_INTEGRATION}
    return Signs(fields, fields, host_of(fields.get("referrer", "")), "", fields)


def host_of(address: str) -> str:
    """The host in what a referrer field holds: a whole URL, or host and path."""
    _, scheme, rest = address.strip().rpartition("://")
    host = (rest if scheme else address.strip()).partition("/")[0].partition("?")[0].rpartition("@")[2]
    return host.partition(":")[0].casefold().rstrip(".")


@lru_cache(maxsize=256)
def number_of(written: str) -> str:
    """A phone as E.164 has it, so that spellings of one number meet: 8 (495) 000-00-01 is +74950000001."""
    digits = "".join(letter for letter in written if letter.isdecimal())
    if len(digits) == _WITHOUT_PLUS and digits[0] == "8" and not written.strip().startswith("+"):
        digits = f"7{digits[1:]}"
    return f"+{digits}" if digits else ""


_WITHOUT_PLUS = 11
"""Digits of a Russian number as it is dialled, with 8 for +7."""


def _texts(group: Json) -> dict[str, str]:
    return {name: text for name, text in group.items() if isinstance(text, str)} if isinstance(group, dict) else {}
