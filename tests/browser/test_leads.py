"""``leadloop('lead', …)``: kept before it is sent and until it is answered; never lost, never two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Route

from browser.visitors import COUNTER_URL, HOME, LEAD_URL, TAG_URL, Visitor, Visitors

CAMPAIGN = f"{HOME}?utm_source=yandex&yclid=7325873983740247041"
STUB = "window.leadloop = function () { (leadloop.q = leadloop.q || []).push(arguments); }"


def busy(route: Route) -> None:
    route.fulfill(status=503, headers={"Retry-After": "5", "Access-Control-Allow-Origin": "*"})


class TestOnAGoodDay:
    def test_it_arrives_with_every_id_and_the_page_is_told(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN, referrer="http://ya.example/").see("form.elements.ym_client_id")
        sent, submission_id = anna.leave_lead(phone="+7 999 000-00-30", form="quiz", city="Тверь")
        assert sent
        [lead] = anna.served.leads(submission_id)
        assert (lead.ids.client_id, lead.ids.yclid) == (anna.client_id, "7325873983740247041")
        assert (lead.form, lead.fields, lead.utm) == ("quiz", {"city": "Тверь"}, {"utm_source": "yandex"})
        assert (lead.referrer.host, lead.first_referrer.host) == ("ya.example", "ya.example")
        assert anna.kept_leads() == []

    def test_it_waits_for_the_client_id(self, anna: Visitor) -> None:
        anna.stop_clock()
        held = anna.hold(COUNTER_URL)
        anna.arrive()
        anna.page.evaluate("leadloop('lead', { phone: '+7 999 000-00-31' }, (sent, id) => (window.told = id))")
        anna.let_pass(900)
        [kept] = anna.kept_leads()
        assert (kept["phone"], anna.bodies_to(LEAD_URL)) == ("+7 999 000-00-31", [])
        anna.let_go(COUNTER_URL, held)
        anna.see("metricaLedger.some(call => call[1] == 'getClientID')")
        anna.let_pass(50)  # the counter answers a little later
        anna.see("window.told")
        [lead] = anna.served.leads(anna.page.evaluate("told"))
        assert lead.ids.client_id == anna.client_id

    def test_calls_made_before_the_tag_came_are_played(self, anna: Visitor) -> None:
        anna.context.add_init_script(STUB)
        held = anna.hold(TAG_URL)
        anna.page.goto(HOME, wait_until="commit")
        anna.page.evaluate("window.early = leadloop")
        anna.call("lead", {"phone": "+7 999 000-00-32", "submission_id": "early-32"})
        anna.let_go(TAG_URL, held)
        anna.see("window.leadloop && leadloop.on")
        anna.page.evaluate(
            "new Promise(done => early('lead', { phone: '89990000033', submission_id: 'late-33' }, done))"
        )
        assert [len(anna.served.leads(one)) for one in ("early-32", "late-33")] == [1, 1]

    def test_what_the_page_gives_wins_unless_it_is_empty(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN).see("form.elements.ym_client_id")
        own = {"submission_id": "site-34", "page": f"{HOME}own", "yclid": "", "ym_client_id": ""}
        assert anna.leave_lead(phone="+7 999 000-00-34", **own) == (True, "site-34")
        [lead] = anna.served.leads("site-34")
        assert (lead.page.path, lead.ids.yclid, lead.ids.client_id) == ("/own", "7325873983740247041", anna.client_id)

    def test_one_too_large_for_a_page_being_left_is_sent_all_the_same(self, anna: Visitor) -> None:
        anna.open(HOME)
        sent, submission_id = anna.leave_lead(phone="+7 999 000-00-35", comment="я" * 60_000)
        assert sent
        assert len(anna.served.leads(submission_id)) == 1

    def test_a_site_that_asks_by_itself_gets_the_fields(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN).see("form.elements.ym_client_id")
        fields = anna.page.evaluate("new Promise(done => leadloop('fields', done))")
        assert fields.items() >= {**anna.fields(), "submission_id": fields["submission_id"]}.items() - {
            ("name", ""),
            ("phone", ""),
        }
        assert fields["submission_id"] not in ("", anna.fields()["submission_id"])


class TestOnABadDay:
    def test_refused_for_now_it_goes_from_the_next_page(self, anna: Visitor) -> None:
        anna.open(CAMPAIGN).see("form.elements.ym_client_id")
        anna.answer(LEAD_URL, busy)
        sent, submission_id = anna.leave_lead(phone="+7 999 000-00-40")
        assert not sent
        assert [kept["submission_id"] for kept in anna.kept_leads()] == [submission_id]
        anna.context.unroute(LEAD_URL)
        anna.open(f"{HOME}about")
        self.assert_one_lead(anna, submission_id)
        assert anna.served.leads(submission_id)[0].page.path == "/"

    def test_offline_it_goes_when_the_network_is_back(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.context.set_offline(True)
        sent, submission_id = anna.leave_lead(phone="+7 999 000-00-41")
        assert not sent
        anna.context.set_offline(False)
        self.assert_one_lead(anna, submission_id)

    def test_in_an_app_of_one_page_the_next_route_is_the_next_page(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.answer(LEAD_URL, busy)
        _, submission_id = anna.leave_lead(phone="+7 999 000-00-42")
        for place in range(3):
            anna.page.evaluate("place => history.replaceState({}, '', '#' + place)", place)
        assert len(anna.bodies_to(LEAD_URL)) == 1  # the same page, scrolled
        anna.context.unroute(LEAD_URL)
        anna.page.evaluate("history.pushState({}, '', '/thanks')")
        self.assert_one_lead(anna, submission_id)

    @pytest.mark.parametrize("counter_is_there", [True, False])
    def test_a_page_left_at_once_loses_nothing(self, anna: Visitor, counter_is_there: bool) -> None:
        """Left while the answer, or even the ClientID, is waited for."""
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.stop_clock()
        held = anna.hold(LEAD_URL if counter_is_there else COUNTER_URL)
        anna.arrive()
        if counter_is_there:
            anna.see("metricaLedger.some(call => call[1] == 'getClientID')").let_pass(50)
        given = {"phone": "+7 999 000-00-43", "submission_id": f"left-{counter_is_there}"}
        anna.page.evaluate("given => { leadloop('lead', given); location.href = '/gone' }", given)
        anna.page.wait_for_url("**/gone", wait_until="commit")
        held.clear()
        anna.context.unroute_all(behavior="ignoreErrors")
        anna.arrive(f"{HOME}about")
        anna.wait_until(lambda: not anna.kept_leads())
        # Not asked of the browser: it does not always report what a page sends while it is being left.
        assert [lead.submission_id for lead in anna.served.leads_of(anna.client_id)] == [given["submission_id"]]

    def test_one_who_leaves_during_the_wait_for_the_client_id_need_not_come_back(self, anna: Visitor) -> None:
        anna.stop_clock()
        anna.hold(COUNTER_URL)
        anna.arrive()
        anna.block(TAG_URL)
        given = {"phone": "+7 999 000-00-48", "submission_id": "never-came-back"}
        anna.page.evaluate("given => { leadloop('lead', given); location.href = '/gone' }", given)
        anna.page.wait_for_url("**/gone", wait_until="commit")
        anna.wait_until(lambda: len(anna.served.leads("never-came-back")) == 1)

    def test_an_answer_that_got_lost_makes_no_second_lead(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")

        def lose(route: Route) -> None:
            anna.served.host.post("/capture-lead", data=(route.request.post_data or "").encode())
            route.abort("connectionreset")

        anna.answer(LEAD_URL, lose)
        sent, submission_id = anna.leave_lead(phone="+7 999 000-00-44")
        assert not sent
        anna.context.unroute(LEAD_URL)
        anna.open(f"{HOME}about")
        self.assert_one_lead(anna, submission_id)

    def test_two_tabs_that_both_send_it_make_one_lead(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.answer(LEAD_URL, busy)
        _, submission_id = anna.leave_lead(phone="+7 999 000-00-45")
        anna.context.unroute(LEAD_URL)
        held = anna.hold(LEAD_URL)
        tabs = [anna.page, anna.new_tab()]
        for tab in tabs:
            tab.goto(f"{HOME}about")
        anna.wait_until(lambda: len(held) == 2)
        anna.let_go(LEAD_URL, held)
        self.assert_one_lead(anna, submission_id)

    def test_where_storage_is_closed_or_full_it_is_sent_at_least_now(self, visitors: Visitors) -> None:
        closed = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied') } })"
        for place, script in enumerate((closed, "localStorage.filler = 'x'.repeat(5 * 1024 * 1024 - 60)")):
            boris = visitors.new()
            boris.context.add_init_script(f"try {{ {script} }} catch (full) {{}}")
            boris.open(CAMPAIGN).see("form.elements.ym_client_id")
            sent, submission_id = boris.leave_lead(phone=f"+7 999 000-01-0{place}")
            assert sent
            [lead] = boris.served.leads(submission_id)
            assert lead.ids.yclid == "7325873983740247041"

    def test_after_three_days_it_is_given_up(self, anna: Visitor) -> None:
        began = datetime.now(UTC) - timedelta(days=10)
        anna.page.clock.set_fixed_time(began)
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.answer(LEAD_URL, busy)
        _, submission_id = anna.leave_lead(phone="+7 999 000-00-46")
        anna.page.clock.set_fixed_time(began + timedelta(days=2.9))
        anna.open(HOME)
        assert len(anna.kept_leads()) == 1
        anna.page.clock.set_fixed_time(began + timedelta(days=3.1))
        anna.open(HOME)
        assert anna.kept_leads() == []
        assert {body["submission_id"] for body in anna.bodies_to(LEAD_URL)} == {submission_id}
        assert len(anna.bodies_to(LEAD_URL)) == 2

    @staticmethod
    def assert_one_lead(visitor: Visitor, submission_id: str) -> None:
        visitor.wait_until(lambda: not visitor.kept_leads())
        assert {body["submission_id"] for body in visitor.bodies_to(LEAD_URL)} == {submission_id}
        assert len(visitor.served.leads(submission_id)) == 1


class TestGoingBack:
    @pytest.mark.usefixtures("whole_browser")
    def test_the_same_form_sent_again_is_the_same_lead(self, anna: Visitor) -> None:
        anna.open(f"{HOME}direct.html").see("form.elements.ym_client_id")
        for comment in ("Тверь", "Тверь", "Клин"):
            anna.page.fill("[name=phone]", "+7 999 000-00-47")
            anna.page.fill("[name=city]", comment)
            anna.page.click("button")
            anna.page.wait_for_url("**/spasibo")
            anna.page.go_back(wait_until="commit")
            anna.see("form.elements.page")
        leads = anna.served.leads_of(anna.client_id)
        assert sorted(lead.fields["city"] for lead in leads) == ["Клин", "Тверь"]
