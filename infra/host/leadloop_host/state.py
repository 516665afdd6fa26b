"""What the host is doing now, for people (the index page) and for programs that wait until all is quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadloop import timestamps
from leadloop.adapters.sqlite_bus import Deliveries
from leadloop.json_types import JsonObject
from leadloop.ports.clock import Clock
from leadloop_host.routing import Running
from leadloop_host.scheduler import NextFiring, Scheduler


@dataclass(frozen=True, slots=True)
class HostState:
    """One look at clock, schedules, calls and messages, taken in the order that makes ``quiet`` trustworthy."""

    clock: datetime
    schedules: tuple[NextFiring, ...]
    running: int
    pending: int
    leased: int
    due_now: int
    oldest_due: datetime | None
    dead: int

    @property
    def quiet(self) -> bool:
        """Whether nothing will happen until the clock moves on or somebody calls."""
        busy = self.due_now or self.leased or self.running
        return not busy and not any(firing.running or firing.at <= self.clock for firing in self.schedules)

    def as_json(self) -> JsonObject:
        """The body of ``/_host/state``."""
        return {
            "clock": timestamps.to_text(self.clock),
            "quiet": self.quiet,
            "pending": self.pending,
            "leased": self.leased,
            "due_now": self.due_now,
            "oldest_due": timestamps.to_text(self.oldest_due) if self.oldest_due else None,
            "dead": self.dead,
            "running": self.running,
            "schedules": [
                {"function": firing.function, "next": timestamps.to_text(firing.at), "running": firing.running}
                for firing in self.schedules
            ],
        }


@dataclass(frozen=True, slots=True)
class Observer:
    """Looks at the parts of a host."""

    clock: Clock
    scheduler: Scheduler
    running: Running
    deliveries: Deliveries

    def look(self) -> HostState:
        """The state now. Raises ``StoreUnavailable`` when the messages cannot be counted."""
        now = self.clock.now()
        # what starts work is read before the work it starts, so that nothing under way is overlooked
        firings = self.scheduler.upcoming()
        calls = self.running.each()
        scheduled = sum(firing.running for firing in firings)
        of_scheduled = sum(calls.pop(firing.function, 0) for firing in firings)
        counts = self.deliveries.counts(now)
        return HostState(
            clock=now,
            schedules=tuple(firings),
            running=sum(calls.values()) + max(scheduled, of_scheduled),
            pending=counts.pending,
            leased=counts.leased,
            due_now=counts.due_now,
            oldest_due=counts.oldest_due,
            dead=counts.dead,
        )
