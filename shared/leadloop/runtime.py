"""The one composition root: which adapter stands behind which port, from the environment.

    LEADLOOP_POLICY      the policy file; in a package it lies beside main.py and need not be named
    LEADLOOP_MANIFEST    functions.yaml; likewise
    LEADLOOP_DATA        one machine: directory of the store (documents.db) and the bus (messages.db)
    LEADLOOP_PROJECT     the cloud instead: the Google Cloud project of Firestore and Pub/Sub
    LEADLOOP_DATABASE    … its Firestore database, by default ``(default)``
    LEADLOOP_PREFIX      … what the names of its topics begin with, so that a project may hold several bundles
    LEADLOOP_CLOCK_FILE  a file holding the instant it is, for simulations; otherwise the system clock
    LEADLOOP_ENDPOINT_…  another base URL for a vendor

Adapters are imported only when first used, so that an edge function that publishes does not pay for a store; what
every call of a function needs its main.py imports beforehand, with ``preload``.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from leadloop import manifest as manifests
from leadloop.manifest import Manifest
from leadloop.packaged import read_packaged
from leadloop.policy import Policy
from leadloop.ports.bus import Bus
from leadloop.ports.clock import Clock
from leadloop.ports.entropy import Entropy
from leadloop.ports.http import Http
from leadloop.ports.log import Log
from leadloop.ports.store import Store
from leadloop.secrets import METRICA_TOKEN, Secrets, endpoint

if TYPE_CHECKING:
    from leadloop.yandex.metrica import Metrica


PACKAGED = Path(__file__).parent.parent
"""Where a package keeps its policy and manifest: beside main.py, as this package of modules."""


class SettingMissing(Exception):
    """An environment variable that names a file or folder is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the environment variable {name} is not set; `leadloop serve` sets it; in the cloud LEADLOOP_PROJECT "
            "stands in the place of LEADLOOP_DATA, and a package carries policy and manifest beside its main.py"
        )
        self.name = name


class SettingsConflict(Exception):
    """The environment names both one machine's folder and a cloud project, so where leads live is not decided."""

    def __init__(self) -> None:
        super().__init__(
            "expected one of LEADLOOP_DATA (one machine) and LEADLOOP_PROJECT (Google Cloud), found both; unset one"
        )


