"""VK's lead forms, by the Callback API of a community (https://dev.vk.com/api/callback/getting-started).

VK wants its confirmation string, and ``ok`` for every event, in plain text; it repeats what was answered otherwise.
"""

from __future__ import annotations

from leadloop.forms.body import Fields, Path
from leadloop.forms.builders import ConnectionTest
from leadloop.forms.desk import Desk, FormRefused
from leadloop.forms.form_post import FormPost
from leadloop.forms.questions import Answered, asked_post, fields_of, texts_at, whole_name, within
from leadloop.secrets import VK_SECRET

_LEAD, _CONFIRMATION = "lead_forms_new", "confirmation"
_ANSWER = "ok"
_TYPE, _GROUP = ("type",), ("group_id",)


def recognises(fields: Fields) -> bool:
    """An event of a community: its kind and number, with VK's own mark."""
    values = fields.values
    return _GROUP in values and (values.get(_TYPE) in (_LEAD, _CONFIRMATION) or ("event_id",) in values)


def read(fields: Fields, desk: Desk) -> FormPost:
    """The answers by key and question. Raises ``FormRefused``, and ``ConnectionTest`` for what is no lead."""
    values = fields.values
    group, kind = values[_GROUP].strip(), values.get(_TYPE, "")
    known = desk.forms.vk_groups
    if (known or kind == _CONFIRMATION) and group not in known:
        what_to_do = "write the community's number and the string that VK shows beside its address into forms.vk_groups"
        raise FormRefused("the post is of a VK community that the policy does not name", what_to_do)
    if kind == _CONFIRMATION:
        raise ConnectionTest(known[group])
    if known:
        desk.demand(VK_SECRET, values.get(("secret",), ""), "a VK community", "the secret key of its Callback API")
    if kind != _LEAD:
        raise ConnectionTest(_ANSWER)
    return _lead(fields, group)


def _lead(fields: Fields, group: str) -> FormPost:
    values = fields.values
    answers = fields_of(
        Answered((*texts_at(entry, "key"), *texts_at(entry, "question")), texts_at(entry, "answer"))
        for entry in within(values, "object", "answers").values()
    )
    about: dict[Path, str] = {(name,): values.get(("object", name), "") for name in ("form_name", "form_id", "ad_id")}
    post = asked_post(fields, {**whole_name(answers), **answers, **about})
    offered = dict(post.offered)
    if lead := values.get(("object", "lead_id"), "").strip():
        offered["submission_id"] = (f"{group}:{lead}",)
    elif event := values.get(("event_id",), "").strip():
        offered["submission_id"] = (event,)
    if (user := values.get(("object", "user_id"), "").strip()).strip("0"):
        offered["messenger"] = (*offered.get("messenger", ()), f"https://vk.com/id{user}")
    return FormPost(post.fields, offered, is_relayed=True, answer=_ANSWER)
