"""A policy of a CRM that is only heard: told in plain words, and where its webhooks go."""

from __future__ import annotations

import pytest

from leadloop.policy import Policy
from leadloop.policy.plain_words import tell
from leadloop_deployment.deploying import paths_of
from support.policies import sokol
from support.signed_desk import heard


def test_is_told_in_plain_words() -> None:
    words = "\n".join(line for chapter in tell(heard()) for line in chapter.lines)
    assert "it posts signed JSON about its deals; it is neither asked nor written to" in words
    assert "attaches ids" not in words


@pytest.mark.parametrize(
    ("policy", "path"), [(sokol(), "/amocrm/<LEADLOOP_HOOK_SECRET of .env>"), (heard(), "/signed")]
)
def test_its_webhooks_hold_no_secret_in_their_path(policy: Policy, path: str) -> None:
    assert paths_of("receive-crm-event", policy) == (path,)
    assert paths_of("capture-lead", policy) == ("",)
