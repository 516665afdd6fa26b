"""A lead on its way to the CRM: what rests of it, and how a step's result is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.crm.deals import Deal
from leadloop.crm.lead_fields import digest_of, fields_of
from leadloop.crm.looking_again import tell_too_large
from leadloop.crm.own_fields import Repeated, own_fields, owns, repeated_lead
from leadloop.crm.port import CreatedLead, Crm
from leadloop.crm.restoring import Restoring, restoring
from leadloop.facts import Fact
from leadloop.leads.crm_refs import live_deals, ref_key
from leadloop.leads.delivery import Delivery, DeliveryState, Step, delivery_key, names_due, next_step
from leadloop.leads.fold import crm_ref_id
from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from leadloop.leads.state import LeadState
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.policy import ContactMode
from leadloop.ports.store import Document, Key, PreconditionFailed, Write
from leadloop.runtime import Runtime


class LeadAtHand(NamedTuple):
    """One lead, as its documents were when a step was decided on."""

    runtime: Runtime
    crm: Crm
    lead: Lead
    state: LeadState
    resting: Document | None
    fields: dict[str, str]
    """What the CRM is to show of the lead."""
    own: frozenset[str]
    """Those of the fields that are leadloop's own; others are written only where they are empty."""
    restoring: Restoring
    names: str | None = None
    """The lead that its own fields name by our id, because that one is on no deal yet."""

    @classmethod
    def read(cls, runtime: Runtime, crm: Crm, lead_id: str) -> LeadAtHand | None:
        """The lead; ``None`` when it does not exist, or nothing is to be written of it.

        A caller is brought into the CRM by others: a deal that is there is given what the call told.
        """
        document, resting = runtime.store.get_many([Key("lead", lead_id), delivery_key(lead_id)])
        if document is None:
            return None
        lead, policy = Lead.of(document), runtime.policy
        state = lead.state(policy).as_of(runtime.clock.now())
        if _is_elsewhere(crm, state):
            return None
        repeated = _repeated(runtime, crm, lead) if owns(lead, state) else None
        own = own_fields(policy, lead, state, repeated) if owns(lead, state) else {}
        back = restoring(policy, state) if owns(lead, state) else Restoring({}, None)
        deal = _live_deal(crm, state)
        if state.born_in == "site" or (state.contacts and deal is not None):
            fields = {**fields_of(lead, state), **own}
        elif resting is not None or ((own or back.texts) and deal is not None):
            fields = own
        else:
            return None
        names = repeated.lead_id if repeated is not None and repeated.deal is None else None
        return cls(runtime, crm, lead, state, resting, fields, frozenset(own), back, names)

    @property
    def delivery(self) -> Delivery:
        """How far the lead has come; a new one has come nowhere."""
        return Delivery.of(self.resting) if self.resting is not None else Delivery(lead_id=self.lead.id)

    @property
    def deal(self) -> str | None:
        """External id of the live deal the lead is on."""
        return _live_deal(self.crm, self.state)

    @property
    def told_until(self) -> datetime | None:
        """When what the CRM is to show becomes another by time alone: its own field says ``held``, and holds end."""
        found = self.state.fraud
        return found.until if "fraud" in self.own and found.gate is Gate.HELD else None

    @property
    def fields_digest(self) -> str:
        """Tells these fields from others."""
        return digest_of(self.fields)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.runtime.clock.now()

    def next_step(self) -> Step:
        """What to do now."""
        delivery = self.delivery if self.resting is not None else None
        is_ours = _is_contact_ours(self.state)
        policy, fields = self.runtime.policy, self.fields_digest
        is_to_restore = self.restoring.is_due(self.delivery)
        return next_step(
            policy, delivery, self.deal, fields, self.now, is_contact_ours=is_ours, is_to_restore=is_to_restore
        )

    def advance(self, delivery: Delivery) -> bool:
        """Write the delivery at the version that was read; whether nobody else was quicker."""
        version = self.resting.version if self.resting is not None else None
        is_arriving = delivery.state is DeliveryState.DELIVERED
        naming = names_due(self.runtime.store, self.delivery) if is_arriving else []
        try:
            self.runtime.store.commit([delivery.write(version), *naming])
        except PreconditionFailed:
            return False
        return True

    def settle(
        self,
        still: DeliveryState,
        change: Callable[[Delivery], Delivery],
        told: Callable[[Lead], Fact | None] | None = None,
    ) -> None:
        """Write how a step ended, unless somebody has settled the delivery meanwhile (the reader found the lead).

        ``told``: what the lead is to know of it too, in the same commit.
        """

        def decide() -> list[Write]:
            document, resting = self.runtime.store.get_many([delivery_key(self.lead.id), self.lead.key])
            if document is None or Delivery.of(document).state is not still:
                return []
            lead = Lead.of(resting) if resting is not None else None
            fact = told(lead) if told is not None and lead is not None else None
            delivery, naming = self._naming(change(Delivery.of(document)))
            writes = [delivery.write(document.version), *naming]
            if fact is not None and lead is not None and resting is not None:
                writes += lead_writes(self.runtime.policy, lead.with_facts((fact,)), resting.version)
            return writes

        decide_and_commit(self.runtime.store, decide)

    def _naming(self, told: Delivery) -> tuple[Delivery, list[Write]]:
        """The delivery whose fields the CRM was given, and a note for the lead that they name by our id.

        Where that lead is about to be created or was found meanwhile, there is no note: these are seen to again.
        """
        if self.names is None:
            return told, []
        policy = self.runtime.policy
        held, lead = self.runtime.store.get_many([delivery_key(self.names), Key("lead", self.names)])
        if lead is None:  # erased
            return told, []
        is_kept = policy.contacts.mode is ContactMode.KEEP
        if held is None and is_kept and _is_contact_ours(Lead.of(lead).state(policy)):
            return told.due(self.now + policy.defaults.pull_period), []
        named = Delivery.of(held) if held is not None else Delivery(lead_id=self.names).awaiting()
        if named.state is DeliveryState.DELIVERED:
            return told.due(self.now), []
        noted = named.with_name_at(self.lead.id)
        return told, [] if noted is named else [noted.write(held.version if held is not None else None)]

    def arrive(self, created: CreatedLead, by: str, at: datetime, *, complete: bool) -> None:
        """The lead is in the CRM: its delivery, its deal and its facts in one commit.

        ``complete``: the CRM was given every field; otherwise they are looked after next.
        """
        external_id, store, policy = created.external_id, self.runtime.store, self.runtime.policy

        refusal: str | None = None

        def decide() -> list[Write]:
            nonlocal refusal
            ref, resting = store.get_many([ref_key(self.crm.name, external_id), delivery_key(self.lead.id)])
            deal = Deal.read(store, policy, self.crm.name, external_id, ref)
            deal.join(self.lead.id, by, at)
            refusal = deal.refusal
            # by its contacts a deal is found again that is merged away before it was ever read
            deal.ref = deal.ref.changed(contact_ids=deal.ref.contact_ids or created.contact_ids)
            delivery = Delivery.of(resting) if resting is not None else Delivery(lead_id=self.lead.id)
            arrived = delivery.delivered(external_id, None if complete else self.now, merged=created.merged)
            if complete:
                arrived = arrived.complete(self.fields_digest, self.told_until)
            named, naming = self._naming(arrived) if complete else (arrived, [])
            own = named.write(resting.version if resting is not None else None)
            return [own, *naming, *names_due(store, delivery), *deal.writes()]

        decide_and_commit(store, decide)
        if refusal is not None:
            tell_too_large(self.runtime.log, refusal)


