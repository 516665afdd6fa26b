"""A desk whose CRM is Bitrix24: a portal in this process, with leads, two pipelines of deals, and people at work in it.

desk.submit("anna", phone=...)                  # the site's form, through capture-lead and register-lead
lead = desk.open("lead", phones=["8999..."])    # what managers, or the site's own integration, type in: L_51
deal = desk.convert(lead)                       # D_401
desk.carry_hooks(); desk.sync()                 # webhooks and the pull, through the real functions
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.test import TestResponse

from leadloop.policy import Policy
from leadloop_standins.bitrix24.stand_in import Bitrix24StandIn
from support.crm_desk import SharedClock
from support.desk import HOOK_SECRET, Desk
from support.policies import sokol
from support.stand_in_http import StandInHttp
from support.world import World

HOST, CODE, OLGA = "sokol.bitrix24.ru", "code0of0olga0000", 11
WEBHOOK = f"https://{HOST}/rest/{OLGA}/{CODE}/"
TOKEN, OLD_TOKEN = "token-of-the-outgoing-webhook-01", "token-of-the-outgoing-webhook-00"
RESALE = 1
EVENTS = [f"ONCRM{kind}{verb}" for kind in ("LEAD", "DEAL", "CONTACT") for verb in ("ADD", "UPDATE", "DELETE")]
STAGES = {"new": "NEW", "qualified": "PREPARATION", "meeting": "EXECUTING", "sold": "WON", "lost": "LOSE"}
STATUSES = {"new": "NEW", "qualified": "IN_PROCESS", "lost": "JUNK"}
CODES = {
    "leadloop_id": "UF_CRM_LEADLOOP_ID",
    "client_id": "UF_CRM_YM_CLIENT_ID",
    "yclid": "UF_CRM_YCLID",
    "gclid": "UF_CRM_GCLID",
    "utm_source": "UTM_SOURCE",
    "utm_campaign": "UTM_CAMPAIGN",
}
PORTAL: dict[str, Any] = {
    "kind": "bitrix24",
    "account": HOST,
    "pipelines": {
        "0": {"PREPARATION": "qualified", "EXECUTING": "meeting", "WON": "sold", "LOSE": "lost", "APOLOGY": "lost"},
        "1": {"C1:PREPARATION": "qualified", "C1:WON": "sold", "C1:LOSE": "lost"},
        "leads": {"IN_PROCESS": "qualified", "JUNK": "lost"},
    },
    "ignored": ["0/NEW", "1/C1:NEW", "leads/NEW", "leads/PROCESSED", "leads/CONVERTED"],
    "new_lead": {"pipeline": "0", "status": "NEW"},
}
_IDS = ("LEADLOOP_ID", "YM_CLIENT_ID", "YCLID", "GCLID")
SEED: dict[str, Any] = {
    "portal": [{"domain": HOST, "member_id": "0" * 31 + "7", "first_ids": {"deal": 401, "lead": 51, "contact": 7}}],
    "users": [{"id": OLGA, "name": "Ольга", "last_name": "Белова"}],
    "pipelines": [
        {
            "id": RESALE,
            "name": "Вторичка",
            "stages": [
                {"id": "NEW", "name": "Новая"},
                {"id": "PREPARATION", "name": "Встреча"},
                {"id": "WON", "name": "Продано", "semantics": "S"},
                {"id": "LOSE", "name": "Отказ", "semantics": "F"},
            ],
        }
    ],
    "user_fields": [{"kind": kind, "code": code} for kind in ("deal", "lead") for code in _IDS],
    "inbound_webhooks": [{"user_id": OLGA, "code": CODE}],
    "webhooks": [{"destination": "https://leadloop.example/hook", "events": EVENTS, "application_token": TOKEN}],
    "settings": {"deliver_automatically": False, "requests_until_blocked": 0},
}
_BASE = "http://bitrix24.stand-in"


class Bitrix24Desk(Desk):
    """One policy on memory adapters, and one portal."""

    kind = "bitrix24"

    def __init__(self, world: World, portal: Bitrix24StandIn) -> None:
        super().__init__(world)
        self.portal = portal
        self._carried = 0

    # The portal's people

    def act(self, action: str, **order: object) -> dict[str, Any]:
        """One thing a person does in the portal."""
        return self.portal.act({"action": action, **order})

    def open(self, kind: str = "deal", **order: object) -> str:
        """A deal or a lead typed in by a manager, or by the site's own integration."""
        return named(kind, self.act("create", kind=kind, **order)["id"])

    def move(self, external_id: str, stage: str, category_id: int | None = None) -> None:
        """The deal or lead enters a stage, by our name of it or by its own id."""
        known = STAGES if kind_of(external_id) == "deal" else STATUSES
        self._do("move", external_id, stage=known.get(stage, stage), category_id=category_id)

    def edit(self, external_id: str, **order: object) -> None:
        """Somebody types into a deal, a lead or a contact (``C_7``)."""
        self._do("edit", external_id, **order)

    def delete(self, external_id: str) -> None:
        self._do("delete", external_id)

    def convert(self, lead: str, **order: object) -> str:
        """A deal is made of a lead."""
        return named("deal", self.act("convert", lead_id=number_of(lead), **order)["deal_id"])

    def break_next(self, fault: str, **instruction: object) -> None:
        """The next request that matches goes wrong."""
        self.portal.faults.order({"fault": fault, **instruction})

    def settings(self, **changes: object) -> None:
        """Switches of the stand-in."""
        self.portal.change_settings(changes)

    def _do(self, action: str, external_id: str, **order: object) -> None:
        self.act(action, kind=kind_of(external_id), id=number_of(external_id), **order)

    # leadloop

    def posted(self) -> list[bytes]:
        """The bodies of webhooks that were not asked for yet."""
        waiting = self.portal.deliveries.all[self._carried :]
        self._carried += len(waiting)
        now = self.portal.unix_now()
        return [one.depart(now).encode() for one in waiting if one.state == "due"]

    def carry_hooks(self) -> list[TestResponse]:
        """Post every webhook not posted yet, then deliver what follows."""
        answers = [self.hook(body) for body in self.posted()]
        self.settle()
        return answers

    def forget_hooks(self) -> None:
        """Webhooks sent so far never arrive."""
        self._carried = len(self.portal.deliveries.all)

    # What the portal holds

    def ledger(self) -> dict[str, Any]:
        return self.portal.ledger()

    def held(self, external_id: str) -> dict[str, Any]:
        """A deal, a lead or a contact as the portal has it."""
        plural = {"deal": "deals", "lead": "leads", "contact": "contacts"}[kind_of(external_id)]
        found: dict[str, Any] = next(one for one in self.ledger()[plural] if one["id"] == number_of(external_id))
        return found

    def fields_of(self, external_id: str) -> dict[str, str]:
        """What stands in the fields of ``CODES``, by code."""
        fields = self.held(external_id)["fields"]
        return {code: str(fields[code]) for code in CODES.values() if fields.get(code)}

    def carrying(self, lead_id: str) -> list[str]:
        """Deals and leads that carry our id, deleted ones too."""
        return [
            named(kind, one["id"])
            for kind in ("lead", "deal")
            for one in self.ledger()[f"{kind}s"]
            if one["fields"].get("UF_CRM_LEADLOOP_ID") == lead_id
        ]

    def calls(self) -> list[str]:
        """Every method called so far, those within a batch too."""
        entries = self.portal.journal.entries
        return [name for entry in entries for name in _methods(entry.target, entry.notes)]


