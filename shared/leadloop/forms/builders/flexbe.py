"""Flexbe's event handlers (https://help.flexbe.ru/api-documentation): ``event``, ``site`` and ``data`` of a lead.

No recorded body was at hand, so whatever ``data`` holds is read by its usual names. A payment's event (``pay``) tells
the same lead again, under the same number, and repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, asked_post, fields_of, texts_at, within

_OF_THE_LEAD = frozenset({"client", "form_name", "utm"})


def recognises(fields: Fields) -> bool:
    """An event that names a site, or a client."""
    values = fields.values
    return ("event",) in values and (("site", "id") in values or ("data", "client", "phone") in values)


def read(fields: Fields, _desk: Desk) -> FormPost:
    """The client, the fields of the form by name and number, page and tags."""
    values = fields.values
    told = {path[1:]: text for path, text in values.items() if path[0] == "data" and path[1] in _OF_THE_LEAD}
    asked = fields_of(_answered(number, entry) for number, entry in within(values, "data", "form_data").items())
    page = values.get(("data", "page", "url")) or values.get(("data", "utm", "url"), "")
    post = asked_post(fields, {**told, **asked, ("page",): page})
    if number := values.get(("data", "id"), "").strip():
        given = ":".join(filter(None, (values.get(("site", "id"), "").strip(), number)))
        return post.offering({**post.offered, "submission_id": (given,)})
    return post


def _answered(number: str, entry: Mapping[Path, str]) -> Answered:
    names = (*texts_at(entry, "name"), *texts_at(entry, "title"), number)
    return Answered(names, texts_at(entry, "value") or (entry.get((), ""),))
