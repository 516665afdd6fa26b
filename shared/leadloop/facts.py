"""What is known about a lead, and in which order it is believed.

A lead is a fold: it holds a set of facts, and its state is a pure function of the policy and those
facts. Adding a fact that is already there changes nothing, so any delivery may be repeated, and the
order of arrival does not matter, because facts are sorted before they are folded.
"""

# No annotations as texts here (`from __future__`): pydantic would compile each of them at every cold start.

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_serializer

from leadloop import timestamps
from leadloop.digests import digest
from leadloop.json_types import JsonObject, json_list

MAX_FACTS = 500
"""Facts of a lead, its visits not counted: a visitor who comes often never costs the lead its deal."""

MAX_VISITS = 120
"""Visits of a lead under one ClientID, one a day; of more, the newest stay. A visit rests by itself for fewer days."""

MAX_VERDICTS = 20
"""Words of one antifraud service that are held, the newest; of its words that are alike (verdict and reason) only the
latest, which is the one that is believed. A service that judges a browser day after day fills no lead."""

FIRST_TOUCHES, NEWEST_TOUCHES = 5, 15
"""Calls, chats and requests of a lead that are held whole: the first, which tell where it came from, and the newest. Of
those between them only what no other said before: who calls a dozen times a day leaves room for the sale."""

_CONTACT, _CONTACT_REMOVED = "contact_sealed", "contact_removed"


class Feed(StrEnum):
    """Where a fact comes from, in the order in which simultaneous facts are believed."""

    SITE = "site"
    CRM = "crm"
    OPERATOR = "operator"


_FEED_ORDER = {feed: rank for rank, feed in enumerate(Feed)}


class FactKind(StrEnum):
    """What a fact says. ``values`` of each kind are built only by the constructors in this package."""

    SUBMITTED = "submitted"
    """The site sent a lead: ids, keys, source signs (``leadloop.leads.facts_of``)."""
    CRM_LINKED = "crm_linked"
    """The lead was found to be, or was made, a CRM entity: crm, entity, external_id, by."""
    CONTACTED = "contacted"
    """Somebody called, chatted or asked, says a call tracker: crm, external_id, medium, incoming, answered."""
    STAGE_ENTERED = "stage_entered"
    """The CRM's own transition feed: external_id, pipeline_id, status_id, exact."""
    PRICE_OBSERVED = "price_observed"
    """The deal's price at a reading: external_id, amount (minor units), currency."""
    IDS_OBSERVED = "ids_observed"
    """Ad ids read from CRM fields: client_id, yclid, user_id, source fields."""
    CRM_ENTITY_LOST = "crm_entity_lost"
    """The CRM entity disappeared: external_id, how (deleted, merged), into."""
    CRM_ENTITY_RESTORED = "crm_entity_restored"
    """The CRM entity that was deleted is there again: external_id."""
    VISITED = "visited"
    """The browser of the lead's ClientID was on the site: day (UTC), client_id."""
    DEAL_OBSERVED = "deal_observed"
    """The deal's other fields at a reading: filled (names), responsible, loss_reason, source (texts by field name)."""
    SOURCE_OVERWRITTEN = "source_overwritten"
    """Somebody changed a source field of the deal: field, old, new, by (the CRM's user id)."""
    VERDICT_RECEIVED = "verdict_received"
    """An antifraud service said: provider, verdict, reason."""
    RELEASED = "released"
    """A person said that the lead is no bot's."""


