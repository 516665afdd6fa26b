"""Calltouch's webhook of a call (https://www.calltouch.ru/support/), as it names its parameters by itself.

``callerphone`` is the person's number, ``phonenumber`` the one that was called: the company's, and nobody's contact.
"""

from __future__ import annotations

from leadloop.forms.body import Fields
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost

_CALLER, _CALLED = ("callerphone",), ("phonenumber",)


def recognises(fields: Fields) -> bool:
    """Who called beside whom: one of them alone is anybody's field."""
    return _CALLER in fields.values and _CALLED in fields.values


def read(fields: Fields, _desk: Desk) -> FormPost:
    """The call by the names of its fields, but for the called number."""
    told = fields._replace(values={path: text for path, text in fields.values.items() if path != _CALLED})
    return FormPost(told, FormPost.of(told).offered, is_relayed=True, sent=fields.values)
