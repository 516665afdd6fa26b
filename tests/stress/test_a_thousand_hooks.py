"""A thousand webhooks at once through the running one-machine host: each is answered 2xx, and what it names is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest
import requests

from journeys.loop import Loop, living
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.policy import ContactMode
from leadloop.ports.store import Document, Query

HOOKS, SENDERS = 1000, 8
DEALS = 125
"""Each is told of eight times, as a busy hour and amoCRM's habit of doubling do."""


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with living(tmp_path, ContactMode.HASH) as loop:
        yield loop


def test_all_are_answered_and_none_is_lost(loop: Loop) -> None:
    loop.order("amocrm", "settings", {"lose_all_webhooks": True})  # ours are all that there are
    made = loop.order("amocrm", "actions", [{"action": "create_lead", "name": f"Deal {n}"} for n in range(DEALS)])
    deals = [row["lead_id"] for row in made]
    bodies = [f"leads[update][0][id]={deals[number % DEALS]}" for number in range(HOOKS)]
    address = f"{loop.world.host}/receive-crm-event/amocrm/{loop.world.hook_secret}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def send(share: list[str]) -> list[int]:
        with requests.Session() as session:
            return [session.post(address, body, headers=headers, timeout=60).status_code for body in share]

    with ThreadPoolExecutor(SENDERS) as senders:
        told = senders.map(send, [bodies[sender::SENDERS] for sender in range(SENDERS)])
    assert Counter(chain.from_iterable(told)) == {200: HOOKS}
    loop.settle()
    outcomes = Counter(str(one.fields["outcome"]) for one in every(loop, "outcome"))
    assert outcomes == {"applied": HOOKS}
    refs = {str(one.fields["external_id"]): one.fields for one in every(loop, "crm_ref")}
    assert refs.keys() == set(map(str, deals)), "each deal that a webhook told of was read"
    marked = {str(one.fields["external_id"]) for one in every(loop, "dirty_mark")}
    assert marked <= {deal for deal, ref in refs.items() if ref.get("waits_until")}, "it is looked at again, not for us"
    assert loop.logged("function_crashed") == []


def every(loop: Loop, collection: str) -> Iterator[Document]:
    """All documents of a collection, however many."""
    with closing(SqliteStore(loop.data / "documents.db")) as store:
        cursor: str | None = None
        while True:
            page = store.query(Query(collection, limit=1000), cursor)
            yield from page.documents
            cursor = page.cursor
            if cursor is None:
                return
