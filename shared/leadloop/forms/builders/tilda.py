"""Tilda's webhook (https://help-ru.tilda.cc/webhook, https://help-ru.tilda.cc/formsscript).

Tilda waits 5 seconds and tries twice more a minute apart, under the same ``tranid``. A basket may come
without one; then its order number names it.
"""

from __future__ import annotations

import re

from leadloop.forms.body import Fields, Path
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.desk import Desk
from leadloop.forms.field_names import UTM, plain_name, role_of
from leadloop.forms.form_post import FormPost, cookies_of
from leadloop.secrets import TILDA_KEY

_FORM_ID = re.compile(r"form\d{3,}")
_TEST = ("test",)
_WITH_A_KEY = 2
_KEY_WORDS = frozenset({"key", "apikey", "api", "token", "secret", "auth", "authorization", "ключ"})
_PAIR = re.compile(r"\|\|\|(?:amp;)?")


def recognises(fields: Fields) -> bool:
    """A project-and-lead number, a form number of Tilda's shape, its cookies, or what may be its connection test."""
    return _has_marks(fields) or _may_be_test(fields)


def read(fields: Fields, desk: Desk) -> FormPost:
    """The form; ``referer`` is the page itself, the ``TILDAUTM`` cookie holds the first visit's tags for 30 days.

    Raises ``ConnectionTest``, and ``FormRefused`` for a post without the API key that the policy asks for.
    """
    named = desk.forms.tilda_key
    if _may_be_test(fields):
        if all(path in (_TEST, (named,)) or _names_a_key(path) for path in fields.values):
            raise ConnectionTest("ok", "tilda")
        if not _has_marks(fields):
            return FormPost.of(fields)  # somebody else's, with a field of that name
    if named:
        key = fields.values.get((named,)) or desk.parameter(named)
        desk.demand(TILDA_KEY, key, "Tilda", "the webhook's API key in Tilda")
        fields = fields._replace(values={path: text for path, text in fields.values.items() if path != (named,)})
    post = FormPost.of(fields)
    offered = {role: values for role, values in post.offered.items() if role != "referrer"}
    if page := fields.values.get(("referer",)):
        offered["page"] = (page,)
    return FormPost(fields, offered, _remembered(post.first("cookies")), is_relayed=True)


def _has_marks(fields: Fields) -> bool:
    values = fields.values
    return (
        ("tranid",) in values
        or _FORM_ID.fullmatch(values.get(("formid",), "")) is not None
        or "tildauid=" in values.get(("COOKIES",), "")
    )


def _may_be_test(fields: Fields) -> bool:
    """``test=test``, alone or with an API key."""
    return len(fields.values) <= _WITH_A_KEY and fields.values.get(_TEST) == "test"


def _names_a_key(path: Path) -> bool:
    """Whether a field may be the API key: in Tilda it has any name, and the policy need not ask for it."""
    words = plain_name(" ".join(path)).split(" ")
    return role_of(path) is None and not _KEY_WORDS.isdisjoint(words)


def _remembered(cookies: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in _PAIR.split(cookies_of(cookies).get("TILDAUTM", "")))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() in UTM and value.strip()}
