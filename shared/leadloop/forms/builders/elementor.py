"""Elementor Pro's webhook (https://elementor.com/help/webhook/), with or without “advanced data”.

Without, fields are named by their titles, and the form's own facts stand between them under titles in the language of
the site. Dates are in the site's own order and are not read.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, answer_in, asked_post, fields_of, within

_PAGE_TITLES: tuple[Path, ...] = (("Page URL",), ("URL страницы",), ("Адрес страницы",))
_PAGES: tuple[Path, ...] = (("meta", "page_url", "value"), *_PAGE_TITLES)
_FLAT_MARKS: frozenset[Path] = frozenset(
    {
        *(*_PAGE_TITLES, ("Remote IP",), ("User Agent",), ("Удаленный IP",), ("Агент пользователя",)),
        *(("No Label name",), ("No Label email",), ("No Label tel",), ("No Label phone",)),
    }
)
_BY_TYPE = {"tel": "phone", "email": "email"}


def recognises(fields: Fields) -> bool:
    """The form's number beside fields that are objects; or its name beside a title that only Elementor writes."""
    values = fields.values
    if ("form_name",) in values:
        return not values.keys().isdisjoint(_FLAT_MARKS)
    return ("form", "id") in values and any(_is_answer(path) for path in values)


def read(fields: Fields, _desk: Desk) -> FormPost:
    """The fields by type, number and title; the page from ``meta``."""
    values = fields.values
    plain = {path: text for path, text in values.items() if path[0] not in ("fields", "meta")}
    if page := next((values[place] for place in _PAGES if values.get(place, "").strip()), ""):
        plain[("page",)] = page
    answers = fields_of(_answered(number, entry) for number, entry in within(values, "fields").items())
    # Without advanced data the titles of the form's questions stand among its own facts.
    return asked_post(fields, answers, plain) if answers else asked_post(fields, plain, {})


def _is_answer(path: Path) -> bool:
    return path[0] == "fields" and path[2:3] in (("value",), ("raw_value",))


def _answered(number: str, entry: Mapping[Path, str]) -> Answered:
    names = (_BY_TYPE.get(entry.get(("type",), ""), ""), number, entry.get(("title",), ""))
    return Answered(names, answer_in(entry, "value", "raw_value"))
