"""The lead document: its facts, its claims, and the folded fields that queries need."""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from leadloop import timestamps
from leadloop.conversions.goals import Conversion, derive
from leadloop.facts import Fact, FactKind, join
from leadloop.json_types import JsonObject, json_list
from leadloop.leads.circumstances import ALONE, Circumstances
from leadloop.leads.fold import fold
from leadloop.leads.state import LeadState
from leadloop.policy import Policy
from leadloop.ports.store import Document, Key


class Claim(BaseModel):
    """A conversion taken for upload: from the first claim on, these values never change.

    Only ``token`` and ``index`` (the place in an upload) are given up when an upload that
    certainly did not happen releases its rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    goal: str
    identifier_kind: str
    identifier: str
    target: str
    date_time: int
    price: str | None
    currency: str | None
    deadline: str
    crm_ref: str | None
    row: str
    """The CSV line, without line end, exactly as it is sent."""
    token: str | None = None
    """Root token of the upload that holds the row; ``None`` while it waits for one."""
    index: int = 0


class Expiry(BaseModel):
    """A conversion that was not sent because it was too old for every channel."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    goal: str
    at: str
    rule: str
    reason: str


class Lead(BaseModel):
    """A lead as it rests. Its state is folded, never edited."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    id: str
    facts: tuple[Fact, ...] = ()
    ownership: dict[str, bool] = Field(default_factory=dict)
    """CRM reference → whether this lead owns it; written together with the reference."""
    repeat_of: str | None = None
    """The lead that this one repeats within an hour (``leadloop.leads.repeats``); written with the keys."""
    circumstances: Circumstances = ALONE
    """What other leads say of this one (``leadloop.leads.family``)."""
    shared_clients: tuple[str, ...] = ()
    """ClientIDs that too many leads came with (``leadloop.leads.visiting``); no visit under one of them rests here."""
    claims: dict[str, Claim] = Field(default_factory=dict)
    expired: dict[str, Expiry] = Field(default_factory=dict)
    counted: dict[str, dict[str, int]] = Field(default_factory=dict)
    """What this lead contributes to each daily total at present."""

    @classmethod
    def of(cls, document: Document) -> Self:
        """Read a lead from its document."""
        return cls.model_validate({**document.fields, "id": document.key.id})

    @property
    def key(self) -> Key:
        """Where the lead lives."""
        return Key("lead", self.id)

    def with_facts(self, offered: tuple[Fact, ...]) -> Self:
        """The lead knowing these facts too; the same object if it knew them all. Raises ``TooManyFacts``."""
        facts = join(self.facts, offered)
        return self if facts == self.facts else self.model_copy(update={"facts": facts})

    def with_shared_client(self, client_id: str) -> Self:
        """The lead without the visits of a ClientID that is nobody's; the same object if that was known."""
        if client_id in self.shared_clients:
            return self
        shared = tuple(sorted({*self.shared_clients, client_id}))
        facts = tuple(fact for fact in self.facts if not _is_visit_of(client_id, fact))
        return self.model_copy(update={"shared_clients": shared, "facts": facts})

    def without_contact(self) -> Self:
        """The lead knowing all the same, but for the sealed contacts it came with: those are gone for ever."""
        return self.model_copy(update={"facts": tuple(fact.without_contact() for fact in self.facts)})

    def state(self, policy: Policy) -> LeadState:
        """What the facts amount to under a policy."""
        return fold(policy, self.facts, self.circumstances)

    def pending(self, policy: Policy, state: LeadState | None = None) -> dict[str, Conversion]:
        """Conversions not claimed yet and not expired, by goal."""
        derived = derive(policy, state or self.state(policy), self.ownership, self.repeat_of)
        return {
            goal: conversion
            for goal, conversion in derived.items()
            if goal not in self.claims and goal not in self.expired
        }

    def released(self) -> dict[str, Claim]:
        """Claims whose upload certainly did not happen: they wait, frozen, for another one."""
        return {goal: claim for goal, claim in self.claims.items() if claim.token is None}

    def fields(self, policy: Policy) -> JsonObject:
        """The document: everything kept, and the folded fields that ``leadloop.queries`` reads."""
        state = self.state(policy)
        deadlines = [timestamps.to_text(conversion.deadline) for conversion in self.pending(policy, state).values()]
        deadlines += [claim.deadline for claim in self.released().values()]
        kept: JsonObject = self.model_dump(mode="json", exclude={"id"})
        return {
            **kept,
            "occurred_at": timestamps.to_text(state.occurred_at) if state.occurred_at else None,
            "submitted_at": timestamps.to_text(state.submitted_at) if state.submitted_at else None,
            "submission_id": state.submission_id,
            "weak_ids": json_list(sorted({*state.weak_ids, *state.traces, *_borrowed(state)})),
            "key_ids": json_list(sorted(state.key_ids)),
            "source": state.source.label,
            "crm_ref": state.crm_ref,
            "stage": state.stage,
            "contact_term_from": timestamps.to_text(state.contact_term_from) if state.contact_term_from else None,
            "next_deadline": min(deadlines, default=None),
            "upload_tokens": json_list(sorted({claim.token for claim in self.claims.values() if claim.token})),
        }


def borrowed(client_id: str) -> str:
    """What a lead that borrows a ClientID is indexed by among its weak ids."""
    return f"borrowed:{client_id}"


def _borrowed(state: LeadState) -> tuple[str, ...]:
    return (borrowed(state.lent.client_id),) if state.lent is not None else ()


def _is_visit_of(client_id: str, fact: Fact) -> bool:
    return fact.kind is FactKind.VISITED and fact.values.get("client_id") == client_id
