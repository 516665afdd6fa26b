"""The periodic pull: what changed or was deleted in the CRM since the last one, whether or not hooks came.

The cursor is moved once a page is read or marked, so a run that ends anywhere is continued by the next.
Every pull looks ``pull_overlap`` further back than the last one reached; the cursor remembers what was
seen there, so that nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.draining import CRM_UNREADABLE, Turn, read_now
from leadloop.crm.hook_watch import watch_hooks
from leadloop.crm.marks import Entity, mark
from leadloop.crm.port import LEAD, Change, ChangePage, Crm, Feed
from leadloop.json_types import Json, JsonObject, json_list
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.writing import decide_and_commit
from leadloop.ports.http import NotSent, VendorError
from leadloop.ports.store import Create, Document, Key, Update, Write
from leadloop.runtime import Runtime

FIRST_PULL = timedelta(days=1)
"""How far back the very first pull looks; older deals are read when they next change."""
PAGES_A_RUN = 40
AT_ONCE = timedelta(seconds=5)
"""A deal read sooner after its change may change again within that second; the next pull reads it once more."""
MOST_SEEN = 20_000
"""Changes a cursor remembers, about 200 KiB. After a mass edit of more within the overlap the next pull looks back no
further than to the earliest of these: to read the others again at every pull would cost more than it could find."""

MOST_ROWS_TOLD = 100
_ROWS_UNREADABLE = (
    "look at these rows in the account's own list; they are passed over until they tell an id and a time, and no other "
    "is held up"
)


class Pulled(NamedTuple):
    """What a run did. ``found`` may count a deal twice; ``complete`` when both feeds were read to their end."""

    found: int
    read: int
    complete: bool
    unreadable: bool = False
    """The CRM could be listed and not read, or let nobody in: not now is the time for what is marked."""


def pull(runtime: Runtime, crm: Crm, function: str, most: int) -> Pulled:
    """Read what changed, a bounded number of pages; what is more than ``most``, or cannot be read now, is marked.

    A CRM that cannot be listed is logged once; the cursor stays.
    """
    reading = _Reading(runtime, crm, function, most)
    found, complete, is_last, is_refused = 0, True, True, False
    try:
        for feed in Feed:
            met: set[Change] = set()  # pages of one feed may overlap
            for page in _pages(runtime, crm, feed):
                asked_at = runtime.clock.now()
                news = _news(runtime, crm, feed, [change for change in page.changes if change not in met])
                met.update(page.changes)
                reading.take(news)
                _tell_unreadable(runtime, crm, feed, page)
                _move_cursor(runtime, crm, feed, page, asked_at)
                found += len(news)
                is_last = page.position is None
                if reading.turn is Turn.FAILED:  # to go on asking now would only make it worse
                    return Pulled(found, reading.read, complete=False, unreadable=True)
            complete = complete and is_last
    except VendorError as failure:
        runtime.log.error("crm_unreadable", crm=crm.name, reason=str(failure), what_to_do=CRM_UNREADABLE)
        complete, is_refused = False, isinstance(failure, NotSent)
    if not runtime.policy.is_tracker(crm.name):  # which finds rows for their age alone, and mostly without webhooks
        watch_hooks(runtime, crm.name, found)
    return Pulled(found, reading.read, complete, is_refused)


@dataclass
class _Reading:
    """What a run reads at once: no more after the first failure, nor beyond its bound."""

    runtime: Runtime
    crm: Crm
    function: str
    most: int
    read: int = 0
    turn: Turn = Turn.TAKEN

    def take(self, news: Sequence[Change]) -> None:
        """Read or mark what was found."""
        entities = [Entity(self.crm.name, LEAD, change.external_id) for change in news]
        if not entities:
            return
        if self.turn is not Turn.TAKEN or self.read + len(news) > self.most:
            mark(self.runtime.store, entities, self.runtime.clock.now())
            return
        changed = {change.external_id: change.at for change in news}
        self.turn = read_now(self.runtime, self.crm, self.function, entities, changed)
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


def _tell_unreadable(runtime: Runtime, crm: Crm, feed: Feed, page: ChangePage) -> None:
    """Say which rows were passed over, once of each: they may be listed for weeks."""
    if not page.unreadable:
        return
    told = _Cursor.read(runtime, crm.name, feed).unreadable
    if fresh := sorted({*page.unreadable} - {*told}):
        runtime.log.error(
            "crm_rows_unreadable", crm=crm.name, rows=json_list(fresh[:MOST_ROWS_TOLD]), what_to_do=_ROWS_UNREADABLE
        )


def _move_cursor(runtime: Runtime, crm: Crm, feed: Feed, page: ChangePage, asked_at: datetime) -> None:
    """Put the cursor behind a page whose changes are read or marked."""

    def decide() -> list[Write]:
        cursor = _Cursor.read(runtime, crm.name, feed)
        return cursor.behind(page, runtime.policy.defaults.pull_overlap, asked_at)

    decide_and_commit(runtime.store, decide)


def _news(runtime: Runtime, crm: Crm, feed: Feed, changes: Sequence[Change]) -> list[Change]:
    """Changes not seen yet; deletions of deals that we know and do not know to be gone.

    That a deletion was seen says nothing: its deal may have come to be known only since.
    """
    latest = {change.external_id: change for change in sorted(changes, key=lambda change: change.at)}
    if feed is Feed.CHANGED:
        seen = _Cursor.read(runtime, crm.name, feed).seen
        return [
            change
            for change in latest.values()
            if change.external_id not in seen.get(timestamps.to_text(change.at), ())
        ]
    refs = runtime.store.get_many([ref_key(crm.name, id_) for id_ in latest]) if latest else []
    known = zip(latest.values(), refs, strict=True)
    return [change for change, ref in known if ref is not None and CrmRef.of(ref).gone is None]


class _Cursor(NamedTuple):
    """How far one feed was read: ``since`` of the present pass, its position, the latest change, and what was seen."""

    document: Document | None
    key: Key
    feed: Feed
    since: datetime
    position: JsonObject | None
    reached: datetime
    seen: dict[str, frozenset[str]]
    """Time of a change → the entities, as far back as the next pass will look."""
    unreadable: tuple[str, ...] = ()
    """Rows passed over that were told of."""

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
        times = seen.items() if isinstance(seen, dict) else ()
        seen_at = {at: frozenset(map(str, ids)) for at, ids in times if isinstance(ids, list)}
        told = kept.get("unreadable")
        unreadable = tuple(map(str, told)) if isinstance(told, list) else ()
        return cls(document, key, feed, since, at_hand, _instant(kept.get("reached"), since), seen_at, unreadable)

    def behind(self, page: ChangePage, overlap: timedelta, now: datetime) -> list[Write]:
        """The cursor moved behind a page, if it moves; at the end of the feed a new pass begins an overlap before it.

        Never beyond now: one deal that says it changed next year must not hide what changes until then.
        """
        reached = max([self.reached, *(min(change.at, now) for change in page.changes)])
        seen, again_from = self._seen_with(page.changes, reached - overlap, now)
        since = self.since if page.position is not None else max(self.since, again_from)
        kept: JsonObject = {
            "since": timestamps.to_text(since),
            "reached": timestamps.to_text(reached),
            "position": page.position,
        }
        if self.feed is Feed.CHANGED:
            kept["seen"] = seen
        if unreadable := dict.fromkeys((*self.unreadable, *page.unreadable)):
            kept["unreadable"] = json_list([*unreadable][-MOST_ROWS_TOLD:])
        if self.document is None:
            return [Create(self.key, {self.feed.value: kept})]
        if self.document.fields.get(self.feed.value) == kept:
            return []
        return [Update(self.key, {**self.document.fields, self.feed.value: kept}, self.document.version)]

    def _seen_with(self, changes: Sequence[Change], since: datetime, now: datetime) -> tuple[JsonObject, datetime]:
        """What is seen at or after ``since``, and from when the next pass is to look: later if that is too much."""
        seen = {at: set(ids) for at, ids in self.seen.items()}
        for change in changes:
            if change.at <= now - AT_ONCE:
                seen.setdefault(timestamps.to_text(change.at), set()).add(change.external_id)
        kept: JsonObject = {}
        room = MOST_SEEN
        for at in sorted(seen, reverse=True):
            if at < timestamps.to_text(since):
                break
            if kept and len(seen[at]) > room:
                return kept, timestamps.from_text(min(kept))
            kept[at] = json_list(sorted(seen[at]))
            room -= len(seen[at])
        return kept, since


def _instant(value: Json, otherwise: datetime) -> datetime:
    return timestamps.from_text(value) if isinstance(value, str) else otherwise
