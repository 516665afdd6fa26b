"""Pages that are no fight but unusual all the same: closed in, patched, left and come back to, or sent by a script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from browser.visitors import HOME, LEAD_URL, TAG_URL, Visitor

TAG = f'<script async src="{TAG_URL}" data-counter="45000001"></script>'
PAGE = f"<!doctype html><meta charset=utf-8>{TAG}"
FORM = "<form method=post action=/done>{inner}<input name=phone><button>Отправить</button></form>"
IDS = {"submission_id", "page", "landing", "first_landing"}
PHONE = "+7 999 000-02-00"


def come(visitor: Visitor, *body: str, before: str = "", until: str = "form.querySelector('[name=page]')") -> Visitor:
    """Open a page of the site with a counter, a script before the tag, the tag and a body."""
    visitor.context.add_init_script(visitor.served.site.counter(45000001))
    visitor.serve(HOME, PAGE.replace(TAG, f"<script>{before}</script>{TAG}") + "".join(body))
    return visitor.open(HOME, until=until)


class TestClosedIn:
    def test_a_frame_without_an_origin_has_no_storage_and_its_form_still_its_ids(self, anna: Visitor) -> None:
        anna.serve("http://widget.example/boxed", PAGE + FORM.format(inner=""))
        frame = "<iframe sandbox='allow-scripts allow-forms' src='http://widget.example/boxed'></iframe>"
        come(anna, frame, until="window.leadloop && leadloop.on")
        boxed = anna.page.frames[1]
        assert boxed.evaluate("try { localStorage; document.cookie } catch (error) { error.name }") == "SecurityError"
        boxed.wait_for_selector("[name=submission_id]", state="attached")
        boxed.fill("[name=phone]", PHONE)
        boxed.click("button")
        boxed.wait_for_url("**/done")
        assert anna.served.posts("/done")[-1].fields.keys() >= IDS | {"phone"}

    def test_a_form_in_a_shadow_root_is_left_alone_and_its_lead_can_be_left_by_a_call(self, anna: Visitor) -> None:
        come(anna, "<div id=host></div>", until="window.leadloop && leadloop.on")
        anna.page.evaluate(
            "form => (document.querySelector('#host').attachShadow({ mode: 'open' }).innerHTML = form)",
            FORM.format(inner=""),
        )
        anna.page.click("#host [name=phone]")
        anna.page.locator("#host [name=phone]").press_sequentially(PHONE)
        assert anna.page.locator("#host [type=hidden]").count() == 0
        _, submission_id = anna.leave_lead(phone=PHONE)
        [lead] = anna.served.leads(submission_id)
        assert lead.bot_signs.fill_seconds is not None  # letters are seen through the root

    @pytest.mark.parametrize("source", ["connect-src 'none'", "connect-src http://sokol.example"])
    def test_a_policy_that_names_no_leads_host_costs_only_the_sending(self, anna: Visitor, source: str) -> None:
        policy = f'<meta http-equiv="Content-Security-Policy" content="{source}">'
        anna.serve(HOME, policy + PAGE + FORM.format(inner=""))
        anna.open(HOME, until="form.querySelector('[name=page]')")
        sent, submission_id = anna.leave_lead(phone=PHONE)
        assert (sent, [kept["submission_id"] for kept in anna.kept_leads()]) == (None, [submission_id])
        assert all("Content Security Policy" in said for said in anna.complaints)  # the browser's own words
        anna.complaints.clear()


class TestPatched:
    @pytest.mark.parametrize(
        "before",
        [
            "Object.prototype.extended = function () {}",
            "delete window.Proxy",
            "Object.freeze(HTMLFormElement.prototype); Object.freeze(history)",
            "Element.prototype.closest = undefined",
        ],
    )
    def test_a_page_that_changed_the_language_itself(self, anna: Visitor, before: str) -> None:
        come(anna, FORM.format(inner=""), before=before)
        anna.page.fill("[name=phone]", PHONE)
        anna.page.click("button")
        anna.page.wait_for_url("**/done")
        fields = anna.served.posts("/done")[-1].fields
        assert fields.keys() >= IDS
        assert "extended" not in fields

    def test_an_image_that_hides_the_search_for_forms_costs_nothing_where_a_person_sends(self, anna: Visitor) -> None:
        come(anna, "<img name=querySelectorAll>", FORM.format(inner=""), until="window.leadloop && leadloop.on")
        anna.page.fill("[name=phone]", PHONE)
        anna.page.click("button")
        anna.page.wait_for_url("**/done")
        assert anna.served.posts("/done")[-1].fields.keys() >= IDS

    def test_a_base_elsewhere_makes_the_form_a_strangers(self, anna: Visitor) -> None:
        anna.serve(
            f"{HOME}?token=secret",
            f'{PAGE}<base href="http://other.example/">{FORM.format(inner="")}',
        )
        anna.open(f"{HOME}?token=secret")
        assert anna.fields()["page"] == HOME


class TestSentByAScript:
    WAYS = (
        "HTMLFormElement.prototype.submit.call(form)",
        "form.requestSubmit()",
        "form.requestSubmit(form.querySelector('button'))",
        "fetch('/done', { method: 'POST', body: new URLSearchParams(new FormData(form)) })",
    )

    @pytest.mark.parametrize("way", WAYS[:3])
    def test_a_form_with_fields_named_submit_and_elements(self, anna: Visitor, way: str) -> None:
        come(anna, FORM.format(inner="<input name=submit value=1><input name=elements value=2>"))
        first = anna.fields()["submission_id"]
        anna.page.evaluate(
            f"const form = document.forms[0]; form.querySelector('[name=phone]').value = '{PHONE}'; {way}"
        )
        anna.page.wait_for_url("**/done")
        fields = anna.served.posts("/done")[-1].fields
        assert {"submit": "1", "elements": "2", "phone": PHONE}.items() <= fields.items()
        assert fields["submission_id"] not in ("", first)

    def test_a_handler_that_awaits_something_first(self, anna: Visitor) -> None:
        handler = f"""form.addEventListener('submit', async (event) => {{
          event.preventDefault();
          await new Promise((done) => setTimeout(done, 200)); // a captcha's answer
          await {self.WAYS[3]};
          window.sent = true;
        }})"""
        come(anna, FORM.format(inner=""))
        anna.page.evaluate(f"const form = document.forms[0]; {handler}")
        anna.page.click("[name=phone]")
        anna.page.locator("[name=phone]").press_sequentially(PHONE)
        anna.page.click("button")
        anna.see("window.sent")
        fields = anna.served.posts("/done")[-1].fields
        assert fields.keys() >= IDS | {"fill_seconds"}

    def test_a_double_click_is_one_lead(self, anna: Visitor) -> None:
        anna.open(f"{HOME}direct.html").see("form.elements.ym_client_id.value")
        note = "({ formData }) => (sessionStorage.ids = `${sessionStorage.ids || ''} ${formData.get('submission_id')}`)"
        anna.page.evaluate(f"addEventListener('formdata', {note})")
        anna.page.fill("[name=phone]", "+7 999 000-02-01")
        anna.page.dblclick("button")
        anna.page.wait_for_url("**/spasibo")
        ids = anna.page.evaluate("sessionStorage.ids").split()
        assert len(ids) > len(set(ids)) == 1
        assert len(anna.served.leads_of(anna.client_id)) == 1


class TestLeftAndComeBackTo:
    @pytest.mark.usefixtures("whole_browser")
    def test_a_lead_that_went_from_another_page_is_not_sent_from_the_one_that_lived_on(self, anna: Visitor) -> None:
        def busy(route: Route) -> None:
            route.fulfill(status=503, headers={"Access-Control-Allow-Origin": "*"})

        anna.open(HOME).see("form.elements.ym_client_id")
        anna.answer(LEAD_URL, busy)
        _, submission_id = anna.leave_lead(phone="+7 999 000-02-02")
        anna.page.evaluate("window.lived = true")
        anna.context.unroute(LEAD_URL)
        anna.page.goto(f"{HOME}about")
        anna.wait_until(lambda: len(anna.bodies_to(LEAD_URL)) == 2)
        anna.wait_until(lambda: not anna.kept_leads())
        anna.page.go_back(wait_until="commit")
        anna.see("window.lived")
        anna.page.evaluate("history.pushState({}, '', '/next')")
        anna.see("form.elements.page.value.endsWith('/next')")
        assert [body["submission_id"] for body in anna.bodies_to(LEAD_URL)] == [submission_id] * 2
        assert len(anna.served.leads(submission_id)) == 1


class TestNamedOnABusyPage:
    AT_ONCE = """async () => {
      document.body.append(document.createElement("i")); // as a page does all the time
      await null;
      leadloop("identify", "crm-77");
      return new FormData(document.forms[0]).get("user_id");
    }"""

    def test_the_forms_know_at_once_who_it_is(self, anna: Visitor) -> None:
        come(anna, FORM.format(inner=""))
        assert anna.page.evaluate(self.AT_ONCE) == "crm-77"

    def test_but_not_before_they_may_be_touched(self, anna: Visitor) -> None:
        anna.stop_clock()
        anna.arrive().see("document.readyState == 'complete'")
        anna.call("identify", "crm-78")
        assert anna.page.locator("form [type=hidden]").count() == 0
        anna.let_pass(300)
        assert anna.fields()["user_id"] == "crm-78"
