"""A desk at which any system tells of its deals: bodies, signatures written apart from the code, and the front door."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.ports.store import Key
from support.policies import ORIGIN, SEAL_PUBLIC_KEY
from support.verdict_desk import headers
from support.world import World

KEY, OLD_KEY = b"n" * 32, b"f" * 24
SECRET, OLD_SECRET = (f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, OLD_KEY))
FUNCTIONS = frozenset({"register-lead", "read-crm", "deliver-lead"})
ANNA, BORIS = "1700000000123456789", "1700000000123456790"


def heard(mode: str = "hash", **sections: object) -> Policy:
    """The policy of a developer whose own system tells of its deals."""
    written: dict[str, Any] = {
        "site": {"origins": [ORIGIN], "counter": "12345678"},
        "contacts": {"mode": mode, "public_key": SEAL_PUBLIC_KEY},
        "crm": {
            "kind": "signed",
            "account": "1С:УНФ",
            "pipelines": {"sales": {"в работе": "qualified", "показ": "meeting", "won": "sold", "lost": "lost"}},
            "ignored": ["sales/new"],
        },
        "goals": {
            "lead_qualified": {"on": "stage", "stage": "qualified"},
            "flat_sold": {"on": "stage", "stage": "sold", "value": "price"},
        },
    }
    for name, keys in sections.items():
        held = written.get(name)
        written[name] = {**held, **keys} if isinstance(held, dict) and isinstance(keys, dict) else keys
    return Policy.model_validate(written)


def told(
    deal_id: str, status: str, entered_at: datetime, *, created_at: datetime, **members: object
) -> dict[str, object]:
    """A body as a system sends it when its deal has just entered a status."""
    return {
        "deal_id": deal_id,
        "created_at": created_at.isoformat(),
        "updated_at": entered_at.isoformat(),
        "status": {"pipeline": "sales", "status": status, "entered_at": entered_at.isoformat()},
        **members,
    }


class SignedDesk:
    """One policy on memory adapters, and a system that signs what it tells."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock
        self.opened_at = world.clock.now()
        self._sent = 0
        self._born: dict[str, datetime] = {}

    # The site

    def submit(self, who: str, **form: str) -> str:
        """A form post from the site; the id of the lead."""
        body = {"submission_id": f"form-of-{who}", **form}
        sent = {"Origin": ORIGIN, "Accept": "application/json"}
        answer = self.world.client("capture-lead").post("/", json=body, headers=sent)
        assert answer.status_code == 200, answer.text
        lead_id: str = (answer.json or {})["lead_id"]
        return lead_id

    # The system

    def tell(self, deal_id: str, status: str, **members: object) -> TestResponse:
        """The deal enters a status now, and is told of."""
        now = self.clock.now()
        return self.post(told(deal_id, status, now, created_at=self.born(deal_id), **members))

    def born(self, deal_id: str) -> datetime:
        """When the deal came to be: when it was first spoken of."""
        return self._born.setdefault(deal_id, self.clock.now())

    def post(self, body: bytes | Mapping[str, object], id_: str = "", key: bytes = KEY, **ahead: float) -> TestResponse:
        """Send a webhook; ``ahead`` is how far the sender's clock is before ours."""
        self._sent += 1
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        signed = headers(content, self.clock.now() + timedelta(**ahead), id_ or f"msg_{self._sent}", key)
        return self.send(content, signed)

    def send(self, content: bytes, signed: Mapping[str, str], path: str = "/signed") -> TestResponse:
        """Send a webhook with any headers."""
        return self.world.client("receive-crm-event").post(path, data=content, headers=dict(signed))

    # leadloop

    def settle(self) -> None:
        """Deliver all messages."""
        self.world.settle(only=FUNCTIONS)

    def tick(self, **later: float) -> None:
        """The pull's next tick, after a while."""
        self.clock.advance(**later)
        assert self.world.client("sync-crm").post("/").status_code == 200
        self.settle()

    # What rests

    def lead(self, lead_id: str) -> Lead:
        [document] = self.world.store.get_many([Key("lead", lead_id)])
        assert document is not None, f"there is no lead {lead_id}"
        return Lead.of(document)

    def state(self, lead_id: str) -> LeadState:
        return self.lead(lead_id).state(self.world.runtime.policy)

    def ref(self, deal_id: str) -> CrmRef:
        [document] = self.world.store.get_many([Key("crm_ref", f"signed-lead-{deal_id}")])
        assert document is not None, f"deal {deal_id} has no reference"
        return CrmRef.of(document)


@contextmanager
def signed_desk(policy: Policy | None = None, *, in_cloud: bool = False, secret: str = "") -> Iterator[SignedDesk]:
    """A desk whose world is in force while the block runs."""
    environment = {"LEADLOOP_SIGNED_SECRET": secret or f"{SECRET},{OLD_SECRET}"}
    world = World(policy or heard(), in_cloud, environment)
    with world.in_force():
        yield SignedDesk(world)
