"""A deal that was told is neither lost nor told twice, wherever the process dies on its way."""

from __future__ import annotations

from collections.abc import Callable

from support.interruptions import Crash, InterruptedBus, InterruptedStore, Interrupter
from support.signed_desk import ANNA, BORIS, SignedDesk, signed_desk, told

RESTING = ("told_deal", "crm_ref", "lead", "delivery", "outcome", "dirty_mark")


def live(interrupter: Interrupter | None) -> tuple[int, dict[str, object]]:
    """Two deals with leads, one sold and then merged into the other, over a process that may die once."""
    with signed_desk() as desk:
        desk.submit("anna", ym_client_id=ANNA)
        desk.submit("boris", ym_client_id=BORIS)
        desk.settle()
        world = desk.world
        ports = world.store, world.bus
        if interrupter is not None:
            world.store, world.bus = InterruptedStore(ports[0], interrupter), InterruptedBus(ports[1], interrupter)

        def until_done(step: Callable[[], object]) -> None:
            try:
                step()
            except Crash:
                world.store, world.bus = ports
                step()

        for id_, body in enumerate(bodies(desk)):
            until_done(lambda body=body, id_=id_: desk.post(body, f"msg_{id_}"))  # type: ignore[misc]
        for letter in world.memory_bus.on("crm-hints"):
            until_done(lambda letter=letter: world.push("read-crm", letter))  # type: ignore[misc]
        world.store, world.bus = ports
        for _ in range(3):
            desk.tick(minutes=20)  # leases of the dead process end
        return len(world.memory_bus.on("crm-hints")), {
            f"{name}/{one.key.id}": {
                field: value for field, value in one.fields.items() if name != "outcome" or field not in NOT_COMPARED
            }
            for name in RESTING
            for one in world.documents(name)
        }


NOT_COMPARED = ("at", "expires_at", "rule", "reason")
"""Of an outcome: when, and whether the deal was read at once or marked first, which a death rightly changes."""


def bodies(desk: SignedDesk) -> list[dict[str, object]]:
    now = desk.clock.now()
    own = {"D-1": {"client_id": ANNA}, "D-2": {"client_id": BORIS}}
    first = [told(deal, "new", now, created_at=now, ids=ids) for deal, ids in own.items()]
    sold = told("D-1", "won", now, created_at=now, ids=own["D-1"], price={"amount": 9})
    return [*first, sold, {**sold, "merged_into": "D-2"}]


def test_dying_at_any_moment_changes_nothing_in_the_end() -> None:
    count = Interrupter(None, lambda: None)
    published, undisturbed = live(count)
    assert published == 4
    assert any(key.startswith("told_deal/") for key in undisturbed)
    assert count.passed > 60
    for moment in range(0, count.passed, 2):  # after one touch is before the next
        interrupter = Interrupter.crash(moment)
        again, resting = live(interrupter)
        assert interrupter.is_dead
        assert again in (4, 5)  # one that was published as the process died is sent once more
        assert resting == undisturbed, moment
