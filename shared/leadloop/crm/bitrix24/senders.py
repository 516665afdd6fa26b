"""Who may post a webhook: who knows the secret in its path, and for an event the application token besides.

Each outgoing webhook shows a token of its own in its settings, and puts it into every body; a robot's action has none
that anybody could look up, so its path alone speaks for it
(https://apidocs.bitrix24.ru/api-reference/events/safe-event-handlers.html).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from leadloop.crm import path_secret
from leadloop.crm.bitrix24.hooks import values_of
from leadloop.secrets import BITRIX24_APPLICATION_TOKEN
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.crm.port import HookPosted
    from leadloop.runtime import Runtime


def judge_sender(runtime: Runtime, hook: HookPosted) -> Verdict:
    """Whether a webhook is from the portal. Raises ``SecretMissing``.

    Every token is compared, in constant time, so that the answer's delay tells nothing.
    """
    verdict = path_secret.judge_sender(runtime, hook)
    if not verdict:
        return verdict
    held = values_of(hook.body)
    if "event" not in held:
        return verdict
    given = held.get("auth[application_token]", "").encode()
    known = runtime.secrets.several(BITRIX24_APPLICATION_TOKEN)
    matches = [hmac.compare_digest(one.encode(), given) for one in known]
    if any(matches):
        return Verdict(True, "hook.admitted", "the path holds a secret in force, and the body a known token")
    return Verdict(False, "hook.unknown_token", "the body holds no application token that is in force")
