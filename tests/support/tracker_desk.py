"""A desk with two accounts: the amoCRM of a CRM desk, and a CoMagic stand-in whose callers phone the same company.

desk.visit(); desk.call("anna")           # what visitors and callers do
desk.tag(call, "target")                  # what managers do in the tracker
desk.pass_time(minutes=20)                # the clock goes on, with a tick of the schedule every quarter of an hour
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from leadloop.leads.lead import Lead
from leadloop.policy import Policy
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.comagic.stand_in import CoMagicStandIn
from support.crm_desk import ANNA, CLIENT_SECRET, HOOK_SECRET, SEED, TOKEN, CrmDesk, SharedClock
from support.policies import sokol
from support.stand_in_http import StandInHttp
from support.world import World

COMAGIC_TOKEN = "key-of-the-integration"
SITE, STATIC, DYNAMIC = 3, "74950000000", "74950000007"
PHONES = {"anna": "79990000002", "boris": "79990000003", "vera": "79990000004"}
TAGS = {"target": 101, "sold": 103, "vip": 105}
YCLID = "7325873983740247040"
TRACKER: dict[str, Any] = {"tags": {"101": "qualified", "103": "sold"}}
TEMPLATE = """{
  "notification_mnemonic": {{notification_mnemonic}},
  "communication_type": {{communication_type}},
  "communication_id": {{communication_id}},
  "call_session_id": {{call_session_id}}
}"""
"""As docs/en/call-tracking.md gives it."""
TRACKER_SEED: dict[str, Any] = {
    "account": [{"app_id": 4455, "name": "ЖК «Сокол»"}],
    "sites": [{"id": SITE, "domain_name": "sokol.example"}],
    "numbers": [
        {"number": DYNAMIC, "kind": "dynamic", "site_id": SITE},
        {"number": STATIC, "kind": "static", "site_id": SITE},
    ],
    "employees": [{"id": 501, "full_name": "Сидорова Ольга"}],
    "tags": [
        {"id": TAGS["target"], "name": "Целевой"},
        {"id": TAGS["sold"], "name": "Продажа"},
        {"id": TAGS["vip"], "name": "VIP"},
    ],
    "tokens": [{"token": COMAGIC_TOKEN, "login": "leads", "rights": "read"}],
    "notifications": [
        {"event": event, "url": f"https://leadloop.example/receive-crm-event/comagic/{HOOK_SECRET}", "body": TEMPLATE}
        for event in ("call_finished", "call_lost", "offline_message", "chat", "tag")
    ],
    "settings": {"deliver_automatically": False},
}
_AMOCRM, _COMAGIC = "http://amocrm.stand-in", "http://comagic.stand-in"

_ENVIRONMENT = {
    "LEADLOOP_ENDPOINT_AMOCRM": _AMOCRM,
    "LEADLOOP_ENDPOINT_COMAGIC": _COMAGIC,
    "LEADLOOP_AMOCRM_TOKEN": TOKEN,
    "LEADLOOP_AMOCRM_CLIENT_SECRET": CLIENT_SECRET,
    "LEADLOOP_COMAGIC_TOKEN": COMAGIC_TOKEN,
    "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
}


class TrackerDesk(CrmDesk):
    """One policy on memory adapters, one amoCRM account and one CoMagic account."""

    def __init__(self, world: World, amocrm: AmoCrmStandIn, comagic: CoMagicStandIn) -> None:
        super().__init__(world, amocrm)
        self.comagic = comagic
        self._notified = 0

    # Visitors and callers

    def visit(self, **came: object) -> int:
        """Anna opens the site from an advertisement; the session."""
        usual = {"ym_client_id": ANNA, "yclid": YCLID, "marks": {"utm_source": "yandex", "utm_campaign": "77"}}
        session: int = self._do("visit", **{**usual, **came})["visitor_session_id"]
        return session

    def call(self, who: str, session: int | None = None, **order: object) -> int:
        """A call that is over by now: two minutes of talk, to the number of a session or a printed one; its id."""
        dialled = {"number": STATIC} if session is None else {"session_id": session}
        made = {"phone": PHONES[who], "wait_seconds": 5, "talk_seconds": 120, **dialled, **order}
        return self._contact("call", **made)

    def request(self, who: str, session: int | None = None, **order: object) -> int:
        """A form of the site that is sent through the tracker."""
        return self._contact("offline_message", **{"phone": PHONES[who], "session_id": session, **order})

    def chat(self, who: str | None, session: int | None = None, **order: object) -> int:
        """A chat of a minute, with a phone if somebody left one."""
        return self._contact("chat", **{"phone": PHONES[who] if who else None, "session_id": session, **order})

    # Managers

    def tag(self, communication: int, tag: str) -> None:
        self._do("tag", communication_id=communication, tag=TAGS[tag])

    def tracker_settings(self, **changes: object) -> None:
        self.comagic.change_settings(changes)

    # leadloop

    def pass_time(self, **time: float) -> None:
        """The clock goes on, with a tick of the schedule every quarter of an hour and one at the end."""
        seconds = time.get("minutes", 0) * 60 + time.get("hours", 0) * 3600 + time.get("days", 0) * 86_400
        while seconds > 0:
            self.clock.advance(seconds=min(seconds, 900))
            seconds -= 900
            self.sync()

    def carry_notifications(self) -> list[int]:
        """Post every notification that is due and was not posted yet, then deliver what follows; how each ended."""
        due = self.comagic.deliveries.due(self.comagic.unix_now())
        waiting = [one for one in due if one.id > self._notified and one.written is not None]
        self._notified = max([self._notified, *(one.id for one in waiting)])
        return [self.notify(one.written.body) for one in waiting if one.written is not None]

    def notify(self, body: str | bytes, content_type: str = "application/json") -> int:
        """A notification as the tracker posts it; the status of the answer."""
        answer = self.world.client("receive-crm-event").post(
            f"/comagic/{HOOK_SECRET}", data=body, content_type=content_type
        )
        self.settle()
        return answer.status_code

    # What rests

    def leads(self) -> list[Lead]:
        """Every lead there is, oldest first."""
        found = [Lead.of(document) for document in self.world.documents("lead")]
        return sorted(found, key=lambda lead: str(self.state(lead.id).occurred_at))

    def the_lead(self) -> Lead:
        [lead] = self.leads()
        return lead

    def asked(self) -> list[str]:
        """Every call of the Data API so far, by its method."""
        return [entry.target.partition("method=")[2] for entry in self.comagic.journal.entries]

    def _contact(self, kind: str, **order: object) -> int:
        done = self._do(kind, **{name: said for name, said in order.items() if said is not None})
        self.clock.advance(seconds=max(0, done["ends_at"] - done["at"]))
        communication: int = done["communication_id"]
        return communication

    def _do(self, action: str, **order: object) -> dict[str, Any]:
        return self.comagic.act({"action": action, **order})


class TrackerAccounts:
    """Both stand-ins for one desk after another, each on the accounts' first day."""

    def __init__(self) -> None:
        self._clock = SharedClock()
        self._amocrm, self._comagic = AmoCrmStandIn(self._clock, SEED), CoMagicStandIn(self._clock, TRACKER_SEED)
        self._http = StandInHttp({_AMOCRM: self._amocrm, _COMAGIC: self._comagic}, self._clock)

    @contextmanager
    def desk(self, policy: Policy | None = None) -> Iterator[TrackerDesk]:
        """A new desk, whose world is in force while the block runs."""
        world = World(policy or with_tracker(), environment=_ENVIRONMENT)
        world.runtime.http = self._http
        self._clock.hands = world.clock
        self._amocrm.reset()
        self._comagic.reset()
        with world.in_force():
            yield TrackerDesk(world, self._amocrm, self._comagic)


def with_tracker(
    mode: str = "hash", tracker: Mapping[str, object] = MappingProxyType({}), **sections: object
) -> Policy:
    """The policy of «Сокол» with a call tracker; ``tracker``: settings of it, ``sections`` as for ``sokol``."""
    return sokol(mode, **{"call_tracker": {**TRACKER, **tracker}, **sections})
