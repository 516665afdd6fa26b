"""What leadloop needs of a CRM, whatever its kind.

Every method may raise the errors of ``leadloop.ports.http``: ``NotSent`` and ``RateLimited`` (nothing
was done), ``Refused`` (nothing was done, and the same call will be refused again), ``OutcomeUnknown``.
External ids are strings, money is in minor units, times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, runtime_checkable

from leadloop.json_types import JsonObject
from leadloop.ports.http import Refused
from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from leadloop.crm.token_expiry import TokenEnd
    from leadloop.identity.contact import Contact
    from leadloop.messages import ContactKey, CrmEntityTouched, DealTold

LEAD, CONTACT = "lead", "contact"
"""Entity kinds a hint may name. Others are not read."""


class HookPosted(NamedTuple):
    """A webhook as it came."""

    path_secret: str
    """What its path ends in."""
    wsgi: Mapping[str, str]
    """The request as WSGI has it: https://peps.python.org/pep-3333/#environ-variables"""
    body: bytes


class HookReading(NamedTuple):
    """What a webhook's body said: ids by entity kind, or why it could not be understood."""

    entity_ids: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """May be empty without a reason: the hook is about something leadloop does not read."""
    unreadable: str | None = None
    """The reason, in words that hold nothing of the body."""


class Status(NamedTuple):
    """A place in a pipeline. A status id alone is not unique."""

    pipeline_id: str
    status_id: str


class Medium(StrEnum):
    """How somebody made contact."""

    CALL = "call"
    CHAT = "chat"
    REQUEST = "request"
    """A form of the site, sent through a call tracker."""


class Communication(NamedTuple):
    """Somebody called, chatted or asked, as a call tracker recorded it."""

    medium: Medium
    is_incoming: bool = True
    is_answered: bool = True


class CrmLead(NamedTuple):
    """A deal as the CRM shows it now, or a communication as a call tracker does."""

    external_id: str
    status: Status
    price: int | None
    """Minor units; ``None`` when it is not set."""
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    is_gone: bool = False
    """It was deleted or merged and is shown as it was last, so that what it told before is read; then it is lost."""
    contact_ids: tuple[str, ...] = ()
    """The main contact first. Ids only."""
    keys: tuple[ContactKey, ...] = ()
    """Keys of its main contact, where the CRM tells keys and is not asked for contacts: each contact under every key of
    the ring, the newest first."""
    ids: Mapping[str, str] = MappingProxyType({})
    """Ad ids found in its fields, by the names of ``messages.AdIds``, checked by pattern."""
    leadloop_id: str | None = None
    submission_id: str | None = None
    filled: frozenset[str] = frozenset()
    """Names of ``policy.qualification.fields`` whose fields hold something; never what they hold."""
    responsible: str | None = None
    """Id of the user who works on it."""
    loss_reason: str | None = None
    """Id of the reason it was lost for; ``None`` when it is not lost, or nobody said why."""
    call_seconds: int | None = None
    """How long a call lasted, by the field ``call_seconds``; ``None``: there is no such field, or no duration in it."""
    source: Mapping[str, str] = MappingProxyType({})
    """Texts of its source fields by ``SOURCE_FIELDS``, cut to ``LONGEST_TEXT``, and ``created_by``: the CRM's id of
    the user who made it, 0 for a robot, a form or a program. Texts that read like a contact are left out, but for
    the number that was called, which is not for keeping before it is found to be one of the owner's."""
    communication: Communication | None = None
    """What it is if it is no deal: it never becomes a lead's deal, and is a touch of a lead that is known."""
    continues: tuple[str, ...] = ()
    """Leads that it was made of, and that may be there still: it goes on with what is known of them."""
    other_currency: str | None = None
    """The currency of its price, if that is not the policy's: then ``price`` is ``None``."""


SOURCE_FIELDS = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"),
    *("referrer", "source", "called_number"),
)
"""Fields that say in words where a lead came from, by the policy's names."""

LONGEST_TEXT = 200


class FieldChange(NamedTuple):
    """A field's text replaced by another, from the CRM's own feed. An empty text: the field held nothing."""

    at: datetime
    event_id: str
    field: str
    """By the policy's names of fields."""
    old: str
    new: str
    by: str
    """The CRM's id of who did it; empty for a robot or a program, and when the CRM does not say."""


class Transition(NamedTuple):
    """A change of status, from the CRM's own feed."""

    at: datetime
    event_id: str
    before: Status | None
    """``None`` where the feed tells what was entered, and exactly when, but not what was left."""
    after: Status


class PriceChange(NamedTuple):
    """A price replaced by another, from the CRM's own feed. Minor units; 0 stands for none."""

    at: datetime
    event_id: str
    before: int
    after: int


class Loss(NamedTuple):
    """A lead went out of the CRM, deleted or merged into another, or came back."""

    at: datetime
    event_id: str
    is_back: bool = False
    into: str | None = None
    """The lead that it was merged into, where the CRM says so by itself."""


