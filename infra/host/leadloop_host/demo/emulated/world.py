"""A demo's world whose functions are processes of their own, on Google's emulators."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from leadloop.adapters.firestore_store import FirestoreStore
from leadloop.ports.store import Store
from leadloop_host.demo.bus_watch import BusWatch
from leadloop_host.demo.relay import Relay
from leadloop_host.demo.world import QUIET_WITHIN, NotQuiet, World
from leadloop_host.scheduler import Scheduler

_PAUSE = 0.004


@dataclass
class EmulatedWorld(World):
    """Schedules fire when somebody waits for quiet: nothing but the demo moves this world's clock."""

    project: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    relay: Relay = field(kw_only=True)
    watch: BusWatch = field(kw_only=True)
    scheduler: Scheduler = field(kw_only=True)

    def url_of(self, function: str) -> str:
        """See ``World``: each function is a server of its own, as in the cloud."""
        return f"http://127.0.0.1:{self.ports[function]}"

    def open_store(self) -> Store:
        """See ``World``: the emulated database."""
        return FirestoreStore(self.project)

    def wait_until_quiet(self) -> None:
        """Fire what is due, and return when it and every message it caused are done. Raises ``NotQuiet``."""
        deadline = time.monotonic() + QUIET_WITHIN
        while self._has_schedules_at_work() or not self.watch.settle():
            if time.monotonic() > deadline:
                at_work = [firing.function for firing in self.scheduler.upcoming() if firing.running]
                raise NotQuiet(
                    f"still busy after {QUIET_WITHIN:.0f} s: scheduled runs of {at_work or 'none'}; "
                    f"messages not acknowledged: {self.watch.outstanding() or 'none'}"
                )
            time.sleep(_PAUSE)

    def end(self) -> str:
        """See ``World``: copies of messages that were to come days later come now."""
        self.wait_until_quiet()
        self.relay.bring_copies()
        self.wait_until_quiet()
        accounts = self.relay.ledger.accounts().values()
        done, calls = sum(one.acknowledged for one in accounts), sum(one.delivered for one in accounts)
        twice, overtaken = sum(one.repeated for one in accounts), sum(one.overtaken for one in accounts)
        return f"\nPub/Sub: {done} messages in {calls} deliveries; {twice} came twice, {overtaken} out of order."

    def _has_schedules_at_work(self) -> bool:
        self.scheduler.tick()
        return any(firing.running or firing.at <= self.now for firing in self.scheduler.upcoming())