class Runtime:
    """Everything a function may reach. Override a port by assigning it (tests do)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    @cached_property
    def policy(self) -> Policy:
        """The policy. Raises ``PolicyInvalid``, or ``PackageInvalid`` of a package."""
        path = self._path("LEADLOOP_POLICY", "leadloop.json")
        if path.parent == PACKAGED:
            return read_packaged(Policy, path)
        from leadloop.policy.loader import load_policy

        return load_policy(path)

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of functions."""
        path = self._path("LEADLOOP_MANIFEST", "functions.json")
        return read_packaged(Manifest, path) if path.parent == PACKAGED else manifests.load(path)

    @cached_property
    def secrets(self) -> Secrets:
        """Secrets from the environment."""
        return Secrets(self.environment)

    @cached_property
    def clock(self) -> Clock:
        """System time, or the time in ``LEADLOOP_CLOCK_FILE``."""
        if path := self.environment.get("LEADLOOP_CLOCK_FILE"):
            from leadloop.adapters.file_clock import FileClock

            return FileClock(Path(path))
        from leadloop.adapters.system_clock import SystemClock

        return SystemClock()

    @cached_property
    def entropy(self) -> Entropy:
        """The operating system's chance."""
        from leadloop.adapters.system_entropy import SystemEntropy

        return SystemEntropy()

    @cached_property
    def log(self) -> Log:
        """One JSON object a line on standard output."""
        from leadloop.adapters.json_log import JsonLog

        return JsonLog(self.clock)

    @cached_property
    def store(self) -> Store:
        """The document store. Raises ``StoreUnavailable``."""
        if self._project:
            from leadloop.adapters.firestore_store import FirestoreStore

            return FirestoreStore(self._project, self.environment.get("LEADLOOP_DATABASE", "(default)"))
        from leadloop.adapters.sqlite_store import SqliteStore

        return SqliteStore(self._path("LEADLOOP_DATA") / "documents.db")

    @property
    def is_store_open(self) -> bool:
        """Whether somebody has used the store: asking does not open it."""
        return "store" in vars(self)

    @cached_property
    def bus(self) -> Bus:
        """The message bus."""
        if self._project:
            from leadloop.adapters.pubsub_bus import PubsubBus

            return PubsubBus(self._project, self.manifest.topics, self.prefix)
        from leadloop.adapters.sqlite_bus import SqliteBus

        return SqliteBus(self._path("LEADLOOP_DATA") / "messages.db", self.manifest.subscriptions(), self.clock)

    @cached_property
    def http(self) -> Http:
        """HTTP to vendors, paced as the policy says; in simulated time a real second means nothing, so not at all."""
        from leadloop.adapters.requests_http import RequestsHttp

        is_simulated = bool(self.environment.get("LEADLOOP_CLOCK_FILE"))
        crm, rates = self.policy.crm, {"metrica": 10.0}
        if crm.pace is not None:
            rates[crm.kind] = crm.pace
        if (tracker := self.policy.call_tracker) is not None:
            rates[tracker.kind] = tracker.requests_per_second
        return RequestsHttp({} if is_simulated else rates, clock=self.clock)

    @cached_property
    def metrica(self) -> Metrica:
        """The site's counter at Metrica. Raises ``SecretMissing``."""
        from leadloop.yandex.metrica import DEFAULT_ENDPOINT, Metrica

        token = self.secrets.get(METRICA_TOKEN)
        return Metrica(self.http, self.endpoint("metrica", DEFAULT_ENDPOINT), self.policy.site.counter, token)

    @property
    def tells_real_time(self) -> bool:
        """Whether the clock is the system's, not a simulation's."""
        from leadloop.adapters.system_clock import SystemClock

        return isinstance(self.clock, SystemClock)

    def endpoint(self, vendor: str, default: str) -> str:
        """The base URL of a vendor."""
        return endpoint(self.environment, vendor, default)

    def lease_seconds(self, function: str) -> int:
        """How long a lease of this function lasts."""
        return self.manifest.functions[function].lease_seconds

    @property
    def prefix(self) -> str:
        """What the names of this bundle's topics and subscriptions begin with; empty on one machine."""
        return self.environment.get("LEADLOOP_PREFIX", "")

    @property
    def _project(self) -> str:
        """The Google Cloud project; empty on one machine. Raises ``SettingsConflict``."""
        project = self.environment.get("LEADLOOP_PROJECT", "")
        if project and self.environment.get("LEADLOOP_DATA"):
            raise SettingsConflict
        return project

    def _path(self, name: str, packaged: str = "") -> Path:
        value = self.environment.get(name)
        if value:
            return Path(value)
        if packaged and (PACKAGED / packaged).is_file():
            return PACKAGED / packaged
        raise SettingMissing(name)


_current: list[Runtime] = []


def runtime() -> Runtime:
    """The runtime of this process, made from its environment at the first call."""
    if not _current:
        _current.append(Runtime(os.environ))
    return _current[-1]


def preload(*, store: bool = False, bus: bool = False, http: bool = False) -> None:
    """Import, in the cloud, the adapters that every call of a function uses. Opens no connection, reads no secret.

    Called at the top of a main.py: a new instance then pays for Google's clients while it starts, before the server
    forks (a connection must not cross a fork, an import may) and with the processor that Cloud Run lends to a start;
    not in the first call. Elsewhere it does nothing: one machine needs none of them.

    What is imported stays. So the garbage collector rests meanwhile, and never looks again at what is there by then:
    that saves a start a fortieth of its work, each later collection most of it, and the worker a copy of the memory
    that it has in common with the server. https://docs.python.org/3.11/library/gc.html#gc.freeze
    """
    if not os.environ.get("LEADLOOP_PROJECT"):
        return
    gc.disable()
    if store:
        import_module("leadloop.adapters.firestore_store")
    if bus:
        import_module("leadloop.adapters.pubsub_bus")
    if http:
        import_module("leadloop.adapters.requests_http")
    gc.freeze()
    gc.enable()


@contextmanager
def using(replacement: Runtime) -> Iterator[Runtime]:
    """Let functions called in the block use another runtime: how tests bring their own world."""
    _current.append(replacement)
    try:
        yield replacement
    finally:
        _current.remove(replacement)
