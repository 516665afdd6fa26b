"""The shape of every message on the bus. Routing is the manifest's alone.

What crosses the bus is an allow-list: ids, keyed hashes, reduced URLs and fields that the policy
maps as not personal. A contact crosses only sealed, and only in the mode ``keep``.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Self, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json, to_json


class _Shape(BaseModel):
    # defer_build: a function pays for the shapes it sends and reads, not for all of them. extra: while a new version is
    # deployed function by function, an older reader takes a lead without what it does not know rather than not at all.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class PageAddress(_Shape):
    """A URL reduced to what is never personal: host, path and parameters known by name."""

    host: str = ""
    path: str = ""
    params: dict[str, str] = Field(default_factory=dict)


class AdIds(_Shape):
    """Identifiers given by ad systems and by the site; decimal ids are strings, up to 20 digits."""

    client_id: str | None = None
    yclid: str | None = None
    user_id: str | None = None
    appmetrica_device_id: str | None = None
    gclid: str | None = None


class ContactKey(_Shape):
    """A phone or an e-mail as a keyed hash: equal contacts meet, none can be read back."""

    kind: Literal["phone", "email"]
    key_id: str
    normaliser: str
    hmac: str

    @property
    def id(self) -> str:
        """The id of the key's document."""
        return f"{self.kind}-{self.key_id}-{self.normaliser}-{self.hmac}"


class BotSigns(_Shape):
    """What the form saw of a possible bot. Recorded, never judged at the edge."""

    honeypot_filled: bool = False
    fill_seconds: float | None = None
    foreign_origin: bool = False
    """A browser sent it from a page of an origin that the policy does not name."""
    automation: bool = False
    """The User-Agent is that of a browser without a screen or of a program's HTTP library."""
    phone_pattern: bool = False
    """The phone, where it came in clear, is one digit, a row of digits or a group of them repeated."""


# Constructed, not called: a call would build what checks the shape, in every function's start.
_NOWHERE, _NOBODY, _NO_SIGNS = PageAddress.model_construct(), AdIds.model_construct(), BotSigns.model_construct()


class Submission(_Shape):
    """A site lead as it may travel."""

    lead_id: str
    submission_id: str | None = None
    fingerprint: str
    """What makes a repeat of the submission id another lead: digest of form, keys and mapped fields."""
    form: str = ""
    occurred_at: datetime
    received_at: datetime
    page: PageAddress = _NOWHERE
    landing: PageAddress = _NOWHERE
    referrer: PageAddress = _NOWHERE
    first_landing: PageAddress = _NOWHERE
    """The page of the very first visit that the browser remembers, and where that visit came from."""
    first_referrer: PageAddress = _NOWHERE
    ids: AdIds = _NOBODY
    user_id_signed: bool = False
    """The site's server vouches for the UserID."""
    rejected_ids: dict[str, str] = Field(default_factory=dict)
    """Ids that came in an impossible form (``1.7E+18``), by name, with the reason; never the value."""
    utm: dict[str, str] = Field(default_factory=dict)
    keys: tuple[ContactKey, ...] = ()
    contact_sealed: str | None = None
    """Mode ``keep`` only: name, phone, e-mail and comment, sealed to the owner's public key."""
    fields: dict[str, str] = Field(default_factory=dict)
    left_out: dict[str, str] = Field(default_factory=dict)
    """What of the form may not travel, by field, with the reason: a phone in a UTM tag, a raw phone where only
    ready keys may come; never the value."""
    phone_block: str | None = None
    """A keyed digest of the thousand numbers that the phone is one of; none where only a ready key came."""
    bot_signs: BotSigns = _NO_SIGNS
    network: str | None = None
    """Keyed digest of the part of the internet that a browser sent the form from; never in contacts mode ``none``."""
    device: str | None = None
    """Keyed digest of the same together with the browser's User-Agent and languages."""
    trial: str | None = None
    """The test of the owner's that it was sent for: it is no lead, and counts nowhere (``leadloop.leads.trials``)."""


class LeadCaptured(_Shape):
    """A form post was understood and answered 2xx."""

    type: Literal["lead_captured"] = "lead_captured"
    event_id: str
    submission: Submission


