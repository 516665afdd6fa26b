"""The periodic pull: what changed or was deleted in the CRM since the last one, whether or not hooks came.

The cursor is saved with the marks of every page, so a run that ends anywhere is continued by the next.
Every pull looks ``pull_overlap`` further back than the last one reached; what was seen then is not
marked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.draining import CRM_UNREADABLE
from leadloop.crm.marks import Entity, mark_writes
from leadloop.crm.port import LEAD, Change, ChangePage, Crm, Feed
from leadloop.json_types import Json, JsonObject
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.writing import decide_and_commit
from leadloop.ports.http import VendorError
from leadloop.ports.store import Create, Document, Key, Update, Write
from leadloop.runtime import Runtime

FIRST_PULL = timedelta(days=1)
"""How far back the very first pull looks; older deals are read when they next change."""
PAGES_A_RUN = 40


class Pulled(NamedTuple):
    """What a run found. ``marked`` may count a deal twice; ``complete`` when both feeds were read to their end."""

    marked: int
    complete: bool


def pull(runtime: Runtime, crm: Crm) -> Pulled:
    """Mark what changed, a bounded number of pages. A CRM that cannot be read is logged once; the cursor stays."""
    marked, complete = 0, True
    try:
        for feed in Feed:
            for page in _pages(runtime, crm, feed):
                marked += _keep_page(runtime, crm, feed, page)
                is_last = page.position is None
            complete = complete and is_last
    except VendorError as failure:
        runtime.log.error("crm_unreadable", crm=crm.name, reason=str(failure), what_to_do=CRM_UNREADABLE)
        return Pulled(marked, False)
    return Pulled(marked, complete)


def _pages(runtime: Runtime, crm: Crm, feed: Feed) -> Iterator[ChangePage]:
    """Pages of a feed from where the cursor stands; the cursor is moved by whoever takes a page."""
    for _ in range(PAGES_A_RUN):
        cursor = _Cursor.read(runtime, crm.name, feed)
        page = crm.changes(feed, cursor.since, cursor.position)
        yield page
        if page.position is None:
            return


def _keep_page(runtime: Runtime, crm: Crm, feed: Feed, page: ChangePage) -> int:
    """One commit: the marks of a page and the cursor behind it."""
    news: list[Entity] = []

    def decide() -> list[Write]:
        cursor = _Cursor.read(runtime, crm.name, feed)
        news[:] = _news(runtime, crm, feed, page.changes)
        marks = mark_writes(runtime.store, news, runtime.clock.now())
        return [*marks, cursor.behind(page, runtime.policy.defaults.pull_overlap, runtime.clock.now())]

    decide_and_commit(runtime.store, decide)
    return len(news)


def _news(runtime: Runtime, crm: Crm, feed: Feed, changes: Sequence[Change]) -> list[Entity]:
    """Changes not seen yet; of deletions only those of deals that we know and do not know to be gone."""
    latest = {change.external_id: change for change in sorted(changes, key=lambda change: change.at)}
    keys = [ref_key(crm.name, external_id) for external_id in latest]
    refs = runtime.store.get_many(keys) if keys else []
    known = zip(latest.values(), refs, strict=True)
    return [Entity(crm.name, LEAD, change.external_id) for change, ref in known if _is_news(feed, change, ref)]


def _is_news(feed: Feed, change: Change, document: Document | None) -> bool:
    ref = CrmRef.of(document) if document is not None else None
    if feed is Feed.DELETED:
        return ref is not None and ref.gone is None
    return ref is None or ref.seen_at_once or ref.seen_updated_at != timestamps.to_text(change.at)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far one feed was read: ``since`` of the present pass, its position, and the latest change it saw."""

    document: Document | None
    key: Key
    feed: Feed
    since: datetime
    position: JsonObject | None
    reached: datetime

    @classmethod
    def read(cls, runtime: Runtime, crm: str, feed: Feed) -> _Cursor:
        key = Key("cursor", crm)
        [document] = runtime.store.get_many([key])
        held = document.fields.get(feed.value) if document is not None else None
        kept = held if isinstance(held, dict) else {}
        now = runtime.clock.now()
        first = now - FIRST_PULL
        since = _instant(kept.get("since"), first)
        if since > now:  # written while our clock ran ahead; nothing would be found until that time comes
            kept, since = {}, first
        position = kept.get("position")
        at_hand = position if isinstance(position, dict) else None
        return cls(document, key, feed, since, at_hand, _instant(kept.get("reached"), since))

    def behind(self, page: ChangePage, overlap: timedelta, now: datetime) -> Write:
        """The cursor moved behind a page; at the end of the feed a new pass begins, an overlap before its end.

        Never beyond now: one deal that says it changed next year must not hide what changes until then.
        """
        reached = max([self.reached, *(min(change.at, now) for change in page.changes)])
        since = self.since if page.position is not None else max(self.since, reached - overlap)
        kept: JsonObject = {
            "since": timestamps.to_text(since),
            "reached": timestamps.to_text(reached),
            "position": page.position,
        }
        if self.document is None:
            return Create(self.key, {self.feed.value: kept})
        return Update(self.key, {**self.document.fields, self.feed.value: kept}, self.document.version)


def _instant(value: Json, otherwise: datetime) -> datetime:
    return timestamps.from_text(value) if isinstance(value, str) else otherwise
