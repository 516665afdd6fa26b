"""Crash enumeration: whatever dies on the demo's journey, and wherever, after restart the promises hold.

A call dies before or after a touch of store, bus or vendor; of that process nothing is ever touched again. Another one
begins on the same data, and what was under way comes again as it would in earnest (``company``). In the end the
story's hand-written oracle agrees with both vendors' own ledgers, every form that was answered is one lead, books and
totals add up, nothing is left undone, and every lead has become what it becomes undisturbed.

Here a few of the cast play, with whom everything happens that happens with all of them. On SQLite calls die at every
moment of every way there is, and once more with messages that come again at once. On Firestore three die at every
moment that their journey comes to then; those it is turned away from, a handful, are SQLite's alone. ``make crashes``
has one death in a play as well as thousands, at either end of each moment, and with ``--all`` the whole cast; a failure
names the plan, which can be played alone:

    PYTHONPATH=tests python -m faults --store sqlite --cast few --plan each-once
"""

from __future__ import annotations

import pytest

from faults.enumeration import Play, cast_of, holes, play, without_holes
from faults.storage import in_memory, on_firestore, on_sqlite
from support.emulators import firestore_emulator
from support.world import MANIFEST


@pytest.fixture(scope="module")
def undisturbed() -> Play:
    """The few, with nothing dying; what a store is made of makes no difference to what is asked of it."""
    return play(cast_of("few"), "undisturbed", in_memory)


def test_with_the_few_everything_happens_that_happens_with_the_whole_cast(undisturbed: Play) -> None:
    whole = play(cast_of("whole"), "undisturbed", in_memory)
    assert whole.broken == ()
    assert sorted(whole.places.keys() - undisturbed.places.keys()) == []


OF_OUTSIDE_SERVICES = {"receive-verdict", "record-verdict"}
"""No part of the demo's journey; where these may die: tests/functions/test_record_verdict.py."""


def test_the_undisturbed_play_keeps_the_promises_and_calls_every_function(undisturbed: Play) -> None:
    assert undisturbed.broken == ()
    assert {moment.function for moment in undisturbed.places} == set(MANIFEST.functions) - OF_OUTSIDE_SERVICES


def test_each_function_publishes_what_the_manifest_grants_it(undisturbed: Play) -> None:
    """In the cloud it has the right to nothing else. Undisturbed, nothing is drained or announced a second time."""
    touches = [moment for moment in undisturbed.places if moment.touch.startswith("publish ")]
    published = {(moment.function, moment.touch.rpartition(" on ")[2]) for moment in touches}
    granted = {(name, topic) for name, function in MANIFEST.functions.items() for topic in function.publishes}
    assert published <= granted
    assert {function for function, _ in granted - published} <= {"drain-spool", "sync-crm"} | OF_OUTSIDE_SERVICES


def test_on_sqlite_whatever_dies_the_promises_hold_when_messages_come_again_at_once(undisturbed: Play) -> None:
    prove(play(cast_of("few"), "each-once:soon", on_sqlite), undisturbed)


def test_on_sqlite_a_call_has_died_at_every_moment_there_is(undisturbed: Play) -> None:
    """Each moment of the undisturbed play is died at, and the promises hold in every play that this takes.

    What the deaths of the first turned the journey away from is met by plays of its own.
    """

    def prove_another(plan: str) -> Play:
        played = play(cast_of("few"), plan, on_sqlite)
        prove(played, undisturbed)
        return played

    first = prove_another("each-way")
    more = list(without_holes(undisturbed, [first], prove_another))
    assert holes(undisturbed, [first, *more]) == []


def test_on_firestore_whatever_dies_the_promises_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator())
    undisturbed = play(cast_of("three"), "undisturbed", in_memory)
    played = play(cast_of("three"), "each-once", on_firestore)
    prove(played, undisturbed)
    missed = holes(undisturbed, [played])
    assert len(missed) < len(undisturbed.places) / 10, missed


def prove(played: Play, undisturbed: Play) -> None:
    """All promises hold, and something did die."""
    faults = played.faults(undisturbed)
    assert not faults, "\n".join([played.told(), *faults])
    assert played.died_at
