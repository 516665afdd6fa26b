"""Public functions are called by anybody at all: each lets in whom it is meant to, and this page says how it knows."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from leadloop import indexes
from leadloop.messages import encode
from support.knocks import MANIFEST, SETTINGS
from support.world import World

GARBAGE = b"\x00\xff no form, no beacon and no webhook " * 40_000
"""More than any function takes."""


class Door(NamedTuple):
    """How a public function knows its callers, and what it answers a stranger with neither origin nor secret."""

    lets_in: str
    to_get: int
    to_garbage: int
    is_kept: bool = False
    """Whether the stranger's body goes on, as one message of bounded size."""


DOORS = {
    "capture-lead": Door("anybody posts a form; what cannot be read is sealed for the owner", 405, 200, is_kept=True),
    "capture-visit": Door("pages of the site, by their Origin; the tag itself is for everybody", 405, 403),
    "receive-crm-event": Door("the CRM, by LEADLOOP_HOOK_SECRET in the address", 404, 404),
    "receive-verdict": Door("antifraud services that the policy names, by a signature of each webhook", 404, 404),
}
PUBLIC = [name for name, one in MANIFEST.functions.items() if one.public]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_does_for_a_stranger_what_is_written_here_and_no_more(name: str) -> None:
    assert name in DOORS, f"{name} is public: write down in DOORS how it authenticates, or give it a trigger"
    door, world = DOORS[name], World(environment=SETTINGS)
    with world.in_force():
        assert world.client(name).get("/").status_code == door.to_get
        assert world.memory_bus.published == []
        assert world.client(name).post("/", data=GARBAGE).status_code == door.to_garbage
    messages = [encode(one.message) for one in world.memory_bus.published]
    assert len(messages) == door.is_kept, f"{name} passed a stranger's body on"
    cap = world.runtime.policy.defaults.body_cap
    assert all(len(one) < 2 * cap < len(GARBAGE) for one in messages), f"{name} passes on more than body_cap"
    assert not [kind for kind in indexes.COLLECTIONS if world.documents(kind)], f"{name} writes for a stranger"


def test_every_door_is_that_of_a_public_function() -> None:
    assert set(DOORS) == set(PUBLIC), "a function here is no longer public: take it off this page"
