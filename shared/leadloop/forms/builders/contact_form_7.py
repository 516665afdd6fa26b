"""Contact Form 7 (https://contactform7.com/), sent on by a plugin or by a page's script under the names of its tags.

``_wpcf7_unit_tag`` names the place of the form on a page and ``_wpcf7_posted_data_hash`` the answers given before: no
submission is named by either, so neither is its id.
"""

from __future__ import annotations

from leadloop.forms.body import Fields, Path
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, fields_of

_TECHNICAL = "_wpcf7"
_OWN_MARKS: frozenset[Path] = frozenset(
    {(_TECHNICAL,), (_TECHNICAL, "0"), ("_wpcf7_unit_tag",), ("_wpcf7_version",), ("_wpcf7_locale",)}
)
_TAGS: frozenset[Path] = frozenset({("your-name",), ("your-email",), ("your-phone",), ("your-message",)})
_SEVERAL = 2
_OF_TILDA: frozenset[Path] = frozenset({("tranid",), ("formid",), ("COOKIES",)})
"""Tilda lets its fields be called anything."""


def recognises(fields: Fields) -> bool:
    """A technical field, or several of the tags that every new form is given, in nobody else's form."""
    values = fields.values
    if not values.keys().isdisjoint(_OWN_MARKS):
        return True
    return len(_TAGS & values.keys()) >= _SEVERAL and values.keys().isdisjoint(_OF_TILDA)


def read(fields: Fields, _desk: Desk) -> FormPost:
    """The fields by the names of their tags; several choices are one text. The form is ``wpcf7-f`` and its number."""
    lists: dict[str, tuple[str, ...]] = {}
    plain: dict[Path, str] = {}
    for path, text in fields.values.items():
        if path[0].startswith(_TECHNICAL):
            continue
        if len(path) == 2 and path[1].isdecimal():
            lists[path[0]] = (*lists.get(path[0], ()), text)
        else:
            plain[path] = text
    chosen = fields_of(Answered((name,), texts) for name, texts in lists.items())
    post = FormPost.of(fields._replace(values={**chosen, **plain}))
    number = (fields.values.get((_TECHNICAL,)) or fields.values.get((_TECHNICAL, "0"), "")).strip()
    if number and "form" not in post.offered:
        post = post.offering({**post.offered, "form": (f"wpcf7-f{number}",)})
    return post
