"""Leads learn of the visits of their ClientIDs, whatever came first, how often, and who died on the way."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.adapters.document_size import document_size
from leadloop.adapters.memory_store import MemoryStore
from leadloop.facts import MAX_VISITS, FactKind
from leadloop.identity.visits import MOST_NAMES, Visit
from leadloop.leads.visiting import MOST_LEADS, recall
from leadloop.messages import LeadCaptured, PageAddress
from leadloop.ports.store import Page, Query
from support.form_desk import FormDesk
from support.interruptions import Interrupter
from support.lead_facts import ANNA, BORIS, after
from support.settable_clock import MORNING
from support.visit_desk import Heard, VisitDesk, beacon

FORM = {"phone": "8 999 000-00-03", "submission_id": "s-1"}
NEXT_DAY, NEXT_WEEK = after(days=1), after(days=7)


def form(client_id: str | None = ANNA, minutes: int = 0, **fields: str) -> LeadCaptured:
    """A form with a ClientID, so long after the morning."""
    desk = FormDesk()
    desk.world.clock.advance(minutes=minutes)
    named = {"ym_client_id": client_id} if client_id else {}
    captured = desk.captured({**FORM, **named, **fields})
    return captured.model_copy(update={"event_id": f"{captured.submission.lead_id}-{client_id}-{minutes}"})


HEARD: list[Heard] = [
    form(None, 24 * 60),
    form(ANNA, 24 * 60 + 5),
    form(BORIS, 2 * 24 * 60),
    form(ANNA, 3 * 24 * 60, phone="8 999 000-00-04"),
    beacon(NEXT_DAY),
    beacon(NEXT_DAY + timedelta(hours=2), user_id="crm-7"),
    beacon(NEXT_DAY + timedelta(hours=1), user_id="crm-7"),
    beacon(NEXT_WEEK, BORIS),
    beacon(after(hours=1)),
]


class TestTheOrderOfArrivalDecidesNothing:
    def test_of_a_form_and_visits_of_several_days(self) -> None:
        heard: tuple[Heard, ...] = (
            form(),
            beacon(NEXT_DAY),
            beacon(NEXT_DAY + timedelta(hours=2)),
            beacon(NEXT_WEEK, user_id="crm-7"),
            beacon(after(days=-1)),
        )
        states = [VisitDesk().hear_all(order).everything() for order in permutations(heard)]
        assert all(state == states[0] for state in states)
        assert VisitDesk().hear_all(heard).visits() == (MORNING, NEXT_DAY, NEXT_WEEK)

    @given(st.data())
    def test_of_forms_that_learn_visits_of_two_browsers_and_doubles(self, data: st.DataObject) -> None:
        """A form without a ClientID, its resend with one, another with a second one; some messages come again."""
        again = data.draw(st.lists(st.sampled_from(HEARD), max_size=5))
        order = data.draw(st.permutations([*HEARD, *again]))
        assert VisitDesk().hear_all(order).everything() == VisitDesk().hear_all(HEARD).everything()

    def test_what_comes_again_writes_nothing(self) -> None:
        desk = VisitDesk().hear_all([form(), beacon(NEXT_DAY), beacon(NEXT_DAY)])
        writes = desk.store.usage.writes
        desk.hear_all([beacon(NEXT_DAY), form(), beacon(NEXT_DAY + timedelta(hours=1))])
        assert desk.store.usage.writes == writes


class TestBoundsDependOnNoOrderEither:
    def test_that_of_the_leads_of_one_client_id(self) -> None:
        """The visits come before all leads, among them, before the one too many, or after it."""
        leads: list[Heard] = [form(submission_id=f"s-{number}") for number in range(MOST_LEADS + 2)]
        visits: list[Heard] = [beacon(NEXT_DAY), beacon(NEXT_WEEK)]
        places = (0, 1, MOST_LEADS, MOST_LEADS + 1, MOST_LEADS + 2)
        orders = [[*leads[:place], *visits, *leads[place:]] for place in places]
        states = [VisitDesk().hear_all(order).everything() for order in (*orders, orders[1][::-1])]
        assert all(state == states[0] for state in states)

    def test_that_of_the_visits_of_a_lead(self) -> None:
        visits: list[Heard] = [beacon(after(days=day)) for day in range(1, MAX_VISITS + 9)]
        orders = ([form(), *visits], [*visits, form()], [*visits[::-1], form()], [*visits[50:], form(), *visits[:50]])
        desks = [VisitDesk().hear_all(order) for order in orders]
        assert all(desk.everything() == desks[0].everything() for desk in desks)
        assert desks[0].visits()[-MAX_VISITS:] == tuple(after(days=day) for day in range(9, MAX_VISITS + 9))

    def test_that_of_the_names_of_a_visit(self) -> None:
        """Two are heard of again later in the day, and two at the same moment.

        Of all 5,040 orders every seventh: each message comes at each place in them, and before and after each other.
        """
        hours = (1, 2, 2, *range(3, MOST_NAMES + 1))
        named: list[Heard] = [beacon(after(hours=hour), user_id=f"crm-{place}") for place, hour in enumerate(hours)]
        again: list[Heard] = [beacon(after(hours=hour + 5), user_id=f"crm-{9 - hour}") for hour in hours[:2]]
        orders = islice(permutations([*named, *again]), None, None, 7)
        states = [VisitDesk().hear_all(order).everything() for order in orders]
        assert len(states) == 720
        assert all(state == states[0] for state in states)


class TestAFloodOfBeacons:
    """Anybody may send them, with any UserID."""

    def test_of_one_day_writes_a_handful_and_puts_nothing_else_out(self) -> None:
        desk = VisitDesk().hear_all([form(), *(beacon(after(days=day)) for day in (5, 10, 15))])
        genuine, writes, reads = desk.visits(), desk.store.usage.writes, desk.store.usage.reads
        flood = 150
        for number in range(flood):
            desk.hear(beacon(after(days=16, seconds=number), user_id=f"forged-{number:03}"))
        assert desk.visits() == (*genuine, after(days=16))
        assert desk.store.usage.writes - writes == 1 + MOST_NAMES, "the visit and its lead, then names"
        assert desk.store.usage.reads - reads < 3 * flood, "its visit and its lead, each time"
        assert "forged" not in desk.lead.model_dump_json()

    def test_of_very_many_leads_costs_no_writes(self) -> None:
        desk = VisitDesk().hear_all([form(submission_id=f"s-{number}") for number in range(MOST_LEADS + 1)])
        desk.hear(beacon(NEXT_DAY))
        writes = desk.store.usage.writes
        for number in range(9):
            desk.hear(beacon(NEXT_DAY + timedelta(seconds=number)))
        assert desk.store.usage.writes == writes


PAIRS: dict[str, tuple[tuple[Heard, ...], Heard, Heard]] = {
    "a first form and a visit": ((), form(), beacon(NEXT_DAY, user_id="crm-7")),
    "a resend that learns the ClientID and a visit": ((form(None),), form(ANNA, 5), beacon(NEXT_DAY)),
    "an earlier form of the lead and a visit": ((form(ANNA, 24 * 60),), form(None), beacon(after(hours=1))),
    "two visits of a day": ((form(),), beacon(NEXT_DAY), beacon(NEXT_DAY + timedelta(hours=1))),
    "two visits of a day, the later first": ((form(),), beacon(NEXT_DAY + timedelta(hours=1)), beacon(NEXT_DAY)),
    "visits of two days": ((form(),), beacon(NEXT_DAY), beacon(NEXT_WEEK)),
    "the same visit twice": ((form(),), beacon(NEXT_DAY), beacon(NEXT_DAY)),
    "the same form twice": ((beacon(NEXT_DAY),), form(), form()),
}


@pytest.mark.parametrize("name", PAIRS)
class TestTwoAtOnce:
    """One handler runs whole inside the other, at every moment of it, and either may be the outer one."""

    def test_end_as_one_after_the_other(self, name: str) -> None:
        before, one, other = PAIRS[name]
        expected = VisitDesk().hear_all([*before, one, other]).everything()
        for outer, inner in ((one, other), (other, one)):
            for moment in VisitDesk().hear_all(before).moments(outer):
                desk = VisitDesk().hear_all(before)
                desk.hear(outer, Interrupter(moment, lambda desk=desk, inner=inner: desk.hear(inner)))  # type: ignore[misc]
                assert desk.everything() == expected, f"at moment {moment} of {outer.type}"

    def test_and_one_of_them_dies(self, name: str) -> None:
        """The outer one dies right after the other broke in, or at any later moment, and is delivered again."""
        before, one, other = PAIRS[name]
        expected = VisitDesk().hear_all([*before, one, other]).everything()
        for outer, inner in ((one, other), (other, one)):
            moments = VisitDesk().hear_all(before).moments(outer)
            for place, broken_in in enumerate(moments):
                for died in moments[place:]:
                    desk = VisitDesk().hear_all(before)
                    desk.hear_dying(outer, died, broken_in, inner)
                    assert desk.everything() == expected, f"broken in at {broken_in}, died at {died} of {outer.type}"


class TestWhatItCosts:
    def test_a_visit_without_a_lead_is_one_write(self) -> None:
        desk = VisitDesk()
        told = desk.hear(beacon())
        assert told is not None
        assert (desk.store.usage.writes, told.verdict.rule) == (1, "visit.no_lead_yet")

    def test_a_visit_with_a_lead_is_two(self) -> None:
        desk = VisitDesk().hear_all([form()])
        before = desk.store.usage.writes
        told = desk.hear(beacon(NEXT_DAY))
        assert told is not None
        assert (desk.store.usage.writes - before, told.verdict.rule) == (2, "visit.told")

    def test_a_lead_without_visits_costs_no_more_writes_than_without_this(self) -> None:
        desk = VisitDesk().hear_all([form()])
        before = desk.store.usage.writes
        assert recall(desk.store, desk.policy, desk.lead.id) is None
        assert desk.store.usage.writes == before


class TestWhoseVisits:
    def test_every_lead_of_the_client_id_learns_of_it_and_no_other(self) -> None:
        desk = VisitDesk().hear_all([form(), form(phone="8 999 000-00-04"), form(BORIS, submission_id="s-2")])
        desk.hear(beacon(NEXT_DAY))
        visited = [NEXT_DAY in lead.state(desk.policy).visits for lead in desk.leads()]
        assert sorted(visited) == [False, True, True]

    def test_a_visit_before_the_day_of_the_lead_is_not_told(self) -> None:
        desk = VisitDesk().hear_all([form(minutes=24 * 60), beacon(MORNING)])
        assert len(desk.lead.facts) == 1

    def test_a_client_id_of_very_many_leads_tells_nobodys_visit(self) -> None:
        desk = VisitDesk().hear_all([form(submission_id=f"s-{number}") for number in range(MOST_LEADS)])
        told = desk.hear(beacon(NEXT_DAY))
        assert told is not None
        assert told.verdict.rule == "visit.told"
        desk.hear(form(submission_id="one more"))
        shared = desk.hear(beacon(NEXT_WEEK))
        assert shared is not None
        assert (shared.verdict.ok, shared.verdict.rule) == (False, "visit.client_shared")
        assert not any({NEXT_DAY, NEXT_WEEK} & {*lead.state(desk.policy).visits} for lead in desk.leads())


class TestALeadThatCanHoldNoMore:
    def test_the_oldest_visit_makes_room_and_one_older_still_is_refused_by_name(self) -> None:
        desk = VisitDesk().hear_all([form(), *(beacon(after(days=day)) for day in range(1, MAX_VISITS + 1))])
        told = desk.hear(beacon(after(days=MAX_VISITS + 1)))
        assert told is not None
        assert told.refusals == {}
        assert [fact.kind for fact in desk.lead.facts].count(FactKind.VISITED) == MAX_VISITS
        assert after(days=1) not in desk.visits()
        refused = desk.hear(beacon(after(days=1)))
        assert refused is not None
        assert [verdict.rule for verdict in refused.refusals.values()] == ["lead.too_many_visits"]

    def test_a_document_that_is_full_refuses_it_by_name_and_the_visit_rests(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = VisitDesk().hear_all([form()])
        [document] = desk.store.query(Query("lead")).documents
        size = document_size(document.key, document.fields) + 500
        monkeypatch.setattr("leadloop.adapters.writes.MAX_DOCUMENT_BYTES", size)
        told = [desk.hear(beacon(after(days=day))) for day in range(1, 9)]
        refusals = [verdict.rule for one in told if one for verdict in one.refusals.values()]
        assert set(refusals) == {"lead.too_large"}
        assert len(desk.store.query(Query("visit")).documents) == 8


class AskedStore(MemoryStore):
    """Counts the leads that queries hand over; a count hands over none."""

    given = 0

    def query(self, query: Query, cursor: str | None = None) -> Page:
        page = super().query(query, cursor)
        self.given += len(page.documents) if query.collection == "lead" else 0
        return page


def test_a_lead_of_many_client_ids_is_not_read_for_each_of_them() -> None:
    """Once each look at one of 450 read and parsed the same megabyte: a form took half a minute."""

    def given(client_ids: int) -> int:
        """Documents of leads that queries handed over for the last of so many forms of one lead."""
        store = AskedStore()
        desk = VisitDesk(store)
        desk.hear_all(form(str(1_700_000_000_123_450_000 + number), number) for number in range(client_ids - 1))
        store.given = 0
        desk.hear_all([form(str(1_700_000_000_123_450_000 + client_ids), client_ids)])
        assert len(MemoryStore.query(store, Query("lead")).documents) == 1
        return store.given

    assert given(12) == given(4) <= 2  # itself, counted among those of its first ClientID and of its block of phones


class TestAVisitAtRest:
    def test_it_holds_what_may_lend_a_client_id_later_and_expires(self) -> None:
        landing = PageAddress(host="sokol.example", path="/kv", params={"utm_source": "vk"})
        desk = VisitDesk()
        desk.hear(beacon(NEXT_DAY, user_id="crm-7", landing=landing, utm={"utm_source": "vk"}))
        [document] = desk.store.query(Query("visit")).documents
        expected = {
            "client_id": ANNA,
            "named": [{"user_id": "crm-7", "at": "2026-09-02T09:00:00.000000Z"}],
            "day": "2026-09-02",
            "at": "2026-09-02T09:00:00.000000Z",
            "weak_ids": [f"client_id:{ANNA}", "user_id:crm-7"],
            "landing": landing.model_dump(),
            "utm": {"utm_source": "vk"},
            "expires_at": "2026-12-22T09:00:00.000000Z",
        }
        assert {name: document.fields[name] for name in expected} == expected
        assert Visit.of(document).fields() == document.fields

    def test_the_earliest_beacon_of_the_day_stays_with_what_it_said(self) -> None:
        early = beacon(NEXT_DAY, utm={"utm_source": "vk"})
        late = beacon(NEXT_DAY + timedelta(hours=3), utm={"utm_source": "yandex"})
        for order in ((early, late), (late, early)):
            [document] = VisitDesk().hear_all(order).store.query(Query("visit")).documents
            assert (Visit.of(document).at, Visit.of(document).utm) == (NEXT_DAY, {"utm_source": "vk"})

    def test_without_a_client_id_it_is_nobodys(self) -> None:
        with pytest.raises(ValueError, match="nobody's"):
            Visit.told_by(beacon().model_copy(update={"ids": beacon().ids.model_copy(update={"client_id": None})}))
