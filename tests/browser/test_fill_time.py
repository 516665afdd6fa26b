"""How long a form was being filled in, as the tag tells it: a program is found out, and no person is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from browser.visitors import HOME, LEAD_URL, TAG_URL, Visitor
from leadloop.forms.field_names import role_of

DIRECT = f"{HOME}direct.html"
PHONE = "+7 999 000-01-00"
LATER = datetime(2026, 10, 5, 9, tzinfo=UTC)
AUTOFILL = """for (const [name, value] of Object.entries({ phone: '+7 999 000-01-01', city: 'Санкт-Петербург' })) {
  const input = document.forms[0].elements[name];
  input.value = value;
  for (const type of ['input', 'change']) input.dispatchEvent(new Event(type, { bubbles: true }));
}"""
BY_SCRIPT = ("form.submit()", "form.requestSubmit()", "form.querySelector('button').click()")


ADDRESS = {
    "NAME_FULL": "Анна Петрова",
    "PHONE_HOME_WHOLE_NUMBER": "+79990000104",
    "EMAIL_ADDRESS": "anna@sokol.example",
}
ADDRESS_FIELDS = (
    '<input name="name" autocomplete="name"><input name="phone" type="tel" autocomplete="tel">'
    '<input name="email" autocomplete="email">'
)


class Watch:
    """The clock of a visitor's browser: it stands still until a test moves it."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.strike(0)

    def strike(self, seconds: float) -> None:
        """So many seconds have passed since the visitor came."""
        self._visitor.context.clock.set_fixed_time(LATER + timedelta(seconds=seconds))


@pytest.fixture
def watch(anna: Visitor) -> Watch:
    return Watch(anna)


def type_slowly(visitor: Visitor, field: str, text: str = PHONE) -> None:
    """Letter by letter, as people and some programs do."""
    visitor.page.locator(field).press_sequentially(text)


