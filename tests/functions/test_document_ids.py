"""Document ids do not rise with time: rising ids would all be written to one end of a Firestore collection.

Firestore splits a collection by id, and rising ones all fall into the last part
(https://firebase.google.com/docs/firestore/best-practices). What does rise is named here: the ids of CRM entities,
which come no faster than the CRM gives them out, and daily totals, of which a day has one for each source.
"""

from __future__ import annotations

from datetime import date

import pytest

from leadloop.adapters.system_entropy import SystemEntropy
from leadloop.crm.marks import Entity, mark_key
from leadloop.leads.fold import crm_ref_id
from leadloop.messages import LeadRegistered
from leadloop.ports.store import Query
from support.world import World

VISITORS = range(12)


def ids_by_birth(world: World, collection: str) -> list[str]:
    found = world.store.query(Query(collection)).documents
    return [document.key.id for document in sorted(found, key=lambda document: int(document.version))]


def visit_site(world: World) -> None:
    """Everything the visitors bring rises: the time, their numbers, their phones."""
    for visitor in VISITORS:
        world.clock.advance(minutes=1)
        sent = {
            "submission_id": f"s-{visitor:03}",
            "phone": f"8 999 000-01-{visitor:02}",
            "ym_client_id": f"17{visitor:010}",
        }
        world.client("capture-lead").post("/", json=sent)
        world.settle(only=frozenset({"register-lead"}))


def send_nonsense(world: World) -> None:
    for visitor in VISITORS:
        world.clock.advance(minutes=1)
        world.client("capture-lead").post("/", data=f'{{"phone": {visitor}', content_type="application/json")
    world.settle(only=frozenset({"register-lead"}))


def come_while_the_bus_is_down(world: World) -> None:
    world.memory_bus.failing = True
    visit_site(world)


def die_at_every_delivery(world: World) -> None:
    for visitor in VISITORS:
        world.push("keep-dead-letter", LeadRegistered(event_id=f"e-{visitor:03}", lead_id=f"lead-{visitor:03}"))


@pytest.mark.parametrize(
    ("happens", "collections"),
    [
        (visit_site, ["lead", "key", "outcome"]),
        (send_nonsense, ["quarantine", "outcome"]),
        (come_while_the_bus_is_down, ["spool"]),
        (die_at_every_delivery, ["dead_letter"]),
    ],
)
def test_what_comes_one_after_the_other_is_not_stored_in_that_order(
    world: World, happens: object, collections: list[str]
) -> None:
    happens(world)  # type: ignore[operator]
    for collection in collections:
        ids = ids_by_birth(world, collection)
        assert len(ids) == len(VISITORS)
        assert ids not in (sorted(ids), sorted(ids, reverse=True))


def test_the_tokens_of_uploads_and_events_do_not_rise() -> None:
    entropy = SystemEntropy()
    tokens = [entropy.token() for _ in VISITORS]
    assert tokens not in (sorted(tokens), sorted(tokens, reverse=True))


def test_only_the_entities_of_a_crm_and_the_days_of_totals_rise(world: World) -> None:
    assert crm_ref_id("amocrm", "25399013") == "amocrm-lead-25399013"
    assert mark_key(Entity("amocrm", "lead", "25399013")).id == "amocrm-lead-25399013"
    visit_site(world)
    for total in world.documents("daily_total"):
        assert date.fromisoformat(total.key.id[:10])
