"""The company «Сокол»: visitors who send forms, managers who work in the CRM, and time that passes.

company.send_form(phone="+7 912 345-67-89", ym_client_id=ANNA)
company.live(hours=3)                   # webhooks, messages and schedules, until there is nothing to do
company.act("move", lead_id=…, status_id=…)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

from leadloop import timestamps
from leadloop.json_types import JsonObject
from leadloop.leads.lead import Lead
from leadloop.messages import Message
from leadloop.policy import Policy
from leadloop.ports.store import Document, Key, Store
from leadloop.runtime import Runtime
from simulation.mail import Mail
from simulation.system import System
from simulation.trouble import Trouble
from simulation.vendors import HOOK_SECRET, Vendors
from support.interruptions import Crash
from support.policies import ORIGIN

ROUNDS = tuple(timedelta(minutes=minutes) for minutes in (16, 32, 65, 130, 260, 400, 560, 760, 1000, 1400))
"""When schedules fire after something happened, until all is quiet. Those with nothing to do are left out."""
_ON_THEIR_WAY = ("filling", "ready", "sending", "unknown", "releasing")
_MOVES_ON = ("held.settling", "held.in_the_future", "held.deal_unknown")


class Sent(NamedTuple):
    """What the site was answered."""

    lead_id: str | None
    event_id: str


class Company:
    """Everything that a story needs, on one clock."""

    def __init__(
        self,
        vendors: Vendors,
        policy: Policy,
        trouble: Trouble | None = None,
        journal: list[str] | None = None,
        store: Store | None = None,
    ) -> None:
        self.journal = journal if journal is not None else []
        self.trouble = trouble or Trouble.none()
        self.vendors = vendors
        self.system = System(policy, vendors, store)
        self.policy = policy
        self.clock = self.system.clock
        self.mail = Mail(self.system, self.trouble, self.journal)
        self.loses_webhooks = False
        self.answered: list[Sent] = []
        self._hooks: list[bytes] = []
        self._last_pull: dict[str, Any] = {}
        self._last_upload: dict[str, Any] = {}

    # people

    def send_form(self, **fields: object) -> Sent:
        """A visitor sends a form."""
        return self.send_bytes(json.dumps(fields).encode(), "application/json")

    def send_bytes(self, body: bytes, content_type: str) -> Sent:
        """Something is posted, and posted again until it is answered."""
        for _ in range(6):
            sent = self._post(body, content_type)
            if sent is not None:
                self.answered.append(sent)
                return sent
        raise AssertionError("the site was not answered at six attempts")

    def _post(self, body: bytes, content_type: str) -> Sent | None:
        self.system.queue.failing = self.trouble.happens("bus down")
        interrupter = self.trouble.interrupter("capture-lead")
        try:
            answer = self.system.call(
                "capture-lead", interrupter=interrupter, data=body, content_type=content_type, headers=_FROM_PAGE
            )
        except Crash:
            self.note("    the site gets no answer")
            self.system.restart()
            return None
        finally:
            self.system.queue.failing = False
        if answer.status_code == 503:
            return None
        assert answer.status_code == 200, answer.get_data(as_text=True)
        told = json.loads(answer.data)
        return Sent(told["lead_id"], told["event_id"])

    def act(self, action: str, **details: object) -> dict[str, Any]:
        """A manager does something in the CRM."""
        self.note(f"manager: {action} {details}")
        return self.vendors.act(action, **details)

    # time

    def live(self, **length: float) -> None:
        """Let time pass: schedules fire as long as there is anything for them to do."""
        begins = self.clock.now()
        ends = begins + timedelta(**length)
        self.settle()
        if ends > begins:
            self.empty_spool()
        for offset in ROUNDS:
            if begins + offset > ends:
                break
            self.clock.set(max(begins + offset, self.clock.now()))
            self.round()
            if not self.unquiet():
                break
        self.clock.set(max(ends, self.clock.now()))

    def round(self) -> None:
        """Every schedule fires once, and what it causes comes to rest."""
        self._perhaps_break_a_vendor()
        self.settle()
        self.empty_spool()
        self._last_pull = self.fire("sync-crm") or {}
        self.settle()
        self._last_upload = self.fire("upload-conversions") or {"stopped": "it died"}
        self.fire("check-uploads")
        self.settle()

    def empty_spool(self) -> None:
        """drain-spool fires every few minutes: often enough that nothing else is due in between."""
        for _ in range(6):
            if not self.system.documents("spool"):
                return
            self.clock.advance(minutes=2, seconds=5)  # a run that died has its lease for two minutes
            self.fire("drain-spool")
            self.settle()

    def fire(self, function: str) -> dict[str, Any] | None:
        """One tick of a schedule; what it answered, ``None`` when it died."""
        interrupter = self.trouble.interrupter(function)
        interrupter = interrupter or self.trouble.second_run(lambda: self.system.call(function))
        try:
            answer = self.system.call(function, interrupter=interrupter)
        except Crash:
            self.note(f"    {function} died")
            self.system.restart()
            return None
        told: dict[str, Any] = json.loads(answer.data)
        self.note(f"    {function}: {json.dumps(told, ensure_ascii=False)}")
        return told

    def settle(self) -> None:
        """Deliver webhooks and messages until nothing follows from them."""
        for _ in range(100):
            self._post_hooks()
            self.mail.settle()
            self._hooks += self.vendors.take_hooks()
            if not self._hooks:
                return
        raise AssertionError("webhooks beget webhooks without end")

    def _post_hooks(self) -> None:
        bodies, self._hooks = [*self._hooks, *self.vendors.take_hooks()], []
        self.trouble.shuffle(bodies)
        for body in bodies:
            if self.loses_webhooks or self.trouble.happens("lost webhook"):
                continue
            for _ in range(2 if self.trouble.happens("doubled webhook") else 1):
                self.post_hook(body)

    def post_hook(self, body: bytes) -> None:
        """amoCRM posts a webhook."""
        interrupter = self.trouble.interrupter("receive-crm-event")
        try:
            answer = self.system.call(
                "receive-crm-event",
                path=f"/amocrm/{HOOK_SECRET}",
                interrupter=interrupter,
                data=body,
                content_type="application/x-www-form-urlencoded",
            )
        except Crash:
            self.system.restart()
            self._hooks.append(body)  # amoCRM tries again when it gets no answer
            return
        assert answer.status_code == 200, answer.status_code

    def _perhaps_break_a_vendor(self) -> None:
        broken = self.trouble.vendor_fault()
        if broken is not None:
            vendor, fault = broken
            self.vendors.break_(vendor, **fault)

    # what is known

    def lead(self, lead_id: str) -> Lead:
        """A lead that rests."""
        [document] = self.system.store.get_many([Key("lead", lead_id)])
        assert document is not None, f"there is no lead {lead_id}"
        return Lead.of(document)

    def deal_of(self, lead_id: str) -> int:
        """The deal that was made for a lead, by the CRM's own book."""
        [deal] = self.vendors.crm_book()["leads_by_field_value"]["LEADLOOP_ID"][lead_id]
        return int(deal)

    def counted(self) -> list[tuple[str, str, int]]:
        """What Metrica counts: identifier, target, moment."""
        book = self.vendors.metrica_book()["conversions"]
        return sorted((one["id"], one["target"], one["datetime"]) for one in book)

    # what an auditor is shown

    def documents(self, collection: str) -> list[Document]:
        """Every document of a collection, by id."""
        return self.system.documents(collection)

    def published(self) -> list[Message]:
        """Every message that was ever on the bus."""
        return [one.message for one in self.system.queue.published]

    def answered_events(self) -> list[str]:
        """Event ids of the forms that were answered 2xx."""
        return [sent.event_id for sent in self.answered]

    def metrica_book(self) -> dict[str, Any]:
        """Metrica's own ledger."""
        return self.vendors.metrica_book()

    def onlooker(self) -> Runtime:
        """The runtime on which nothing dies."""
        return self.system.runtime

    def logged(self, event: str) -> list[JsonObject]:
        """Details of every log entry of an event."""
        return [entry.details for entry in self.system.log.entries if entry.event == event]

    # the end

    def unquiet(self) -> list[str]:
        """What is still to be done; nothing when schedules would only find what they left."""
        return list(self._unquiet())

    def _unquiet(self) -> Iterator[str]:
        yield from (f"message {letter.message_id} for {letter.function}" for letter in self.mail.waiting)
        for collection in ("spool", "dirty_mark"):
            yield from (f"{collection} {one.key.id}" for one in self.system.documents(collection))
        for delivery in self.system.documents("delivery"):
            if delivery.fields.get("next_try_at"):
                yield f"delivery of {delivery.key.id}: {delivery.fields['state']}"
        for ref in self.system.documents("crm_ref"):
            if ref.fields.get("waits_until"):
                yield f"{ref.key.id} waits for its lead"
        for upload in self.system.documents("upload"):
            if upload.fields["state"] in _ON_THEIR_WAY:
                yield f"upload {upload.key.id} is {upload.fields['state']}"
        if not self._last_pull.get("complete"):
            yield f"the last pull: {self._last_pull}"
        if self._last_upload.get("stopped") or self._last_upload.get("outcome") != "ran":
            yield f"the last upload run: {self._last_upload}"
        yield from (rule for rule in self._last_upload.get("withheld", {}) if rule in _MOVES_ON)

    def run_out(self) -> None:
        """Trouble ends, and time goes on until everything that could happen has happened."""
        self.note("trouble ends")
        self.trouble.end()
        self.vendors.mend()
        self.loses_webhooks = False
        for hours in (20, 23 * 24, 20):
            self.live(hours=hours)
        self.note(f"unquiet: {self.unquiet()}")

    def note(self, line: str) -> None:
        """Write a line of the journal."""
        self.journal.append(f"{timestamps.to_text(self.clock.now())[:19]} {line}")


OpenCompany: TypeAlias = Callable[..., Company]
"""``open_company("keep", trouble, goals={…})``: a new company in a contacts mode, its policy's sections changed."""

_FROM_PAGE = {"Origin": ORIGIN, "Referer": f"{ORIGIN}/flats"}
