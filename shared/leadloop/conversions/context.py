"""What an upload run works with: the ports, the policy and the counter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, Self

from leadloop import timestamps
from leadloop.policy import Policy
from leadloop.ports.clock import Clock
from leadloop.ports.entropy import Entropy
from leadloop.ports.log import Log
from leadloop.ports.store import Store
from leadloop.yandex.metrica import Metrica


class Wired(Protocol):
    """The part of ``leadloop.runtime.Runtime`` that uploads need."""

    @property
    def store(self) -> Store: ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102
    @property
    def entropy(self) -> Entropy: ...  # noqa: D102
    @property
    def log(self) -> Log: ...  # noqa: D102
    @property
    def policy(self) -> Policy: ...  # noqa: D102
    @property
    def metrica(self) -> Metrica: ...  # noqa: D102
    @property
    def tells_real_time(self) -> bool: ...  # noqa: D102

    def lease_seconds(self, function: str) -> int: ...  # noqa: D102


class UploadContext(NamedTuple):
    """Ports, policy and counter of one run."""

    store: Store
    clock: Clock
    entropy: Entropy
    log: Log
    policy: Policy
    metrica: Metrica
    lease_seconds: int
    tells_real_time: bool = False
    """Whether the clock may be compared with the vendor's; a simulated one may not."""

    @classmethod
    def of(cls, wired: Wired, function: str) -> Self:
        """The context of a scheduled function. Raises ``SecretMissing`` without Metrica's token."""
        ports = (wired.store, wired.clock, wired.entropy, wired.log)
        return cls(*ports, wired.policy, wired.metrica, wired.lease_seconds(function), wired.tells_real_time)

    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def now_text(self) -> str:
        """The present instant as it rests in documents."""
        return timestamps.to_text(self.now())

    def lease_end(self) -> str:
        """When whatever begins now is certainly over."""
        return timestamps.to_text(self.now() + timedelta(seconds=self.lease_seconds))

    def last_start(self) -> datetime:
        """After this instant no further file is sent, so that the function ends within its time-out.

        A lease is twice the time-out (``leadloop.manifest``); half a minute is left for the store.
        """
        return self.now() + timedelta(seconds=self.lease_seconds / 2 - self.metrica.upload_timeout - 30)

    def half_time(self) -> datetime:
        """When half of the function's time-out is over: a call begun before it has time to end."""
        return self.now() + timedelta(seconds=self.lease_seconds / 4)
