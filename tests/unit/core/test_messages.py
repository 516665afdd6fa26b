"""Messages: what is encoded is decoded, what is unreadable is said without its values, every envelope is read."""

from __future__ import annotations

import base64
import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.messages import (
    AdIds,
    BotSigns,
    ContactKey,
    CrmEntityTouched,
    HintUnreadable,
    LeadCaptured,
    LeadRegistered,
    Message,
    MessageUnreadable,
    PageAddress,
    Submission,
    SubmissionUnreadable,
    VisitCaptured,
    decode,
    encode,
    read_push,
    wrap_push,
)
from support.settable_clock import MORNING

BODIES = Path(__file__).resolve().parents[2] / "bodies" / "pubsub"
REGISTERED = LeadRegistered(event_id="e-1", lead_id="anna???")

TEXT = st.text(max_size=12)
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
MAYBE = st.none() | TEXT
INSTANT = st.datetimes(timezones=st.just(UTC))
PAGE = st.builds(PageAddress, host=TEXT, path=TEXT, params=TEXTS)
KEY = st.builds(ContactKey, kind=st.sampled_from(["phone", "email"]), key_id=TEXT, normaliser=TEXT, hmac=TEXT)
IDS = st.builds(AdIds, client_id=MAYBE, yclid=MAYBE, user_id=MAYBE, appmetrica_device_id=MAYBE, gclid=MAYBE)
SUBMISSION = st.builds(
    Submission,
    lead_id=TEXT,
    submission_id=MAYBE,
    fingerprint=TEXT,
    form=TEXT,
    occurred_at=INSTANT,
    received_at=INSTANT,
    page=PAGE,
    landing=PAGE,
    referrer=PAGE,
    first_landing=PAGE,
    first_referrer=PAGE,
    ids=IDS,
    rejected_ids=TEXTS,
    utm=TEXTS,
    keys=st.lists(KEY, max_size=2).map(tuple),
    contact_sealed=MAYBE,
    fields=TEXTS,
    left_out=TEXTS,
    bot_signs=st.builds(BotSigns, honeypot_filled=st.booleans(), fill_seconds=st.none() | st.floats(0, 1e6)),
)
MESSAGE: st.SearchStrategy[Message] = st.one_of(
    st.builds(LeadCaptured, event_id=TEXT, submission=SUBMISSION),
    st.builds(
        SubmissionUnreadable,
        event_id=TEXT,
        received_at=INSTANT,
        reason=TEXT,
        content_type=TEXT,
        size=st.integers(0),
        body_sealed=TEXT,
    ),
    st.builds(
        VisitCaptured,
        event_id=TEXT,
        occurred_at=INSTANT,
        ids=IDS,
        page=PAGE,
        landing=PAGE,
        referrer=PAGE,
        utm=TEXTS,
    ),
    st.builds(LeadRegistered, event_id=TEXT, lead_id=TEXT),
    st.builds(
        CrmEntityTouched,
        event_id=TEXT,
        received_at=INSTANT,
        crm=TEXT,
        entity_ids=st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=2),
    ),
    st.builds(
        HintUnreadable,
        event_id=TEXT,
        received_at=INSTANT,
        crm=TEXT,
        reason=TEXT,
        size=st.integers(0),
        body_sealed=TEXT,
    ),
)


@given(MESSAGE)
def test_what_is_encoded_is_decoded(message: Message) -> None:
    assert decode(encode(message)) == message


@given(MESSAGE, TEXTS, st.integers(1, 9))
def test_what_is_pushed_is_read(message: Message, attributes: dict[str, str], attempt: int) -> None:
    body = wrap_push(encode(message), "7", "2026-09-01T09:00:00.000000Z", attributes, "deliver-lead", attempt)
    envelope, read = read_push(body)
    assert read == message
    assert (envelope.delivery_attempt, envelope.subscription) == (attempt, "deliver-lead")
    assert (envelope.message.attributes, envelope.message.message_id) == (attributes, "7")
    assert envelope.message.publish_time == MORNING


