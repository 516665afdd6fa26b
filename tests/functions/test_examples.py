"""The pages of examples/html-form, posted to capture-lead as a browser would post them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadloop.forms.field_names import UTM, role_of
from leadloop.messages import LeadCaptured, Submission
from leadloop.policy.loader import load_policy
from support.example_pages import PAGES, ExamplePage, fields_added_by_script, visit_fields
from support.world import World

EXAMPLE = Path(__file__).parents[2] / "examples" / "real_estate" / "leadloop.yaml"
ORIGIN = "https://sokol.example"
BROWSER = {"Origin": ORIGIN, "Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}
LANDING = f"{ORIGIN}/?yclid=7325873983740247041&utm_source=yandex&utm_campaign=sokol-2k"
TYPED = {"name": "Анна", "phone": "+7 999 000-00-01", "city": "Москва"}
VISIT = {
    "ym_client_id": "1788203411529304178",
    "page": f"{ORIGIN}/flats/",
    "landing": LANDING,
    "referrer": "https://ya.ru/",
}


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
    assert (lead.form, lead.submission_id) == ("flat-request", "0b8e7f4c-5d7e-4a41-9a53-0c6a1f3e2d10")
    assert lead.fields == {"city": "Москва"}
    assert (lead.page.path, lead.landing.path, lead.referrer.host) == ("/flats/", "/", "ya.ru")
    assert not lead.bot_signs.honeypot_filled
    assert not lead.bot_signs.foreign_origin


def posted_plain(page: ExamplePage, **typed: str) -> dict[str, str]:
    return page.filled_in(**TYPED, **VISIT, submission_id="0b8e7f4c-5d7e-4a41-9a53-0c6a1f3e2d10", **typed)


def posted_by_fetch(page: ExamplePage) -> dict[str, str]:
    added = {**VISIT, "submission_id": "0b8e7f4c-5d7e-4a41-9a53-0c6a1f3e2d10"}
    assert added.keys() == fields_added_by_script(page)
    return {**page.filled_in(**TYPED), **added}


class TestThePlainForm:
    page = ExamplePage.read("form.html")

    def test_the_visitor_goes_on_to_the_page_the_form_names_and_the_lead_is_whole(self, world: World) -> None:
        body = posted_plain(self.page, email="anna@sokol.example", comment="Перезвоните вечером")
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
        world.client("capture-lead").post("/", data=posted_plain(self.page, website="https://spam.example"))
        assert lead_of(world).bot_signs.honeypot_filled

    def test_it_posts_to_capture_lead_and_lets_the_script_find_its_fields(self) -> None:
        assert self.page.attributes["method"] == "post"
        assert self.page.attributes["action"].endswith("/capture-lead")
        assert visit_fields() | {"submission_id"} <= self.page.hidden


class TestTheFetch:
    page = ExamplePage.read("fetch.html")

    def test_the_answer_is_json_that_the_page_may_read_and_the_lead_is_whole(self, world: World) -> None:
        answer = world.client("capture-lead").post("/", json=posted_by_fetch(self.page), headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
        assert answer.json is not None
        assert answer.json["lead_id"] == lead_of(world).lead_id
        assert_all_was_understood(lead_of(world))

    def test_the_browser_is_allowed_to_send_json_at_all(self, world: World) -> None:
        asked = {"Origin": ORIGIN, "Access-Control-Request-Headers": "content-type"}
        answer = world.client("capture-lead").options("/", headers=asked)
        assert answer.status_code == 204
        assert "content-type" in answer.headers["Access-Control-Allow-Headers"].lower()

    def test_a_second_attempt_is_the_same_lead(self, world: World) -> None:
        sent = [world.client("capture-lead").post("/", json=posted_by_fetch(self.page)).json for _ in range(2)]
        assert sent[0]["lead_id"] == sent[1]["lead_id"]  # type: ignore[index]
        world.settle(frozenset({"register-lead"}))
        assert world.totals("leads") == 1


def test_both_pages_lead_to_the_same_contact(world: World) -> None:
    client = world.client("capture-lead")
    client.post("/", data=posted_plain(ExamplePage.read("form.html")))
    client.post("/", json=posted_by_fetch(ExamplePage.read("fetch.html")))
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
    assert page.scripts == ["visit.js"]
    assert (PAGES / "visit.js").is_file()