def named(kind: str, number: object) -> str:
    """``D_401``, ``L_51``, ``C_7``."""
    return f"{kind[0].upper()}_{number}"


def number_of(external_id: str) -> int:
    return int(external_id[2:])


def kind_of(external_id: str) -> str:
    return {"D": "deal", "L": "lead", "C": "contact"}[external_id[0]]


def in_portal(mode: str = "hash", **sections: object) -> Policy:
    """The policy of «Сокол» where its CRM is Bitrix24; ``sections`` as for ``sokol``, over the portal's."""
    crm = sections.pop("crm", {})
    return sokol(mode, **{**sections, "crm": {**PORTAL, **(crm if isinstance(crm, dict) else {})}})


@contextmanager
def bitrix24_desk(policy: Policy | None = None, seed: dict[str, Any] | None = None) -> Iterator[Bitrix24Desk]:
    """A desk on a portal of its own, whose world is in force while the block runs."""
    clock = SharedClock()
    portal = Bitrix24StandIn(clock, seed or SEED)
    environment = {
        "LEADLOOP_ENDPOINT_BITRIX24": _BASE,
        "LEADLOOP_BITRIX24_WEBHOOK": WEBHOOK,
        "LEADLOOP_BITRIX24_APPLICATION_TOKEN": f"{TOKEN},{OLD_TOKEN}",
        "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
    }
    world = World(policy or in_portal(), environment=environment)
    world.runtime.http = StandInHttp({_BASE: portal}, clock)
    clock.hands = world.clock
    portal.reset()
    with world.in_force():
        yield Bitrix24Desk(world, portal)


def _methods(target: str, notes: list[str]) -> list[str]:
    method = target.partition("?")[0].rpartition("/")[2].removesuffix(".json")
    return [method, *(name for note in notes for name in note.split())]
