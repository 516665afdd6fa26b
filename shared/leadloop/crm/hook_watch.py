"""Whether the CRM's webhooks still come: whoever has had them is told when only the pull finds what changed.

amoCRM switches a webhook off after many failures and tells nobody; Bitrix24 does not list those of a portal. Nothing is
lost by it, as every change is found by the next pull; only late.
"""

from __future__ import annotations

from datetime import datetime

from leadloop import timestamps
from leadloop.ports.store import Create, Document, Key, Store, Update
from leadloop.queries import hints_from
from leadloop.runtime import Runtime

_PAGE, _MOST_PAGES = 50, 10
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
    if _has_come(runtime, crm, now - PULLS_ALONE * runtime.policy.defaults.pull_period):
        if alone >= PULLS_ALONE:
            runtime.log.info("crm_hooks_come_again", crm=crm)
        _note(store, key, noted, 0)
    elif alone < PULLS_ALONE and _has_come(runtime, crm):
        _note(store, key, noted, alone + 1)
        if alone + 1 == PULLS_ALONE:
            runtime.log.warning(
                "crm_hooks_ceased",
                crm=crm,
                reason=f"the last {PULLS_ALONE} pulls found changes, and no webhook came for {PULLS_ALONE} periods",
                what_to_do="run `leadloop doctor --data` or `--project`, which tells whether the CRM has switched the "
                "webhook off, or, where that is not listed, when the last one came; then see that it is there in the "
                "CRM, with this address; until it comes again changes are seen when pulled",
            )


def _has_come(runtime: Runtime, crm: str, since: datetime | None = None) -> bool:
    """Whether a webhook of the account was taken since an instant, or ever; outcomes are kept for a while.

    One that named nothing to read may be any account's and counts. A call tracker beside the CRM may have sent many, so
    they are looked through, to an end.
    """
    limit, cursor = 1 if runtime.policy.call_tracker is None else _PAGE, None
    asked = hints_from(timestamps.to_text(since) if since else "", limit)
    for _ in range(_MOST_PAGES):
        page = runtime.store.query(asked, cursor)
        if any(str(one.fields.get("about") or crm).startswith(crm) for one in page.documents):
            return True
        cursor = page.cursor
        if cursor is None:
            return False
    return False


def _alone(noted: Document | None) -> int:
    alone = noted.fields.get("pulls_alone") if noted is not None else None
    return alone if isinstance(alone, int) else 0


def _note(store: Store, key: Key, noted: Document | None, alone: int) -> None:
    if noted is None and alone:
        store.commit([Create(key, {"pulls_alone": alone})])
    elif noted is not None and alone != _alone(noted):
        store.commit([Update(key, {"pulls_alone": alone}, noted.version)])
