"""What the policy says that a form's fields are (``forms.fields``), before what their names say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from leadloop.forms.body import Path
from leadloop.forms.field_names import UTM, plain_name, role_of, unwrapped
from leadloop.forms.form_post import FormPost

_IGNORED = "ignored"


def named_by_policy(post: FormPost, names: Mapping[str, str]) -> FormPost:
    """The post with the named fields in the roles that the policy gives them, and in no other."""
    known, values = _by_plain_name(tuple(names.items())), post.fields.values
    offered, utm = dict(post.offered), dict[Path, str]()
    for path, text in values.items():
        role = _role_at(path, known) or (_role_at(inner, known) if (inner := unwrapped(path)) != path else None)
        if role is None or not (value := text.strip()):
            continue
        if usual := role_of(path):
            offered[usual] = tuple(other for other in offered.get(usual, ()) if other != value)
        if role in UTM:
            utm[(role,)] = value
        elif role != _IGNORED:
            offered[role] = (value, *offered.get(role, ()))
    offered = {role: texts for role, texts in offered.items() if texts}
    fields = post.fields._replace(values={**values, **utm})
    return FormPost(fields, offered, post.remembered_utm, post.is_relayed, post.answer, post.sent)


def is_named(path: Path, names: Mapping[str, str]) -> bool:
    """Whether the policy says what a field is."""
    known = _by_plain_name(tuple(names.items())) if names else {}
    return any(_role_at(place, known) for place in (path, unwrapped(path)))


def _role_at(path: Path, known: Mapping[str, str]) -> str | None:
    return known.get(plain_name(" ".join(path))) or known.get(plain_name(path[-1]))


@lru_cache(maxsize=4)
def _by_plain_name(names: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {plain_name(name): role for name, role in names}
