"""sync-crm: what changed in the CRM since the last pull is read, and due deliveries are announced."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers, crm
from leadloop.answers import HttpAnswer
from leadloop.crm.delivering import announce_due
from leadloop.crm.syncing import sync_all
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.store import StoreError
from leadloop.runtime import preload, runtime

preload(store=True, http=True)

FUNCTION = "sync-crm"
MOST = 2000
"""Entities a run reads of those found, and as many of those marked: 210 calls each, about a minute at six a second."""


@functions_framework.http
def sync_crm(_request: flask.Request) -> HttpAnswer:
    """Take one tick of the schedule; a second one at the same time does nothing. 200 also when the CRM is down."""
    world = runtime()
    try:
        with lease(world.store, world.clock, FUNCTION, world.entropy.token(), world.lease_seconds(FUNCTION)):
            synced = sync_all(world, crm.accounts(world), FUNCTION, MOST)
            announced = announce_due(world)
    except LeaseHeld as held:
        return answers.ok({"outcome": "lease held", "until": held.until})
    except StoreError as fault:
        world.log.error("sync_interrupted", reason=str(fault), what_to_do="see the store; the next run goes on")
        return answers.unavailable("the store failed during the run")
    counts = {"found": synced.found, "complete": synced.complete, "read": synced.read, "announced": announced}
    return answers.ok({"outcome": "ran", **counts})
