"""Everything the demo needs to run as in the cloud, put together on this machine and taken down again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from leadloop.adapters.file_clock import FileClock
from leadloop.adapters.firestore_wire import EMULATOR as FIRESTORE_HOST
from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.pubsub_connection import EMULATOR as PUBSUB_HOST
from leadloop.manifest import Manifest, load
from leadloop_host.demo import world as worlds
from leadloop_host.demo.bus_watch import BusWatch
from leadloop_host.demo.disorder import Disorder
from leadloop_host.demo.emulated.servers import serve_packages
from leadloop_host.demo.emulated.world import EmulatedWorld
from leadloop_host.demo.processes import Processes
from leadloop_host.demo.relay import Consumer, Relay
from leadloop_host.demo.world import World
from leadloop_host.emulators import firestore_emulator, pubsub_emulator
from leadloop_host.loopback import PortPerFunction
from leadloop_host.push_topology import PushTopology
from leadloop_host.schedule_book import ScheduleBook
from leadloop_host.scheduler import Scheduler
from leadloop_host.schedules import schedules_of
from leadloop_packaging.checkout import ROOT, packages_of

PREFIX = "demo-"
"""Begins every topic's name: a project may hold several bundles, and this is one of them."""


@contextmanager
def emulated(world: World, processes: Processes, say: Callable[[str], None]) -> Iterator[EmulatedWorld]:
    """The world with its stand-ins, emulators, packages and subscriptions at work.

    Raises ``EmulatorMissing``, ``EmulatorDidNotStart``, ``DidNotStart``, ``PackagingRefused``.
    """
    manifest = load(ROOT / "functions" / "functions.yaml")
    packages = packages_of(ROOT, world.policy)
    project = f"demo-{secrets.token_hex(4)}"
    ports = {name: worlds.free_port() for name in manifest.functions}
    with firestore_emulator(world.folder) as firestore, pubsub_emulator(world.folder) as pubsub:
        os.environ.update({FIRESTORE_HOST: firestore, PUBSUB_HOST: pubsub})
        worlds.start_stand_ins(world, processes)
        serve_packages(packages, manifest, ports, world.folder / "packages", _bundle(world, project), processes)
        say(f"{len(packages)} packaged functions, each a functions-framework process; Google's emulators behind them.")
        with Relay(_consumers(manifest, ports), Disorder("demo")) as relay:
            topology = PushTopology(project, manifest, PREFIX)
            topology.create(pubsub, relay.urls)
            with BusWatch.on(topology, pubsub, relay.ledger) as watch:
                ready = EmulatedWorld(
                    folder=world.folder,
                    policy_file=world.policy_file,
                    policy=world.policy,
                    host=world.host,
                    now=world.now,
                    metrica=world.metrica,
                    amocrm=world.amocrm,
                    environment=world.environment,
                    session=world.session,
                    project=project,
                    ports=ports,
                    relay=relay,
                    watch=watch,
                    scheduler=_scheduler(world, manifest, ports),
                )
                worlds.subscribe(ready)
                yield ready


def _bundle(world: World, project: str) -> dict[str, str]:
    """What Terraform tells every function, and the secrets; nothing else of this process's environment."""
    told = {name: value for name, value in world.environment.items() if name.startswith("LEADLOOP_")}
    own = {"LEADLOOP_PROJECT": project, "LEADLOOP_PREFIX": PREFIX}
    return {**told, **own, **{name: os.environ[name] for name in (FIRESTORE_HOST, PUBSUB_HOST)}}


def _consumers(manifest: Manifest, ports: dict[str, int]) -> dict[str, Consumer]:
    return {
        name: Consumer(f"http://127.0.0.1:{ports[name]}/", manifest.functions[name].timeout)
        for names in manifest.subscriptions().values()
        for name in names
    }


def _scheduler(world: World, manifest: Manifest, ports: dict[str, int]) -> Scheduler:
    log = MemoryLog()
    scheduler = Scheduler(
        {schedule: manifest.functions[schedule.function].timeout for schedule in schedules_of(manifest, {})},
        ScheduleBook(world.folder / "schedules.json", log),
        FileClock(world.clock_file),
        PortPerFunction(ports),
        lambda _: False,
        log,
    )
    scheduler.prepare()
    return scheduler
