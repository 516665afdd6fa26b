"""The same webhooks any number of times, in any order, give the same documents of deals, and the same leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from leadloop.adapters.memory_store import MemoryStore
from leadloop.crm.signed.account import SignedAccount
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.state import LeadState
from leadloop.messages import DealTold, StatusEntered
from leadloop.ports.store import Query
from support.settable_clock import MORNING
from support.signed_desk import SignedDesk, signed_desk, told

STATUSES = ("new", "в работе", "показ", "won", "lost")
DEALS = ("D-1", "D-2", "D-3")
minutes = st.integers(0, 6).map(lambda count: MORNING + timedelta(minutes=count))
"""So few that webhooks meet in one."""
entered = st.builds(StatusEntered, pipeline=st.just("sales"), status=st.sampled_from(STATUSES), at=minutes)
webhooks = st.builds(
    DealTold,
    event_id=st.uuids().map(str),
    received_at=minutes,
    crm=st.just("signed"),
    webhook_id=st.sampled_from(["msg_1", "msg_2"]),
    deal_id=st.sampled_from(DEALS),
    created_at=minutes,
    updated_at=minutes,
    status=entered,
    history=st.lists(entered, max_size=2).map(tuple),
    price=st.none() | st.integers(1, 9),
    deleted=st.booleans(),
    merged_into=st.none() | st.sampled_from(DEALS),
)


def kept(heard: Sequence[DealTold]) -> dict[str, object]:
    """What rests of the deals."""
    store = MemoryStore()
    account = SignedAccount(store, {})
    for one in heard:
        if one.deal_id != one.merged_into:  # refused at the door
            account.keep(one)
    return {document.key.id: document.fields for document in store.query(Query("told_deal")).documents}


@given(st.lists(webhooks, min_size=1, max_size=6), st.data())
def test_documents(heard: list[DealTold], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(heard), max_size=4))
    shuffled = data.draw(st.permutations([*heard, *again]))
    assert kept(shuffled) == kept(heard)


@given(st.lists(webhooks, min_size=1, max_size=6))
def test_what_is_shown_is_what_was_told_last(heard: list[DealTold]) -> None:
    """By an oracle that keeps all of them."""
    store = MemoryStore()
    account = SignedAccount(store, {})
    for one in heard:
        if one.deal_id != one.merged_into:
            account.keep(one)
    shown = account.read_leads(DEALS)
    for deal_id, lead in shown.items():
        of_deal = [one for one in heard if one.deal_id == deal_id != one.merged_into]
        latest = max(one.updated_at for one in of_deal)
        assert lead.price in {one.price for one in of_deal if one.updated_at == latest}
        times = {(one.at, one.status) for told in of_deal for one in (told.status, *told.history) if one is not None}
        moves = [(move.at, move.after.status_id) for move in account.histories([deal_id])[deal_id].moves]
        assert moves[: len(times)] == sorted(times)
        at_last = {status for at, status in times if at == max(times)[0]}
        pictures = [one.status for one in of_deal if one.updated_at == latest and one.status is not None]
        present = {one.status for one in pictures if one.at == max(times)[0]}
        assert lead.status.status_id == moves[-1][1]
        assert lead.status.status_id in (present or at_last)


class Step(NamedTuple):
    """One webhook of Anna's or Boris' deal, so many minutes after the one before."""

    whose: int
    later: int
    status: str
    price: int
    how: str = ""
    """The deal is ``deleted``, and told in full or ``briefly``, or it is ``merged`` into the other."""


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 1),
        st.integers(1, 90),
        st.sampled_from(STATUSES),
        st.integers(1, 9),
        st.sampled_from(["", "", "deleted", "briefly"]),
    ),
    min_size=2,
    max_size=4,
)
endings = st.none() | st.builds(Step, st.integers(0, 1), st.just(1), st.just("won"), st.just(7), st.just("merged"))


def lived(steps: Sequence[Step], order: Sequence[int]) -> object:
    """The webhooks are posted as they happen, and come off the bus in an order of their own."""
    with signed_desk() as desk:
        leads = [desk.submit(who) for who in ("anna", "boris")]
        desk.settle()
        desk.world.memory_bus.published.clear()
        for step in steps:
            desk.clock.advance(minutes=step.later)
            assert desk.post(_body(desk, step, leads)).status_code == 200
        letters = desk.world.memory_bus.on("crm-hints")
        for place in order:
            assert desk.world.push("read-crm", letters[place]).status_code == 204
        desk.tick(hours=1)
        states = [desk.state(lead) for lead in leads]
        deals = {document.key.id: document.fields for document in desk.world.documents("told_deal")}
        owners = {document.key.id: document.fields.get("owner") for document in desk.world.documents("crm_ref")}
        assert desk.world.documents("dirty_mark") == []
        return deals, owners, [_said(state) for state in states]


def _said(state: LeadState) -> tuple[object, ...]:
    return sorted(state.crm_refs), state.lost, state.stages, state.price, state.quality.standing


def _body(desk: SignedDesk, step: Step, leads: Sequence[str]) -> dict[str, object]:
    now, deal_id = desk.clock.now(), f"D-{step.whose}"
    if step.how == "briefly":
        return {"deal_id": deal_id, "updated_at": now.isoformat(), "deleted": True}
    whole = told(deal_id, step.status, now, created_at=desk.opened_at, ids={"lead_id": leads[step.whose]})
    gone: dict[str, dict[str, object]] = {
        "deleted": {"deleted": True},
        "merged": {"merged_into": f"D-{1 - step.whose}"},
    }
    return {**whole, "price": {"amount": step.price}, **gone.get(step.how, {})}


@given(steps, endings, st.data())
def test_leads(steps: list[Step], ending: Step | None, data: st.DataObject) -> None:
    if ending is not None:  # a merger is for good, and what others are merged into is there
        steps = [*steps, ending, ending._replace(whose=1 - ending.whose, how="")]
    straight = range(len(steps))
    again = data.draw(st.lists(st.sampled_from(straight), max_size=3))
    shuffled = data.draw(st.permutations([*straight, *again]))
    assert lived(steps, shuffled) == lived(steps, straight)


class Wild(NamedTuple):
    """One webhook of one of three deals: mergers into each other, in circles and undone, and deletions."""

    deal: int
    status: str
    deleted: bool
    into: int


wild = st.lists(
    st.builds(
        Wild, st.integers(0, 2), st.sampled_from(STATUSES), st.sampled_from([False, False, True]), st.integers(-3, 2)
    ),
    min_size=3,
    max_size=8,
)


@given(wild)
def test_whatever_is_merged_into_what_one_lead_owns_the_deals_that_are_one(told_so: list[Wild]) -> None:
    """So no goal of theirs counts twice; and nobody knows of a deal that they never were on."""
    with signed_desk() as desk:
        leads = [desk.submit(who) for who in ("anna", "boris", "vera")]
        desk.settle()
        for one in told_so:
            desk.clock.advance(minutes=1)
            gone = {"deleted": one.deleted} | (
                {"merged_into": f"D-{one.into}"} if one.into in {0, 1, 2} - {one.deal} else {}
            )
            now, own = desk.clock.now(), {"ids": {"lead_id": leads[one.deal]}}
            desk.post(told(f"D-{one.deal}", one.status, now, created_at=desk.opened_at, **own, **gone))
        letters = desk.world.memory_bus.on("crm-hints")
        for letter in [*letters[::2], *letters[1::2]]:
            assert desk.world.push("read-crm", letter).status_code == 204
        desk.tick(hours=1)
        refs = [CrmRef.of(document) for document in desk.world.documents("crm_ref")]
        for ref in refs:
            family = {ref.id, *ref.aliases} if ref.alias_of is None else {ref.id}
            owners = {lead for lead in leads if any(desk.lead(lead).ownership.get(one) for one in family)}
            assert len(owners) <= 1, (ref.id, owners)
        for lead in leads:
            state = desk.state(lead)
            assert {stage.crm_ref for stage in state.stages.values()} <= {*state.crm_refs}
