"""Forms of every kind carry the ids, whoever sends them; and no form is held up, changed or told of."""

from __future__ import annotations

import pytest

from browser.visitors import COUNTER_URL, HOME, LEAD_URL, TAG_URL, Visitor
from leadloop.messages import PageAddress

CAMPAIGN = "utm_source=yandex&utm_campaign=sokol-2k&yclid=7325873983740247041"
OURS = {"ym_client_id", "submission_id", "page", "landing", "first_landing"}


def send(visitor: Visitor, form: str = "form") -> None:
    visitor.page.click(f"{form} button >> nth=0")


class TestFormsOfThePage:
    def test_a_sites_own_backend_gets_the_ids(self, anna: Visitor) -> None:
        anna.open(f"{HOME}?{CAMPAIGN}", referrer="http://ya.example/").see("form.elements.ym_client_id")
        anna.page.fill("[name=phone]", "+7 999 000-00-01")
        send(anna)
        anna.page.wait_for_url("**/send")
        fields = anna.served.posts()[-1].fields
        assert fields["ym_client_id"] == anna.client_id
        assert (fields["yclid"], fields["utm_campaign"]) == ("7325873983740247041", "sokol-2k")
        assert fields["page"] == fields["landing"] == fields["first_landing"] == f"{HOME}?{CAMPAIGN}"
        assert (fields["referrer"], fields["phone"]) == ("http://ya.example/", "+7 999 000-00-01")
        assert fields["submission_id"]

    def test_a_form_without_a_backend_becomes_a_lead(self, anna: Visitor) -> None:
        anna.open(f"{HOME}direct.html?{CAMPAIGN}", referrer="http://ya.example/").see(
            "form.elements.ym_client_id.value"
        )
        anna.page.fill("[name=phone]", "+7 999 000-00-02")
        anna.page.fill("[name=city]", "Москва")
        send(anna)
        anna.page.wait_for_url("**/spasibo")
        [lead] = anna.served.leads_of(anna.client_id)
        assert (lead.left_out, lead.rejected_ids, lead.bot_signs.foreign_origin) == ({}, {}, False)
        assert (lead.ids.client_id, lead.ids.yclid) == (anna.client_id, "7325873983740247041")
        assert lead.utm == {"utm_source": "yandex", "utm_campaign": "sokol-2k"}
        assert (lead.page.path, lead.landing, lead.first_landing) == ("/direct.html", lead.page, lead.page)
        assert lead.referrer == lead.first_referrer == PageAddress(host="ya.example", path="/")
        assert (lead.form, lead.fields, len(lead.keys)) == ("direct", {"city": "Москва"}, 1)

    def test_a_script_may_send_the_form_for_the_visitor(self, anna: Visitor) -> None:
        anna.open(f"{HOME}direct.html").see("form.elements.ym_client_id")
        first = anna.fields()["submission_id"]
        anna.page.evaluate("document.forms[0].elements.phone.value = '+7 999 000-00-03'; document.forms[0].submit()")
        anna.page.wait_for_url("**/spasibo")
        [lead] = anna.served.leads_of(anna.client_id)
        assert lead.submission_id not in (None, first)

    def test_under_a_strict_policy_all_of_it_works_and_nothing_is_violated(self, anna: Visitor) -> None:
        anna.open(f"{HOME}strict.html?{CAMPAIGN}")
        anna.page.evaluate("ym(45000001, 'init', {})")
        anna.see("form.elements.ym_client_id")
        sent, by_call = anna.leave_lead(phone="+7 999 000-00-04")
        assert sent
        anna.page.fill("[name=phone]", "+7 999 000-00-05")
        send(anna)
        anna.page.wait_for_url("**/spasibo")
        leads = anna.served.leads_of(anna.client_id)
        assert len(leads) == 2
        assert by_call in {lead.submission_id for lead in leads}
        assert {lead.ids.yclid for lead in leads} == {"7325873983740247041"}

    def test_loaded_twice_it_works_once(self, anna: Visitor) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        again = "url => new Promise(done => document.head.append(Object.assign(document.createElement('script'), "
        anna.page.evaluate(again + "{ src: url, onload: done })))", TAG_URL)
        anna.call("identify", "crm-4711")
        anna.see("form.elements.user_id")
        assert anna.page.eval_on_selector_all("form [type=hidden]", "all => all.map(one => one.name).sort()") == sorted(
            {*OURS, "user_id"}
        )
        assert len(anna.page.evaluate("metricaLedger.filter(call => call[1] == 'setUserID')")) == 1