class Fact(BaseModel):
    """One thing that happened, believed for ever. ``id`` is derived from content, never random."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    kind: FactKind
    occurred_at: datetime
    feed: Feed
    values: JsonObject

    @field_serializer("occurred_at")
    def _fixed_width(self, instant: datetime) -> str:
        return timestamps.to_text(instant)

    @property
    def order(self) -> tuple[datetime, int, str]:
        """The place of this fact among others."""
        return (self.occurred_at, _FEED_ORDER[self.feed], self.id)

    @property
    def is_contact_removed(self) -> bool:
        """Whether a sealed contact stood here until its retention was over."""
        return self.values.get(_CONTACT_REMOVED) is True

    def without_contact(self) -> "Fact":
        """The same fact, its sealed contact removed for ever; itself if it holds none."""
        return self if self.values.get(_CONTACT) is None else _with_contact_removed(self)


class TooManyFacts(Exception):
    """A lead would hold more than ``MAX_FACTS`` facts; the outcome has this name, nothing is cut silently."""

    def __init__(self, held: int, offered: int) -> None:
        super().__init__(f"a lead holds at most {MAX_FACTS} facts: it has {held} and was offered {offered} new ones")


def join(held: Iterable[Fact], offered: Iterable[Fact]) -> tuple[Fact, ...]:
    """The sorted union by id. Raises ``TooManyFacts``.

    Of two facts with one id (the same form sent twice) the earlier stays, and of two simultaneous
    ones always the same, whichever arrived first, so that the order of arrival decides nothing. A
    contact removed from one is removed from whichever stays: a copy that comes late brings it back no more.
    Of the visits of a ClientID the newest ``MAX_VISITS`` stay, of the words of a service the newest ``MAX_VERDICTS``,
    of what a call tracker tells the ``FIRST_TOUCHES`` and the ``NEWEST_TOUCHES``.
    """
    known = tuple(held)
    facts = union(known, offered)
    before, after = _counted(known), _counted(facts)
    if after > MAX_FACTS and after > before:
        raise TooManyFacts(before, after - before)
    return facts


def union(held: Iterable[Fact], offered: Iterable[Fact]) -> tuple[Fact, ...]:
    """What ``join`` returns, however many there are."""
    known = {fact.id: fact for fact in held}
    for fact in offered:
        known[fact.id] = _one_of(known[fact.id], fact) if fact.id in known else fact
    ordered = sorted(known.values(), key=lambda fact: fact.order)
    return _with_outer_touches(_with_newest_verdicts(_with_newest_visits(ordered)))


def _counted(facts: Iterable[Fact]) -> int:
    return sum(fact.kind is not FactKind.VISITED for fact in facts)


def _with_newest_visits(facts: list[Fact]) -> tuple[Fact, ...]:
    # By day, which is the same in every copy of a visit, and not by the time, which may become earlier: otherwise
    # the order of arrival would decide which visits are the newest. By ClientID, as all of one may be taken away.
    visits: dict[str, list[tuple[str, str]]] = {}
    for fact in facts:
        if fact.kind is FactKind.VISITED:
            visits.setdefault(str(fact.values.get("client_id")), []).append((str(fact.values.get("day")), fact.id))
    passed_over = {id_ for of_one in visits.values() for _, id_ in sorted(of_one, reverse=True)[MAX_VISITS:]}
    return tuple(fact for fact in facts if fact.id not in passed_over)


def _with_newest_verdicts(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    # The latest of words alike first, then the newest of those: what one step leaves out no later fact brings back,
    # so it makes no difference in which order they come.
    words: dict[str, set[tuple[str, str]]] = {}
    passed_over: set[str] = set()
    for fact in reversed(facts):
        if fact.kind is FactKind.VERDICT_RECEIVED:
            said = words.setdefault(str(fact.values.get("provider")), set())
            word = (str(fact.values.get("verdict")), str(fact.values.get("reason")))
            if word in said or len(said) == MAX_VERDICTS:
                passed_over.add(fact.id)
            else:
                said.add(word)
    return tuple(fact for fact in facts if fact.id not in passed_over) if passed_over else facts


def _with_outer_touches(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    # All facts of a communication come together, and what makes one of the first, of the newest or the first to say
    # something holds among fewer as among more: so what is left out once would be left out at any time.
    touches = [fact for fact in facts if fact.kind is FactKind.CONTACTED]
    if len(touches) <= FIRST_TOUCHES + NEWEST_TOUCHES:
        return facts
    trackers = {fact.values.get("crm") for fact in touches}
    whole = {fact.values.get("external_id") for fact in (*touches[:FIRST_TOUCHES], *touches[-NEWEST_TOUCHES:])}
    said: set[str] = set()
    held = []
    for fact in facts:
        if fact.values.get("crm") in trackers:
            word = _word_of_touch(fact)
            is_news = word is not None and word not in said
            said |= {word} if word is not None else set()
            if not is_news and fact.values.get("external_id") not in whole:
                continue
        held.append(fact)
    return tuple(held)


def _word_of_touch(fact: Fact) -> str | None:
    """What of a communication outlasts it: a tag, a contact, the first id of each kind."""
    values = fact.values
    if fact.kind is FactKind.STAGE_ENTERED:
        return digest("stage", values.get("pipeline_id"), values.get("status_id"))
    if fact.kind is FactKind.IDS_OBSERVED:
        ids = values.get("ids")
        return digest("ids", json_list(sorted(ids) if isinstance(ids, dict) else ()), values.get("key_ids"))
    return None


def _one_of(one: Fact, other: Fact) -> Fact:
    stays = min(one, other, key=_claim_to_stay)
    return _with_contact_removed(stays) if one.is_contact_removed or other.is_contact_removed else stays


def _with_contact_removed(fact: Fact) -> Fact:
    return fact.model_copy(update={"values": {**fact.values, _CONTACT: None, _CONTACT_REMOVED: True}})


def _claim_to_stay(fact: Fact) -> tuple[tuple[datetime, int, str], str, str]:
    # Facts of one id may differ in what does not make them another fact: how often a contact was
    # sealed, by which rule a deal was found. Contacts are compared last, so that removing one never
    # changes which of two facts stays.
    said = {name: value for name, value in fact.values.items() if name not in (_CONTACT, _CONTACT_REMOVED)}
    return fact.order, digest(said), digest(fact.values)