class History(NamedTuple):
    """What the CRM's own feed tells of a lead, oldest first: the same whenever it is asked, but for what came since."""

    moves: tuple[Transition, ...] = ()
    prices: tuple[PriceChange, ...] | None = None
    """``None`` where the CRM keeps no record of prices."""
    losses: tuple[Loss, ...] | None = None
    """``None`` where the CRM keeps no record of them."""

    @property
    def lost_at(self) -> datetime | None:
        """When the lead was lost, as far as the feed tells; ``None`` for one that is there."""
        return self.losses[-1].at if self.losses and not self.losses[-1].is_back else None

    @property
    def priced_until(self) -> datetime | None:
        """When the price changed last, as far as the feed tells."""
        return self.prices[-1].at if self.prices else None


class ContactPoints(NamedTuple):
    """Phones and e-mails as typed in the CRM. Personal: turn into keys at once, never store, never log."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]


class Feed(StrEnum):
    """What a pull may ask for."""

    CHANGED = "changed"
    DELETED = "deleted"


class Change(NamedTuple):
    """An entity that changed or was deleted, and when the CRM says so."""

    external_id: str
    at: datetime


class ChangePage(NamedTuple):
    """A piece of a feed. ``position`` is the CRM's own, to be handed back; ``None`` when the feed is at its end."""

    changes: tuple[Change, ...]
    position: JsonObject | None
    unreadable: tuple[str, ...] = ()
    """Rows passed over because they tell no id or no time; what they are called, as far as they say it."""


FieldTexts: TypeAlias = Mapping[str, str]
"""Values by the names of ``policy.models.AmoCrmFields`` and its likes: ``client_id``, ``utm_source`` …"""


class NewCrmLead(NamedTuple):
    """A lead to be created."""

    lead_id: str
    contact: Contact
    fields: FieldTexts


class CreatedLead(NamedTuple):
    """A lead that the CRM has now."""

    external_id: str
    merged: bool = False
    """The CRM took it for a lead it already had, and ``external_id`` is that one's."""
    refused_fields: tuple[str, ...] = ()
    """Fields the account does not have; the lead was created without them."""
    contact_ids: tuple[str, ...] = ()
    """Contacts it is linked to, as far as the CRM told."""


class AttachedFields(NamedTuple):
    """What became of the fields that were to be written on an existing lead."""

    written: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Fields that held something else already and were left alone."""
    replaced: tuple[str, ...] = ()
    """Fields among those written that held something else before."""
    refused_fields: tuple[str, ...] = ()
    gone: bool = False
    """There is no such lead any more; nothing was written."""
    written_at: datetime | None = None
    """The lead's time of last change after it was written, as far as the CRM told."""


@runtime_checkable
class Listening(Protocol):
    """An account that is heard and not asked: what it is told rests with us, and is read from there."""

    def keep(self, told: DealTold) -> CrmEntityTouched:
        """Keep what a deal's system told, once; returns what is to be read because of it.

        Raises ``StoreUnavailable`` or ``PreconditionFailed``.
        """
        ...


class LeadloopFieldMissing(Refused):
    """The account lacks the field our own lead id is written to, so a lost answer could not be resolved."""


class Crm(Protocol):
    """An account of a CRM."""

    name: str
    """Kind, and the first part of every reference (``amocrm``)."""

    most_leads_a_call: int
    """How many leads one call may read."""

    def token_end(self) -> TokenEnd | None:
        """When the account lets leadloop in no more unless a person does something; ``None`` when nobody knows.

        Makes no call. Raises ``StoreUnavailable`` where tokens rest in the store.
        """
        ...

    def prepare(self) -> Verdict:
        """Make sure the account has what leadloop needs, creating it if it may; repeatable."""
        ...

    def read_leads(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """The leads by id, at most ``most_leads_a_call`` of them; one not in the answer surely does not exist."""
        ...

    def histories(self, ids: Sequence[str]) -> dict[str, History]:
        """Every change of status and price of each lead, also of one that is gone.

        The feed may lag behind ``read_leads``.
        """
        ...

    def field_changes(self, ids: Sequence[str], fields: Collection[str]) -> dict[str, tuple[FieldChange, ...]]:
        """Every change of these fields of each lead, oldest first, by whomever: of leads that ``read_leads`` just read.

        May leave out what the CRM keeps no record of. The feed may lag behind ``read_leads``.
        """
        ...

    def leads_of_contacts(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """Ids of the leads linked to the contacts. Reads personal data: never in the mode ``none``."""
        ...

    def contact_points(self, contact_ids: Sequence[str]) -> dict[str, ContactPoints]:
        """Phones and e-mails by contact. Reads personal data: never in the mode ``none``."""
        ...

    def changes(self, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        """The next piece of what changed at or after ``since``; ``position`` is the last piece's."""
        ...

    def create_lead(self, new: NewCrmLead) -> CreatedLead:
        """Create a lead, not idempotently. Raises ``LeadloopFieldMissing`` besides the usual."""
        ...

    def find_created(self, lead_id: str, since: datetime) -> CreatedLead | None:
        """The lead that carries our id, among everything changed at or after ``since``.

        ``None`` only after a complete listing: then it surely was not created.
        """
        ...

    def attach_fields(
        self, external_id: str, fields: FieldTexts, ours: Collection[str], replace: Collection[str] = ()
    ) -> AttachedFields:
        """Write values into fields that are empty, and those named in ``replace`` over whatever stands there.

        Repeatable: what stands there already is not written. Our own id replaces one that is not in ``ours``.
        """
        ...
