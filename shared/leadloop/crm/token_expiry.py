"""When the token of a CRM ends, said in good time and once a day: a person has to do something, and may be away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from leadloop import timestamps
from leadloop.ports.store import Create, Key, PreconditionFailed, Update

if TYPE_CHECKING:
    from datetime import datetime

    from leadloop.crm.port import Crm
    from leadloop.runtime import Runtime

TOLD_BEFORE = timedelta(days=14)


class TokenEnd(NamedTuple):
    """When a token ends, and what a person does to have another."""

    at: datetime
    what_to_do: str


def announce_expiry(runtime: Runtime, crm: Crm) -> None:
    """Log ``token_expires``, at most once in a day (UTC), from ``TOLD_BEFORE`` on; an error once the token is over.

    Touches the store only when there is something to say. Raises ``StoreUnavailable``.
    """
    end, now = crm.token_end(), runtime.clock.now()
    if end is None or end.at - now > TOLD_BEFORE:
        return
    key, today = Key("cursor", f"{crm.name}-token"), timestamps.utc_day(now)
    [noted] = runtime.store.get_many([key])
    if noted is not None and noted.fields.get("told_on") == today:
        return
    tell = runtime.log.error if end.at <= now else runtime.log.warning
    tell("token_expires", crm=crm.name, at=timestamps.to_text(end.at), what_to_do=end.what_to_do)
    told = {"told_on": today}
    try:  # after it was told: twice is better than never
        runtime.store.commit([Create(key, {**told}) if noted is None else Update(key, {**told}, noted.version)])
    except PreconditionFailed:
        return
