"""Whether the CRM's webhooks still come: whoever has had them is told when only the pull finds what changed.

amoCRM switches a webhook off after many failures and tells nobody. Nothing is lost by it, as every change is found by
the next pull; only late.
"""

from __future__ import annotations

from datetime import datetime

from leadloop import timestamps
from leadloop.ports.store import Create, Document, Key, Store, Update
from leadloop.queries import hints_from
from leadloop.runtime import Runtime

PULLS_ALONE = 2
"""So many pulls in a row have to find something that no webhook came for."""


def watch_hooks(runtime: Runtime, crm: str, found: int) -> None:
    """Take note of a pull that found some changes. Logs once when webhooks cease, and once when they come again.

    A pull that finds nothing says nothing. Raises ``StoreUnavailable`` or ``PreconditionFailed``.
    """
    if not found:
        return
    store, now = runtime.store, runtime.clock.now()
    key = Key("cursor", f"{crm}-hooks")
    [noted] = store.get_many([key])
    alone = _alone(noted)
    if _has_come(store, now - PULLS_ALONE * runtime.policy.defaults.pull_period):
        if alone >= PULLS_ALONE:
            runtime.log.info("crm_hooks_come_again", crm=crm)
        _note(store, key, noted, 0)
    elif alone < PULLS_ALONE and _has_come(store):
        _note(store, key, noted, alone + 1)
        if alone + 1 == PULLS_ALONE:
            runtime.log.warning(
                "crm_hooks_ceased",
                crm=crm,
                reason=f"the last {PULLS_ALONE} pulls found changes, and no webhook came for {PULLS_ALONE} periods",
                what_to_do="run `leadloop doctor`, which tells whether the CRM has switched the webhook off; until it "
                "comes again changes are seen when pulled",
            )


def _has_come(store: Store, since: datetime | None = None) -> bool:
    """Whether a webhook was taken since an instant, or ever, as far as is known: outcomes are kept for a while."""
    return bool(store.query(hints_from(timestamps.to_text(since) if since else "", limit=1)).documents)


def _alone(noted: Document | None) -> int:
    alone = noted.fields.get("pulls_alone") if noted is not None else None
    return alone if isinstance(alone, int) else 0


def _note(store: Store, key: Key, noted: Document | None, alone: int) -> None:
    if noted is None and alone:
        store.commit([Create(key, {"pulls_alone": alone})])
    elif noted is not None and alone != _alone(noted):
        store.commit([Update(key, {"pulls_alone": alone}, noted.version)])
