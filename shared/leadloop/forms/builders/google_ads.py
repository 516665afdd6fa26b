"""Lead forms of Google Ads (https://developers.google.com/google-ads/webhook/docs/implementation)."""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, answer_in, asked_post, fields_of, texts_at, whole_name, within
from leadloop.secrets import GOOGLE_FORM_KEY

_COLUMNS = "user_column_data"
_KEY = ("google_key",)


def recognises(fields: Fields) -> bool:
    """Google's key, or its list of columns."""
    return _KEY in fields.values or (_COLUMNS, "0", "column_id") in fields.values


def read(fields: Fields, desk: Desk) -> FormPost:
    """The columns by their ids and titles. Raises ``FormRefused``, and ``ConnectionTest`` for test data."""
    values = fields.values
    if desk.forms.google_key == "required":
        desk.demand(GOOGLE_FORM_KEY, values.get(_KEY, ""), "a Google Ads lead form", "the form's webhook key")
    if values.get(("is_test",), "").strip().casefold() in ("true", "1"):
        raise ConnectionTest("ok", "google_ads")
    columns = fields_of(_answered(number, entry) for number, entry in within(values, _COLUMNS).items())
    plain = {path: text for path, text in values.items() if path[0] not in (_COLUMNS, *_KEY)}
    return asked_post(fields, {**whole_name(columns), **columns}, plain)


def _answered(place: str, entry: Mapping[Path, str]) -> Answered:
    names = (*texts_at(entry, "column_id"), *texts_at(entry, "column_name"))
    return Answered(names or (place,), answer_in(entry, "string_value"))
