"""A whole performance: build the world, play the story, report, prove."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from leadloop.numerals import counted
from leadloop.policy.loader import load_policy
from leadloop.report.loop import read_loop
from leadloop.report.text import loop_text
from leadloop_host.demo import world as worlds
from leadloop_host.demo.page import CLIENT_ID
from leadloop_host.demo.player import Player
from leadloop_host.demo.processes import DidNotStart, Processes
from leadloop_host.demo.proof import Proof, prove
from leadloop_host.demo.story import Story, read_story
from leadloop_host.demo.timeline import FIRST
from leadloop_host.demo.world import World
from leadloop_host.emulators import EmulatorDidNotStart, EmulatorMissing

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "real_estate"
"""The example of the checkout this runs from."""

MARKER = ".leadloop-demo"

MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the folder in it, for this user only
ROOM = 200_000_000
"""Bytes; a demo takes a tenth of it."""


class FolderNotOurs(Exception):
    """The folder to keep the demo in holds something that no demo has made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: expected an empty folder or one an earlier demo made, found other files; name another"
        )


def perform(
    example: Path | None, folder: Path | None, port: int | None, serve: bool, on_emulators: bool = False
) -> int:
    """Play the story of an example, or (``serve``) leave its world running for a person to try.

    ``on_emulators``: not on the one-machine host, but from packages and on Google's (``leadloop_host.demo.emulated``).
    Playing returns 0 only if the stand-in counted exactly what the story says. ``folder`` keeps everything; without
    it a temporary one is removed at the end. Raises ``FolderNotOurs`` or ``StoryAtFault``.
    """
    example = example or EXAMPLE
    story = read_story(example / "story.yaml")
    story.check(load_policy(example / "leadloop.yaml"))
    place = _empty(folder) if folder else Path(tempfile.mkdtemp(prefix="leadloop-demo-", dir=_passing_place()))
    try:
        world = worlds.prepare(place, example, port or worlds.free_port(), None if serve else story.instant(FIRST))
        # As Ctrl-C does: whatever was started is ended before this process is.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        with Processes(place) as processes:
            if on_emulators:
                return _play_on_emulators(world, processes, story)
            worlds.start(world, processes)
            return _serve(world) if serve else _play(world, story)
    except (DidNotStart, EmulatorMissing, EmulatorDidNotStart) as fault:
        _say(f"The demo could not start. {fault}")
        return 1
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


def _passing_place() -> Path | None:
    """Where the folder of a demo that is not kept is made: in memory if it can be, because a store waits for disks."""
    has_room = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else None


def _empty(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise FolderNotOurs(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder


def _play(world: World, story: Story) -> int:
    began = time.monotonic()
    _say("leadloop demo · contacts: keep (names and phones rest sealed; all of them are invented)")
    people, days = counted(len(story.cast), "person", "people"), counted(story.days, "day")
    _say(f"{people} in {days} from {story.starts:%d.%m.%Y}; real HTTP, real functions.")
    player = Player(world, story, _say)
    player.play()
    if remark := world.end():
        _say(remark)
    proof = _tell(world, player)
    _say(f"{time.monotonic() - began:.0f} s in all.")
    return 0 if proof.holds else 1


def _play_on_emulators(world: World, processes: Processes, story: Story) -> int:
    from leadloop_host.demo.emulated.stage import emulated  # Google's clients are an extra of their own

    with emulated(world, processes, _say) as stage:
        return _play(stage, story)


def _tell(world: World, player: Player) -> Proof:
    names = {lead_id: who for who, ids in player.lead_ids.items() for lead_id in ids}
    report = read_loop(world.open_store(), world.policy, world.now)
    _say(loop_text(report, names))
    metrica, amocrm = world.ledger(world.metrica), world.ledger(world.amocrm)
    proof = prove(player.story, world.policy, metrica, amocrm, player.lead_ids)
    for difference in proof.differences:
        _say(f"  ✗ {difference}")
    _say(f"\n{'PROVEN' if proof.holds else 'NOT PROVEN'}: {proof.line()}")
    return proof


def _serve(world: World) -> int:
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    world.order(world.metrica, "visits", [{"time": datetime.now(UTC).isoformat(), "client_id": CLIENT_ID}])
    _say("leadloop · contacts: keep (what you type rests sealed on this machine)")
    _say(
        f"A page with a form  {world.host}/\nCRM stand-in        {world.amocrm}/\nMetrica stand-in    {world.metrica}/"
    )
    _say("Ctrl-C ends it.")
    told.wait()
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
