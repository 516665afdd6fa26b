"""What the policy says of forms, told in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.policy.chapters import Chapter
from leadloop.policy.models import Policy


def form_chapters(policy: Policy) -> Iterator[Chapter]:
    """Fields with names of their own, and who must bring a key; nothing when the policy says nothing of forms."""
    if lines := [*_fields(policy), *_keys(policy)]:
        yield Chapter("Forms", lines)


def _fields(policy: Policy) -> Iterator[str]:
    for name, role in policy.forms.fields.items():
        meaning = "is not what its name says, and is not read for it" if role == "ignored" else f"is read as {role}"
        yield f"a field named {name!r} {meaning}"


def _keys(policy: Policy) -> Iterator[str]:
    forms = policy.forms
    if forms.tilda_key is not None:
        yield f"a form of Tilda must bring its API key as {forms.tilda_key}"
    if forms.vk_groups:
        yield f"of VK only {', '.join(forms.vk_groups)} may post, with the secret key of its community"
    if forms.google_key == "required":
        yield "a lead form of Google Ads must bring its key"