class TestFormsOfScripts:
    def test_the_same_again_is_the_same_lead_and_something_else_another(self, anna: Visitor) -> None:
        anna.open(f"{HOME}ajax.html").see("form.elements.ym_client_id")
        anna.page.fill("[name=Phone]", "+7 999 000-00-06")
        anna.answer(LEAD_URL, lambda route: route.fulfill(status=503))
        send(anna)
        anna.page.wait_for_selector("text=1 не отправлено")
        anna.context.unroute(LEAD_URL)
        for attempt in (2, 3):
            send(anna)
            anna.page.wait_for_selector(f"text={attempt} отправлено")
        assert len(anna.served.leads_of(anna.client_id)) == 1
        anna.page.fill("[name=Comments]", "Перезвоните вечером")
        send(anna)
        anna.page.wait_for_selector("text=4 отправлено")
        ids = [dict(part.split("=") for part in body.split("&"))["submission_id"] for _, body in anna.sent]
        assert len(ids) == 4
        assert ids[0] == ids[1] == ids[2] != ids[3]

    def test_a_button_that_submits_nothing_sends_fresh_values_too(self, anna: Visitor) -> None:
        anna.open(f"{HOME}ajax.html").see("form.elements.ym_client_id")
        for attempt, phone in enumerate(("+79990000007", "+79990000008"), 1):
            anna.page.fill("[name=Phone]", phone)
            anna.page.click("[type=button]")
            anna.page.wait_for_selector(f"text={attempt} отправлено")
        leads = anna.served.leads_of(anna.client_id)
        assert len({lead.submission_id for lead in leads}) == 2

    def test_forms_that_come_later_and_addresses_that_change(self, anna: Visitor) -> None:
        anna.open(f"{HOME}spa.html?{CAMPAIGN}", until="window.leadloop && leadloop.on && window.metricaLedger")
        anna.page.evaluate("go('/flats')")
        fields = anna.see("form.elements.ym_client_id").fields()
        assert (fields["page"], fields["landing"]) == (f"{HOME}flats", f"{HOME}spa.html?{CAMPAIGN}")
        anna.page.evaluate("history.replaceState({}, '', '/flats?floor=7')")
        anna.see("form.elements.page.value == location.href && location.search == '?floor=7'")
        anna.page.evaluate("go('/step2')")
        redrawn = anna.see("form.elements.page").fields()
        assert {*OURS, "email", "yclid"} <= redrawn.keys()
        assert redrawn["submission_id"] == fields["submission_id"]
        anna.page.evaluate("history.back()")
        anna.see("form.elements.page.value.endsWith('floor=7')")

    def test_a_cloned_form_gets_an_id_of_its_own(self, anna: Visitor) -> None:
        anna.open(HOME)
        anna.page.evaluate("document.body.append(Object.assign(document.forms[0].cloneNode(true), {id: 'copy'}))")
        anna.page.fill("#copy [name=phone]", "+7 999 000-00-09")
        anna.page.click("#copy [name=phone]")
        assert anna.fields("#copy")["submission_id"] != anna.fields("#plain")["submission_id"]
        assert anna.page.locator("#copy [name=page]").count() == 1


class TestSearches:
    @pytest.mark.parametrize(
        ("how", "found"),
        [
            ("document.forms.search.elements.q.form.requestSubmit()", {"q": "дом", "sort": "price", "utm_source": ""}),
            ("document.forms.search.submit()", {"q": "дом", "sort": "price", "utm_source": ""}),
            ("document.forms.silent.requestSubmit()", {"q": "дом"}),
        ],
    )
    def test_nothing_of_ours_is_in_the_address(self, anna: Visitor, how: str, found: dict[str, str]) -> None:
        anna.open(f"{HOME}search.html", until="document.forms.silent.elements.page")
        anna.page.evaluate("for (const q of document.querySelectorAll('[name=q]')) q.value = 'дом'")
        anna.page.evaluate(how)
        anna.page.wait_for_url("**/found?*")
        assert next(one.query for one in reversed(anna.served.site.arrived) if one.path == "/found") == found

    def test_a_script_that_reads_the_form_finds_the_ids(self, anna: Visitor) -> None:
        anna.open(f"{HOME}search.html", until="document.forms.letters.elements.ym_client_id")
        anna.page.fill("#letters [name=email]", "anna@sokol.example")
        send(anna, "#letters")
        anna.see("window.read")
        for read in anna.page.evaluate("read"):
            assert {*OURS, "email"} <= read.keys()


