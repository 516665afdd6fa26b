"""A CRM desk: the memory world, an amoCRM stand-in in this process, and people at work in it.

desk.submit("anna", phone=...)            # the site's form, through capture-lead and register-lead
deal = desk.act("create_lead", name=...)  # what managers do
desk.carry_hooks(); desk.sync()           # webhooks and the pull, through the real functions
desk.ledger()                             # what the stand-in holds: the oracle stands outside our code
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from werkzeug.test import TestResponse

from leadloop.policy import Policy
from leadloop.ports.clock import Clock
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock as StandInClock
from leadloop_standins.command import running
from support.desk import HOOK_SECRET as HOOK_SECRET
from support.desk import Desk
from support.policies import LOST, MEETING, NEW, PIPELINE, QUALIFIED, WON
from support.settable_clock import MORNING
from support.stand_in_http import StandInHttp
from support.world import World

TOKEN = "token-of-olga"
CLIENT_SECRET = "secret-of-the-integration"
ANNA, BORIS = "1700000000123456789", "1700000000123456790"
HOOKS = [
    *("add_lead", "update_lead", "delete_lead", "restore_lead", "status_lead"),
    *("add_contact", "update_contact"),
]
SEED: dict[str, Any] = {
    "account": [{"subdomain": "sokol", "name": "ЖК «Сокол»"}],
    "users": [{"id": 2852001, "name": "Ольга"}],
    "pipelines": [
        {
            "id": int(PIPELINE),
            "name": "Новостройки",
            "statuses": [
                {"id": int(NEW), "name": "Новая"},
                {"id": int(QUALIFIED), "name": "Квалифицирована"},
                {"id": int(MEETING), "name": "Встреча"},
            ],
        }
    ],
    "fields": [{"id": 752901, "name": "LEADLOOP_ID", "code": "LEADLOOP_ID"}],
    "tokens": [{"token": TOKEN}],
    "webhooks": [{"destination": "https://leadloop.example/hook", "settings": HOOKS}],
    "settings": {"deliver_automatically": False, "requests_per_second": 0},
}
STATUS = {"new": NEW, "qualified": QUALIFIED, "meeting": MEETING, "sold": WON, "lost": LOST}


class SharedClock(StandInClock):
    """The stand-in's calendar is the desk's."""

    def __init__(self) -> None:
        super().__init__()
        self.hands: Clock | None = None

    def now(self) -> datetime:
        return MORNING if self.hands is None else self.hands.now()


class CrmDesk(Desk):
    """One policy on memory adapters, and one amoCRM account."""

    kind = "amocrm"

    def __init__(self, world: World, amocrm: AmoCrmStandIn) -> None:
        super().__init__(world)
        self.amocrm = amocrm
        self._carried = 0

    # The CRM's people

    def act(self, action: str, **order: object) -> dict[str, Any]:
        """One thing a person does in the CRM."""
        return self.amocrm.act({"action": action, **order})

    def deal(self, **order: object) -> int:
        """A deal typed in by a manager, or created by the site's own integration; its id."""
        deal: int = self.act("create_lead", **{"name": "Сделка", **order})["lead_id"]
        return deal

    def move(self, deal: int, stage: str) -> None:
        """The deal enters a stage."""
        self.act("move", lead_id=deal, pipeline_id=int(PIPELINE), status_id=int(STATUS[stage]))

    def break_next(self, fault: str, **instruction: object) -> None:
        """The next request that matches goes wrong."""
        self.amocrm.faults.order({"fault": fault, **instruction})

    def settings(self, **changes: object) -> None:
        """Switches of the stand-in."""
        self.amocrm.change_settings(changes)

    # leadloop

    def carry_hooks(self) -> list[TestResponse]:
        """Post every webhook not posted yet, then deliver what follows."""
        waiting = self.amocrm.deliveries.all[self._carried :]
        self._carried += len(waiting)
        answers = [self.hook(one.body) for one in waiting if one.state == "due"]
        self.settle()
        return answers

    def forget_hooks(self) -> None:
        """Webhooks sent so far never arrive."""
        self._carried = len(self.amocrm.deliveries.all)

    # What the CRM holds

    def ledger(self) -> dict[str, Any]:
        return self.amocrm.ledger()

    def deals_of(self, lead_id: str) -> list[int]:
        """Deals that carry our id, deleted ones too."""
        found: list[int] = self.ledger()["leads_by_field_value"].get("LEADLOOP_ID", {}).get(lead_id, [])
        return found

    def fields_of(self, deal: int) -> dict[str, str]:
        """Custom fields of a deal by code."""
        lead, catalogue = self.amocrm.account.leads[deal], self.amocrm.account.fields["leads"]
        named = ((catalogue.by_id(field_id), values) for field_id, values in lead.fields.items())
        return {one.code or str(one.id): str(values[0].value) for one, values in named if one and values}

    def calls(self) -> list[tuple[str, str]]:
        """Every call of the API so far: method and path."""
        return [(entry.method, entry.target.partition("?")[0]) for entry in self.amocrm.journal.entries]


class CrmAccount:
    """A stand-in for one desk after another, each on the account's first day."""

    def __init__(self, amocrm: AmoCrmStandIn, base_url: str, clock: SharedClock) -> None:
        self._amocrm = amocrm
        self._clock = clock
        self._http = StandInHttp({base_url: amocrm}, clock)
        self._environment = {
            "LEADLOOP_ENDPOINT_AMOCRM": base_url,
            "LEADLOOP_AMOCRM_TOKEN": TOKEN,
            "LEADLOOP_AMOCRM_CLIENT_SECRET": CLIENT_SECRET,
            "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
        }

    @contextmanager
    def desk(self, policy: Policy) -> Iterator[CrmDesk]:
        """A new desk, whose world is in force while the block runs."""
        world = World(policy, environment=self._environment)
        world.runtime.http = self._http
        self._clock.hands = world.clock
        self._amocrm.reset()
        with world.in_force():
            yield CrmDesk(world, self._amocrm)


@contextmanager
def crm_account(
    seed: dict[str, Any] | None = None, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[CrmAccount]:
    """An account that is open while the block runs, also to commands that bring their own transport.

    ``monotonic``: the seconds by which it counts requests.
    """
    clock = SharedClock()
    amocrm = AmoCrmStandIn(clock, seed or SEED, monotonic)
    with running(amocrm) as base_url:
        yield CrmAccount(amocrm, base_url, clock)


@contextmanager
def crm_desk(policy: Policy, seed: dict[str, Any] | None = None) -> Iterator[CrmDesk]:
    """One desk on an account of its own."""
    with crm_account(seed) as account, account.desk(policy) as desk:
        yield desk
