"""Pages that fight the tag, hide what it uses or have replaced what it calls. It yields, and the page never notices.

What was thrown into a page or said in its console fails each test: ``Visitors.end``.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from browser.visitors import HOME, TAG_URL, Visitor
from leadloop.forms.sieve import MAX_PATH, MAX_TAG

FORM = "<form id={name} method=post action=/done><input name=phone><button>Отправить</button></form>"
REMOVING = """
  window.removed = 0;
  new MutationObserver(() => {
    for (const input of document.querySelectorAll("#lead [data-leadloop]"))
      if (removed < 2000) {
        removed += input.name == "page";
        input.remove();
      }
  }).observe(document, { childList: true, subtree: true });
"""
COUNTING = """
  window.readings = 0;
  const native = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements").get;
  Object.defineProperty(HTMLFormElement.prototype, "elements", { get() { readings += 1; return native.call(this); } });
"""
CLOBBERING = (
    *("elements", "append", "action", "method", "dataset", "attributes"),
    *("querySelectorAll", "getAttribute", "closest", "submit", "id"),
)
FETCHES = (
    "window.fetch = () => { throw new Error('wrapped') }",
    "window.fetch = () => undefined",
    "window.fetch = () => Promise.resolve()",
    "window.fetch = 'none'",
    "delete window.fetch",
)


def come(anna: Visitor, *body: str, before: str = "", to: str = HOME, until: str = "") -> Visitor:
    """Open a page of the site with a counter, a script before the tag, the tag and a body."""
    anna.context.add_init_script(anna.served.site.counter(45000001))
    head = f'<script>{before}</script><script async src="{TAG_URL}" data-counter="45000001"></script>'
    path, query = to.partition("?")[::2]
    anna.serve(path + "*" * bool(query), f"<!doctype html><meta charset=utf-8>{head}{''.join(body)}")
    return anna.open(to, until=until or "form.querySelector('[name=ym_client_id]')")


class TestFights:
    def test_a_page_that_removes_what_it_does_not_know_gets_its_way(self, anna: Visitor) -> None:
        come(anna, FORM.format(name="lead"), before=REMOVING, until="removed >= 4")
        anna.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<form id=late></form>')")
        anna.see("document.querySelector('#late [name=page]')")
        assert anna.page.evaluate("removed") == 4
        anna.page.click("#lead [name=phone]")
        assert anna.page.evaluate("removed") == 5  # whatever a person does is reason to try again

    @pytest.mark.parametrize(
        "change", ["history.replaceState({}, '', '#' + turn)", "document.body.append(document.createElement('i'))"]
    )
    def test_a_burst_of_changes_is_answered_once(self, anna: Visitor, change: str) -> None:
        come(anna, FORM.format(name="lead"), before=COUNTING)
        burst = f"for (let turn = 0; turn < 100; turn++) {{ {change}; await 0; }}"
        anna.page.evaluate(f"(async () => {{ window.readings = 0; {burst} }})()")
        anna.see("readings && (!location.hash || form.querySelector('[name=page]').value.endsWith('#99'))")
        assert anna.page.evaluate("readings") == 1


class TestWhatPeopleType:
    FIELDS = (
        "<input name=phone autocomplete=username><input type=password name=code autocomplete=new-password>"
        "<input type=file name=plan><button type=button>"
    )

    def test_none_of_it_can_be_read_off_the_form(self, anna: Visitor) -> None:
        come(anna, f"<form>{self.FIELDS}</form>")
        anna.page.fill("[name=phone]", "+7 999 000-00-70")
        anna.page.fill("[name=code]", "Secret-70")
        anna.page.click("button")
        held = anna.page.evaluate(
            "Reflect.ownKeys(document.forms[0]).map(key => JSON.stringify(document.forms[0][key]))"
        )
        assert not [text for text in held if "70" in (text or "")]

    def test_a_password_or_a_file_makes_no_other_lead(self, anna: Visitor) -> None:
        come(anna, f"<form>{self.FIELDS}</form>")
        ids = []
        for phone, code in (("1", "a"), ("1", "b"), ("2", "b")):
            anna.page.fill("[name=phone]", phone)
            anna.page.fill("[name=code]", code)
            anna.page.set_input_files("[name=plan]", {"name": code, "mimeType": "text/plain", "buffer": b"x"})
            anna.page.click("button")
            ids.append(anna.fields()["submission_id"])
        assert ids[0] == ids[1] != ids[2]


class TestHiddenProperties:
    def test_fields_named_like_what_we_use_cost_no_form_its_ids(self, anna: Visitor) -> None:
        named = "".join(f"<input name={name}>" for name in CLOBBERING)
        come(anna, f"<form>{named}</form>", FORM.format(name="other"))
        anna.page.evaluate(f"document.body.insertAdjacentHTML('beforeend', '{FORM.format(name='late')}')")
        anna.see("document.querySelector('#late [name=page]')")
        assert anna.page.locator("form:first-of-type [name=page], #other [name=page]").count() == 2

    def test_an_image_named_forms_hides_no_form_and_breaks_no_route(self, anna: Visitor) -> None:
        come(anna, "<img name=forms><img name=getElementById>", FORM.format(name="lead"), until="window.leadloop.on")
        assert anna.page.evaluate("history.pushState({}, '', '/next') ?? location.pathname") == "/next"
        anna.see(f"document.querySelector('#lead [name=page]').value == '{HOME}next'")

    def test_what_history_returns_is_returned(self, anna: Visitor) -> None:
        wrapped = (
            "const push = history.pushState; history.pushState = (...all) => { push.apply(history, all); return 7 }"
        )
        come(anna, FORM.format(name="lead"), before=wrapped)
        assert anna.page.evaluate("[history.pushState({}, '', '/next'), location.pathname]") == [7, "/next"]


class TestReplacedCalls:
    @pytest.mark.parametrize("fetch", FETCHES)
    def test_no_fetch_costs_only_the_sending(self, anna: Visitor, fetch: str) -> None:
        come(anna, FORM.format(name="lead"), before=fetch)
        anna.page.evaluate("leadloop('lead', { phone: '89990000071' }, (sent) => (window.told = [sent]))")
        anna.see("window.told")
        assert not anna.page.evaluate("told[0]")
        assert [kept["phone"] for kept in anna.kept_leads()] == ["89990000071"]
        anna.call("identify", "crm-71")
        assert anna.fields()["user_id"] == "crm-71"

    @pytest.mark.parametrize(
        "replaced",
        [
            "performance.getEntriesByType = undefined",
            "Object.defineProperty(HTMLFormElement.prototype, 'submit', { set() { throw new Error('locked') } })",
            "Object.defineProperty(history, 'pushState', { set() { throw new Error('locked') } })",
        ],
    )
    def test_what_is_replaced_or_locked_costs_nothing_else(self, anna: Visitor, replaced: str) -> None:
        come(anna, FORM.format(name="lead"), before=replaced)
        assert anna.leave_lead(phone="+7 999 000-00-72")[0]
        anna.page.evaluate("history.replaceState({}, '', '/next')")
        anna.see("form.elements.page.value.endsWith('/next')")

    @pytest.mark.parametrize("taken", ["{}", "'text'", "7", "[]", "Object.freeze({ q: 1 })", "null"])
    def test_a_name_that_is_taken_is_taken_over(self, anna: Visitor, taken: str) -> None:
        come(anna, FORM.format(name="lead"), before=f"window.leadloop = {taken}")
        assert anna.leave_lead(phone="+7 999 000-00-73")[0]

    def test_an_element_of_that_name_is_no_stub(self, anna: Visitor) -> None:
        come(anna, "<div id=leadloop></div>", FORM.format(name="lead"))
        assert anna.leave_lead(phone="+7 999 000-00-74")[0]

    def test_a_stub_that_keeps_its_own_queue_is_answered(self, anna: Visitor) -> None:
        stub = "const stub = window.leadloop = (...call) => stub.q.push(call); stub.q = []; stub('identify', 'crm-75')"
        come(anna, FORM.format(name="lead"), before=stub)
        assert anna.fields()["user_id"] == "crm-75"
        anna.page.evaluate("stub('identify', 'crm-76')")
        assert anna.fields()["user_id"] == "crm-76"


class TestButtonsThatSayOtherwise:
    def test_a_form_for_get_posted_by_its_button_carries_the_ids(self, anna: Visitor) -> None:
        come(
            anna, "<form action=/found><input name=q><button formmethod=post formaction=/done>Заказать</button></form>"
        )
        anna.page.click("button")
        anna.page.wait_for_url("**/done")
        assert {"submission_id", "ym_client_id", "page"} <= anna.served.posts("/done")[-1].fields.keys()

    def test_a_form_for_post_sent_by_get_does_not(self, anna: Visitor) -> None:
        come(
            anna,
            "<form action=/done method=post><input name=q>"
            "<button formmethod=get formaction=/seen>Найти</button></form>",
        )
        anna.page.click("button")
        anna.page.wait_for_url("**/seen?**")
        assert next(one.query for one in reversed(anna.served.site.arrived) if one.path == "/seen") == {"q": ""}


class TestStrangers:
    """Addresses of pages hold tokens and names."""

    PAGE = f"{HOME}reset?token=secret&utm_source=mail"
    OWN, STRANGER, LEADS = "http://sokol.example/done", "http://other.example/done", "http://leads.example/done"

    @pytest.mark.parametrize(
        ("form", "button", "page"),
        [
            (OWN, "", PAGE),
            (STRANGER, "", f"{HOME}reset"),
            (OWN, f"formaction={STRANGER}", f"{HOME}reset"),
            (STRANGER, f"formaction={OWN}", PAGE),
            ("http://sokol.example.other.example/done", "", f"{HOME}reset"),
            ("http://sokol.example:secret@other.example/done", "", f"{HOME}reset"),
            (LEADS, "", PAGE),
        ],
    )
    def test_the_rest_of_the_address_goes_to_the_site_and_to_leadloop(
        self, anna: Visitor, form: str, button: str, page: str
    ) -> None:
        come(
            anna, f"<form method=post action={form}><input name=phone><button {button}>Да</button></form>", to=self.PAGE
        )
        anna.answer("**/done", lambda route: route.fulfill(body="", content_type="text/html"))
        with anna.page.expect_request("**/done") as sent:
            anna.page.click("button")
        fields = dict(parse_qsl(sent.value.post_data or ""))
        assert fields["page"] == page
        assert fields["utm_source"] == "mail"

    def test_a_script_is_nobody_else(self, anna: Visitor) -> None:
        come(anna, "<form action='javascript:void 0'><input name=phone></form>", to=self.PAGE)
        assert anna.fields()["page"] == self.PAGE


def test_what_is_long_is_cut_where_leadloop_cuts_it(anna: Visitor) -> None:
    anna.open(f"{HOME}{'way/' * 400}?utm_source=yandex&utm_term={'word' * 800}").see("form.elements.ym_client_id")
    fields = anna.fields()
    assert fields["utm_term"] == ("word" * 800)[:MAX_TAG]
    assert len(fields["page"]) == 4000
    assert MAX_PATH <= len(urlsplit(fields["landing"]).path) < 2 * MAX_PATH
    assert fields["landing"].endswith(f"?utm_source=yandex&utm_term={fields['utm_term']}")