class TestFieldsOfTheSite:
    def test_what_the_site_wrote_stays_and_what_it_left_empty_is_filled_in(self, anna: Visitor) -> None:
        anna.open(f"{HOME}own.html?{CAMPAIGN}", "http://ya.example/", "document.forms.own.elements.ym_client_id.value")
        anna.page.fill("#own [name=phone]", "+7 999 000-00-10")
        send(anna, "#own")
        anna.page.wait_for_url("**/send")
        fields = anna.served.posts()[-1].fields
        assert (fields["page"], fields["referrer"]) == ("catalogue-7", "")
        assert (fields["ym_client_id"], fields["yclid"]) == (anna.client_id, "7325873983740247041")

    def test_a_field_that_is_still_on_its_way_is_the_sites_too(self, anna: Visitor) -> None:
        anna.stop_clock()
        anna.arrive(f"{HOME}in-parts")
        anna.see("window.metricaLedger && metricaLedger.some(call => call[1] == 'getClientID') && form")
        anna.let_pass(2_000)
        assert anna.page.locator("form [type=hidden]").count() == 0
        anna.served.site.rest_may_come.set()
        anna.see("document.readyState != 'loading'")
        anna.let_pass(2_000)
        anna.see("document.forms.own.elements.ym_client_id && document.forms.own.elements.ym_client_id.value")
        assert anna.page.eval_on_selector_all("#own [name=page]", "all => all.map(one => one.value)") == ["catalogue-7"]

    def test_a_form_that_hides_its_own_properties_is_a_form(self, anna: Visitor) -> None:
        anna.open(f"{HOME}own.html", until="document.forms.hiding.elements.ym_client_id")
        anna.page.fill("#hiding [name=phone]", "+7 999 000-00-11")
        anna.page.locator("#hiding button").click()
        anna.page.wait_for_url("**/send")
        fields = anna.served.posts()[-1].fields
        assert {"action": "send_lead", "method": "lead", "submit": "1"}.items() <= fields.items()
        assert fields.keys() >= OURS

    def test_forms_that_are_not_ours_to_touch(self, anna: Visitor) -> None:
        anna.open(f"{HOME}own.html", until="document.forms.hiding.elements.ym_client_id")
        assert anna.fields("#refused") == {"card": ""}
        assert anna.page.frames[1].locator("[type=hidden]").count() == 0
        anna.page.frames[1].click("button")
        anna.page.frames[1].wait_for_url("**/widget")
        assert anna.served.posts("/widget")[-1].fields == {"phone": ""}


class TestBadWeather:
    def test_without_the_tag_a_form_is_the_form_it_was(self, anna: Visitor) -> None:
        anna.block(TAG_URL)
        anna.page.goto(HOME)
        send(anna)
        anna.page.wait_for_url("**/send")
        assert anna.served.posts()[-1].fields == {"name": "", "phone": ""}

    def test_a_slow_tag_holds_nothing_up_and_takes_over_when_it_comes(self, anna: Visitor) -> None:
        held = anna.hold(TAG_URL)
        anna.page.goto(f"{HOME}?{CAMPAIGN}", wait_until="commit")
        anna.page.evaluate("window.leadloop = function () { (leadloop.q = leadloop.q || []).push(arguments); }")
        anna.call("identify", "crm-4711")
        anna.page.fill("[name=phone]", "+7 999 000-00-12")
        assert anna.fields() == {"name": "", "phone": "+7 999 000-00-12"}
        anna.let_go(TAG_URL, held)
        assert anna.see("form.elements.yclid").fields()["user_id"] == "crm-4711"

    def test_a_blocked_counter_costs_the_client_id_and_no_time(self, anna: Visitor) -> None:
        anna.block(COUNTER_URL)
        anna.open(f"{HOME}direct.html?{CAMPAIGN}")
        anna.page.fill("[name=phone]", "+7 999 000-00-13")
        submission_id = anna.fields()["submission_id"]
        anna.page.locator("form button").click()
        anna.page.wait_for_url("**/spasibo")
        assert submission_id
        [body] = [body for url, body in anna.sent if url == LEAD_URL]
        [lead] = anna.served.leads(dict(part.split("=") for part in body.split("&"))["submission_id"])
        assert (lead.ids.client_id, lead.ids.yclid) == (None, "7325873983740247041")
