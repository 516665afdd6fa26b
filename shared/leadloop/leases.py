"""Leases: who may work on something now. They compare times and never trust absence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.ports.clock import Clock
from leadloop.ports.store import Create, Document, Key, PreconditionFailed, Store, Update


class LeaseHeld(Exception):
    """Somebody else is at this work; nothing is wrong, and nothing is to be done."""

    def __init__(self, name: str, until: str) -> None:
        super().__init__(f"{name} is leased until {until}")
        self.name = name
        self.until = until


@contextmanager
def lease(store: Store, clock: Clock, name: str, owner: str, seconds: int) -> Iterator[None]:
    """Hold the lease while the block runs; give it back after. Raises ``LeaseHeld``.

    ``seconds`` is longer than the holder can live (twice the function's time-out), so a crashed
    holder's lease ends by itself.
    """
    _take(store, clock.now(), name, owner, seconds)
    try:
        yield
    finally:
        _give_back(store, clock.now(), name, owner)


def _take(store: Store, now: datetime, name: str, owner: str, seconds: int) -> None:
    key = Key("lease", name)
    fields = {"owner": owner, "until": timestamps.to_text(now + timedelta(seconds=seconds))}
    [held] = store.get_many([key])
    if held is not None and _is_held(held, now):
        raise LeaseHeld(name, _until(held))
    try:
        store.commit([Create(key, {**fields}) if held is None else Update(key, {**fields}, held.version)])
    except PreconditionFailed:
        raise LeaseHeld(name, "now") from None


def _give_back(store: Store, now: datetime, name: str, owner: str) -> None:
    [held] = store.get_many([Key("lease", name)])
    if held is None or held.fields.get("owner") != owner:
        return
    try:
        store.commit([Update(held.key, {"owner": "", "until": timestamps.to_text(now)}, held.version)])
    except PreconditionFailed:
        return  # the lease had ended and somebody took it


def _is_held(held: Document, now: datetime) -> bool:
    # What was given back is free whatever its time says: the clock may have run ahead then, by years.
    return bool(held.fields.get("owner")) and _until(held) > timestamps.to_text(now)


def _until(held: Document) -> str:
    return str(held.fields.get("until", ""))
