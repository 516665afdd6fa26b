"""The way into leadloop: forms through capture with their headers, facts of the CRM as a reading of it tells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leadloop.adapters.memory_store import MemoryStore
from leadloop.facts import Fact
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.identity.keys import KeyRing
from leadloop.leads import facts_of
from leadloop.leads.family import place, settle
from leadloop.leads.lead import Lead
from leadloop.leads.population import assess_all
from leadloop.leads.registration import register
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.messages import LeadCaptured, decode, encode
from leadloop.policy import Policy
from leadloop.ports.store import Key, Query, Store, Write
from market.inquiries import Deal, Inquiry
from market.rules import market_policy
from support.form_desk import FormDesk
from support.lead_facts import entered, linked
from support.policies import WON
from support.settable_clock import MORNING
from support.wsgi_names import environ_of

COLLECTIONS = ("lead", "key", "daily_total")


@dataclass(frozen=True)
class Arrival:
    """Something that reaches the register: a form that was captured, or what the CRM tells of a lead."""

    lead_id: str
    form: LeadCaptured | None = None
    facts: tuple[Fact, ...] = ()


class Intake:
    """Captures the inquiries of a market in the order of their times. ``lead_ids`` names the lead of each."""

    def __init__(self, inquiries: Iterable[Inquiry]) -> None:
        self._desk = FormDesk(market_policy())
        self._ring = KeyRing.of(self._desk.world.runtime.secrets)
        self.lead_ids: dict[str, str] = {}
        self.arrivals: list[Arrival] = []
        for inquiry in inquiries:
            self._take(inquiry)

    def _take(self, inquiry: Inquiry) -> None:
        lead_id = f"crm-{inquiry.name}"
        if inquiry.post is not None:
            for turn in range(inquiry.times_sent):
                self._desk.world.clock.set(inquiry.at + turn * timedelta(seconds=7))
                form = self._captured(inquiry)
                lead_id = form.submission.lead_id
                self.arrivals.append(Arrival(lead_id, form))
        if inquiry.deal is not None:
            self.arrivals.append(Arrival(lead_id, facts=self._told(inquiry, inquiry.deal)))
        self.lead_ids[inquiry.name] = lead_id

    def _captured(self, inquiry: Inquiry) -> LeadCaptured:
        assert inquiry.post is not None
        runtime, body = self._desk.world.runtime, inquiry.post.body
        caller = Caller.of(environ_of(inquiry.post.headers), runtime.policy.site)
        captured = capture(runtime, Received(body, caller.content_type, len(body)), caller)
        message = decode(encode(captured.message))
        assert isinstance(message, LeadCaptured), f"the form of {inquiry.name} was not understood: {message}"
        return message

    def _told(self, inquiry: Inquiry, deal: Deal) -> tuple[Fact, ...]:
        at, is_born = inquiry.at, inquiry.post is None
        told = [linked(deal.number, "born_in_crm" if is_born else "field", at)]
        if is_born:
            typed = [contact.partition(":") for contact in sorted(inquiry.contacts)]
            spelt = [("phone", f"+{value}") if kind == "phone" else ("email", value) for kind, _, value in typed]
            keys = [key.id for kind, value in spelt for key in self._ring.keys_of(kind, value)]  # type: ignore[arg-type]
            told.append(facts_of.observed_ids("amocrm", deal.number, {}, tuple(keys), at))
        if deal.overwritten:
            later = at + timedelta(days=1)
            old, new = deal.overwritten
            told.append(facts_of.deal_view("amocrm", deal.number, {"source": {"utm_source": old}}, at))
            told.append(facts_of.source_overwriting("amocrm", deal.number, "utm_source", old, new, "77", later))
            at = later
        if deal.source:
            told.append(facts_of.deal_view("amocrm", deal.number, {"source": dict(deal.source)}, at))
        if deal.sold_at is not None:
            told.append(entered(WON, deal.sold_at, deal.number))
        return tuple(told)

    def at_once(self, policy: Policy | None = None) -> dict[str, Lead]:
        """Every lead as ``leadloop.leads.population`` sees them all together, by its id."""
        facts: dict[str, tuple[Fact, ...]] = {}
        for arrival in self.arrivals:
            new = arrival.facts or (facts_of.submission(arrival.form.submission),) if arrival.form else arrival.facts
            facts[arrival.lead_id] = facts.get(arrival.lead_id, ()) + new
        alone = [Lead(id=lead_id).with_facts(known) for lead_id, known in facts.items()]
        return assess_all(policy or market_policy(), alone)


class Register:
    """One store into which arrivals are registered one by one, with its bill."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.bill: list[tuple[int, int]] = []
        """Reads and writes of each form."""

    def take(self, arrivals: Iterable[Arrival]) -> Register:
        for arrival in arrivals:
            if arrival.form is None:
                self._tell(arrival)
                continue
            reads, writes = self.store.usage.reads, self.store.usage.writes
            register(self.store, market_policy(), arrival.form, MORNING)
            self.bill.append((self.store.usage.reads - reads, self.store.usage.writes - writes))
        return self

    def _tell(self, arrival: Arrival) -> None:
        """What a reading of the CRM does: facts, and the leads they matter to, in one commit."""

        def decide() -> Sequence[Write]:
            [document] = self.store.get_many([Key("lead", arrival.lead_id)])
            before = Lead.of(document) if document is not None else Lead(id=arrival.lead_id)
            placed = place(self.store, market_policy(), before.with_facts(arrival.facts))
            version = document.version if document is not None else None
            return [*lead_writes(market_policy(), placed.leads[arrival.lead_id], version), *placed.writes]

        decide_and_commit(self.store, decide)
        settle(self.store, market_policy(), arrival.lead_id)

    def leads(self) -> dict[str, Lead]:
        return {
            key.removeprefix("lead/"): Lead.model_validate({**fields, "id": key.removeprefix("lead/")})
            for key, fields in self.documents("lead").items()
        }

    def documents(self, *collections: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in collections or COLLECTIONS:
            cursor: str | None = None
            while True:
                page = self.store.query(Query(name), cursor)
                found |= {f"{name}/{one.key.id}": one.fields for one in page.documents}
                cursor = page.cursor
                if cursor is None:
                    break
        return found
