"""How far a lead has come to the CRM, and what is to be done next.

    keep         pending → creating → delivered        creating/unknown → found, or created again
    none, hash   awaiting_entity → delivered           (the site's own integration creates the CRM lead; without
                                                        any delivery at rest a lead is awaited, too)
    held         a person is needed; tried again by itself only when ``next_try_at`` says so

``creating`` is committed before the POST, so that a lost answer is never taken for a lead that was not
created. ``next_try_at`` is when the next attempt is due; without it there is nothing to do.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from leadloop import timestamps
from leadloop.json_types import Json, JsonObject
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Create, Document, Key, Store, Update, Write
from leadloop.verdict import Verdict

FIELD_MISSING_RETRY = timedelta(hours=1)
REFUSED_RETRY = timedelta(hours=6)
"""A lead the CRM refused is offered again, because a person may have put the pipeline or the field right meanwhile."""
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)
GIVE_UP_LOOKING = timedelta(days=1)
"""So long a creation may stay unknown while the CRM cannot be read; then a person is told."""
CLOCK_MARGIN = timedelta(minutes=5)
"""How far the CRM's clock may be behind ours when a created lead is looked for by time."""

_SINCE_EVER = timestamps.from_unix(0)


class DeliveryState(StrEnum):
    """How far a lead has come."""

    PENDING = "pending"
    CREATING = "creating"
    UNKNOWN = "unknown"
    AWAITING_ENTITY = "awaiting_entity"
    DELIVERED = "delivered"
    HELD = "held"


class Step(StrEnum):
    """What to do next."""

    CREATE = "create"
    LOOK = "look"
    LINK = "link"
    AWAIT = "await"
    ATTACH = "attach"
    NOTHING = "nothing"


class Delivery(BaseModel):
    """A delivery as it rests; its id is the lead's."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    lead_id: str
    state: DeliveryState = DeliveryState.PENDING
    next_try_at: str | None = None
    uncertain: bool = False
    """The CRM may hold a lead of ours that we do not know of; none is created before that is settled."""
    attempts: int = 0
    creating_at: str | None = None
    """When the last creation began."""
    external_id: str | None = None
    merged: bool = False
    attached: str | None = None
    """Digest of the fields the CRM was last given."""
    written_at: str | None = None
    """The CRM's time of last change when it was given them: a deal read as of then was changed by nobody else."""
    told_until: str | None = None
    """When that becomes another by time alone, as a hold of the fraud gate ends; then ``next_try_at`` says so too."""
    restored: str | None = None
    """Tells for which overwritings of source fields something was done, or was decided to be left."""
    restores: int | None = None
    """How often overwritten fields were given back what they held."""
    named_by: tuple[str, ...] | None = None
    """Leads whose deals name this one by our id, because it was on no deal yet: they are told when it is on one."""
    rule: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a delivery from its document."""
        return cls.model_validate(document.fields)

    @property
    def key(self) -> Key:
        """Where the delivery lives."""
        return delivery_key(self.lead_id)

    def is_due(self, now: datetime) -> bool:
        """Whether the next attempt may be made."""
        return self.next_try_at is not None and self.next_try_at <= timestamps.to_text(now)

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is left to do unless news comes, or ``told_until``."""
        return self.next_try_at in (None, self.told_until)

    def creating(self, now: datetime, looked_for: datetime) -> Self:
        """A creation begins; if nothing more is heard of it, the lead is looked for from ``looked_for`` on."""
        began = timestamps.to_text(now)
        return self._changed(DeliveryState.CREATING, looked_for, creating_at=began, uncertain=True)

    def unknown(self, looked_for: datetime, verdict: Verdict) -> Self:
        """The answer to a creation was lost, or looking for it failed."""
        return self._changed(DeliveryState.UNKNOWN, looked_for, verdict, attempts=self.attempts + 1)

    def not_created(self, now: datetime, verdict: Verdict, at_least: float | None = None) -> Self:
        """The CRM surely created nothing; again later, ``at_least`` so many seconds from now."""
        due = now + max(self._back_off(), timedelta(seconds=at_least or 0))
        return self._changed(DeliveryState.PENDING, due, verdict, attempts=self.attempts + 1, uncertain=False)

    def absent(self, now: datetime) -> Self:
        """A complete listing shows that nothing was created: it may be done at once."""
        verdict = Verdict(True, "delivery.absent", "a complete listing shows that the last attempt created nothing")
        return self._changed(DeliveryState.PENDING, now, verdict, uncertain=False)

    def put_off(self, now: datetime, verdict: Verdict, at_least: float | None = None) -> Self:
        """The step in hand could not be done; the same one again later."""
        due = now + max(self._back_off(), timedelta(seconds=at_least or 0))
        return self._changed(self.state, due, verdict, attempts=self.attempts + 1)

    def held(self, verdict: Verdict, until: datetime | None = None, *, uncertain: bool = False) -> Self:
        """A person is needed; with ``until`` it is also tried again by itself."""
        return self._changed(DeliveryState.HELD, until, verdict, attempts=self.attempts + 1, uncertain=uncertain)

    def awaiting(self) -> Self:
        """The site's integration creates the lead; wait until the reader finds it."""
        return self._changed(DeliveryState.AWAITING_ENTITY, None)

    def delivered(self, external_id: str, attach_at: datetime | None, *, merged: bool = False) -> Self:
        """The lead is in the CRM; with ``attach_at`` its fields are yet to be looked after."""
        arrived = self._changed(DeliveryState.DELIVERED, attach_at, attempts=0, uncertain=False)
        return arrived.model_copy(update={"external_id": external_id, "merged": merged, "named_by": None})

    def with_name_at(self, lead_id: str) -> Self:
        """A lead's deal names this one by our id; the same object if that was known."""
        named_by = tuple(sorted({*(self.named_by or ()), lead_id}))
        return self if named_by == self.named_by else self.model_copy(update={"named_by": named_by})

    def due(self, at: datetime) -> Self:
        """What the CRM is to show of the lead may be another now; see to it."""
        return self._changed(self.state, at)

    def attached_to(
        self,
        fields_digest: str,
        verdict: Verdict,
        written_at: datetime | None = None,
        told_until: datetime | None = None,
    ) -> Self:
        """There is nothing more to write into the CRM unless the fields change; what was written, was at that time.

        ``told_until``: when time alone changes them.
        """
        at = timestamps.to_text(written_at) if written_at is not None else self.written_at
        done = self._changed(DeliveryState.DELIVERED, None, verdict, attempts=0, written_at=at)
        return done.complete(fields_digest, told_until)

    def complete(self, fields_digest: str, told_until: datetime | None) -> Self:
        """The CRM shows these fields; they are looked after again when time alone changes them."""
        until = timestamps.to_text(told_until) if told_until is not None else None
        return self.model_copy(update={"attached": fields_digest, "next_try_at": until, "told_until": until})

    def write(self, version: str | None) -> Write:
        """Create the document, or update the version that was read."""
        fields: JsonObject = self.model_dump(mode="json", exclude_none=True)
        return Create(self.key, fields) if version is None else Update(self.key, fields, version)

    def _back_off(self) -> timedelta:
        return min(FIRST_RETRY * (1 << min(self.attempts, 12)), LONGEST_RETRY)

    def _changed(
        self, state: DeliveryState, next_try: datetime | None, verdict: Verdict | None = None, **values: object
    ) -> Self:
        _, rule, reason = verdict if verdict is not None else (None, None, None)
        due = timestamps.to_text(next_try) if next_try else None
        return self.model_copy(update={"state": state, "next_try_at": due, "rule": rule, "reason": reason, **values})


