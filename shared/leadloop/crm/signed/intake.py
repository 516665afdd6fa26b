"""A signed webhook at the edge: whether it is signed, and the deal it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadloop import answers
from leadloop.crm.hook_intake import Taken
from leadloop.crm.signed.body import read_deal
from leadloop.crm.signed.members import DealUnclear
from leadloop.digests import content_digest, digest
from leadloop.forms.contacts import ContactRules, may_hash_here
from leadloop.identity.keys import KeyRing
from leadloop.json_types import JsonObject, json_list
from leadloop.messages import DealTold, HintUnreadable
from leadloop.policy import ContactMode
from leadloop.quarantine import seal_body
from leadloop.secrets import SIGNED_SECRET
from leadloop.standard_webhooks import HEADERS, Stamp, judge, signing_keys
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.crm.port import HookPosted
    from leadloop.runtime import Runtime


def judge_sender(runtime: Runtime, hook: HookPosted) -> Verdict:
    """Whether a secret in force signed these very bytes just now. Raises ``SecretMissing`` or ``KeyMalformed``."""
    cap = runtime.policy.defaults.body_cap
    if len(hook.body) > cap:
        return Verdict(False, "webhook.too_large", f"expected at most {cap} bytes: tell of one deal at a time")
    keys = signing_keys(runtime.secrets, SIGNED_SECRET)
    return judge(keys, _stamp(hook), hook.body, runtime.clock.now())


def hear(runtime: Runtime, hook: HookPosted) -> Taken:
    """See ``TellingKind``. What tells of no deal is kept sealed, and refused so that its sender learns what is wrong.

    A webhook sent again is the same event; a sender that gives all of them one id loses nothing by it.
    """
    policy, now, stamp = runtime.policy, runtime.clock.now(), _stamp(hook)
    event_id = digest("deal-told", stamp.id, content_digest([hook.body]))
    rules = None
    if policy.contacts.mode is not ContactMode.NONE:
        rules = ContactRules(policy, KeyRing.of(runtime.secrets), may_hash_here(runtime))
    try:
        told = read_deal(hook.body, policy, rules, now)
    except DealUnclear as fault:
        return _unclear(runtime, event_id, str(fault), hook.body)
    stamped = {"event_id": event_id, "received_at": now, "crm": "signed", "webhook_id": stamp.id}
    message = DealTold.model_validate({**told.deal, **stamped})
    about = {"event_id": event_id, "external_id": message.deal_id}
    kept_out, ignored = json_list(sorted(told.left_out)), len(told.ignored)
    runtime.log.info("deal_told", left_out=kept_out, ignored=ignored, **about)
    left_out: JsonObject = {**told.left_out}
    said: JsonObject = {"event_id": event_id, "left_out": left_out, "ignored": json_list(told.ignored)}
    return Taken(message, answers.ok({"deal_id": message.deal_id, **said}))


def _unclear(runtime: Runtime, event_id: str, reason: str, body: bytes) -> Taken:
    kept = HintUnreadable(
        event_id=event_id,
        received_at=runtime.clock.now(),
        crm="signed",
        reason=reason,
        size=len(body),
        body_sealed=seal_body(runtime.policy, body),
    )
    what_to_do = "correct the sender by docs/en/signed-webhooks.md, and send the deal again; this body is kept sealed"
    return Taken(kept, answers.error(400, "deal_unclear", reason, what_to_do))


def _stamp(hook: HookPosted) -> Stamp:
    return Stamp.of({name: hook.wsgi.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in HEADERS})
