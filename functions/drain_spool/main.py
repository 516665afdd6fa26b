"""drain-spool: what the bus would not take earlier is published now, oldest first."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.store import StoreUnavailable
from leadloop.runtime import preload, runtime
from leadloop.spool import drain

preload(store=True)

MOST = 500
"""Messages one run publishes: about 10 ms each, far from the function's time-out."""


@functions_framework.http
def drain_spool(_request: flask.Request) -> HttpAnswer:
    """Take one tick of the schedule; a second one at the same time does nothing."""
    world = runtime()
    try:
        with lease(world.store, world.clock, "drain-spool", world.entropy.token(), world.lease_seconds("drain-spool")):
            drained = drain(world, MOST)
    except LeaseHeld as held:
        return answers.ok({"republished": 0, "quarantined": 0, "stopped": str(held)})
    except StoreUnavailable as fault:
        world.log.error("spool_not_drained", reason=str(fault), what_to_do="restore the store; the spool is kept")
        return answers.unavailable("the spool could not be read")
    if drained.stopped:
        world.log.warning("spool_left", reason=drained.stopped, republished=drained.republished)
    return answers.ok(
        {"republished": drained.republished, "quarantined": drained.quarantined, "stopped": drained.stopped}
    )