SECRET = "+79990000003"


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        (b"", "body"),
        (b"\xff\xfe", "body"),
        (b"[1, 2]", "body"),
        (f'"{SECRET}"'.encode(), "body"),
        (f'{{"event_id": "{SECRET}"}}'.encode(), "body"),
        (f'{{"type": "{SECRET}"}}'.encode(), "body"),
        (f'{{"type": "lead_registered", "event_id": "{SECRET}"}}'.encode(), "lead_registered.lead_id"),
        (
            f'{{"type": "lead_registered", "event_id": ["{SECRET}"], "lead_id": "1"}}'.encode(),
            "lead_registered.event_id",
        ),
        (
            f'{{"type": "visit_captured", "event_id": "1", "page": {{"params": {{"{SECRET}": 5}}}}}}'.encode(),
            "visit_captured.occurred_at, visit_captured.ids, visit_captured.page.params.…",
        ),
    ],
)
def test_what_is_no_message_is_said_by_field_and_never_by_value(body: bytes, at_fault: str) -> None:
    with pytest.raises(MessageUnreadable) as told:
        decode(body)
    assert str(told.value) == f"not a leadloop message: at fault: {at_fault}"
    assert told.value.__cause__ is None


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_unreadable(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        decode(body)
    with pytest.raises(MessageUnreadable):
        read_push(body)


def test_what_a_newer_version_says_besides_is_left_behind() -> None:
    """Functions are deployed one by one: an older reader meets messages of a newer writer for some minutes."""
    newer = json.loads(encode(REGISTERED)) | {"urgency": "high"}
    assert decode(json.dumps(newer).encode()) == REGISTERED


def test_a_contact_in_the_clear_has_no_place_in_a_submission() -> None:
    """The allow-list is the shape itself: a field that nobody declared goes no further than to whoever reads it."""
    sent = {"lead_id": "1", "fingerprint": "f", "occurred_at": "2026-09-01T09:00:00Z", "received_at": MORNING}
    assert Submission.model_validate(sent)
    for name in ("phone", "name", "email", "comment"):
        assert Submission.model_validate({**sent, name: "Анна"}) == Submission.model_validate(sent)


@pytest.mark.parametrize(("body", "attempt"), [("push", 2), ("eventarc", None), ("emulator", None)])
def test_every_sender_of_pushes_is_read(body: str, attempt: int | None) -> None:
    envelope, message = read_push((BODIES / f"{body}.json").read_bytes())
    assert message == REGISTERED
    assert envelope.delivery_attempt == attempt
    assert envelope.message.message_id


@pytest.mark.parametrize("names", [("messageId", "publishTime"), ("message_id", "publish_time")])
def test_either_spelling_of_the_names_is_enough(names: tuple[str, str]) -> None:
    said = {names[0]: "7", names[1]: "2026-09-01T09:00:00Z", "data": base64.b64encode(encode(REGISTERED)).decode()}
    envelope, message = read_push(json.dumps({"message": said}).encode())
    assert (message, envelope.message.message_id) == (REGISTERED, "7")
    assert envelope.message.publish_time == MORNING


def test_a_message_of_attributes_alone_is_read_as_empty_and_so_unreadable() -> None:
    with pytest.raises(MessageUnreadable, match="not a leadloop message"):
        read_push((BODIES / "attributes-only.json").read_bytes())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"message": {"messageId": "1", "data": "***"}}', "message.data is not base64"),
        ('{"message": {"messageId": "1", "data": "абв"}}', "message.data is not base64"),
        ('{"message": {"messageId": "1", "data": "YQ"}}', "message.data is not base64"),
        ('{"message": {"messageId": "1", "data": 5}}', "envelope: at fault: message.data"),
        ('{"message": {"data": ""}}', "envelope: at fault: message.messageId"),
        ('{"type": "lead_registered"}', "envelope: at fault: message"),
        ("[]", "envelope: at fault: body"),
    ],
)
def test_what_is_no_envelope_is_said(body: str, told: str) -> None:
    with pytest.raises(MessageUnreadable, match=told):
        read_push(body.encode())
