"""Two workers at one single-use token, at every moment of a renewal; and a process that ends at every one of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from contract.together import together
from leadloop.adapters.file_clock import set_file_clock
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.crm.amocrm.access import TokenUnavailable
from leadloop.crm.amocrm.tokens import KEY
from leadloop.ports.store import Document, Key, Store, Write
from leadloop.runtime import Runtime
from support.crm_desk import CrmAccount, CrmDesk
from support.interruptions import Crash, InterruptedHttp, InterruptedStore, Interrupter
from support.oauth_desk import (
    CLIENT_ID,
    another_worker,
    authorise,
    call,
    exchanges,
    oauth_account,
    oauth_policy,
    resting,
    told,
)
from support.sayings import ROOT

NEAR, OVER = timedelta(hours=23), timedelta(hours=25)
"""How old the access token is: about to end, and over."""


@pytest.fixture(scope="module")
def account() -> Iterator[CrmAccount]:
    with oauth_account() as account:
        yield account


def at(account: CrmAccount, age: timedelta, stack: ExitStack) -> CrmDesk:
    desk = stack.enter_context(account.desk(oauth_policy()))
    authorise(desk)
    desk.clock.advance(seconds=age.total_seconds())
    return desk


def interrupted(desk: CrmDesk, interrupter: Interrupter) -> Runtime:
    """A worker that can be broken in on at every touch of store and network."""
    worker = another_worker(desk)
    worker.store = InterruptedStore(desk.world.store, interrupter)
    worker.http = InterruptedHttp(desk.world.runtime.http, interrupter)
    return worker


def moments(account: CrmAccount) -> range:
    """The moments before each touch of a call that renews its token, and the last one after all."""
    count = Interrupter(None, lambda: None)
    with ExitStack() as stack:
        assert call(interrupted(at(account, NEAR, stack), count))
    assert count.passed == 12  # read, begun; asked; read, stored; used
    return range(0, count.passed + 1, 2)


def answered(worker: Runtime) -> bool | None:
    """Whether a call was answered; ``None``: the work is put off."""
    try:
        return call(worker)
    except TokenUnavailable:
        return None


class TestTwoAtOnce:
    @pytest.mark.parametrize("age", [NEAR, OVER], ids=["near", "over"])
    def test_at_every_moment_of_a_renewal_another_asks(self, account: CrmAccount, age: timedelta) -> None:
        put_off = 0
        for moment in moments(account):
            with ExitStack() as stack:
                desk = at(account, age, stack)
                others: list[bool | None] = []

                def ask(desk: CrmDesk = desk, others: list[bool | None] = others) -> None:
                    others.append(answered(another_worker(desk)))

                first = answered(interrupted(desk, Interrupter(moment, ask)))
                assert exchanges(desk) == [200, 200]
                assert call(desk.world.runtime)
                assert False not in (first, *others)
                put_off += [first, *others].count(None)
                assert desk.world.log.events() == ["crm_token_renewed"]
        assert put_off == (0 if age == NEAR else 3), (
            "an old token that lives is used meanwhile; a dead one is waited for"
        )

    def test_eight_threads(self, account: CrmAccount) -> None:
        with ExitStack() as stack:
            desk = at(account, NEAR, stack)
            desk.world.store = ReadTogether(desk.world.store, 8)
            workers = [another_worker(desk) for _ in range(8)]
            assert together(8, lambda number: call(workers[number])) == [True] * 8
            assert exchanges(desk) == [200, 200]

    def test_four_processes(self, account: CrmAccount, tmp_path: Path) -> None:
        with ExitStack() as stack:
            desk = stack.enter_context(account.desk(oauth_policy()))
            desk.world.store = SqliteStore(tmp_path / "documents.db")
            authorise(desk)
            desk.clock.advance(hours=23)
            set_file_clock(tmp_path / "clock", desk.clock.now())
            processes = [stack.enter_context(process(desk, tmp_path)) for _ in range(4)]
            assert [lines.readline() for _, lines in processes] == ["read\n"] * 4
            for orders, _ in processes:
                orders.write("go on\n")
                orders.flush()
            assert [lines.readline() for _, lines in processes] == ["True\n"] * 4
            assert exchanges(desk) == [200, 200]
            assert resting(desk).begun_at is None

    def test_one_that_slept_between_its_answer_and_the_store_keeps_its_pair(self, account: CrmAccount) -> None:
        with ExitStack() as stack:
            desk = at(account, NEAR, stack)

            def sleep() -> None:
                desk.clock.advance(minutes=5)
                assert call(another_worker(desk))  # asks too, and is refused

            assert call(interrupted(desk, Interrupter(6, sleep)))
            assert exchanges(desk) == [200, 200, 401]
            assert resting(desk).obtained_at == desk.clock.now() - timedelta(minutes=5)
            desk.clock.advance(hours=2)
            assert call(desk.world.runtime)

    def test_one_that_slept_with_its_answer_puts_it_over_nothing_newer(self, account: CrmAccount) -> None:
        with ExitStack() as stack:
            desk = at(account, NEAR, stack)
            desk.act("issue_code", client_id=CLIENT_ID, code="another")
            authorised = []

            def person_comes() -> None:
                authorise(desk, "another")
                authorised.append(resting(desk))

            assert call(interrupted(desk, Interrupter(6, person_comes)))
            assert [resting(desk)] == authorised

    def test_one_that_slept_before_it_asked_takes_what_the_other_got(self, account: CrmAccount) -> None:
        with ExitStack() as stack:
            desk = at(account, NEAR, stack)

            def sleep() -> None:
                desk.clock.advance(minutes=5)
                assert call(another_worker(desk))

            assert call(interrupted(desk, Interrupter(4, sleep)))
            assert exchanges(desk) == [200, 200, 401]
            assert told(desk, "crm_token_refused") == []
            desk.clock.advance(hours=2)
            assert call(desk.world.runtime)


def test_a_process_that_ends_at_any_moment(account: CrmAccount) -> None:
    lost = []
    for moment in moments(account)[:-1]:
        with ExitStack() as stack:
            desk = at(account, NEAR, stack)
            with pytest.raises(Crash):
                call(interrupted(desk, Interrupter.crash(moment)))
            assert call(desk.world.runtime)
            desk.clock.advance(minutes=3)
            assert call(desk.world.runtime), "the old token lives"
            renewed = resting(desk).begun_at is None
            assert bool(told(desk, "crm_token_refused")) is not renewed
            assert len(exchanges(desk)) <= 3
            lost += [] if renewed else [moment]
    assert lost == [6, 8], "only between amoCRM's answer and the store"


class ReadTogether(MemoryStore):
    """A store in front of which nobody goes on before everybody has read the tokens once."""

    def __init__(self, store: Store, readers: int) -> None:
        super().__init__()
        self._store, self._gate, self._mine = store, threading.Barrier(readers), threading.local()

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        found = self._store.get_many(keys)
        if KEY in keys and not getattr(self._mine, "has_read", False):
            self._mine.has_read = True
            self._gate.wait()
        return found

    def commit(self, writes: Sequence[Write]) -> None:
        self._store.commit(writes)


@contextmanager
def process(desk: CrmDesk, folder: Path) -> Iterator[tuple[IO[str], IO[str]]]:
    """A worker in a process of its own: what it is told, and what it says."""
    environment = {
        **os.environ,
        **desk.world.runtime.environment,
        "LEADLOOP_DATA": str(folder),
        "LEADLOOP_CLOCK_FILE": str(folder / "clock"),
        "PYTHONPATH": str(ROOT / "tests"),
    }
    command = [sys.executable, "-m", "support.token_worker"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        try:
            yield started.stdin, started.stdout
        finally:
            started.kill()
