"""Any other form: plain HTML, fetch, sendBeacon, a plugin that posts flat fields or nested JSON."""

from __future__ import annotations

from leadloop.forms.body import Fields
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import with_listed_answers

_FLAT = 2
"""Names in the path of a field, or of a list's entry; a question in a list has more."""


def recognises(fields: Fields) -> bool:  # noqa: ARG001 - the shape of every builder
    """Everything is at least a form."""
    return True


def read(fields: Fields, _desk: Desk) -> FormPost:
    """Field names tell the whole of it, or the questions of a list."""
    post = FormPost.of(fields)
    return with_listed_answers(post) if any(len(path) > _FLAT for path in fields.values) else post
