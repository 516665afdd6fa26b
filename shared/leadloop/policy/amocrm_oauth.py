"""The section ``crm.oauth``: which integration of an amoCRM account leadloop is, where it has no long-lived token."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import Annotated

from leadloop.policy.section import Section
from leadloop.policy.value_types import Written

IntegrationId = Annotated[
    str,
    Written(
        r"[0-9A-Za-z][0-9A-Za-z-]{7,63}",
        "the ID of the integration from its tab of keys, such as 5b1f6a0c-3d2e-4c1b-9a77-0f2d8c4e6b13",
    ),
]
RedirectUri = Annotated[
    str,
    Written(
        r"https?://[^\s/?#]+[^\s#]{0,500}",
        "the redirect address of the integration, letter for letter, such as https://sokol.example/oauth",
    ),
]


class AmoCrmOAuth(Section):
    """Tokens by OAuth: one of a day, and one that renews it and works once. ``leadloop authorise`` gets the first."""

    client_id: IntegrationId
    """The integration's ID."""
    redirect_uri: RedirectUri
    """The integration's redirect address, letter for letter: amoCRM compares it."""
