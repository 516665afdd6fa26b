"""VK's lead forms, by the Callback API of a community (https://dev.vk.com/api/callback/getting-started).

VK wants its confirmation string, and ``ok`` for every event, in plain text; it repeats what was answered otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from leadloop.forms.body import Fields, Path
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.desk import Desk, FormRefused
from leadloop.forms.field_names import role_of
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, answer_in, asked_post, fields_of, texts_at, whole_name, within
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.secrets import VK_SECRET

_LEAD, _CONFIRMATION = "lead_forms_new", "confirmation"
_ANSWER, _SENDER = "ok", "vk"
_TYPE, _GROUP = ("type",), ("group_id",)
_EVENT = re.compile(r"[a-z]+(?:_[a-z]+)*")
_OBJECT = "object"
_ENVELOPE = frozenset({"type", "group_id", "event_id", "secret", "v"})


def recognises(fields: Fields) -> bool:
    """An event of a community: its kind, its number and an object, and nothing that a visitor typed beside them.

    Anybody's form may ask for a group or an event, and what is taken for an event of VK's that is no lead is lost.
    """
    values = fields.values
    if _GROUP not in values or not _EVENT.fullmatch(values.get(_TYPE, "")):
        return False
    beside = {path: text for path, text in values.items() if path[0] not in _ENVELOPE}
    if values[_TYPE] == _CONFIRMATION and not beside:
        return True
    if not any(path[0] == _OBJECT and len(path) > 1 for path in beside):
        return False
    return _has_answers(values) or not any(_is_visitors(path, text) for path, text in beside.items())


def read(fields: Fields, desk: Desk) -> FormPost:
    """The answers by key and question. Raises ``FormRefused``, and ``ConnectionTest`` for what is no lead."""
    values = fields.values
    group, kind = values[_GROUP].strip(), values.get(_TYPE, "")
    known = desk.forms.vk_groups
    if (known or kind == _CONFIRMATION) and group not in known:
        what_to_do = "write the community's number and the string that VK shows beside its address into forms.vk_groups"
        raise FormRefused("the post is of a VK community that the policy does not name", what_to_do)
    if kind == _CONFIRMATION:
        raise ConnectionTest(known[group], _SENDER)
    if known:
        desk.demand(VK_SECRET, values.get(("secret",), ""), "a VK community", "the secret key of its Callback API")
    if kind != _LEAD:
        raise ConnectionTest(_ANSWER, _SENDER)
    return _lead(fields, group)


def _has_answers(values: Mapping[Path, str]) -> bool:
    return values[_TYPE] == _LEAD and any(path[:2] == (_OBJECT, "answers") for path in values)


def _is_visitors(path: Path, text: str) -> bool:
    """Whether a form's script or a visitor wrote it: VK itself writes contacts and ids only into the object."""
    return path[0] != _OBJECT and (role_of(path) is not None or looks_like_contact(text))


def _lead(fields: Fields, group: str) -> FormPost:
    values = fields.values
    answers = fields_of(
        Answered((*texts_at(entry, "key"), *texts_at(entry, "question")) or (place,), answer_in(entry, "answer"))
        for place, entry in within(values, _OBJECT, "answers").items()
    )
    plain = {path: text for path, text in values.items() if path[0] not in (_OBJECT, *_ENVELOPE)}
    plain |= {(name,): values.get((_OBJECT, name), "") for name in ("form_name", "form_id", "ad_id")}
    post = asked_post(fields, {**whole_name(answers), **answers}, plain)
    offered = dict(post.offered)
    if lead := values.get(("object", "lead_id"), "").strip():
        offered["submission_id"] = (f"{group}:{lead}",)
    elif event := values.get(("event_id",), "").strip():
        offered["submission_id"] = (event,)
    if (user := values.get(("object", "user_id"), "").strip()).strip("0"):
        offered["messenger"] = (*offered.get("messenger", ()), f"https://vk.com/id{user}")
    return post.offering(offered).answered(_ANSWER)