def _is_contact_ours(state: LeadState) -> bool:
    """Whether the contact that the lead came with rests with us, or it came with none."""
    return state.contact_sealed is not None or not state.key_ids


def _live_deal(crm: Crm, state: LeadState) -> str | None:
    alive = live_deals(state, crm.name)
    return alive[-1] if alive else None


def _is_elsewhere(crm: Crm, state: LeadState) -> bool:
    """Whether it came to its deals in a CRM that the policy named before: nothing of it is to be brought into this."""
    return bool(state.crm_refs) and not any(ref.startswith(crm_ref_id(crm.name, "")) for ref in state.crm_refs)


def _repeated(runtime: Runtime, crm: Crm, lead: Lead) -> Repeated | None:
    """The lead that this one repeats, read only where the policy wants it told."""
    first = repeated_lead(lead)
    if first is None or "duplicate" not in runtime.policy.crm.fields.own:
        return None
    [document] = runtime.store.get_many([Key("lead", first)])
    if document is None:
        return Repeated(first)
    ref, at = document.fields.get("crm_ref"), document.fields.get("occurred_at")
    deal = ref.removeprefix(f"{crm.name}-lead-") if isinstance(ref, str) else None
    return Repeated(first, deal, timestamps.from_text(at) if isinstance(at, str) else None)
