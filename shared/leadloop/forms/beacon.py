"""From a beacon's bytes to the one message that keeps it.

A beacon says that a browser is on the site. It holds no lead, so what cannot be understood is refused, not
quarantined, and a beacon from a page that is not ours is worth nothing. Its fields have the names of a form's
(``leadloop.forms.field_names``) and pass the same sieve; contacts in it are not even looked for.
"""

from __future__ import annotations

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.forms.body import BodyUnreadable, read_fields
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received
from leadloop.forms.form_post import FormPost
from leadloop.forms.sieve import Sieve
from leadloop.identity.ad_ids import AdIdReading, read_ad_ids
from leadloop.json_types import json_list
from leadloop.messages import PageAddress, VisitCaptured
from leadloop.runtime import Runtime

BODY_CAP = 32_768
"""Bytes: room for ids, tags and five addresses, of which each may be an ad's link of 4096."""

_SENDER = "correct what sends it; the tag sends a JSON object with ym_client_id"


class BeaconRefused(Exception):
    """A beacon that is not kept; ``answer`` says why."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__("a beacon was refused; the answer says why")
        self.answer = answer


def read_beacon(runtime: Runtime, received: Received, caller: Caller) -> VisitCaptured:
    """The visit that a beacon tells of. Raises ``BeaconRefused``."""
    if not caller.is_configured:
        raise BeaconRefused(caller.refusal())
    if max(received.size, len(received.body)) > BODY_CAP:
        message = f"a beacon has at most {BODY_CAP} bytes, found {received.size}"
        raise BeaconRefused(answers.error(413, "body_too_large", message, _SENDER, caller.cors))
    try:
        post = FormPost.of(read_fields(received.body, received.content_type))
    except BodyUnreadable as fault:
        raise BeaconRefused(answers.error(400, "body_unreadable", str(fault), _SENDER, caller.cors)) from None
    return _visit(runtime, post, caller)


def _visit(runtime: Runtime, post: FormPost, caller: Caller) -> VisitCaptured:
    read, sieve = read_ad_ids(post.ad_ids), Sieve(post.fields.left_out)
    if "client_id" not in read.found:
        raise BeaconRefused(_nobodys(read, caller))
    params = runtime.policy.site.url_params
    roles = ("page", "landing", "referrer")
    addresses = {role: PageAddress(**sieve.address(role, post.url(role), params)) for role in roles}
    visit = VisitCaptured(
        event_id=runtime.entropy.token(),
        occurred_at=runtime.clock.now(),
        ids=read.ids,
        utm=sieve.texts("", post.utm),
        **addresses,
    )
    left_out = json_list(sorted({*sieve.left_out, *read.rejected}))
    is_named = visit.ids.user_id is not None
    runtime.log.info("visit_captured", event_id=visit.event_id, is_named=is_named, left_out=left_out)
    return visit


def _nobodys(read: AdIdReading, caller: Caller) -> HttpAnswer:
    """Metrica knows no visit of a browser without a ClientID, so there is nothing that it could prolong."""
    found = read.rejected.get("client_id", "there was none")
    message = f"a beacon needs Metrica's ClientID as text: {found}"
    return answers.error(400, "client_id_missing", message, _SENDER, caller.cors)
