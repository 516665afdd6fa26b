"""expire-contacts: contacts whose retention is over leave their leads, and what came to zero leaves the totals."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.leads.clearing import clear_totals
from leadloop.leads.contact_expiry import expire_contacts as expire
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.store import StoreError
from leadloop.runtime import preload, runtime

preload(store=True)
FUNCTION = "expire-contacts"
MOST = 1000
"""Contacts, and totals, one run takes up: a commit each, on Firestore about two minutes for either: in time."""


@functions_framework.http
def expire_contacts(_request: flask.Request) -> HttpAnswer:
    """Take one tick of the schedule; a second one at the same time does nothing."""
    world = runtime()
    try:
        with lease(world.store, world.clock, FUNCTION, world.entropy.token(), world.lease_seconds(FUNCTION)):
            expired = expire(world.store, world.policy, world.clock.now(), MOST)
            cleared = clear_totals(world.store, MOST)
    except LeaseHeld as held:
        return answers.ok({"outcome": "lease held", "until": held.until})
    except StoreError as fault:
        world.log.error("contact_expiry_interrupted", reason=str(fault), what_to_do="see the store; the next goes on")
        return answers.unavailable("the store failed during the run")
    for lead_id, reason in expired.needed.items():
        world.log.warning("contact_kept_past_term", lead_id=lead_id, reason=reason, what_to_do="see `leadloop explain`")
    if not expired.complete:
        world.log.warning("contacts_left", removed=expired.removed, what_to_do="nothing: tomorrow's run goes on")
    counts = {"removed": expired.removed, "undelivered": len(expired.needed), "complete": expired.complete}
    return answers.ok({"outcome": "ran", **counts, "totals_cleared": cleared.totals})
