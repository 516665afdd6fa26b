"""A process that makes one call of the CRM: it says when it has read the tokens, and goes on when it is told to.

python -m support.token_worker      # in an environment that names data, clock and endpoint
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.memory_store import MemoryStore
from leadloop.crm.amocrm.tokens import KEY
from leadloop.ports.store import Document, Key, Store, Write
from leadloop.runtime import Runtime
from support.oauth_desk import call, oauth_policy


class ToldWhenRead(MemoryStore):
    """A store that waits for a line on standard input once the tokens have been read."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store, self._has_waited = store, False

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        found = self._store.get_many(keys)
        if KEY in keys and not self._has_waited:
            self._has_waited = True
            say("read")
            sys.stdin.readline()
        return found

    def commit(self, writes: Sequence[Write]) -> None:
        self._store.commit(writes)


def say(line: str) -> None:
    """One line to whoever started the process."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    worker = Runtime(os.environ)
    worker.policy = oauth_policy()
    worker.store = ToldWhenRead(worker.store)
    worker.log = MemoryLog()
    say(str(call(worker)))
