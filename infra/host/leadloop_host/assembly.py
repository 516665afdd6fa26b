"""The host put together: functions, listeners, dispatcher, scheduler, pages."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING

from leadloop.adapters.sqlite_bus import Deliveries
from leadloop.manifest import Manifest
from leadloop.ports.clock import Clock
from leadloop.ports.store import StoreUnavailable
from leadloop.runtime import Runtime
from leadloop_host.access import anyone, local_caller, nobody_here
from leadloop_host.access_log import AccessLog
from leadloop_host.dispatcher import DEAD_LETTER_TOPIC, Dispatcher, limit
from leadloop_host.expiry import ExpiringStore, Expiry
from leadloop_host.faults import StartRefused
from leadloop_host.library_log import pass_on_complaints
from leadloop_host.listeners import Listeners
from leadloop_host.loading import load_function
from leadloop_host.loopback import Loopback
from leadloop_host.options import Options
from leadloop_host.pages import Pages
from leadloop_host.routing import Admission, Route, Router, Running
from leadloop_host.schedule_book import ScheduleBook
from leadloop_host.scheduler import Scheduler
from leadloop_host.startup import Plan
from leadloop_host.state import Observer
from leadloop_host.ticking import Ticking
from leadloop_host.triggers import TriggeredByHand

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

EDGE_THREADS = 24
"""Threads of a listener that others call; beyond them requests wait their turn."""

_SPARE_THREADS = 4


class Assembly:
    """Every part of a host. ``start`` opens the ports and begins; ``stop`` ends it."""

    def __init__(self, plan: Plan, runtime: Runtime, options: Options, index: WSGIApplication | None) -> None:
        """Load every function and open the queue of messages. Raises ``StartRefused``."""
        self._plan = plan
        self._options = options
        self._log = runtime.log
        self._clock = runtime.clock
        self._running = Running()
        self._loopback = Loopback()
        pass_on_complaints(runtime.log)
        self._applications = _load(plan, options, runtime)
        deliveries = _open_deliveries(plan, options)
        self._dispatcher = Dispatcher(
            deliveries, plan.manifest, runtime.clock, runtime.entropy, self._loopback, self._running, runtime.log
        )
        self._scheduler = Scheduler(
            {schedule: plan.manifest.functions[schedule.function].timeout for schedule in plan.schedules},
            ScheduleBook(options.data / "schedules.json", runtime.log),
            runtime.clock,
            self._loopback,
            lambda function: self._running.of(function) > 0,
            runtime.log,
        )
        observer = Observer(runtime.clock, self._scheduler, self._running, deliveries)
        self._pages = Pages(plan.manifest, runtime.store, observer, self._trouble, self._nudge).routes(index)
        self._listeners = Listeners()
        self._threads = [
            Ticking("dispatcher", self._dispatcher.tick, runtime.log),
            Ticking("scheduler", self._scheduler.tick, runtime.log),
        ]
        if isinstance(runtime.store, ExpiringStore):
            expiry = Expiry(runtime.store, runtime.clock, runtime.log)
            self._threads.append(Ticking("expiry", expiry.tick, runtime.log))
        self._dispatcher.on_free = self._running.on_end = self._threads[0].wake

    def start(self) -> dict[str, int]:
        """Open the ports, take up what an earlier host left, begin; the ports by name. Raises ``StartRefused``."""
        options, applications = self._options, self._applications
        main = _main_routes(self._plan.manifest, applications, self._clock)
        ports = {"port": self._open("main", main, self._pages, options.host, options.port)}
        if options.public_port is not None:
            public = _routes(self._plan.manifest, applications, nobody_here)
            ports["public_port"] = self._open("public", public, [], options.public_host, options.public_port)
        internal = _routes(self._plan.manifest, applications, local_caller)
        self._loopback.port = self._open("internal", internal, [], "127.0.0.1", 0)
        try:
            self._dispatcher.prepare()
            self._scheduler.prepare()
        except StoreUnavailable as fault:
            raise StartRefused(f"messages cannot be delivered: {fault}") from None
        self._listeners.start()
        for thread in self._threads:
            thread.start()
        self._log.info("host_started", **ports, functions=len(applications))
        return ports

    def stop(self, until: float) -> bool:
        """Take no new work, let what is under way end until then (monotonic); whether all of it did."""
        self._listeners.stop_accepting("main", "public")
        for thread in self._threads:
            thread.stop()
        self._scheduler.drain(until)
        try:
            self._dispatcher.drain(until)
        except StoreUnavailable as fault:
            self._log.warning("deliveries_not_given_back", found=str(fault), what_to_do="nothing: the next start does")
        return self._listeners.close(max(0.5, until - monotonic()))

    def _open(self, name: str, functions: list[Route], pages: list[Route], host: str, port: int) -> int:
        router = Router(functions, pages, self._running)
        application = AccessLog(router, self._plan.manifest.functions, name, self._log)
        return self._listeners.open(name, application, host, port, self._threads_of(name))

    def _threads_of(self, listener: str) -> int:
        if listener != "internal":
            return EDGE_THREADS
        inner = [function for function in self._plan.manifest.functions.values() if not function.public]
        return sum(limit(function) for function in inner) + _SPARE_THREADS

    def _nudge(self) -> None:
        for thread in self._threads:
            thread.wake()

    def _trouble(self) -> dict[str, str]:
        return {thread.name: thread.trouble for thread in self._threads if thread.trouble is not None}


def _load(plan: Plan, options: Options, runtime: Runtime) -> dict[str, WSGIApplication]:
    folder = options.functions_folder()
    return {name: load_function(name, folder, runtime.log) for name in plan.manifest.functions}


def _routes(manifest: Manifest, applications: Mapping[str, WSGIApplication], not_public: Admission) -> list[Route]:
    return [
        Route(name, anyone if function.public else not_public, applications[name])
        for name, function in manifest.functions.items()
    ]


def _main_routes(manifest: Manifest, applications: Mapping[str, WSGIApplication], clock: Clock) -> list[Route]:
    by_hand = {
        name: TriggeredByHand(applications[name], name, clock)
        for name, function in manifest.functions.items()
        if function.schedule
    }
    return _routes(manifest, {**applications, **by_hand}, local_caller)


def _open_deliveries(plan: Plan, options: Options) -> Deliveries:
    try:
        return Deliveries(options.data / "messages.db", plan.manifest.subscriptions(), DEAD_LETTER_TOPIC)
    except (StoreUnavailable, ValueError) as fault:
        raise StartRefused(f"messages cannot be delivered: {fault}") from None