def autofill(visitor: Visitor, selector: str) -> None:
    """What Chromium itself does when a person picks the address that it offers below a field."""
    devtools = visitor.context.new_cdp_session(visitor.page)
    devtools.send("Autofill.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    node = devtools.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    field = devtools.send("DOM.describeNode", {"nodeId": node})["node"]["backendNodeId"]
    address = {"fields": [{"name": name, "value": value} for name, value in ADDRESS.items()]}
    devtools.send("Autofill.trigger", {"fieldId": field, "address": address})


def told(visitor: Visitor) -> float | None:
    """What the lead of the page says of it."""
    visitor.page.wait_for_url("**/spasibo")
    [lead] = visitor.served.leads_of(visitor.client_id)
    return lead.bot_signs.fill_seconds


def come(visitor: Visitor, url: str = DIRECT) -> Visitor:
    return visitor.open(url).see("form.elements.ym_client_id.value")


class TestAPersonWhoTypes:
    def test_is_timed_from_entering_the_first_field_to_the_sending(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        watch.strike(5)
        anna.page.click("html")  # reading, pressing something: not filling in yet
        watch.strike(60)
        anna.page.click("[name=phone]")
        watch.strike(62)
        type_slowly(anna, "[name=phone]")
        watch.strike(90.5)
        anna.page.click("button")
        assert told(anna) == 30.5

    def test_is_timed_by_the_keyboard_alone(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        watch.strike(10)
        anna.page.keyboard.press("Tab")
        watch.strike(12)
        type_slowly(anna, "[name=phone]")
        watch.strike(31)
        anna.page.keyboard.press("Enter")
        assert told(anna) == 21

    def test_is_timed_through_every_step_of_an_application(self, anna: Visitor, watch: Watch) -> None:
        anna.open(f"{HOME}spa.html", until="window.leadloop && leadloop.on && window.metricaLedger")
        for second, step, field in ((0, "/flats", "phone"), (20, "/flats", "phone"), (40, "/step2", "email")):
            watch.strike(second)
            anna.page.evaluate("step => go(step)", step)
            anna.see(f"form.elements.{field} && form.elements.page")
            anna.page.click(f"[name={field}]")
            type_slowly(anna, f"[name={field}]", "anna@sokol.example")
        watch.strike(41)
        anna.page.click("button")
        anna.page.wait_for_url("**/send")
        assert anna.served.posts()[-1].fields["fill_seconds"] == "41"

    def test_is_timed_where_there_is_no_form(self, anna: Visitor, watch: Watch) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        anna.page.evaluate("document.body.append(Object.assign(document.createElement('input'), { id: 'quiz' }))")
        anna.page.click("#quiz")
        type_slowly(anna, "#quiz")
        watch.strike(7.25)
        _, submission_id = anna.leave_lead(phone=PHONE)
        assert anna.bodies_to(LEAD_URL)[0]["fill_seconds"] == 7.25
        [lead] = anna.served.leads(submission_id)
        assert lead.bot_signs.fill_seconds == 7.25

    def test_who_sends_again_is_the_same_and_never_quicker(self, anna: Visitor, watch: Watch) -> None:
        anna.open(f"{HOME}ajax.html").see("form.elements.ym_client_id")
        anna.page.click("[name=Phone]")
        type_slowly(anna, "[name=Phone]", "+7 999 000-01-02")
        for attempt, second in enumerate((20, 20.5, 21), 1):
            watch.strike(second)
            anna.page.click("button >> nth=0")
            anna.page.wait_for_selector(f"text={attempt} отправлено")
        bodies = [dict(part.split("=") for part in body.split("&")) for _, body in anna.sent]
        assert [body["fill_seconds"] for body in bodies] == ["20", "20.5", "21"]
        [lead] = anna.served.leads_of(anna.client_id)
        assert lead.bot_signs.fill_seconds == 20

    @pytest.mark.usefixtures("whole_browser")
    def test_who_comes_back_to_a_page_that_lived_on_is_no_quicker(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        anna.page.click("[name=phone]")
        type_slowly(anna, "[name=phone]", "+7 999 000-01-03")
        watch.strike(20)
        anna.page.click("button")
        anna.page.wait_for_url("**/spasibo")
        anna.page.go_back(wait_until="commit")
        anna.see("form.elements.page")
        anna.page.fill("[name=city]", "Клин")
        watch.strike(21)
        anna.page.click("button")
        anna.page.wait_for_url("**/spasibo")
        assert {lead.bot_signs.fill_seconds for lead in anna.served.leads_of(anna.client_id)} == {20, 21}


class TestAPersonWhoDoesNotType:
    """Quick without being a program: nothing is told, and nothing weighs nothing."""

    @pytest.mark.parametrize(
        "how",
        [
            lambda page: page.evaluate(AUTOFILL),
            lambda page: page.keyboard.insert_text(PHONE),
            lambda page: page.evaluate(f"document.execCommand('insertText', false, '{PHONE}')"),
            lambda page: page.evaluate(f"document.activeElement.value = '{PHONE}'"),
        ],
        ids=["a password manager", "the keyboard suggests", "the clipboard", "a mask"],
    )
    def test_whoever_filled_it_in(self, anna: Visitor, watch: Watch, how: Callable[[object], object]) -> None:
        come(anna)
        anna.page.click("[name=phone]")
        how(anna.page)
        watch.strike(1)
        anna.page.click("button")
        assert told(anna) is None

    @pytest.mark.usefixtures("whole_browser")
    def test_an_address_that_chromium_filled_in(self, anna: Visitor, watch: Watch) -> None:
        page = anna.served.site.page("direct.html")
        anna.serve(DIRECT, page.replace('<input name="phone" type="tel">', ADDRESS_FIELDS))
        come(anna)
        anna.page.click("[name=name]")
        autofill(anna, "[name=name]")
        anna.see(f"form.elements.email.value == '{ADDRESS['EMAIL_ADDRESS']}' && form.elements.phone.value")
        watch.strike(0.7)
        anna.page.click("button")
        assert told(anna) is None

    def test_a_few_letters_beside_what_the_browser_filled_in(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        anna.page.click("[name=phone]")
        anna.page.evaluate(AUTOFILL)
        type_slowly(anna, "[name=city]", ", центр")
        watch.strike(2)
        anna.page.click("button")
        assert told(anna) is None

    def test_a_form_that_the_site_filled_in(self, anna: Visitor, watch: Watch) -> None:
        page = anna.served.site.page("direct.html").replace('name="phone"', f'name="phone" value="{PHONE}"')
        anna.serve(DIRECT, page)
        come(anna)
        watch.strike(1)
        anna.page.click("button")
        assert told(anna) is None

    def test_a_tag_that_came_too_late_to_see_it(self, anna: Visitor, watch: Watch) -> None:
        held = anna.hold(TAG_URL)
        anna.page.goto(DIRECT, wait_until="commit")
        anna.see("form")
        type_slowly(anna, "[name=phone]")
        anna.let_go(TAG_URL, held)
        anna.see("form.elements.ym_client_id.value")
        watch.strike(1)
        anna.page.keyboard.press("Enter")
        assert told(anna) is None

    def test_a_page_that_leaves_a_lead_by_itself(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        watch.strike(1)
        _, submission_id = anna.leave_lead(phone=PHONE)
        [lead] = anna.served.leads(submission_id)
        assert lead.bot_signs.fill_seconds is None


class TestAProgram:
    @pytest.mark.parametrize("how", BY_SCRIPT)
    def test_that_fills_in_and_sends_while_nobody_is_there(self, anna: Visitor, watch: Watch, how: str) -> None:
        come(anna)
        watch.strike(0.8)
        anna.page.evaluate(f"const form = document.forms[0]; form.elements.phone.value = '{PHONE}'; {how}")
        assert told(anna) == 0.8

    def test_that_types_faster_than_anybody(self, anna: Visitor, watch: Watch) -> None:
        come(anna)
        watch.strike(30)
        anna.page.click("[name=phone]")
        type_slowly(anna, "[name=phone]")
        watch.strike(30.9)
        anna.page.click("button")
        assert told(anna) == 0.9


class TestWhereItGoes:
    def test_not_into_the_address_of_a_search(self, anna: Visitor, watch: Watch) -> None:
        anna.open(f"{HOME}search.html", until="document.forms.silent.elements.page")
        type_slowly(anna, "#search [name=q]", "двухкомнатная")
        watch.strike(9)
        anna.page.click("#search button")
        anna.page.wait_for_url("**/found?*")
        query = next(one.query for one in reversed(anna.served.site.arrived) if one.path == "/found")
        assert query == {"q": "двухкомнатная", "sort": "price", "utm_source": ""}

    def test_not_into_a_beacon(self, anna: Visitor, watch: Watch) -> None:
        anna.open(HOME).see("form.elements.ym_client_id")
        type_slowly(anna, "[name=phone]")
        watch.strike(9)
        anna.call("identify", "crm-4711")
        anna.wait_until(lambda: anna.beacons)
        assert anna.beacons[0]["fill_seconds"] == ""

    def test_under_the_name_that_leadloop_reads_unless_the_site_says_so_itself(
        self, anna: Visitor, watch: Watch
    ) -> None:
        own = '<input type="hidden" name="fill_seconds" value="44">'
        anna.serve(DIRECT, anna.served.site.page("direct.html").replace("<button>", f"{own}<button>"))
        come(anna)
        type_slowly(anna, "[name=phone]")
        watch.strike(9)
        anna.page.click("button")
        assert (role_of(("fill_seconds",)), told(anna)) == ("fill_seconds", 44)
