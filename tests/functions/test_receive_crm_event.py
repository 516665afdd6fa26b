"""receive-crm-event at its front door: strangers see nothing, amoCRM sees 200, and a hint is kept before the answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from werkzeug.test import TestResponse

from leadloop.adapters.memory_store import MemoryStore
from leadloop.identity.sealing import unseal
from leadloop.messages import CrmEntityTouched, HintUnreadable, Message
from leadloop.ports.store import Document, Key, StoreUnavailable, Write
from support.policies import SEAL_PRIVATE_KEY, sokol
from support.world import World

NEWEST, OLDER = "4f1d0c33", "9b2e77aa"
STATUS = b"leads[status][0][id]=25399013&leads[status][0][status_id]=142&contacts[update][0][id]=7"
FORM = "application/x-www-form-urlencoded"


class FullDisk(MemoryStore):
    def commit(self, batch: Sequence[Write]) -> None:
        raise StoreUnavailable("the disk is full")


class UntouchedStore(MemoryStore):
    def commit(self, batch: Sequence[Write]) -> None:
        raise AssertionError("the edge wrote to the store while the bus was up")

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        raise AssertionError("the edge read the store")


@pytest.fixture
def world() -> Iterator[World]:
    world = World(sokol("hash"), environment={"LEADLOOP_HOOK_SECRET": f"{NEWEST},{OLDER}"})
    with world.in_force():
        yield world


def post(world: World, body: bytes = STATUS, path: str = f"/amocrm/{NEWEST}") -> TestResponse:
    return world.client("receive-crm-event").post(path, data=body, content_type=FORM)


def only_message(world: World) -> Message:
    [published] = world.memory_bus.published
    assert published.topic == "crm-hints"
    return published.message


def test_a_webhook_becomes_one_hint_of_ids(world: World) -> None:
    world.store = UntouchedStore()
    assert post(world).status_code == 200
    message = only_message(world)
    assert isinstance(message, CrmEntityTouched)
    assert message.crm == "amocrm"
    assert message.entity_ids == {"lead": ("25399013",), "contact": ("7",)}
    assert message.received_at == world.clock.now()


def test_the_same_webhook_twice_is_two_hints_with_ids_of_their_own(world: World) -> None:
    post(world)
    post(world)
    first, second = (published.message for published in world.memory_bus.published)
    assert first.event_id != second.event_id


@pytest.mark.parametrize("secret", [NEWEST, OLDER])
def test_both_secrets_are_in_force_while_one_is_replaced(world: World, secret: str) -> None:
    assert post(world, path=f"/amocrm/{secret}").status_code == 200


@pytest.mark.parametrize("secret", [NEWEST, OLDER])
def test_every_changed_character_of_a_secret_is_a_stranger(world: World, secret: str) -> None:
    for place in range(len(secret)):
        changed = secret[:place] + ("0" if secret[place] != "0" else "1") + secret[place + 1 :]
        assert post(world, path=f"/amocrm/{changed}").status_code == 404
    assert not world.memory_bus.published


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/amocrm",
        "/amocrm/",
        f"/bitrix24/{NEWEST}",
        f"/{NEWEST}",
        f"/amocrm/{NEWEST}/x",
        "/amocrm/%D1%8F",
        "/x/../",
    ],
)
def test_a_stranger_is_told_nothing_and_leaves_no_trace(world: World, path: str) -> None:
    answer = post(world, path=path)
    assert answer.status_code == 404
    assert "amocrm" not in answer.text
    assert not world.memory_bus.published


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_who_posts_by_another_method_is_told_so(world: World, method: str) -> None:
    """Not that it was kept."""
    answer = world.client("receive-crm-event").open(f"/amocrm/{NEWEST}", method=method, data=STATUS)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, GET, HEAD")
    assert not world.memory_bus.published


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_integration_that_was_uninstalled_is_answered_200_and_does_nothing(world: World, method: str) -> None:
    answer = world.client("receive-crm-event").open(f"/amocrm/{NEWEST}?client_uuid=1&signature=2", method=method)
    assert answer.status_code == 200
    assert not world.memory_bus.published


@pytest.mark.parametrize("body", [b"", b"leads[add][0][name]=Anna", b"\xff\xfe", b"{}", b"%"])
def test_what_cannot_be_understood_is_answered_200_and_kept_sealed(world: World, body: bytes) -> None:
    assert post(world, body).status_code == 200
    message = only_message(world)
    assert isinstance(message, HintUnreadable)
    assert unseal(SEAL_PRIVATE_KEY, message.body_sealed) == body
    assert message.size == len(body)
    assert "Anna" not in message.reason


def test_of_a_body_over_the_cap_the_beginning_is_kept(world: World) -> None:
    cap = world.runtime.policy.defaults.body_cap
    body = STATUS + b"&leads[add][0][name]=" + b"x" * cap
    assert post(world, body).status_code == 200
    message = only_message(world)
    assert isinstance(message, HintUnreadable)
    assert message.size == len(body)
    assert unseal(SEAL_PRIVATE_KEY, message.body_sealed) == body[:cap]


def test_a_body_of_just_the_cap_is_read(world: World) -> None:
    cap = world.runtime.policy.defaults.body_cap
    assert post(world, STATUS.ljust(cap, b"&")).status_code == 200
    assert isinstance(only_message(world), CrmEntityTouched)


def test_a_hint_the_bus_refuses_is_spooled_under_its_own_id_and_still_answered_200(world: World) -> None:
    world.memory_bus.failing = True
    assert post(world).status_code == 200
    spooled = world.the("spool")
    assert spooled.fields["topic"] == "crm-hints"
    assert f'"event_id":"{spooled.key.id}"' in str(spooled.fields["message"])


def test_only_when_nothing_was_kept_is_amocrm_asked_to_come_again(world: World) -> None:
    world.memory_bus.failing = True
    world.store = FullDisk()
    assert post(world).status_code == 503
    assert "hint_not_kept" in world.log.events("ERROR")


def test_without_a_secret_in_the_environment_nobody_is_let_in_and_the_log_says_what_to_do() -> None:
    world = World(sokol("hash"))
    with world.in_force():
        assert post(world).status_code == 503
    [entry] = world.log.entries
    assert "LEADLOOP_HOOK_SECRET" in str(entry.details["reason"])


def test_no_secret_and_nothing_of_the_body_is_logged(world: World) -> None:
    post(world, b"contacts[add][0][name]=Anna&contacts[add][0][phone]=79990000003")
    post(world, path="/amocrm/wrong-secret")
    logged = repr(world.log.entries) + repr(world.memory_bus.published)
    for told in (NEWEST, OLDER, "wrong-secret", "Anna", "79990000003"):
        assert told not in logged


def test_the_edge_loads_neither_the_api_client_nor_the_phone_book() -> None:
    """amoCRM waits two seconds, and a cold start is paid in imports."""
    script = (
        "import sys, leadloop.crm.hook_intake, leadloop.crm, leadloop.crm.amocrm;"
        "print([name for name in ('requests', 'phonenumbers', 'nacl', 'sqlite3', 'leadloop.crm.amocrm.client')"
        " if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
