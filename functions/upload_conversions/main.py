"""upload-conversions: what leads have become is sent to Metrica, once; whatever is not sent says why."""

from __future__ import annotations

import flask
import functions_framework

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.conversions.context import UploadContext
from leadloop.conversions.run import UploadRun
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.store import StoreError
from leadloop.runtime import preload, runtime
from leadloop.secrets import SecretMissing

preload(store=True, http=True)

FUNCTION = "upload-conversions"


@functions_framework.http
def upload_conversions(_request: flask.Request) -> HttpAnswer:
    """Answer 200 with what was done, also when Metrica is down: the next tick comes by itself."""
    world = runtime()
    try:
        context = UploadContext.of(world, FUNCTION)
        with lease(world.store, world.clock, FUNCTION, world.entropy.token(), context.lease_seconds):
            summary = UploadRun(context).run()
    except LeaseHeld as held:
        return answers.ok({"outcome": "lease held", "until": held.until})
    except SecretMissing as fault:
        world.log.error("upload_not_begun", reason=str(fault), what_to_do="set the variable; the conversions wait")
        return answers.ok({"outcome": "not begun", "stopped": str(fault)})
    except StoreError as fault:
        world.log.error("upload_interrupted", reason=str(fault), what_to_do="see the store; the next run recovers")
        return answers.unavailable("the store failed during the run")
    return answers.ok({"outcome": "ran", **summary.as_json()})
