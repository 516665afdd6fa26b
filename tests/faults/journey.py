"""The demo's own story, played by the demo's own player, in one process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from faults import mishaps, promises
from faults.company import Company
from faults.machine import Machine
from faults.plans import Plan
from faults.storage import Documents, Messages
from leadloop.ports.clock import Clock
from leadloop_host.demo import world as worlds
from leadloop_host.demo.player import Player
from leadloop_host.demo.processes import Processes
from leadloop_host.demo.story import Person, Story
from leadloop_host.demo.timeline import (
    FIRST,
    DealsJoined,
    FormSent,
    SalesMoved,
    Scene,
    TimePassed,
    WalkedIn,
    timeline,
)
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock as StandInClock
from leadloop_standins.metrica import MetricaStandIn
from leadloop_standins.stand_in import StandIn
from support.policies import HMAC_KEY
from support.settable_clock import SettableClock
from support.stand_in_http import StandInHttp
from support.stories import EXAMPLE
from support.world import MANIFEST

_PORT = 8080
_OFTEN = {"upload-conversions": "*/15 * * * *", "expire-contacts": "*/20 * * * *"}
"""For plans whose calls die many times in a row. A deployment may say the same in its policy."""


_AFTERWARDS = (timedelta(hours=2), timedelta(days=23), timedelta(days=95))
"""When it is looked whether all is done: at the end of the story, when every window is over, every contact's term."""
_MOST_HOURS = 120


@dataclass
class Journey:
    """A story being played, and who became which lead."""

    company: Company
    player: PatientPlayer

    def play(self) -> None:
        """All of it, and then time passes until nothing more can happen: windows close, contacts are removed."""
        mishaps.prepare(self.company, self.player)
        self.player.play()
        for pause in _AFTERWARDS:
            self.company.live(pause)
            for _ in range(_MOST_HOURS // 2):
                mishaps.put_back(self.company)
                if not any(promises.unrest(self.company)):
                    break
                self.company.live(timedelta(hours=2))


class _SharedClock(StandInClock):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


class _NoProcesses(Processes):
    """Stand-ins in this process where the demo starts one for each; the host is the company itself."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        super().__init__(folder)
        self.stand_ins: dict[str, StandIn] = {}
        self._clock = _SharedClock(clock)

    def start_stand_ins(self, options: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> dict[str, str]:
        for vendor, given in options.items():
            seed = json.loads(Path(given[given.index("--seed") + 1]).read_text(encoding="utf-8"))
            made = {"metrica": MetricaStandIn, "amocrm": AmoCrmStandIn}[vendor](self._clock, seed)
            made.reset()
            self.stand_ins[vendor] = made
        return {vendor: f"http://{vendor}.invalid" for vendor in options}


@dataclass
class PatientPlayer(Player):
    """Sales look for a deal until it is there: a delivery that died may take its time.

    Deals are joined only once leadloop knows them. One that a manager joins or deletes before it is known to be
    created looks as if it never was, and is created again.
    """

    _late: set[str] = field(default_factory=set)

    def play(self) -> None:
        """As the demo, but for moments at which there is nothing to do."""
        for instant, scene in timeline(self.story):
            self.company.set_clock(instant)
            if isinstance(scene, TimePassed) and not any(promises.unrest(self.company)):
                continue
            is_late = self.company.now > instant
            self._play(scene)
            if is_late or (self.company.now > instant and not isinstance(scene, FormSent)):
                self._late |= set(_people_in(scene))
            self.settle()

    def late(self) -> list[str]:
        """Leads of people something happened to later than the story says, for want of a deal: theirs or another's."""
        return [lead_id for who in self._late for lead_id in self.lead_ids.get(who, ())]

    @property
    def company(self) -> Company:
        """The world as what it is here."""
        assert isinstance(self.world, Company)
        return self.world

    def deal_of(self, person: Person) -> int:
        """The person's deal, as soon as there is one."""
        self._wait_until(lambda: person.who in self.deals or self._is_found(person), person.who)
        return self.deals[person.who]

    def form_of(self, person: Person) -> dict[str, Any]:
        """The person's first form."""
        return self._form_body(person, "main")

    def _is_found(self, person: Person) -> bool:
        self._find_deals()
        return person.who in self.deals

    def _join(self, loser: Person, winner: str) -> None:
        self._wait_until(lambda: not any(promises.undelivered(self.company)), "deliveries")
        super()._join(loser, winner)

    def _wait_until(self, come: Callable[[], bool], what: str) -> None:
        for _ in range(_MOST_HOURS * 4):
            if come():
                return
            self.company.live(timedelta(minutes=15))
        raise AssertionError("\n".join([f"sales wait for {what} in vain", *promises.unrest(self.company)]))


def _people_in(scene: Scene) -> tuple[str, ...]:
    match scene:
        case FormSent(person) | WalkedIn(person) | SalesMoved(person):
            return (person.who,)
        case DealsJoined(loser, winner):
            return (loser.who, winner)
    return ()


@contextmanager
def journey(story: Story, plan: Plan, documents: Documents, folder: Path) -> Iterator[Journey]:
    """Everything ready for the first scene."""
    clock = SettableClock(story.instant(FIRST))
    base = worlds.prepare(folder, EXAMPLE, _PORT, clock.now())
    base.environment["LEADLOOP_HMAC_KEY"] = HMAC_KEY  # the same leads in every play
    processes = _NoProcesses(folder, clock)
    worlds.start_stand_ins(base, processes)
    environment = {name: text for name, text in base.environment.items() if name.startswith("LEADLOOP_")}
    policy = base.policy.model_copy(update={"schedules": _OFTEN if plan.is_deadly else {}})
    company = Company(folder, base.policy_file, policy, base.host, base.now, base.metrica, base.amocrm, environment)
    stand_ins = {base.metrica: processes.stand_ins["metrica"], base.amocrm: processes.stand_ins["amocrm"]}
    machine = Machine(
        plan,
        policy,
        MANIFEST,
        {**environment, "LEADLOOP_DATA": str(folder)},
        clock,
        documents,
        Messages(folder, MANIFEST, clock),
        StandInHttp(stand_ins, clock),
    )
    company.begin(machine, plan, clock, processes.stand_ins)
    worlds.subscribe(company)
    try:
        yield Journey(company, PatientPlayer(company, story, lambda _: None))
    finally:
        machine.close()
