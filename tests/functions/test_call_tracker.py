"""Calls, chats and requests of a call tracker beside the CRM: born as leads, or told to leads that are known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop.forms.test_codes import PARAMETER, new_code
from leadloop.identity.keys import KeyRing
from leadloop.report.explanation import find_leads
from leadloop.report.funnel import funnel
from leadloop.secrets import Secrets
from support.crm_desk import ANNA, BORIS
from support.policies import HMAC_KEY, ORIGIN
from support.tracker_desk import PHONES, STATIC, YCLID, TrackerAccounts, TrackerDesk, with_tracker

ANNA_TYPED = "+7 999 000-00-02"


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


@pytest.fixture
def desk(accounts: TrackerAccounts) -> Iterator[TrackerDesk]:
    with accounts.desk() as one:
        yield one


def key_of(who: str) -> str:
    ring = KeyRing.of(Secrets({"LEADLOOP_HMAC_KEY": HMAC_KEY}))
    return ring.keys_of("phone", f"+{PHONES[who]}")[0].id


def contacts_of(desk: TrackerDesk, lead_id: str) -> list[str]:
    """The communications that a lead knows of, by their ids in the tracker."""
    return [ref.removeprefix("comagic-lead-") for ref in desk.state(lead_id).contacts]


class TestBirth:
    def test_a_call_of_somebody_unknown_becomes_a_lead_with_the_ids_of_its_visit(self, desk: TrackerDesk) -> None:
        called_at = desk.clock.now()
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        state = desk.state(desk.the_lead().id)
        assert (state.born_in, state.occurred_at, state.crm_ref) == ("call", called_at, None)
        assert (state.ids["client_id"], state.ids["yclid"]) == (ANNA, YCLID)
        assert state.key_ids == {key_of("anna")}
        assert state.source.label == "yandex_direct"
        assert state.visits == (called_at,)

    def test_it_waits_for_its_lead_first(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=5)
        assert desk.leads() == []

    @pytest.mark.parametrize("kind", ["chat", "request"])
    def test_chats_and_requests_are_leads_as_calls_are(self, desk: TrackerDesk, kind: str) -> None:
        getattr(desk, kind)("anna", desk.visit())
        desk.pass_time(minutes=30)
        state = desk.state(desk.the_lead().id)
        assert (state.born_in, state.ids["client_id"], state.key_ids) == (kind, ANNA, {key_of("anna")})

    def test_a_chat_without_a_phone_is_known_by_its_visit(self, desk: TrackerDesk) -> None:
        desk.chat(None, desk.visit())
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).ids["client_id"] == ANNA

    def test_no_phone_rests_anywhere(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        desk.request("boris")
        desk.pass_time(minutes=30)
        assert len(desk.leads()) == 2
        told = repr(desk.resting()) + repr(desk.world.log.entries) + repr(desk.world.memory_bus.published)
        assert not [who for who in ("anna", "boris") if PHONES[who][1:] in told]

    def test_in_the_mode_none_no_phone_is_asked_for(self, accounts: TrackerAccounts) -> None:
        personal = ["contact_phone_number", "visitor_phone_number", "visitor_email"]
        for mode, leads in (("none", 3), ("hash", 0)):
            with accounts.desk(with_tracker(mode)) as desk:
                desk.tracker_settings(disabled_fields=personal)  # whoever asks for one of them is refused all
                for contact in (desk.call, desk.request, desk.chat):
                    contact("anna", desk.visit(ym_client_id=f"{ANNA[:-2]}{len(desk.asked()):02}", yclid=None))
                    desk.pass_time(minutes=30)
                assert len(desk.leads()) == leads, mode
                assert not [lead for lead in desk.leads() if desk.state(lead.id).key_ids], mode

    def test_outgoing_calls_are_no_leads_unless_the_policy_says_so(self, accounts: TrackerAccounts) -> None:
        for calls, born in (("incoming", 0), ("all", 1)):
            with accounts.desk(with_tracker(tracker={"calls": calls})) as desk:
                desk.call("anna", direction="out")
                desk.pass_time(minutes=30)
                assert len(desk.leads()) == born, calls
                assert desk.marks() == [], calls

    def test_lost_calls_are_leads_unless_the_policy_says_otherwise(self, accounts: TrackerAccounts) -> None:
        for calls, born in (("incoming", 1), ("answered", 0)):
            with accounts.desk(with_tracker(tracker={"calls": calls})) as desk:
                desk.call("anna", talk_seconds=0)
                desk.pass_time(minutes=30)
                assert len(desk.leads()) == born, calls

    def test_what_the_policy_does_not_want_read_is_not_asked_for(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(tracker={"chats": False, "calls": "none"})) as desk:
            desk.chat("anna")
            desk.call("boris")
            desk.request("vera")
            desk.pass_time(minutes=30)
            assert desk.state(desk.the_lead().id).key_ids == {key_of("vera")}
            assert {*desk.asked()} == {"get.communications_report", "get.offline_messages_report"}

    def test_the_number_that_was_called_tells_the_source(self, accounts: TrackerAccounts) -> None:
        rule = {"called_number": f"+{STATIC}", "label": "billboard"}
        sources = {"dictionary": {"billboard": {"channel": "offline"}}, "rules": [rule]}
        with accounts.desk(with_tracker(sources=sources)) as desk:
            desk.call("anna")
            desk.pass_time(minutes=30)
            assert desk.state(desk.the_lead().id).source.label == "billboard"

    def test_a_lead_of_no_known_visit_says_why_it_has_no_source(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(sources={"static_pool": [f"+{STATIC}"]})) as desk:
            desk.call("anna")
            desk.chat("boris")
            desk.pass_time(minutes=30)
            rules = {desk.state(lead.id).born_in: desk.state(lead.id).source.rule for lead in desk.leads()}
            assert rules == {"call": "none.static_pool", "chat": "none.never_captured"}

    @pytest.mark.parametrize(
        ("came", "rule"),
        [
            ({"yclid": None, "marks": {}}, "none.never_captured"),
            ({"ym_client_id": None, "marks": {}}, "click_id.yclid"),
            ({"yclid": None, "marks": {}, "referrer": "https://www.google.com/"}, "referrer.host"),
        ],
    )
    def test_a_number_of_the_pool_says_nothing_beside_a_visit(
        self, desk: TrackerDesk, came: dict[str, object], rule: str
    ) -> None:
        desk.call("anna", desk.visit(**came))
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).source.rule == rule

    def test_a_call_cut_short_is_a_sign_of_a_bot(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(fraud={"weights": {"short_call": 100}})) as desk:
            desk.call("anna", talk_seconds=2)
            desk.call("boris", talk_seconds=95)
            desk.pass_time(minutes=30)
            gates = {frozenset(desk.state(lead.id).key_ids): desk.state(lead.id).fraud.gate for lead in desk.leads()}
            assert gates == {frozenset({key_of("anna")}): "held", frozenset({key_of("boris")}): "open"}


class TestTouches:
    def test_a_call_of_somebody_known_is_a_touch_and_lends_its_ids(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(hours=3)
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        state = desk.state(desk.the_lead().id)
        assert (desk.the_lead().id, state.born_in) == (lead_id, "site")
        assert contacts_of(desk, lead_id) == [f"call-{call}"]
        assert (state.ids["client_id"], state.crm_ref) == (ANNA, None)

    def test_what_the_lead_came_with_stays(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED, client_id=BORIS)
        desk.settle()
        desk.clock.advance(hours=3)
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        state = desk.state(lead_id)
        assert (state.ids["client_id"], state.ids["yclid"]) == (BORIS, YCLID)
        assert f"client_id:{ANNA}" in state.weak_ids

    def test_three_calls_of_one_person_are_one_lead(self, desk: TrackerDesk) -> None:
        calls = []
        for _ in range(3):
            calls.append(f"call-{desk.call('anna')}")
            desk.pass_time(minutes=40)
        assert contacts_of(desk, desk.the_lead().id) == calls
        assert desk.world.totals("leads") == 1

    def test_three_calls_before_any_is_read_are_one_lead(self, desk: TrackerDesk) -> None:
        calls = [f"call-{desk.call('anna')}" for _ in range(3)]
        desk.pass_time(minutes=40)
        assert contacts_of(desk, desk.the_lead().id) == calls

    def test_a_lead_on_a_deal_is_touched_too_and_stays_on_it(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        assert desk.state(lead_id).crm_ref == f"amocrm-lead-{deal}"
        desk.clock.advance(hours=3)
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert contacts_of(desk, lead_id) == [f"call-{call}"]
        assert desk.state(lead_id).crm_ref == f"amocrm-lead-{deal}"
        assert desk.the_lead().id == lead_id

    def test_ids_that_a_call_lends_are_written_into_the_deal(self, desk: TrackerDesk) -> None:
        desk.submit("anna", phone=ANNA_TYPED)
        deal = desk.deal(phone=ANNA_TYPED)
        desk.carry_hooks()
        desk.clock.advance(hours=3)
        desk.call("anna", desk.visit())
        desk.pass_time(minutes=45)
        assert desk.fields_of(deal)["_YM_UID"] == ANNA

    def test_a_lead_born_in_the_crm_is_touched(self, desk: TrackerDesk) -> None:
        deal = desk.deal(phone=ANNA_TYPED)
        desk.pass_time(minutes=30)
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        lead = desk.the_lead()
        assert (desk.state(lead.id).born_in, desk.state(lead.id).crm_ref) == ("crm", f"amocrm-lead-{deal}")
        assert contacts_of(desk, lead.id) == [f"call-{call}"]

    def test_an_outgoing_call_to_somebody_known_is_a_touch(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(minutes=5)
        call = desk.call("anna", direction="out")
        desk.pass_time(minutes=30)
        assert contacts_of(desk, lead_id) == [f"call-{call}"]

    def test_the_same_browser_with_another_phone_is_another_person(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED, client_id=ANNA)
        desk.settle()
        desk.clock.advance(hours=3)
        desk.call("boris", desk.visit(ym_client_id=ANNA, yclid=None))
        desk.pass_time(minutes=30)
        assert len(desk.leads()) == 2
        assert desk.state(lead_id).key_ids == {key_of("anna")}

    def test_the_phone_says_more_than_the_browser(self, desk: TrackerDesk) -> None:
        hers = desk.submit("anna", phone=ANNA_TYPED)
        others = desk.submit("boris", email="boris@sokol.example", client_id=ANNA)
        desk.settle()
        desk.clock.advance(hours=3)
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert (contacts_of(desk, hers), contacts_of(desk, others)) == ([f"call-{call}"], [])

    def test_a_lead_without_a_phone_is_known_by_its_browser(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker("none")) as desk:
            lead_id = desk.submit("anna", client_id=ANNA, city="Москва")
            desk.settle()
            desk.clock.advance(hours=3)
            call = desk.call("anna", desk.visit())
            desk.pass_time(minutes=30)
            assert contacts_of(desk, lead_id) == [f"call-{call}"]
            assert desk.the_lead().id == lead_id

    def test_a_lead_of_long_ago_is_not_touched(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(days=91)
        desk.call("anna")
        desk.pass_time(minutes=30)
        assert [desk.state(lead.id).born_in for lead in desk.leads()] == ["site", "call"]
        assert desk.leads()[1].circumstances.repeats == lead_id

    def test_a_browser_of_long_ago_neither(self, desk: TrackerDesk) -> None:
        desk.submit("anna", email="anna@sokol.example", client_id=ANNA)
        desk.settle()
        desk.clock.advance(days=91)
        desk.call("anna", desk.visit(yclid=None))
        desk.pass_time(minutes=30)
        assert [desk.state(lead.id).born_in for lead in desk.leads()] == ["site", "call"]


class TestOneFormRecordedTwice:
    def test_the_form_first(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(seconds=2)
        request = desk.request("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert desk.the_lead().id == lead_id
        assert contacts_of(desk, lead_id) == [f"request-{request}"]

    @pytest.mark.parametrize("later", [2, 8 * 60])
    def test_the_tracker_first(self, desk: TrackerDesk, later: int) -> None:
        request = desk.request("anna", desk.visit())
        desk.sync()
        desk.clock.advance(seconds=later)
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.pass_time(minutes=30)
        assert desk.the_lead().id == lead_id
        assert desk.state(lead_id).born_in == "site"
        assert contacts_of(desk, lead_id) == [f"request-{request}"]

    @pytest.mark.parametrize("form_first", [True, False])
    def test_an_older_lead_of_the_person_does_not_take_the_request(self, desk: TrackerDesk, form_first: bool) -> None:
        older = desk.submit("older", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(days=2)
        if not form_first:
            request = desk.request("anna", desk.visit())
            desk.sync()
            desk.clock.advance(seconds=2)
        own = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        if form_first:
            desk.clock.advance(seconds=2)
            request = desk.request("anna", desk.visit())
        desk.pass_time(minutes=30)
        assert contacts_of(desk, own) == [f"request-{request}"]
        assert contacts_of(desk, older) == []


def test_a_test_lead_that_the_tracker_records_too_is_nobodys(desk: TrackerDesk) -> None:
    code = new_code(KeyRing.read(HMAC_KEY), "test000001", desk.clock.now())
    desk.submit("owner", phone=ANNA_TYPED, ym_client_id=ANNA, page=f"{ORIGIN}/?{PARAMETER}={code}")
    desk.settle()
    desk.clock.advance(seconds=2)
    desk.request("anna", desk.visit())
    desk.pass_time(hours=2)
    assert (desk.leads(), desk.marks()) == ([], [])


class TestTold:
    def test_the_story_of_a_lead_tells_its_calls(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        desk.tag(call, "target")
        desk.chat("anna")
        desk.pass_time(minutes=30)
        text = desk.explained(desk.the_lead().id).text()
        assert "  contacts  1 call, 1 chat\n" in text
        [told] = [line.split() for line in text.splitlines() if " contacted " in line and "call-" in line]
        assert told[2:] == [
            "tracker",
            "contacted",
            "external_id",
            f"call-{call},",
            "incoming",
            "True,",
            "answered",
            "True",
        ]
        [stage] = [line for line in text.splitlines() if " stage_entered " in line]
        assert "status_id 101" in stage
        assert PHONES["anna"] not in text

    def test_a_lead_is_found_by_its_call(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        store, policy = desk.world.store, desk.world.runtime.policy
        for wanted in (str(call), f"call-{call}", f"comagic-lead-call-{call}"):
            assert [lead.id for lead in find_leads(store, policy, wanted)] == [desk.the_lead().id], wanted

    def test_the_report_counts_them_apart(self, desk: TrackerDesk) -> None:
        desk.submit("boris", phone="+7 999 000-00-03")
        desk.settle()
        desk.call("anna", desk.visit())
        desk.deal(phone="+7 999 000-00-04")
        desk.pass_time(minutes=45)
        found = funnel(desk.world.runtime.policy, desk.leads(), desk.clock.now())
        assert (found.leads, found.contacts, found.born_in_crm) == (3, 1, 1)
