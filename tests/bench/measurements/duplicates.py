"""What it costs to find out that a lead repeats another one, as the history of other people's leads grows."""

from __future__ import annotations

from collections.abc import Iterator

from bench.figures import Figure, Gate, compared
from bench.life import two_goals
from bench.pending import plant
from bench.sampling import Scale
from support.settable_clock import MORNING
from support.world import World

GROWTH = 100
CONSTANT = Gate(1)


def measure(scale: Scale) -> Iterator[Figure]:
    """Documents read to register a second form of the same phone. Counts do not vary, so one round is enough."""
    short, long = (float(_reads(history)) for history in (scale.pending // GROWTH, scale.pending))
    note = f"{scale.pending:,} leads of others against {scale.pending // GROWTH:,}"
    yield compared("reads to register a repeat, longer history", "", [long], [short], CONSTANT, note)


def _reads(history: int) -> int:
    world = World(two_goals())
    plant(world.store, two_goals(), history, MORNING)
    with world.in_force():
        for _ in range(2):
            before = world.store.usage.reads
            world.clock.advance(minutes=5)
            sent = {"phone": "+7 999 000-00-01", "form": f"at-{world.clock.now().minute}"}
            assert world.client("capture-lead").post("/", json=sent).status_code == 200
            world.settle(only=frozenset({"register-lead"}))
    return world.store.usage.reads - before