class SubmissionUnreadable(_Shape):
    """A form post was answered 2xx but could not be understood; its body is kept sealed."""

    type: Literal["submission_unreadable"] = "submission_unreadable"
    event_id: str
    received_at: datetime
    reason: str
    content_type: str
    size: int
    body_sealed: str


class VisitCaptured(_Shape):
    """A browser said that it is on the site: it signed in, or it left a lead before and came back."""

    type: Literal["visit_captured"] = "visit_captured"
    event_id: str
    occurred_at: datetime
    ids: AdIds
    """Always with a ClientID; with a ``user_id`` when the site named its visitor."""
    page: PageAddress = _NOWHERE
    landing: PageAddress = _NOWHERE
    referrer: PageAddress = _NOWHERE
    utm: dict[str, str] = Field(default_factory=dict)


class LeadRegistered(_Shape):
    """A lead is stored, or learnt something; delivery to the CRM may have work to do."""

    type: Literal["lead_registered"] = "lead_registered"
    event_id: str
    lead_id: str


class CrmEntityTouched(_Shape):
    """A hint that CRM entities changed: ids only, never truth, times or money."""

    type: Literal["crm_entity_touched"] = "crm_entity_touched"
    event_id: str
    received_at: datetime
    crm: str
    entity_ids: dict[str, tuple[str, ...]]
    """Entity kind (``lead``, ``contact`` …) → external ids."""


class HintUnreadable(_Shape):
    """A CRM webhook that held no id we know how to read; its body is kept sealed."""

    type: Literal["hint_unreadable"] = "hint_unreadable"
    event_id: str
    received_at: datetime
    crm: str
    reason: str
    size: int
    body_sealed: str


class StatusEntered(_Shape):
    """A deal came into a status at an instant, by the names that its system has for it."""

    pipeline: str
    status: str
    at: datetime


class DealTold(_Shape):
    """A system, known by its signature, told a whole deal: the fact itself, unlike a hint."""

    type: Literal["deal_told"] = "deal_told"
    event_id: str
    received_at: datetime
    crm: str
    webhook_id: str
    """The sender's id of the webhook; of two with one ``updated_at`` it says which counts."""
    deal_id: str
    created_at: datetime
    updated_at: datetime
    status: StatusEntered | None = None
    """``None`` of a deal that was deleted and not told in full."""
    history: tuple[StatusEntered, ...] = ()
    """Statuses that the deal was in before."""
    price: int | None = None
    """Minor units."""
    loss_reason: str | None = None
    responsible: str | None = None
    filled: tuple[str, ...] = ()
    """Names of ``policy.qualification.fields`` that hold something."""
    ids: dict[str, str] = Field(default_factory=dict)
    """By the names of ``AdIds``."""
    lead_id: str | None = None
    submission_id: str | None = None
    source: dict[str, str] = Field(default_factory=dict)
    call_seconds: int | None = None
    keys: tuple[ContactKey, ...] = ()
    """Each contact under every key of the ring, the newest first."""
    deleted: bool = False
    merged_into: str | None = None
    """The deal that took it over."""


class VerdictReceived(_Shape):
    """An antifraud service, known by its signature, judged somebody."""

    type: Literal["verdict_received"] = "verdict_received"
    event_id: str
    received_at: datetime
    provider: str
    verdict: Literal["fraud", "suspicious", "clean", "stolen_attribution", "unknown"] = "unknown"
    reason: str = ""
    """In the service's own words."""
    detected_at: datetime
    verdict_id: str = ""
    reattributed_to: str = ""
    """The source that the service credits instead."""
    subject: dict[str, str]
    """By what the service knows the one it judged: kind of id → id; at least one."""


class VerdictUnreadable(_Shape):
    """A signed verdict that says nothing we understand; its body is kept sealed."""

    type: Literal["verdict_unreadable"] = "verdict_unreadable"
    event_id: str
    received_at: datetime
    reason: str
    size: int
    body_sealed: str


class WrittenLead(NamedTuple):
    """A ``LeadCaptured`` as capture-lead writes it. It does not check what it has just made: whoever reads it does.

    To build the models and take them apart again would cost a fifth of the answer to a form.
    """

    event_id: str
    body: bytes

    @classmethod
    def of(cls, event_id: str, submission: Mapping[str, object]) -> Self:
        """``submission`` holds the fields of a ``Submission`` as JSON has them.

        Raises ``ValueError`` for a text that is no Unicode.
        """
        written = {"type": "lead_captured", "event_id": event_id, "submission": submission}
        return cls(event_id, to_json(written))

    @property
    def type(self) -> Literal["lead_captured"]:
        """What it is for whoever reads it."""
        return "lead_captured"


