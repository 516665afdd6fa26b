"""Any other form: plain HTML, fetch, sendBeacon, a plugin that posts flat fields or nested JSON."""

from __future__ import annotations

from leadloop.forms.body import Fields
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost


def recognises(fields: Fields) -> bool:  # noqa: ARG001 - the shape of every builder
    """Everything is at least a form."""
    return True


def read(fields: Fields, _desk: Desk) -> FormPost:
    """Field names tell the whole of it."""
    return FormPost.of(fields)
