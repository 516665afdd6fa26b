"""What site builders and lead forms call their fields, and how they prove who they are."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import Annotated, Literal

from pydantic import Field

from leadloop.policy.section import Section
from leadloop.policy.value_types import Written

FieldRole = Literal[
    "phone", "email", "name", "messenger", "comment", "phone_key", "email_key", "user_key", "client_id", "yclid",
    "gclid", "user_id", "appmetrica_device_id", "submission_id", "utm_source", "utm_medium", "utm_campaign",
    "utm_content", "utm_term", "form", "page", "landing", "referrer", "first_landing", "first_referrer", "cookies",
    "honeypot", "fill_seconds", "redirect", "ignored",
]  # fmt: skip
"""What a field of a form is (``leadloop.forms.field_names``); ``ignored``: not what its name says."""

FormField = Annotated[str, Written(r"(?=.*[^\W_])[^\x00-\x1f]{1,200}", "the name of a form's field, such as Телефон_2")]
KeyName = Annotated[
    str,
    Written(
        r"(?=.{1,40}$)[A-Za-z]+(?:[-_][A-Za-z]+)*",
        "the name of a header or a parameter, letters and hyphens such as Api-Key, and not the key itself",
    ),
]
VkGroup = Annotated[str, Written(r"[0-9]{1,20}", "the number of a VK community, such as 200000001", unquoted=True)]
Confirmation = Annotated[
    str, Written(r"[A-Za-z0-9_-]{4,64}", "the string that VK shows, such as 1a2b3c4d", unquoted=True)
]


class Forms(Section):
    """What forms call their fields, and which of the senders must prove who they are."""

    fields: dict[FormField, FieldRole] = Field(default_factory=dict)
    """Name of a form's field → what it is; goes before what the name itself says."""
    tilda_key: KeyName | None = None
    """Under which name, as a header or a parameter, Tilda sends its API key; its posts without the key are refused."""
    google_key: Literal["ignored", "required"] = "ignored"
    """Whether a lead form of Google Ads must bring its key."""
    vk_groups: dict[VkGroup, Confirmation] = Field(default_factory=dict)
    """VK community → the string that confirms the address; posts of others, or without the secret, are refused."""
