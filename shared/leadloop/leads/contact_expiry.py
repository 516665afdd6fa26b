"""Sealed contacts leave their leads once ``contacts.retention`` is over; all else about a lead stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leadloop import timestamps
from leadloop.leads.delivery import Delivery, DeliveryState, delivery_key
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import ContactMode, Policy
from leadloop.ports.store import Key, Store, Write
from leadloop.queries import every_document, leads_with_contact_term_from
from leadloop.verdict import Verdict


@dataclass(slots=True)
class Expired:
    """What one run did."""

    removed: int = 0
    needed: dict[str, str] = field(default_factory=dict)
    """Leads whose contact is past its term but still to be brought into the CRM, and why."""
    complete: bool = True
    """False when the run ended at its bound; the next one goes on."""


def judge(policy: Policy, state: LeadState, delivery: Delivery | None, now: datetime) -> Verdict:
    """Whether the sealed contact of a lead is to be removed now."""
    since = state.contact_term_from
    if since is None:
        return Verdict(False, "contact.absent", "the lead holds no sealed contact")
    if now < since + policy.contacts.retention:
        return Verdict(False, "contact.in_term", f"kept until {timestamps.to_text(since + policy.contacts.retention)}")
    # In the other modes the site's own integration tells the CRM: leadloop has no more use for the contact.
    is_delivered = delivery is not None and delivery.state is DeliveryState.DELIVERED
    if policy.contacts.mode is ContactMode.KEEP and not is_delivered:
        reached = delivery.state.value if delivery is not None else "not begun"
        return Verdict(False, "contact.undelivered", f"past its term, but the delivery to the CRM is {reached}")
    return Verdict(True, "contact.expired", f"its term ran from {timestamps.to_text(since)}")


def expire_contacts(store: Store, policy: Policy, now: datetime, most: int) -> Expired:
    """Remove contacts past their term, the oldest first, from at most ``most`` leads; repeatable, each lead by itself.

    Raises ``StoreUnavailable``, or ``PreconditionFailed`` when others keep writing the same lead.
    """
    expired = Expired()
    before = timestamps.to_text(now - policy.contacts.retention)
    for document in every_document(store, leads_with_contact_term_from(before)):
        if expired.removed == most:
            expired.complete = False
            break
        verdict = _expire(store, policy, document.key, now)
        if verdict.ok:
            expired.removed += 1
        elif verdict.rule == "contact.undelivered":
            expired.needed[document.key.id] = verdict.reason
    return expired


def _expire(store: Store, policy: Policy, key: Key, now: datetime) -> Verdict:
    verdict = Verdict(False, "contact.absent", "the lead is gone")

    def decide() -> Sequence[Write]:
        nonlocal verdict
        document, resting = store.get_many([key, delivery_key(key.id)])
        if document is None:
            return []
        lead, delivery = Lead.of(document), Delivery.of(resting) if resting is not None else None
        verdict = judge(policy, lead.state(policy), delivery, now)
        return lead_writes(policy, lead.without_contact(), document.version) if verdict.ok else []

    decide_and_commit(store, decide)
    return verdict
