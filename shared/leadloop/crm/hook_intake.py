"""A CRM's webhook at the edge: who may send one, the message it becomes, and what the sender is told.

Who signs nothing is known by a secret in the path, and what it says is never believed: the message carries ids only.
A signed webhook is the fact.
"""

from __future__ import annotations

from typing import NamedTuple

from leadloop import answers, crm
from leadloop.answers import HttpAnswer
from leadloop.crm.port import HookPosted
from leadloop.messages import CrmEntityTouched, DealTold, HintUnreadable
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.verdict import Verdict

_LOOK_AT_ITS_SETTINGS = (
    "put the token from the webhook's settings in the CRM into the variable of leadloop's environment"
)
_TELLS_BY_GET = frozenset({"amocrm"})
"""amoCRM tells by GET that an integration was uninstalled, which changes no deal."""


class Taken(NamedTuple):
    """The message to keep, and the answer once it is kept."""

    message: CrmEntityTouched | HintUnreadable | DealTold
    answer: HttpAnswer


def answer_at_once(runtime: Runtime, kind: str, hook: HookPosted) -> HttpAnswer | None:
    """What a stranger is told, and who says nothing that is kept; ``None`` for a webhook that is to be taken.

    Raises ``SecretMissing``, or ``KeyMalformed`` where webhooks are signed.
    """
    verdict, method = _judge_caller(runtime, kind, hook), hook.wsgi["REQUEST_METHOD"]
    if not verdict:
        return _refusal(verdict)
    methods = ("POST", "GET", "HEAD") if kind in _TELLS_BY_GET else ("POST",)
    if method not in methods:
        return answers.method_not_allowed(method, *methods)
    return None if method == "POST" else answers.plain("")


def _judge_caller(runtime: Runtime, kind: str, hook: HookPosted) -> Verdict:
    if kind not in runtime.policy.account_names:
        return Verdict(False, "hook.unknown_path", "the path names no account of the policy")
    return crm.kind_of(kind).judge_sender(runtime, hook)


def _refusal(verdict: Verdict) -> HttpAnswer:
    """The answer to whom the verdict does not admit: who signs is told what is wrong, a stranger nothing."""
    if verdict.rule == "hook.unknown_path":
        return answers.error(404, "not_found", "there is nothing here", "check the webhook's address in the CRM")
    if verdict.rule == "webhook.too_large":
        return answers.error(413, "body_too_large", verdict.reason, "tell of one deal at a time, with less history")
    signs = verdict.rule.startswith("webhook.")
    what_to_do = "sign each attempt as the Standard Webhooks specification says" if signs else _LOOK_AT_ITS_SETTINGS
    return answers.error(401, verdict.rule, verdict.reason, what_to_do)


def take(runtime: Runtime, kind: str, hook: HookPosted, size: int) -> Taken:
    """What a webhook from an account of the policy amounts to.

    The body is at most one byte longer than the cap, ``size`` as announced. Raises ``SecretMissing`` or
    ``KeyMalformed`` where contacts are to be keyed.
    """
    package = crm.kind_of(kind)
    if isinstance(package, crm.TellingKind):
        return package.hear(runtime, hook)
    return Taken(_hint(runtime, kind, package, hook.body, size), answers.plain(""))


def _hint(
    runtime: Runtime, kind: str, package: crm.CrmKind, body: bytes, size: int
) -> CrmEntityTouched | HintUnreadable:
    cap = runtime.policy.defaults.body_cap
    event_id, now = runtime.entropy.token(), runtime.clock.now()
    reading = package.parse_hook(body) if len(body) <= cap else None
    unreadable = f"larger than {cap} bytes; the beginning is kept" if reading is None else reading.unreadable
    if reading is None or unreadable is not None:
        return HintUnreadable(
            event_id=event_id,
            received_at=now,
            crm=kind,
            reason=unreadable or "",
            size=max(size, len(body)),
            body_sealed=seal_body(runtime.policy, body[:cap]),
        )
    ids = dict(reading.entity_ids)
    return CrmEntityTouched(event_id=event_id, received_at=now, crm=kind, entity_ids=ids)
