"""The periodic pull: what changed or was deleted in the CRM since the last one, whether or not hooks came.

The cursor is moved once a page is read or marked, so a run that ends anywhere is continued by the next.
Every pull looks ``pull_overlap`` further back than the last one reached; the cursor remembers what was
seen there, so that nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.draining import CRM_UNREADABLE, Turn, read_now
from leadloop.crm.marks import Entity, mark
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
AT_ONCE = timedelta(seconds=5)
"""A deal read sooner after its change may change again within that second; the next pull reads it once more."""
MOST_SEEN = 2000
"""Changes a cursor remembers, the latest: about 100 KiB. Of a mass edit the rest is read again within the overlap."""


class Pulled(NamedTuple):
    """What a run did. ``found`` may count a deal twice; ``complete`` when both feeds were read to their end."""

    found: int
    read: int
    complete: bool
    unreadable: bool = False
    """The CRM could be listed and not read: not now is the time for what is marked."""


def pull(runtime: Runtime, crm: Crm, function: str, most: int) -> Pulled:
    """Read what changed, a bounded number of pages; what is more than ``most``, or cannot be read now, is marked.

    A CRM that cannot be listed is logged once; the cursor stays.
    """
    reading = _Reading(runtime, crm, function, most)
    found, complete = 0, True
    try:
        for feed in Feed:
            for page in _pages(runtime, crm, feed):
                asked_at = runtime.clock.now()
                news = _news(runtime, crm, feed, reading.unmet(page.changes))
                reading.take(news)
                _move_cursor(runtime, crm, feed, page, asked_at)
                found += len(news)
                is_last = page.position is None
            complete = complete and is_last
    except VendorError as failure:
        runtime.log.error("crm_unreadable", crm=crm.name, reason=str(failure), what_to_do=CRM_UNREADABLE)
        complete = False
    return Pulled(found, reading.read, complete, reading.turn is Turn.FAILED)


@dataclass
class _Reading:
    """What a run reads at once: no more after the first failure, nor beyond its bound."""

    runtime: Runtime
    crm: Crm
    function: str
    most: int
    read: int = 0
    turn: Turn = Turn.TAKEN
    met: set[Change] = field(default_factory=set)

    def unmet(self, changes: Sequence[Change]) -> list[Change]:
        """Those that this run did not meet before: pages of one feed may overlap."""
        new = [change for change in changes if change not in self.met]
        self.met.update(new)
        return new

    def take(self, news: Sequence[Entity]) -> None:
        """Read or mark what was found."""
        if not news:
            return
        if self.turn is not Turn.TAKEN or self.read + len(news) > self.most:
            mark(self.runtime.store, news, self.runtime.clock.now())
            return
        self.turn = read_now(self.runtime, self.crm, self.function, news)
        if self.turn is Turn.TAKEN:
            self.read += len(news)


def _pages(runtime: Runtime, crm: Crm, feed: Feed) -> Iterator[ChangePage]:
    """Pages of a feed from where the cursor stands; the cursor is moved by whoever takes a page."""
    for _ in range(PAGES_A_RUN):
        cursor = _Cursor.read(runtime, crm.name, feed)
        page = crm.changes(feed, cursor.since, cursor.position)
        yield page
        if page.position is None:
            return


def _move_cursor(runtime: Runtime, crm: Crm, feed: Feed, page: ChangePage, asked_at: datetime) -> None:
    """Put the cursor behind a page whose changes are read or marked."""

    def decide() -> list[Write]:
        cursor = _Cursor.read(runtime, crm.name, feed)
        return [cursor.behind(page, runtime.policy.defaults.pull_overlap, asked_at)]

    decide_and_commit(runtime.store, decide)


def _news(runtime: Runtime, crm: Crm, feed: Feed, changes: Sequence[Change]) -> list[Entity]:
    """Changes not seen yet; of deletions only those of deals that we know and do not know to be gone."""
    seen = _Cursor.read(runtime, crm.name, feed).seen
    latest = {change.external_id: change for change in sorted(changes, key=lambda change: change.at)}
    ids = [id_ for id_, change in latest.items() if seen.get(id_) != timestamps.to_text(change.at)]
    if feed is Feed.DELETED:
        refs = runtime.store.get_many([ref_key(crm.name, id_) for id_ in ids]) if ids else []
        ids = [id_ for id_, ref in zip(ids, refs, strict=True) if ref is not None and CrmRef.of(ref).gone is None]
    return [Entity(crm.name, LEAD, id_) for id_ in ids]


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far one feed was read: ``since`` of the present pass, its position, the latest change, and what was seen."""

    document: Document | None
    key: Key
    feed: Feed
    since: datetime
    position: JsonObject | None
    reached: datetime
    seen: dict[str, Json]
    """Entity → its latest change, as far back as the next pass will look."""

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
        seen = kept.get("seen")
        seen_at = seen if isinstance(seen, dict) else {}
        return cls(document, key, feed, since, at_hand, _instant(kept.get("reached"), since), seen_at)

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
            "seen": self._seen_with(page, timestamps.to_text(reached - overlap), now),
        }
        if self.document is None:
            return Create(self.key, {self.feed.value: kept})
        return Update(self.key, {**self.document.fields, self.feed.value: kept}, self.document.version)

    def _seen_with(self, page: ChangePage, since: str, now: datetime) -> JsonObject:
        settled = [change for change in page.changes if change.at <= now - AT_ONCE]
        latest = sorted(settled, key=lambda change: change.at)
        seen = {**self.seen, **{change.external_id: timestamps.to_text(change.at) for change in latest}}
        kept = sorted((str(at), id_) for id_, at in seen.items() if str(at) >= since)
        return {id_: at for at, id_ in kept[-MOST_SEEN:]}


def _instant(value: Json, otherwise: datetime) -> datetime:
    return timestamps.from_text(value) if isinstance(value, str) else otherwise
