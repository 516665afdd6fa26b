"""Creating a lead in the CRM once and only once (DESIGN §9), in the mode ``keep``.

``creating`` rests before the POST leaves. If the answer is lost, the lead is looked for after one pull
period by our own id, and created again only when a complete listing lacks it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from leadloop import timestamps
from leadloop.crm.lead_at_hand import LeadAtHand
from leadloop.crm.port import CreatedLead, LeadloopFieldMissing, NewCrmLead
from leadloop.identity.contact import Contact, open_contact
from leadloop.identity.keys import KeyMalformed
from leadloop.identity.sealing import SealUnreadable
from leadloop.leads.delivery import (
    CLOCK_MARGIN,
    FIELD_MISSING_RETRY,
    GIVE_UP_LOOKING,
    REFUSED_RETRY,
    Delivery,
    DeliveryState,
)
from leadloop.ports.http import NotSent, RateLimited, Refused, VendorError
from leadloop.secrets import SEAL_PRIVATE_KEY, SecretMissing
from leadloop.verdict import Verdict

ACCOUNT_FAULTS = frozenset({401, 402, 403})
"""Refusals of the whole account, not of one lead: they pass when a person has put something right."""
ADD_THE_FIELD = "run `leadloop init --crm` to create the field, or name an existing one in crm.fields.leadloop_id"


def create(at_hand: LeadAtHand) -> bool:
    """Begin and, if all goes well, end a creation. False when there is nothing more to do for now."""
    contact = _contact(at_hand)
    if contact is None:
        return False
    began, policy = at_hand.now, at_hand.runtime.policy
    lease = timedelta(seconds=at_hand.runtime.lease_seconds("deliver-lead"))
    looked_for = began + max(lease, policy.defaults.pull_period)
    if not at_hand.advance(at_hand.delivery.creating(began, looked_for)):
        return True  # another delivery of the message was quicker; look at what it made
    try:
        created = at_hand.crm.create_lead(NewCrmLead(at_hand.lead.id, contact, at_hand.fields))
    except VendorError as failure:
        _tell_failure(at_hand, failure)
        at_hand.settle(DeliveryState.CREATING, partial(_after_failure, at_hand, began, failure))
        return False
    _tell_refused_fields(at_hand, created)
    at_hand.arrive(created, "created", began, complete=not created.merged)
    return True


def look(at_hand: LeadAtHand) -> bool:
    """Find out whether an unanswered creation was done. False when it could not be found out now."""
    delivery = at_hand.delivery
    began = timestamps.from_text(delivery.creating_at or timestamps.to_text(at_hand.now))
    try:
        found = at_hand.crm.find_created(at_hand.lead.id, began - CLOCK_MARGIN)
    except VendorError as failure:
        return _looking_failed(at_hand, began, failure)
    if found is not None:
        at_hand.runtime.log.info("crm_lead_adopted", lead_id=at_hand.lead.id, external_id=found.external_id)
        at_hand.arrive(found, "adopted", began, complete=False)
        return True
    at_hand.advance(delivery.absent(at_hand.now))
    return True


def _looking_failed(at_hand: LeadAtHand, began: datetime, failure: VendorError) -> bool:
    delivery, now = at_hand.delivery, at_hand.now
    again = now + at_hand.runtime.policy.defaults.pull_period
    if now - began < GIVE_UP_LOOKING:
        verdict = Verdict(False, "delivery.unknown", f"created or not: the CRM could not be asked: {failure}")
        at_hand.advance(delivery.unknown(again, verdict))
        return False
    reason = f"whether the lead was created could not be found out for a day: {failure}"
    if delivery.state is not DeliveryState.HELD:
        what_to_do = "make the CRM readable; the lead is then found or created by itself"
        at_hand.runtime.log.error("delivery_held", lead_id=at_hand.lead.id, reason=reason, what_to_do=what_to_do)
    at_hand.advance(delivery.held(Verdict(False, "delivery_unknown", reason), again, uncertain=True))
    return False


def _tell_failure(at_hand: LeadAtHand, failure: VendorError) -> None:
    log, lead_id = at_hand.runtime.log, at_hand.lead.id
    if not isinstance(failure, Refused):
        log.warning("delivery_put_off", lead_id=lead_id, reason=str(failure))
        return
    what_to_do = (
        "see the error: a pipeline or status the account does not have, or a value it does not take; "
        "when it is put right the lead goes by itself within six hours"
    )
    if isinstance(failure, LeadloopFieldMissing):
        what_to_do = ADD_THE_FIELD
    elif failure.status in ACCOUNT_FAULTS:
        what_to_do = "see the error: token, payment or rights of the account; delivery then goes on by itself"
    log.error("delivery_held", lead_id=lead_id, reason=str(failure), what_to_do=what_to_do)


def _after_failure(at_hand: LeadAtHand, began: datetime, failure: VendorError, delivery: Delivery) -> Delivery:
    now = at_hand.now
    if isinstance(failure, LeadloopFieldMissing):
        verdict = Verdict(False, "delivery.field_missing", f"{failure}; {ADD_THE_FIELD}")
        return delivery.held(verdict, now + FIELD_MISSING_RETRY)
    if isinstance(failure, Refused) and failure.status not in ACCOUNT_FAULTS:
        return delivery.held(Verdict(False, "delivery.refused", str(failure)), now + REFUSED_RETRY)
    if isinstance(failure, Refused | NotSent):
        retry_after = failure.retry_after if isinstance(failure, RateLimited) else None
        return delivery.not_created(now, Verdict(False, "delivery.not_sent", str(failure)), retry_after)
    looked_for = began + at_hand.runtime.policy.defaults.pull_period
    return delivery.unknown(looked_for, Verdict(False, "delivery.unknown", str(failure)))


def _contact(at_hand: LeadAtHand) -> Contact | None:
    """The contact, opened; an empty one when the lead came without. ``None`` when it cannot be opened now."""
    sealed = at_hand.state.contact_sealed
    if sealed is None:
        return Contact()
    try:
        return open_contact(at_hand.runtime.secrets.get(SEAL_PRIVATE_KEY), sealed)
    except (SecretMissing, KeyMalformed, SealUnreadable) as fault:
        what_to_do = f"put the private key that belongs to contacts.public_key into {SEAL_PRIVATE_KEY}"
        log, reason = at_hand.runtime.log, str(fault)
        log.error("delivery_held", lead_id=at_hand.lead.id, reason=reason, what_to_do=what_to_do)
        verdict = Verdict(False, "delivery.contact_unreadable", reason)
        at_hand.advance(at_hand.delivery.held(verdict, at_hand.now + FIELD_MISSING_RETRY))
        return None


def _tell_refused_fields(at_hand: LeadAtHand, created: CreatedLead) -> None:
    if created.refused_fields:
        what_to_do = "create the fields in the CRM, and write their ids or codes into crm.fields"
        names = ", ".join(created.refused_fields)
        at_hand.runtime.log.error("crm_fields_missing", fields=names, lead_id=at_hand.lead.id, what_to_do=what_to_do)
