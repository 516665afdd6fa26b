"""The secret in a webhook's path: how a sender is known that signs nothing."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from leadloop.secrets import HOOK_SECRET
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.crm.port import HookPosted
    from leadloop.runtime import Runtime


def judge_sender(runtime: Runtime, hook: HookPosted) -> Verdict:
    """Whether the path ends in a secret in force. Raises ``SecretMissing``.

    Every secret is compared, in constant time, so that the answer's delay tells nothing.
    """
    given = hook.path_secret.encode()
    matches = [hmac.compare_digest(secret.encode(), given) for secret in runtime.secrets.several(HOOK_SECRET)]
    if any(matches):
        return Verdict(True, "hook.admitted", "the path holds a secret in force")
    return Verdict(False, "hook.unknown_path", "the path holds no secret in force")
