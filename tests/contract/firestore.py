"""Firestore under contract: Google's emulator, a project of its own for each store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leadloop.adapters.firestore_store import FirestoreStore
from leadloop.adapters.firestore_wire import EMULATOR
from leadloop.ports.store import Store
from support.emulators import firestore_emulator, new_project

PATIENT = 60.0
"""Seconds: thousands of documents on a busy machine are no failure."""


@contextmanager
def firestore_store(_: Path) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(EMULATOR, firestore_emulator())
        store = FirestoreStore(new_project(), timeout_seconds=PATIENT)
        yield store
        store.close()
