"""Bringing a lead into the CRM and keeping its ids there, one committed step at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from leadloop import timestamps
from leadloop.crm.creating import ACCOUNT_FAULTS, ADD_THE_FIELD, create, look
from leadloop.crm.deal_signs import heard_of, view_with
from leadloop.crm.draining import Turn, drain, read_now
from leadloop.crm.lead_at_hand import LeadAtHand
from leadloop.crm.marks import Entity, mark
from leadloop.crm.port import LEAD, AttachedFields, Crm, LeadloopFieldMissing
from leadloop.crm.restoring import MOST_RESTORES
from leadloop.digests import follow_up_id
from leadloop.facts import Fact
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.delivery import FIELD_MISSING_RETRY, Delivery, DeliveryState, Step
from leadloop.leads.lead import Lead
from leadloop.leads.origin import emptied
from leadloop.messages import LeadRegistered
from leadloop.ports.bus import PublishFailed
from leadloop.ports.http import RateLimited, Refused, VendorError
from leadloop.queries import crm_refs_waiting, deliveries_due
from leadloop.runtime import Runtime
from leadloop.verdict import Verdict

_MOST_STEPS = 6
"""Steps one message may take: look, create, attach, and as many again after a conflict."""


def deliver(runtime: Runtime, crm: Crm, lead_id: str) -> None:
    """Do what is due for a lead; repeatable. A CRM that is down puts the delivery off, it does not raise.

    Raises ``StoreUnavailable`` or ``PreconditionFailed``: the message is to be delivered again.
    """
    for _ in range(_MOST_STEPS):
        at_hand = LeadAtHand.read(runtime, crm, lead_id)
        if at_hand is None or not _DO[at_hand.next_step()](at_hand):
            return


def announce_due(runtime: Runtime) -> int:
    """Publish every lead whose delivery is due again; returns how many. Stops at the first the bus refuses."""
    announced, cursor = 0, None
    now = timestamps.to_text(runtime.clock.now())
    while True:
        page = runtime.store.query(deliveries_due(now), cursor)
        for document in page.documents:
            event_id = follow_up_id(document.key.id, "delivery_due", document.fields.get("next_try_at"))
            try:
                runtime.bus.publish("leads", LeadRegistered(event_id=event_id, lead_id=document.key.id))
            except PublishFailed as fault:
                runtime.log.warning("follow_up_put_off", event_id=event_id, reason=str(fault))
                return announced
            announced += 1
        cursor = page.cursor
        if cursor is None:
            return announced


def _link(at_hand: LeadAtHand) -> bool:
    """The reader found the lead in the CRM, or a person created it by hand: nothing is to be created."""
    assert at_hand.deal is not None  # noqa: S101 - the step is chosen for a lead on a deal
    at_hand.advance(at_hand.delivery.delivered(at_hand.deal, at_hand.now))
    return True


def _await(at_hand: LeadAtHand) -> bool:
    """The site's integration creates the lead. It may have done so already: look again at what waits for an owner.

    Nothing is written for it: a lead without a delivery is one that is awaited.
    """
    if at_hand.resting is not None and not at_hand.advance(at_hand.delivery.awaiting()):
        return True
    runtime, crm = at_hand.runtime, at_hand.crm
    until = timestamps.to_text(at_hand.now + runtime.policy.defaults.born_in_crm_wait + timedelta(seconds=1))
    waiting = runtime.store.query(crm_refs_waiting(crm.name, until, crm.most_leads_a_call)).documents
    if waiting:
        entities = [Entity(crm.name, LEAD, CrmRef.of(ref).external_id) for ref in waiting]
        if read_now(runtime, crm, "deliver-lead", entities) is not Turn.FAILED:
            drain(runtime, crm, "deliver-lead", len(entities))
    return False


def _attach(at_hand: LeadAtHand) -> bool:
    if not at_hand.runtime.policy.crm.creates_leads:
        verdict = Verdict(True, "attach.not_written_to", "the CRM is only heard: nothing is written there")
        at_hand.settle(DeliveryState.DELIVERED, lambda held: held.attached_to(at_hand.fields_digest, verdict))
        return False
    external_id = at_hand.deal or at_hand.delivery.external_id or ""
    [ref] = at_hand.runtime.store.get_many([ref_key(at_hand.crm.name, external_id)])
    ours = {at_hand.lead.id, *(CrmRef.of(ref).leads if ref is not None else ())}
    back = _back(at_hand, external_id)
    left = emptied(at_hand.state) - back.keys()
    fields = {**{name: text for name, text in at_hand.fields.items() if name not in left}, **back}
    replace = {*at_hand.own, *back}
    try:
        attached = at_hand.crm.attach_fields(external_id, fields, ours, replace)
    except VendorError as failure:
        _attaching_failed(at_hand, failure)
        return False
    if attached.gone:
        mark(at_hand.runtime.store, [Entity(at_hand.crm.name, LEAD, external_id)], at_hand.now)
    _tell_kept(at_hand, external_id, attached)
    restored = {name: text for name, text in back.items() if name in attached.written}
    _settle(at_hand, external_id, attached, restored)
    return False


def _back(at_hand: LeadAtHand, external_id: str) -> dict[str, str]:
    """What the deal is given back of its source; nothing when somebody insists on overwriting it."""
    restoring, delivery = at_hand.restoring, at_hand.delivery
    if not restoring.is_due(delivery):
        return {}
    if (delivery.restores or 0) < MOST_RESTORES:
        return restoring.texts
    about = {"lead_id": at_hand.lead.id, "external_id": external_id, "fields": ", ".join(sorted(restoring.texts))}
    what_to_do = "ask who overwrites it and why; leadloop leaves this deal alone from now on"
    at_hand.runtime.log.warning("crm_source_not_restored", what_to_do=what_to_do, **about)
    return {}


def _settle(at_hand: LeadAtHand, external_id: str, attached: AttachedFields, restored: dict[str, str]) -> None:
    """Put down what was written; a lead whose source was put back knows at once what its deal shows again."""
    verdict, written, occasion = _attached(attached), attached.written_at, at_hand.restoring.occasion
    crm, at = at_hand.crm.name, written or at_hand.now

    def attach(held: Delivery) -> Delivery:
        done = held.attached_to(at_hand.fields_digest, verdict, written, at_hand.told_until)
        restores = (held.restores or 0) + 1 if restored else held.restores
        return done.model_copy(update={"restored": occasion or held.restored, "restores": restores})

    def told(lead: Lead) -> Fact | None:
        return view_with(crm, external_id, heard_of(crm, external_id, lead.facts), restored, at)

    at_hand.settle(DeliveryState.DELIVERED, attach, told if restored else None)
    if restored:
        about = {"lead_id": at_hand.lead.id, "external_id": external_id, "fields": ", ".join(sorted(restored))}
        at_hand.runtime.log.info("crm_source_restored", **about)


def _attaching_failed(at_hand: LeadAtHand, failure: VendorError) -> None:
    log, now, lead_id = at_hand.runtime.log, at_hand.now, at_hand.lead.id
    if isinstance(failure, Refused) and failure.status not in ACCOUNT_FAULTS:
        is_missing = isinstance(failure, LeadloopFieldMissing)
        what_to_do = ADD_THE_FIELD if is_missing else "see the error: a value the account does not take"
        log.error("crm_fields_not_written", lead_id=lead_id, reason=str(failure), what_to_do=what_to_do)
        if not is_missing:
            verdict = Verdict(False, "attach.refused", str(failure))
            at_hand.settle(DeliveryState.DELIVERED, lambda held: _refused(at_hand, held, verdict))
            return
    else:
        log.warning("crm_fields_put_off", lead_id=lead_id, reason=str(failure))
    wait = FIELD_MISSING_RETRY.total_seconds() if isinstance(failure, LeadloopFieldMissing) else None
    wait = failure.retry_after if isinstance(failure, RateLimited) else wait
    verdict = Verdict(False, "attach.put_off", str(failure))
    at_hand.settle(DeliveryState.DELIVERED, lambda held: held.put_off(now, verdict, wait))


def _refused(at_hand: LeadAtHand, held: Delivery, verdict: Verdict) -> Delivery:
    """Nothing is tried again before something changes."""
    done = held.attached_to(at_hand.fields_digest, verdict, told_until=at_hand.told_until)
    return done.model_copy(update={"restored": at_hand.restoring.occasion or held.restored})


def _attached(attached: AttachedFields) -> Verdict:
    if attached.gone:
        return Verdict(False, "attach.gone", "the deal is no longer in the CRM")
    if not attached.written:
        return Verdict(True, "attach.nothing_missing", "the deal held every field already")
    return Verdict(True, "attach.written", f"written: {', '.join(attached.written)}")


def _tell_kept(at_hand: LeadAtHand, external_id: str, attached: AttachedFields) -> None:
    about = {"lead_id": at_hand.lead.id, "external_id": external_id}
    if attached.kept:
        names = ", ".join(attached.kept)
        at_hand.runtime.log.warning("crm_fields_differ", fields=names, **about)
    if attached.refused_fields:
        what_to_do = "create the fields in the CRM, and write their ids or codes into crm.fields"
        names = ", ".join(attached.refused_fields)
        at_hand.runtime.log.error("crm_fields_missing", fields=names, what_to_do=what_to_do, **about)


_DO: dict[Step, Callable[[LeadAtHand], bool]] = {
    Step.CREATE: create,
    Step.LOOK: look,
    Step.LINK: _link,
    Step.AWAIT: _await,
    Step.ATTACH: _attach,
    Step.NOTHING: lambda _: False,
}
