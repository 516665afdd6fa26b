"""Tilda's webhook (https://help-ru.tilda.cc/webhook, https://help-ru.tilda.cc/formsscript).

Tilda waits 5 seconds and tries twice more a minute apart, under the same ``tranid``. A basket may come
without one; then its order number names it.
"""

from __future__ import annotations

import re

from leadloop.forms.body import Fields
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.field_names import UTM
from leadloop.forms.form_post import FormPost, cookies_of

_FORM_ID = re.compile(r"form\d{3,}")
_PAIR = re.compile(r"\|\|\|(?:amp;)?")


def recognises(fields: Fields) -> bool:
    """A project-and-lead number, a form number of Tilda's shape, its cookies, or its connection test."""
    values = fields.values
    return (
        ("tranid",) in values
        or (("formid",) in values and _FORM_ID.fullmatch(values[("formid",)]) is not None)
        or "tildauid=" in values.get(("COOKIES",), "")
        or _is_connection_test(fields)
    )


def read(fields: Fields) -> FormPost:
    """The form; ``referer`` is the page itself, the ``TILDAUTM`` cookie holds the first visit's tags for 30 days."""
    if _is_connection_test(fields):
        raise ConnectionTest("ok")
    post = FormPost.of(fields)
    offered = {role: values for role, values in post.offered.items() if role != "referrer"}
    if page := fields.values.get(("referer",)):
        offered["page"] = (page,)
    return FormPost(fields, offered, _remembered(post.first("cookies")), is_relayed=True)


def _is_connection_test(fields: Fields) -> bool:
    return len(fields.values) == 1 and fields.values.get(("test",)) == "test"


def _remembered(cookies: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in _PAIR.split(cookies_of(cookies).get("TILDAUTM", "")))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() in UTM and value.strip()}
