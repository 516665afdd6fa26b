"""Forms that tell a field by an object: what it is called, what was answered. Made into fields by those names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadloop.forms.body import MAX_NAME, Fields, Path
from leadloop.forms.field_names import roles
from leadloop.forms.form_post import FormPost

_NOT_ASKED = frozenset({"honeypot", "redirect"})
"""Whoever names a question so means what people answer: a company's website is no trap."""

_ASKED = ("question", "q", "title", "label", "name", "field_name", "key", "code", "type")
_TOLD = ("answer", "a", "value", "values", "answers")
"""What whoever lists questions and answers calls them, in the order of trust."""

_NAMING = ("phone", "email", "messenger", "phone_key", "email_key", "client_id", "yclid", "user_id", "submission_id")
"""Roles of which one at least says whose the lead is."""


class Answered(NamedTuple):
    """One field of a form, under each of the names it goes by."""

    names: tuple[str, ...]
    texts: tuple[str, ...]


def within(values: Mapping[Path, str], *place: str) -> dict[str, dict[Path, str]]:
    """The entries of a list or an object at ``place``: what each holds, by the rest of its path."""
    found: dict[str, dict[Path, str]] = {}
    for path, text in values.items():
        if path[: len(place)] == place and len(path) > len(place):
            found.setdefault(path[len(place)], {})[path[len(place) + 1 :]] = text
    return found


def texts_at(entry: Mapping[Path, str], name: str) -> tuple[str, ...]:
    """One value or several: a text, a list of texts, or a list of ``{"value": …}``."""
    return tuple(text for path, text in entry.items() if path[:1] == (name,) and _is_value(path[1:]))


def answer_in(entry: Mapping[Path, str], *names: str) -> tuple[str, ...]:
    """What was answered: the value by the first of the names that holds any, or an entry that is nothing but a value.

    An object that no builder is known to write there is not lost: each of its texts is a value.
    """
    for name in names:
        if texts := texts_at(entry, name) or _texts_below(entry, name):
            return texts
    return tuple(text for path, text in entry.items() if _is_value(path))


def fields_of(answered: Iterable[Answered]) -> dict[Path, str]:
    """The answers as flat fields; several values of one are joined, and of a name given twice the first stands."""
    found: dict[Path, str] = {}
    for names, texts in answered:
        text = ", ".join(dict.fromkeys(filter(None, map(str.strip, texts))))
        for name in filter(None, (name.strip()[:MAX_NAME] for name in names)):
            if text:
                found.setdefault((name,), text)
    return found


def whole_name(values: Mapping[Path, str]) -> dict[Path, str]:
    """First and last name as one, when the form asks for both."""
    by_name = {path[0].casefold(): text.strip() for path, text in values.items() if len(path) == 1}
    both = " ".join(filter(None, (by_name.get("first_name"), by_name.get("last_name"))))
    return {("name",): both} if both else {}


def asked_post(fields: Fields, answers: Mapping[Path, str], plain: Mapping[Path, str]) -> FormPost:
    """The post of a builder's server: what people answered, and the fields that the form has beside its questions.

    One in which the builder's own places told of no contact and no id is read by the names of all its fields as well.
    """
    post = FormPost.of(fields._replace(values={**answers, **plain}))
    offered = _but_asked(post.offered, plain)
    if offered.keys().isdisjoint(_NAMING):
        offered = _but_asked(roles(fields.values), plain) | offered
    return FormPost(post.fields, offered, is_relayed=True, sent=fields.values)


def with_listed_answers(post: FormPost) -> FormPost:
    """The post with what lists of questions and answers in it tell, after what its fields tell by their own names."""
    values = post.fields.values
    places = dict.fromkeys(path[:at] for path in values for at in range(1, len(path) - 1) if path[at].isdecimal())
    answers = fields_of(_listed(entry) for place in places for entry in within(values, *place).values())
    told = {path: text for path, text in answers.items() if path not in values}
    if not told:
        return post
    fields = post.fields._replace(values={**values, **told})
    return FormPost(fields, _but_asked(roles(fields.values), values))


def _listed(entry: Mapping[Path, str]) -> Answered:
    names = tuple(text for name in _ASKED for text in texts_at(entry, name))
    return Answered(names, next((texts for name in _TOLD if (texts := texts_at(entry, name))), ()))


def _but_asked(offered: Mapping[str, tuple[str, ...]], plain: Mapping[Path, str]) -> dict[str, tuple[str, ...]]:
    """What is offered, a trap and a page to go on to only by the fields that are no questions."""
    told = {role: texts for role, texts in offered.items() if role not in _NOT_ASKED}
    if len(told) < len(offered):
        told |= {role: texts for role, texts in roles(plain).items() if role in _NOT_ASKED}
    return told


def _texts_below(entry: Mapping[Path, str], name: str) -> tuple[str, ...]:
    return tuple(text for path, text in entry.items() if path[:1] == (name,))


def _is_value(below: Path) -> bool:
    return all(segment.isdecimal() or segment == "value" for segment in below)
