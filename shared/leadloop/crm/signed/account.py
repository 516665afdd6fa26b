"""A system that is only heard, as the ``Crm`` port sees it: it is read from what it told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from leadloop.crm.port import (
    LEAD,
    ChangePage,
    ContactPoints,
    CrmLead,
    Feed,
    History,
    Loss,
    Status,
    Transition,
)
from leadloop.crm.read_only import ReadOnlyAccount
from leadloop.crm.signed.told_deal import ToldDeal, told_key
from leadloop.digests import digest
from leadloop.json_types import JsonObject
from leadloop.leads.crm_refs import CrmRef, ref_key
from leadloop.leads.state import DELETED
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import CrmEntityTouched, DealTold, StatusEntered
from leadloop.ports.store import Store, Write

_MOMENT = timedelta(microseconds=1)
_LONGEST_CHAIN = 10
"""Of deals each merged into the next; a longer one, or a circle, is taken for deals that were deleted."""


class SignedAccount(ReadOnlyAccount):
    """Reads the deals that were told; see ``Crm``. Nothing is asked of the system, and nothing written there."""

    name = "signed"
    most_leads_a_call = 200

    def __init__(self, store: Store, asked: Mapping[str, str]) -> None:
        """``asked``: fields of which only matters whether they are filled, by name (``qualification.fields``)."""
        self._store = store
        self._asked = asked

    def keep(self, told: DealTold) -> CrmEntityTouched:
        """Keep what a webhook told, once; returns what is to be read because of it. Raises as ``decide_and_commit``.

        A deal that was merged into this one before this one was told of is read with it.
        """
        deals: list[ToldDeal] = []

        def decide() -> list[Write]:
            ids = [told.deal_id, *([told.merged_into] if told.merged_into else [])]
            held = self._store.get_many([told_key(self.name, deal_id) for deal_id in ids])
            resting = [
                ToldDeal.of(document) if document else ToldDeal(crm=self.name, deal_id=deal_id)
                for deal_id, document in zip(ids, held, strict=True)
            ]
            deals[:] = [resting[0].hear(told), *(into.absorb(told.deal_id) for into in resting[1:])]
            return [write for deal, document in zip(deals, held, strict=True) for write in deal.write(document)]

        decide_and_commit(self._store, decide)
        ids = (told.deal_id, *self._merged_into(deals[0]))
        return CrmEntityTouched(
            event_id=told.event_id, received_at=told.received_at, crm=self.name, entity_ids={LEAD: ids}
        )

    def read_leads(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """See ``Crm``. One that is gone is shown as such for good: what was told of it before may come late.

        A deal that was merged into one not told of yet is there until that one is, unless it was deleted before.
        """
        told = {one: deal for one, deal in self._told(ids).items() if deal.picture is not None}
        lost = {one: deal for one, deal in told.items() if not deal.is_alive}
        deleted = self._deleted(list(lost))
        gone = {one for one, deal in lost.items() if one in deleted or not self._is_survivor_awaited(deal)}
        return {one: self._lead(deal)._replace(is_gone=one in gone) for one, deal in told.items()}

    def histories(self, ids: Sequence[str]) -> dict[str, History]:
        """See ``Crm``."""
        return {deal_id: self._history(deal) for deal_id, deal in self._told(ids).items()}

    def leads_of_contacts(self, contact_ids: Sequence[str]) -> tuple[str, ...]:
        """See ``Crm``. Contacts come as keys and have no ids."""
        del contact_ids
        return ()

    def contact_points(self, contact_ids: Sequence[str]) -> dict[str, ContactPoints]:
        """See ``Crm``. Contacts come as keys and have no ids."""
        del contact_ids
        return {}

    def changes(self, feed: Feed, since: datetime, position: JsonObject | None) -> ChangePage:
        """See ``Crm``. What was told was read as it came: there is nothing else to find."""
        del feed, since, position
        return ChangePage((), None)

    def _told(self, ids: Sequence[str]) -> dict[str, ToldDeal]:
        """Those of the deals that were told of, in the order asked."""
        held = self._store.get_many([told_key(self.name, deal_id) for deal_id in ids]) if ids else []
        deals = (ToldDeal.of(document) for document in held if document is not None)
        return {deal.deal_id: deal for deal in deals if deal.word is not None}

    def _refs(self, ids: Sequence[str]) -> dict[str, CrmRef]:
        """Those of the deals that were read."""
        held = self._store.get_many([ref_key(self.name, deal_id) for deal_id in ids]) if ids else []
        return {deal_id: CrmRef.of(ref) for deal_id, ref in zip(ids, held, strict=True) if ref is not None}

    def _deleted(self, ids: Sequence[str]) -> frozenset[str]:
        return frozenset(deal_id for deal_id, ref in self._refs(ids).items() if ref.gone == DELETED)

    def _merged_into(self, deal: ToldDeal) -> tuple[str, ...]:
        """Every deal that was merged into one, or into one that was, and has yet to go along."""
        found: dict[str, None] = {}
        waiting = deal.absorbed
        while waiting:
            found |= dict.fromkeys(waiting)
            further = self._told(waiting).values()
            waiting = tuple(one for absorbed in further for one in absorbed.absorbed if one not in found)
        merged = {deal_id for deal_id, ref in self._refs(list(found)).items() if ref.alias_of is not None}
        return tuple(one for one in found if one != deal.deal_id and one not in merged)

    def _survivor(self, deal: ToldDeal) -> tuple[str | None, bool]:
        """The deal at the end of a chain of mergers, if it is alive; and whether the end was not told of yet."""
        into = deal.gone_into
        for _ in range(_LONGEST_CHAIN):
            if into is None:
                return None, False
            found = self._told([into]).get(into)
            if found is None:
                return None, True
            if found.is_alive:
                return into, False
            into = found.gone_into
        return None, False

    def _is_survivor_awaited(self, deal: ToldDeal) -> bool:
        return deal.gone_into is not None and self._survivor(deal)[1]

    def _history(self, deal: ToldDeal) -> History:
        moves = _moves(deal)
        word, (survivor, is_awaited) = deal.word, self._survivor(deal)
        if word is None or deal.is_alive or is_awaited:
            return History(moves)
        return History(moves, losses=(Loss(word.updated_at, word.webhook_id, into=survivor),))

    def _lead(self, deal: ToldDeal) -> CrmLead:
        picture = deal.picture
        assert picture is not None  # noqa: S101 - only deals with one are told
        filled = {name for name, field in self._asked.items() if field in picture.filled}
        return CrmLead(
            external_id=deal.deal_id,
            status=_status(deal.status),
            price=picture.price or None,
            created_at=picture.created_at,
            updated_at=picture.updated_at,
            ids=picture.ids,
            leadloop_id=picture.lead_id,
            submission_id=picture.submission_id,
            filled=frozenset(filled),
            responsible=picture.responsible,
            loss_reason=picture.loss_reason,
            call_seconds=picture.call_seconds,
            source=picture.source,
            keys=picture.keys,
        )


def _moves(deal: ToldDeal) -> tuple[Transition, ...]:
    """What it entered. Of statuses of one instant the present one comes last: it is told once more, a moment later."""
    moves = tuple(Transition(one.at, _event_id(one), None, _status(one)) for one in deal.statuses)
    if len(moves) < 2 or moves[-2].at < moves[-1].at:
        return moves
    again = deal.status.model_copy(update={"at": deal.status.at + _MOMENT})
    return (*moves, Transition(again.at, _event_id(again), None, _status(again)))


def _status(entered: StatusEntered) -> Status:
    return Status(entered.pipeline, entered.status)


def _event_id(entered: StatusEntered) -> str:
    return digest("entered", entered.pipeline, entered.status, entered.at.isoformat())
