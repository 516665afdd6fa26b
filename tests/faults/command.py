"""``python -m faults``: crash enumeration beyond what the suite has time for; every failure can be played alone.

By default the few play every kind of plan on SQLite: every moment once, every way, every call at each of its moments
in turn, all calls at one moment, and one death in a play where each moment first comes, and where it last comes. On
Firestore three play the plans in which everything dies. That takes about half an hour on two idle cores. With --all the
whole cast plays every plan on both: about an hour and a half on SQLite, and then a night on Firestore's emulator.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from faults.enumeration import CASTS, WHOLE, Open, Play, cast_of, play, singles, sweeps
from faults.plans import read_plan
from faults.storage import in_memory, on_firestore, on_sqlite
from faults.touches import Moment
from leadloop_host.emulators import firestore_emulator

STORES: Mapping[str, Open] = {"sqlite": on_sqlite, "firestore": on_firestore, "memory": in_memory}
_WHOLESALE = ("progressive", "each-way", "each-way:soon", "each-once", "each-once:soon")


@dataclass(frozen=True)
class Part:
    """What is played on one store."""

    store: str
    cast: str
    plays_all: bool
    """One death in a play, and all calls at one moment, beside the plans in which everything dies."""

    def plans(self, undisturbed: Play) -> list[str]:
        """Every plan to be played."""
        return [*_WHOLESALE, *sweeps(undisturbed), *singles(undisturbed)] if self.plays_all else [*_WHOLESALE]


BOUNDED = (Part("sqlite", "few", True), Part("firestore", "three", False))
ALL = (Part("sqlite", WHOLE, True), Part("firestore", WHOLE, True))


def main() -> int:
    """Play, say how it went, and return 1 if anything is not as it must be."""
    given = _arguments()
    for plan in given.plan:
        read_plan(plan)
    failed = 0
    for part in parts(given.store, given.cast, given.all):
        undisturbed = play(cast_of(part.cast), "undisturbed", in_memory)
        with _reachable(part.store):
            died_at, failures = _enumerate(part, undisturbed, given.plan or part.plans(undisturbed), given.jobs)
        is_short = _tell(undisturbed, died_at) and not given.plan and part.plays_all
        failed += failures + is_short
    return 1 if failed else 0


def parts(stores: Sequence[str], cast: str | None, is_all: bool) -> list[Part]:
    """What is played, in order. Stores and cast replace the default's."""
    usual = {part.store: part for part in (ALL if is_all else BOUNDED)}
    chosen = [usual.get(store, Part(store, WHOLE if is_all else "few", True)) for store in stores or usual]
    return [replace(part, cast=cast or part.cast) for part in chosen]


def _enumerate(part: Part, undisturbed: Play, plans: Sequence[str], jobs: int) -> tuple[Counter[Moment], int]:
    """Play every plan on a store; where calls died, and how many plays went wrong."""
    store, cast = part.store, part.cast
    _say(f"{store}, {cast} cast: {len(plans)} plays, {jobs} at a time")
    began, failed, died_at = time.monotonic(), 0, Counter[Moment]()
    # Spawned, not forked: gRPC does not survive a fork.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_play, cast, plan, store): plan for plan in plans}
        for number, done in enumerate(as_completed(waiting), start=1):
            played = done.result()
            died_at.update(played.died_at)
            faults = played.faults(undisturbed)
            failed += bool(faults)
            left = (time.monotonic() - began) / number * (len(plans) - number) / 60
            _say(f"{'FAILED' if faults else 'ok':<6} {number:>4}/{len(plans)}  {played.told()}, {left:.0f} min left")
            if faults:
                _say("\n".join(f"         {one}" for one in faults))
                _say(f"         again: python -m faults --store {store} --cast {cast} --plan '{played.plan}'")
    _say(f"{store}, {cast} cast: {failed} of {len(plans)} failed, {time.monotonic() - began:.0f} s")
    return died_at, failed


def _play(cast: str, plan: str, store: str) -> Play:
    try:
        played = play(cast_of(cast), plan, STORES[store])
    except Exception:
        return Play.ended(plan, traceback.format_exc())
    return replace(played, places={moment: () for moment in played.places})  # where is not asked, and much to hand over


def _tell(undisturbed: Play, died_at: Counter[Moment]) -> bool:
    """A line for each function: at how many of its moments calls died, and where none did; whether there are such."""
    for function in sorted({moment.function for moment in undisturbed.places}):
        moments = [moment for moment in undisturbed.places if moment.function == function]
        missing = sorted(str(moment) for moment in moments if not died_at[moment])
        deaths = sum(died_at[moment] for moment in moments)
        _say(f"  {function:<20} {len(moments) - len(missing):>3} of {len(moments):>3} moments, {deaths:>6} deaths")
        for one in missing:
            _say(f"      none {one}")
    return not undisturbed.places.keys() <= died_at.keys()


@contextmanager
def _reachable(store: str) -> Iterator[None]:
    """The emulator runs while the block does, if the store is Google's."""
    if store != "firestore":
        yield
        return
    with tempfile.TemporaryDirectory() as logs, firestore_emulator(Path(logs)) as address:
        os.environ["FIRESTORE_EMULATOR_HOST"] = address
        yield


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the whole cast and every plan on both stores: many hours")
    parser.add_argument("--store", action="append", choices=tuple(STORES), help="by default sqlite, then firestore")
    parser.add_argument(
        "--cast", choices=(WHOLE, *CASTS), help="who plays (default: few on sqlite, three on firestore)"
    )
    parser.add_argument(
        "--plan", action="append", default=[], help="only this plan, as a failure names it; several may be given"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="plays at a time (default: %(default)s)")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
