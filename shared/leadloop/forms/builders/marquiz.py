"""Marquiz's webhook (https://help.marquiz.ru/article/518), as JSON or as a form.

It has no id of a lead: the quiz, the contact and the moment of creation together name one, under our key.
"""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, asked_post, fields_of, texts_at, within
from leadloop.identity.keys import KeyRing

_TOLD_APART = frozenset({"quiz", "answers", "results", "result"})
_CONTACTS = ("phone", "email", "messenger")


def recognises(fields: Fields) -> bool:
    """A quiz with its number, or questions as Marquiz writes them."""
    return ("quiz", "id") in fields.values or ("answers", "0", "q") in fields.values


def read(fields: Fields, desk: Desk) -> FormPost:
    """The contacts, every answer under its question, and where the visitor came from (``extra``)."""
    values = fields.values
    plain = {path: text for path, text in values.items() if path[0] not in _TOLD_APART and text.strip()}
    answers = _told(values, "answers", "q", "a") | _told(values, "results", "name", "value")
    post = asked_post(fields, answers, plain)
    offered = {**post.offered, "form": _quiz(fields)}
    if messengers := (*offered.get("messenger", ()), *_in_messengers(fields)):
        offered["messenger"] = messengers
    if created := values.get(("created",), "").strip():
        contact = next((offered[kind][0] for kind in _CONTACTS if kind in offered), "")
        named_by = (*_quiz(fields), contact, created)
        ring = KeyRing.of(desk.secrets)
        offered["submission_id"] = (ring.keyed_digest(b"marquiz", *(part.encode() for part in named_by)),)
    return post.offering({role: texts for role, texts in offered.items() if texts})


def _told(values: Mapping[Path, str], where: str, name: str, value: str) -> dict[Path, str]:
    entries = within(values, where).values()
    return fields_of(Answered(texts_at(entry, name), texts_at(entry, value)) for entry in entries)


def _quiz(fields: Fields) -> tuple[str, ...]:
    """Its name, then its number; older posts have one text for both."""
    places: tuple[Path, ...] = (("quiz", "name"), ("quiz", "id"), ("quiz",))
    return tuple(text for place in places if (text := fields.values.get(place, "").strip()))


def _in_messengers(fields: Fields) -> tuple[str, ...]:
    """``contacts.messengers.telegram``, whatever the messenger."""
    below = (("contacts", "messengers"), ("contacts", "messenger"))
    return tuple(text for path, text in fields.values.items() if path[:2] in below and len(path) > 2 and text.strip())
