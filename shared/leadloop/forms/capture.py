"""From a request's bytes to the one message that keeps it: a lead, or a body that could not be understood."""

from __future__ import annotations

from typing import IO, NamedTuple, Protocol, Self

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.forms.body import BodyUnreadable, media_type, read_fields
from leadloop.forms.builders import ConnectionTest, read_form
from leadloop.forms.callers import Caller
from leadloop.forms.contacts import may_hash_here
from leadloop.forms.desk import Desk, FormRefused
from leadloop.forms.form_post import FormPost
from leadloop.forms.named_fields import named_by_policy
from leadloop.forms.sender import sender_of
from leadloop.forms.submission import Circumstances, reduce
from leadloop.forms.unnamed_contact import with_unnamed_contact
from leadloop.identity.keys import KeyMalformed, KeyRing
from leadloop.json_types import json_list
from leadloop.messages import SubmissionUnreadable, WrittenLead
from leadloop.quarantine import seal_body
from leadloop.runtime import Runtime
from leadloop.secrets import SecretMissing


class Request(Protocol):
    """A request, as far as it is read. A builder that posts its fields in the address has sent a form all the same."""

    @property
    def stream(self) -> IO[bytes]: ...  # noqa: D102
    @property
    def query_string(self) -> bytes: ...  # noqa: D102
    @property
    def content_length(self) -> int | None: ...  # noqa: D102


class Received(NamedTuple):
    """A form post as it came. ``body`` may be cut just over the cap; ``size`` is what was sent."""

    body: bytes
    content_type: str
    size: int

    @classmethod
    def of(cls, request: Request, content_type: str, cap: int) -> Self:
        """Read the body of a request. One of at most ``cap`` bytes was sent as it is, so its size is not asked for."""
        body = request.stream.read(cap + 1) or request.query_string
        size = request.content_length if len(body) > cap else None
        return cls(body, content_type, size or len(body))


class Captured(NamedTuple):
    """The message to keep, and where the form wished to go on."""

    message: WrittenLead | SubmissionUnreadable
    lead_id: str | None = None
    """``None`` while nobody knows what was sent."""
    redirect: str = ""
    answer: str = ""
    """The text that its builder wants to be answered."""

    def answer_to(self, caller: Caller) -> HttpAnswer:
        """What its sender is told when it is kept: the builder's text, the page to go on to, or the ids."""
        if self.answer:
            return answers.plain(self.answer)
        if caller.navigates:
            return answers.see_other(caller.thank_you(self.redirect))
        return answers.ok({"lead_id": self.lead_id, "event_id": self.message.event_id}, caller.cors)


def capture(runtime: Runtime, received: Received, caller: Caller) -> Captured:
    """Read a form post. Whatever was sent becomes a message; only ``ConnectionTest`` and ``FormRefused`` are raised."""
    event_id = runtime.entropy.token()
    try:
        return _understand(runtime, received, caller, event_id)
    except ConnectionTest as test:
        runtime.log.info("form_test_answered", event_id=event_id, builder=test.builder)
        raise
    except FormRefused as fault:
        runtime.log.warning("form_refused", event_id=event_id, reason=str(fault), what_to_do=fault.what_to_do)
        raise
    except BodyUnreadable as fault:
        reason = str(fault)
    except (SecretMissing, KeyMalformed) as fault:
        reason = str(fault)
        runtime.log.error("capture_misconfigured", event_id=event_id, reason=reason, what_to_do="correct the secret")
    except Exception as defect:  # whatever is wrong with us, the lead is kept and can be opened
        reason = f"a defect of leadloop: {type(defect).__name__}"
        what_to_do = "report it; the post waits in `leadloop quarantine`"
        runtime.log.error("capture_failed", event_id=event_id, reason=reason, what_to_do=what_to_do)
    return Captured(_unreadable(runtime, received, event_id, reason))


def _understand(runtime: Runtime, received: Received, caller: Caller, event_id: str) -> Captured:
    cap = runtime.policy.defaults.body_cap
    if received.size > cap or len(received.body) > cap:
        raise BodyUnreadable(f"a body of {received.size} bytes is over the cap of {cap} (defaults.body_cap)")
    forms = runtime.policy.forms
    post = read_form(read_fields(received.body, received.content_type), Desk(forms, runtime.secrets, caller.wsgi))
    post = _with_page(named_by_policy(post, forms.fields) if forms.fields else post, caller)
    post = with_unnamed_contact(post, runtime.policy)
    ring = KeyRing.of(runtime.secrets)
    circumstances = Circumstances(
        policy=runtime.policy,
        ring=ring,
        received_at=runtime.clock.now(),
        hashes_here=may_hash_here(runtime),
        foreign_origin=caller.is_foreign,
        sender=sender_of(caller, post, runtime.policy, ring),
    )
    lead_id, left_out, submission = reduce(post, circumstances)
    runtime.log.info("lead_captured", event_id=event_id, lead_id=lead_id, left_out=json_list(sorted(left_out)))
    return Captured(WrittenLead.of(event_id, submission), lead_id, post.first("redirect"), post.answer)


def _with_page(post: FormPost, caller: Caller) -> FormPost:
    """A form without script cannot tell its page; the browser's Referer can, as far as it may."""
    if post.offered.get("page") or not caller.page:
        return post
    return post.on_page(caller.page)


def _unreadable(runtime: Runtime, received: Received, event_id: str, reason: str) -> SubmissionUnreadable:
    content_type = media_type(received.content_type)
    runtime.log.warning(
        "submission_unreadable", event_id=event_id, reason=reason, content_type=content_type, size=received.size
    )
    return SubmissionUnreadable(
        event_id=event_id,
        received_at=runtime.clock.now(),
        reason=reason,
        content_type=content_type,
        size=received.size,
        body_sealed=seal_body(runtime.policy, received.body),
    )
