"""leadloop in one process: documents, messages and chance outlive a process; all else is made anew after its end."""

from __future__ import annotations

from functools import cache
from typing import Any

import functions_framework
from flask import Flask
from werkzeug.test import TestResponse

from leadloop.adapters.memory_bus import MemoryBus
from leadloop.policy import Policy
from leadloop.ports.store import Store
from leadloop.runtime import Runtime, using
from simulation.vendors import Vendors
from support.interruptions import InterruptedBus, InterruptedHttp, InterruptedStore, Interrupter
from support.world import FUNCTIONS, World


class System(World):
    """Every function of the manifest, on stores and buses that a test may exchange, with real HTTP to the vendors."""

    def __init__(self, policy: Policy, vendors: Vendors, store: Store | None = None) -> None:
        super().__init__(policy, environment=vendors.environment)
        self.vendors = vendors
        self.runtime.http = vendors.http
        if store is not None:
            self.runtime.store = store
        vendors.begin(self.clock)

    @property
    def queue(self) -> MemoryBus:
        """The bus behind whatever stands before it at the moment."""
        return self.memory_bus

    def restart(self) -> None:
        """The process is gone and another one begins: only what is durable is left."""
        self.runtime = self._process()

    def call(
        self,
        function: str,
        path: str = "/",
        interrupter: Interrupter | None = None,
        **request: Any,  # noqa: ANN401 - as the test client takes it
    ) -> TestResponse:
        """POST to a function; with an interrupter, every touch of the outside passes it. May raise ``Crash``."""
        process = self._process(interrupter)
        with using(process):
            return application(function).test_client().post(path, **request)

    def _process(self, interrupter: Interrupter | None = None) -> Runtime:
        """A runtime of its own on the durable ports: nothing that a function keeps there is seen by the next one."""
        process = Runtime(self.runtime.environment)
        for name in ("policy", "manifest", "clock", "log", "entropy", "store", "bus", "http"):
            setattr(process, name, getattr(self.runtime, name))
        if interrupter is not None:
            process.store = InterruptedStore(process.store, interrupter)
            process.bus = InterruptedBus(process.bus, interrupter)
            process.http = InterruptedHttp(process.http, interrupter)
        return process


@cache
def application(function: str) -> Flask:
    """The function behind functions-framework's own routing. Its defects are raised, so that a test sees them."""
    target = function.replace("-", "_")
    source = FUNCTIONS / target / "main.py"
    app: Flask = functions_framework.create_app(target, str(source))  # type: ignore[no-untyped-call]
    app.testing = True
    return app
