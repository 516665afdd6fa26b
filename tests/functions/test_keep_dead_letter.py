"""keep-dead-letter at its front door: what failed every delivery is kept once, readable or sealed."""

from __future__ import annotations

from leadloop.adapters.memory_store import MemoryStore
from leadloop.identity.sealing import unseal
from leadloop.messages import LeadRegistered, decode, encode
from leadloop.ports.store import StoreUnavailable
from support.policies import SEAL_PRIVATE_KEY
from support.world import World

ANNOUNCED = LeadRegistered(event_id="event-1", lead_id="lead-1")
FORWARDED = {
    "CloudPubSubDeadLetterSourceSubscription": "deliver-lead",
    "CloudPubSubDeadLetterSourceDeliveryCount": "30",
}


def test_a_message_of_ours_is_kept_readable_with_where_it_failed(world: World) -> None:
    answer = world.push_bytes("keep-dead-letter", encode(ANNOUNCED), FORWARDED)
    assert answer.status_code == 204
    kept = world.the("dead_letter").fields
    assert (kept["source"], kept["attempts"], kept["type"], kept["event_id"]) == (
        "deliver-lead",
        30,
        "lead_registered",
        "event-1",
    )
    assert decode(str(kept["message"]).encode()) == ANNOUNCED
    assert world.log.events("ERROR") == ["message_dead_lettered"]


def test_it_is_kept_once_per_subscription_that_failed(world: World) -> None:
    for source in ("deliver-lead", "deliver-lead", "another"):
        attributes = {**FORWARDED, "CloudPubSubDeadLetterSourceSubscription": source}
        assert world.push_bytes("keep-dead-letter", encode(ANNOUNCED), attributes).status_code == 204
    assert len(world.documents("dead_letter")) == 2


def test_in_a_cloud_the_function_is_named_without_the_bundles_prefix(world: World) -> None:
    """Several bundles share a project; a replay looks the function up in the manifest."""
    world.runtime.environment = {**world.runtime.environment, "LEADLOOP_PREFIX": "acme-"}
    attributes = {**FORWARDED, "CloudPubSubDeadLetterSourceSubscription": "acme-deliver-lead"}
    assert world.push_bytes("keep-dead-letter", encode(ANNOUNCED), attributes).status_code == 204
    assert world.the("dead_letter").fields["source"] == "deliver-lead"


def test_anything_else_is_kept_sealed(world: World) -> None:
    assert world.push_bytes("keep-dead-letter", b"phone=89990000003", FORWARDED).status_code == 204
    assert world.client("keep-dead-letter").post("/", data=b"phone=89990000003").status_code == 204
    kept = [document.fields for document in world.documents("dead_letter")]
    assert len(kept) == 2
    assert "8999" not in str(kept)
    opened = [unseal(SEAL_PRIVATE_KEY, str(fields["body_sealed"])) for fields in kept]
    assert b"phone=89990000003" in opened


def test_without_the_store_it_comes_again(world: World) -> None:
    class FullDisk(MemoryStore):
        def commit(self, batch: object) -> None:
            raise StoreUnavailable("the disk is full")

    world.store = FullDisk()
    assert world.push_bytes("keep-dead-letter", encode(ANNOUNCED), FORWARDED).status_code == 503
