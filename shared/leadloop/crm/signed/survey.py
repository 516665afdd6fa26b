"""What the system has told of: there is nobody to ask, so it is as much as came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from leadloop import timestamps
from leadloop.crm.port import LEAD, Status
from leadloop.crm.signed.told_deal import ToldDeal, told_key
from leadloop.crm.survey import Listed, PipelineListed, Survey
from leadloop.queries import every_document, hints_from, told_deals

if TYPE_CHECKING:
    from leadloop.ports.store import Store
    from leadloop.runtime import Runtime

LOOKED_AT = 200
_WINDOWS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 24 * 7, 24 * 30))
"""The webhooks of the shortest that holds enough are looked at."""
_ABOUT = f"signed-{LEAD}-"


class Heard(NamedTuple):
    """What came of late."""

    deals: int
    """Told of in all."""
    last_at: datetime | None
    """When the last webhook of the last month was taken up; ``None``: there was none."""
    statuses: frozenset[Status]
    loss_reasons: frozenset[str]
    """Those of the deals that were told of last."""


def hear_of(store: Store, now: datetime) -> Heard:
    """Read what was told last. Raises ``StoreUnavailable``."""
    since = [hints_from(timestamps.to_text(now - window)) for window in _WINDOWS]
    enough = next((query for query in since if store.count(query) >= LOOKED_AT), since[-1])
    told = [one for one in every_document(store, enough) if str(one.fields.get("about")).startswith(_ABOUT)]
    ids = {str(one.fields["about"]).removeprefix(_ABOUT) for one in told[-LOOKED_AT:]}
    held = store.get_many([told_key("signed", deal_id) for deal_id in sorted(ids)]) if ids else []
    deals = [ToldDeal.of(document) for document in held if document is not None]
    entered = {Status(one.pipeline, one.status) for deal in deals for one in deal.statuses}
    reasons = {deal.picture.loss_reason for deal in deals if deal.picture is not None}
    last_at = timestamps.from_text(str(told[-1].fields["at"])) if told else None
    return Heard(store.count(told_deals()), last_at, frozenset(entered), frozenset(filter(None, reasons)))


def take_survey(runtime: Runtime) -> Survey:
    """What the system has told of, as others list what they have. Raises ``StoreUnavailable``."""
    heard = hear_of(runtime.store, runtime.clock.now())
    return Survey(
        account=runtime.policy.crm.account,
        currency="",
        token_end=None,
        pipelines=tuple(_pipelines(heard.statuses)),
        loss_reasons=tuple(Listed(one, one) for one in sorted(heard.loss_reasons)),
        fields=(),
        hooks=None,
        deal_events=frozenset(),
        contact_events=frozenset(),
    )


def _pipelines(statuses: Iterable[Status]) -> Iterable[PipelineListed]:
    by_pipeline: dict[str, list[str]] = {}
    for pipeline, status in sorted(statuses):
        by_pipeline.setdefault(pipeline, []).append(status)
    for pipeline, names in by_pipeline.items():
        yield PipelineListed(pipeline, pipeline, tuple(Listed(name, name) for name in names))
