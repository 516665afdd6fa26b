"""Flexbe's event handlers (https://help.flexbe.ru/api-documentation): ``event``, ``site`` and ``data`` of a lead.

No recorded body was at hand, so whatever ``data`` holds is read by its usual names. A payment's event (``pay``) tells
the same lead again, under the same number, and repeats it.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, answer_in, asked_post, fields_of, texts_at, within

_CARRIER, _ANSWERS = "data", "form_data"


def recognises(fields: Fields) -> bool:
    """An event that names a site, or a client."""
    values = fields.values
    return ("event",) in values and (("site", "id") in values or ("data", "client", "phone") in values)


def read(fields: Fields, _desk: Desk) -> FormPost:
    """The client, the fields of the form by name and number, page and tags."""
    values = fields.values
    answers = fields_of(_answered(number, entry) for number, entry in within(values, _CARRIER, _ANSWERS).items())
    plain = {path: text for path, text in values.items() if path[0] != _CARRIER}
    plain |= {path[1:] or path: text for path, text in values.items() if _is_plain(path) and text.strip()}
    if page := values.get((_CARRIER, "page", "url")) or values.get((_CARRIER, "utm", "url")):
        plain[("page",)] = page
    post = asked_post(fields, answers, plain)
    if number := values.get(("data", "id"), "").strip():
        given = ":".join(filter(None, (values.get(("site", "id"), "").strip(), number)))
        return post.offering({**post.offered, "submission_id": (given,)})
    return post


def _is_plain(path: Path) -> bool:
    return path[0] == _CARRIER and path[1:2] != (_ANSWERS,)


def _answered(number: str, entry: Mapping[Path, str]) -> Answered:
    return Answered((*texts_at(entry, "name"), *texts_at(entry, "title"), number), answer_in(entry, "value"))
