"""The pages of examples/html-form, filled in by a person in a browser."""

from __future__ import annotations

import pytest

from browser.visitors import HOME, LEAD_URL, TAG_URL, Visitor
from support.example_pages import ExamplePage

ARRIVAL = "?yclid=7325873983740247041&utm_source=yandex&utm_campaign=sokol-2k"
ADDED = {
    *("ym_client_id", "yclid", "utm_source", "utm_campaign", "submission_id", "page", "landing", "first_landing"),
    *("referrer", "first_referrer"),
}


def come_to(visitor: Visitor, name: str) -> ExamplePage:
    """The example as it stands, but for the name of the host that it talks to."""
    page = ExamplePage.read(name)
    visitor.serve(f"{HOME}{name}*", page.source.replace("https://leads.sokol.example", "http://leads.example"))
    # The counter of a site stands on the page already; the examples leave it out.
    visitor.context.add_init_script(visitor.served.site.counter(45000001))
    visitor.open(f"{HOME}{name}{ARRIVAL}", referrer="https://ya.ru/").see("form.elements.ym_client_id")
    return page


def fill_in(visitor: Visitor) -> None:
    for name, value in {"name": "Анна", "phone": "+7 999 000-00-01", "city": "Москва"}.items():
        visitor.page.fill(f"[name={name}]", value)
    visitor.page.check("[type=checkbox]")
    visitor.page.click("button")


def assert_the_lead_is_whole(visitor: Visitor) -> None:
    [lead] = visitor.served.leads_of(visitor.client_id)
    assert (lead.left_out, lead.rejected_ids, lead.fields) == ({}, {}, {"city": "Москва"})
    assert (lead.ids.yclid, lead.utm) == ("7325873983740247041", {"utm_source": "yandex", "utm_campaign": "sokol-2k"})
    assert (lead.form, lead.referrer.host, len(lead.keys)) == ("flat-request", "ya.ru", 1)
    assert not lead.bot_signs.honeypot_filled


@pytest.mark.parametrize("name", ["form.html", "fetch.html"])
def test_the_tag_adds_what_the_lead_needs(anna: Visitor, name: str) -> None:
    page = come_to(anna, name)
    assert anna.fields().keys() == page.fields.keys() | ADDED


def test_the_plain_form(anna: Visitor) -> None:
    come_to(anna, "form.html")
    fill_in(anna)
    anna.page.wait_for_url("**/spasibo")
    assert_the_lead_is_whole(anna)


def test_the_form_without_navigation(anna: Visitor) -> None:
    come_to(anna, "fetch.html")
    fill_in(anna)
    anna.page.wait_for_selector("text=Спасибо")
    anna.page.click("button")  # the same again
    anna.wait_until(lambda: len(anna.bodies_to(LEAD_URL)) == 2)
    assert_the_lead_is_whole(anna)


def test_the_form_without_navigation_and_without_the_tag(anna: Visitor) -> None:
    anna.block(TAG_URL)
    page = ExamplePage.read("fetch.html").source.replace("https://leads.sokol.example", "http://leads.example")
    anna.serve(f"{HOME}fetch.html", page)
    anna.page.goto(f"{HOME}fetch.html")
    fill_in(anna)
    anna.page.wait_for_url("**/spasibo")