def delivery_key(lead_id: str) -> Key:
    """Where the delivery of a lead lives."""
    return Key("delivery", lead_id)


def due_again(store: Store, policy: Policy, changed: Iterable[Write]) -> list[Write]:
    """Writes that let leads be seen to which these writes change: what the CRM shows of them may be another now.

    None unless the CRM has fields for that. They are due since ever, that is at the next pull. One that is due already,
    or on no deal, is left alone. Raises ``StoreUnavailable``.
    """
    if not (policy.crm.fields.own or policy.sources.restore):
        return []
    leads = [one for one in changed if isinstance(one, Create | Update) and one.key.collection == "lead"]
    deals = {write.key.id: write.fields.get("crm_ref") for write in leads}
    return seen_to(store, policy, deals)


def seen_to(store: Store, policy: Policy, deals: Mapping[str, Json]) -> list[Write]:
    """Writes that let leads be seen to, by the references of the deals they are on. Raises ``StoreUnavailable``."""
    held = store.get_many([delivery_key(lead_id) for lead_id in deals]) if deals else []
    prefix, writes = f"{policy.crm.kind}-lead-", []
    for (lead_id, ref), document in zip(deals.items(), held, strict=True):
        if document is not None:
            writes += _seen_to(document)
        elif isinstance(ref, str) and ref.startswith(prefix):
            external_id = ref.removeprefix(prefix)
            writes.append(Delivery(lead_id=lead_id).delivered(external_id, _SINCE_EVER).write(None))
    return writes


def names_due(store: Store, arrived: Delivery) -> list[Write]:
    """Writes that let deals be seen to which name a lead by our id: it has one now. Raises ``StoreUnavailable``."""
    named_by = arrived.named_by or ()
    held = store.get_many([delivery_key(lead_id) for lead_id in named_by]) if named_by else []
    return [write for document in held if document is not None for write in _seen_to(document)]


def _seen_to(document: Document) -> list[Write]:
    delivery = Delivery.of(document)
    is_resting = delivery.state is DeliveryState.DELIVERED and delivery.is_at_rest
    return [delivery.due(_SINCE_EVER).write(document.version)] if is_resting else []


def next_step(
    policy: Policy,
    delivery: Delivery | None,
    deal: str | None,
    fields_digest: str,
    now: datetime,
    *,
    is_contact_ours: bool = True,
    is_to_restore: bool = False,
) -> Step:
    """What to do for a lead. ``deal`` is the external id of the live deal it sits on, if any.

    A lead whose contact never rested with us, or no longer does, came before the mode was changed to ``keep``:
    the site's integration brings it into the CRM, and it is not begun to be created here.
    """
    if deal is not None and (delivery is None or delivery.state is not DeliveryState.DELIVERED):
        return Step.LINK
    if delivery is None:
        return Step.CREATE if policy.contacts.mode is ContactMode.KEEP and is_contact_ours else Step.AWAIT
    if not delivery.is_at_rest and not delivery.is_due(now):
        return Step.NOTHING
    if delivery.state is DeliveryState.DELIVERED:
        is_complete = (delivery.attached == fields_digest and not is_to_restore) or deal is None
        return Step.NOTHING if is_complete and not delivery.is_due(now) else Step.ATTACH
    if delivery.next_try_at is None:
        return Step.NOTHING  # awaiting the reader, or a person
    if delivery.uncertain:
        return Step.LOOK
    return Step.CREATE if policy.contacts.mode is ContactMode.KEEP else Step.AWAIT
