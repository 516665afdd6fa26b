"""The pages of examples/html-form, posted to capture-lead as a browser would post them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadloop.forms.field_names import UTM, role_of
from leadloop.messages import LeadCaptured, Submission
from leadloop.policy.loader import load_policy
from support.example_pages import TAG, ExamplePage
from support.world import World

EXAMPLE = Path(__file__).parents[2] / "examples" / "real_estate" / "leadloop.yaml"
ORIGIN = "https://sokol.example"
BROWSER = {"Origin": ORIGIN, "Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
LANDING = f"{ORIGIN}/?yclid=7325873983740247041&utm_source=yandex&utm_campaign=sokol-2k"
SUBMISSION_ID = "3842737876x261831296x1487768949x2239860994"
TYPED = {"name": "Анна", "phone": "+7 999 000-00-01", "city": "Москва"}
BY_THE_TAG = {
    "ym_client_id": "1788203411529304178",
    "yclid": "7325873983740247041",
    "utm_source": "yandex",
    "utm_campaign": "sokol-2k",
    "submission_id": SUBMISSION_ID,
    "page": f"{ORIGIN}/flats/",
    "landing": LANDING,
    "referrer": "https://ya.ru/",
    "first_landing": LANDING,
    "first_referrer": "https://ya.ru/",
}
"""What the tag adds; that it does, tests/browser/test_examples.py shows."""


@pytest.fixture
def world() -> Iterator[World]:
    """The functions under the policy of the example business."""
    world = World(load_policy(EXAMPLE))
    with world.in_force():
        yield world


def lead_of(world: World) -> Submission:
    message = world.memory_bus.published[-1].message
    assert isinstance(message, LeadCaptured)
    return message.submission


def assert_all_was_understood(lead: Submission) -> None:
    """What the pages carry beyond the person's own words arrived, and nothing was turned away."""
    assert (lead.left_out, lead.rejected_ids) == ({}, {})
    assert (lead.ids.client_id, lead.ids.yclid) == ("1788203411529304178", "7325873983740247041")
    assert lead.utm == {"utm_source": "yandex", "utm_campaign": "sokol-2k"}
    assert (lead.form, lead.submission_id) == ("flat-request", SUBMISSION_ID)
    assert lead.fields == {"city": "Москва"}
    assert (lead.page.path, lead.landing.path, lead.referrer.host) == ("/flats/", "/", "ya.ru")
    assert not lead.bot_signs.honeypot_filled
    assert not lead.bot_signs.foreign_origin


def posted(page: ExamplePage, **typed: str) -> dict[str, str]:
    return {**page.filled_in(**TYPED, **typed), **BY_THE_TAG}


class TestThePlainForm:
    page = ExamplePage.read("form.html")

    def test_the_visitor_goes_on_to_the_page_the_form_names_and_the_lead_is_whole(self, world: World) -> None:
        body = posted(self.page, email="anna@sokol.example", comment="Перезвоните вечером")
        answer = world.client("capture-lead").post("/", data=body, headers=BROWSER)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"{ORIGIN}/spasibo")
        assert_all_was_understood(lead_of(world))
        assert [key.kind for key in lead_of(world).keys] == ["phone", "email"]

    def test_without_scripts_the_lead_is_kept_with_the_page_of_the_referer(self, world: World) -> None:
        headers = {**BROWSER, "Referer": f"{ORIGIN}/flats/"}
        answer = world.client("capture-lead").post("/", data=self.page.filled_in(**TYPED), headers=headers)
        assert answer.status_code == 303
        assert (lead_of(world).page.path, lead_of(world).submission_id) == ("/flats/", None)
        assert len(lead_of(world).keys) == 1

    def test_a_robot_that_fills_in_everything_is_kept_and_marked(self, world: World) -> None:
        world.client("capture-lead").post("/", data=posted(self.page, website="https://spam.example"))
        assert lead_of(world).bot_signs.honeypot_filled

    def test_it_posts_to_capture_lead(self) -> None:
        assert self.page.attributes["method"] == "post"
        assert self.page.attributes["action"].endswith("/capture-lead")


class TestTheFormWithoutNavigation:
    page = ExamplePage.read("fetch.html")

    def test_the_answer_is_json_that_the_page_may_read_and_the_lead_is_whole(self, world: World) -> None:
        answer = world.client("capture-lead").post("/", json=posted(self.page), headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
        assert answer.json is not None
        assert answer.json["lead_id"] == lead_of(world).lead_id
        assert_all_was_understood(lead_of(world))

    def test_without_the_tag_the_browser_sends_it_as_any_form(self, world: World) -> None:
        answer = world.client("capture-lead").post("/", data=self.page.filled_in(**TYPED), headers=BROWSER)
        assert (answer.status_code, len(lead_of(world).keys)) == (303, 1)
        assert (self.page.attributes["method"], lead_of(world).form) == ("post", "flat-request")

    def test_a_second_attempt_is_the_same_lead(self, world: World) -> None:
        sent = [world.client("capture-lead").post("/", json=posted(self.page)).json for _ in range(2)]
        assert sent[0]["lead_id"] == sent[1]["lead_id"]  # type: ignore[index]
        world.settle(frozenset({"register-lead"}))
        assert world.totals("leads") == 1


def test_both_pages_lead_to_the_same_contact(world: World) -> None:
    client = world.client("capture-lead")
    client.post("/", data=posted(ExamplePage.read("form.html")))
    client.post("/", json=posted(ExamplePage.read("fetch.html")))
    first, second = (one.message for one in world.memory_bus.published)
    assert isinstance(first, LeadCaptured)
    assert isinstance(second, LeadCaptured)
    assert first.submission.lead_id == second.submission.lead_id


@pytest.mark.parametrize("name", ["form.html", "fetch.html"])
def test_every_field_of_the_pages_means_something(name: str) -> None:
    page = ExamplePage.read(name)
    mapped = set(load_policy(EXAMPLE).site.mapped_fields)
    known = {field for field in page.fields if role_of((field,)) or field in UTM}
    assert page.fields.keys() - known <= mapped
    assert page.scripts == [TAG]