MessageRead: TypeAlias = (
    LeadCaptured
    | SubmissionUnreadable
    | VisitCaptured
    | LeadRegistered
    | CrmEntityTouched
    | HintUnreadable
    | DealTold
    | VerdictReceived
    | VerdictUnreadable
)
"""What comes off the bus."""
Message: TypeAlias = MessageRead | WrittenLead
"""What may be published."""


_BY_TYPE: dict[object, type[MessageRead]] = {kind.model_fields["type"].default: kind for kind in get_args(MessageRead)}


class MessageUnreadable(ValueError):
    """A message does not have the shape its type promises; delivering it again will not help."""


def encode(message: Message) -> bytes:
    """The message as JSON bytes, the ``data`` of a Pub/Sub message."""
    if isinstance(message, WrittenLead):
        return message.body
    return message.__pydantic_serializer__.to_json(message)


def decode(body: bytes) -> MessageRead:
    """Read a message. Raises ``MessageUnreadable`` naming the fields at fault, without their values."""
    # The type first, and then that one shape: a union of all would be built whole by the first message.
    named = _type_of(body)
    kind = _BY_TYPE.get(named)
    if kind is None:
        raise MessageUnreadable("not a leadloop message: at fault: body")
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        at_fault = ", ".join(f"{named}.{_place(fault['loc'])}" for fault in error.errors())
        raise MessageUnreadable(f"not a leadloop message: at fault: {at_fault}") from None


def _place(steps: Sequence[object]) -> str:
    """The path of a fault by our own names; what else stands in it a stranger wrote, and it may be a contact."""
    ours = {name for shape in _Shape.__subclasses__() for name in shape.model_fields}
    return ".".join(str(step) if isinstance(step, int) or step in ours else "…" for step in steps)


def _type_of(body: bytes) -> str | None:
    try:
        written = from_json(body)
    except ValueError:
        return None
    named = written.get("type") if isinstance(written, dict) else None
    return named if isinstance(named, str) else None


class PushedMessage(BaseModel):
    """The inner part of a push delivery."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore", defer_build=True)

    data: str = ""
    attributes: dict[str, str] = Field(default_factory=dict)
    message_id: str = Field(alias="messageId")
    publish_time: datetime | None = Field(None, alias="publishTime")


class PushEnvelope(BaseModel):
    """What Pub/Sub push, Eventarc and the one-machine host all POST to a consumer.

    https://cloud.google.com/pubsub/docs/push#receive_push
    """

    model_config = ConfigDict(populate_by_name=True, extra="ignore", defer_build=True)

    message: PushedMessage
    subscription: str = ""
    delivery_attempt: int | None = Field(None, alias="deliveryAttempt")

    @property
    def body(self) -> bytes:
        """The published bytes. Raises ``MessageUnreadable`` if they are not base64."""
        try:
            return base64.b64decode(self.message.data, validate=True)
        except ValueError:
            raise MessageUnreadable("message.data is not base64") from None


def read_push(body: bytes) -> tuple[PushEnvelope, MessageRead]:
    """Read a push delivery and the message in it. Raises ``MessageUnreadable``."""
    try:
        envelope = PushEnvelope.model_validate_json(body)
    except ValidationError as error:
        at_fault = ", ".join(".".join(map(str, fault["loc"])) or "body" for fault in error.errors())
        raise MessageUnreadable(f"not a Pub/Sub push envelope: at fault: {at_fault}") from None
    return envelope, decode(envelope.body)


def wrap_push(
    data: bytes, message_id: str, published_at: str, attributes: dict[str, str], subscription: str, attempt: int
) -> bytes:
    """The push envelope around published bytes, as Google's Pub/Sub sends it with a dead-letter policy."""
    message = {
        "data": base64.b64encode(data).decode(),
        "attributes": attributes,
        "messageId": message_id,
        "message_id": message_id,
        "publishTime": published_at,
        "publish_time": published_at,
    }
    return json.dumps({"message": message, "subscription": subscription, "deliveryAttempt": attempt}).encode()
