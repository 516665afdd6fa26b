"""Site builders: each recognises its own posts and nobody else's, whatever is broken in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.forms.body import BodyUnreadable, Fields, read_fields
from leadloop.forms.builders import BUILDERS, ConnectionTest
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Captured, Received, capture
from leadloop.messages import LeadCaptured, Submission, decode, encode
from support.form_cases import BODIES, CASES, FormCase
from support.policies import sokol
from support.world import World

BY_NAME = {builder.__name__.rpartition(".")[2]: builder for builder in BUILDERS}  # type: ignore[attr-defined]
JSON = "application/json"
SAMPLES = [name for name in CASES if name.partition("-")[0] in BY_NAME]


def fields_of(case: FormCase) -> Fields:
    try:
        return read_fields(case.body, case.headers.get("Content-Type", ""))
    except BodyUnreadable:
        return Fields({("unreadable",): "yes"})


def captured(body: bytes | str, type_: str = JSON, mode: str = "hash") -> Captured:
    content = body.encode() if isinstance(body, str) else body
    policy = sokol(mode)
    world = World(policy)
    caught = capture(world.runtime, Received(content, type_, len(content)), Caller.of({}, policy.site))
    assert world.log.events("ERROR") == []
    return caught


def submission_of(told: Captured) -> Submission:
    message = decode(encode(told.message))
    assert isinstance(message, LeadCaptured)
    return message.submission


def lead(body: object, mode: str = "hash") -> Submission:
    return submission_of(captured(json.dumps(body), mode=mode))


def sample(name: str) -> Any:  # noqa: ANN401
    return json.loads((BODIES / f"{name}.in").read_text("utf-8"))


class TestRecognition:
    @pytest.mark.parametrize("name", CASES)
    def test_a_post_is_recognised_by_its_own_builder_and_no_other(self, name: str) -> None:
        fields = fields_of(FormCase.read(name))
        own = {builder for builder in BY_NAME if builder == name.partition("-")[0]}
        assert {builder for builder, file in BY_NAME.items() if file.recognises(fields)} == own

    def test_every_builder_has_golden_bodies(self) -> None:
        assert {name.partition("-")[0] for name in SAMPLES} == set(BY_NAME)

    @pytest.mark.parametrize(
        "body",
        [
            {"data": {"client": {"phone": "8999"}}, "site": {"name": "sokol"}},
            {"event": "form_sent", "phone": "8999", "site": "sokol.example"},
            {"form": {"id": "kv"}, "fields": {"city": "Сочи"}},
            {"form_name": "kv", "form_id": "7", "phone": "8999"},
            {"type": "callback", "group_id": "7", "phone": "8999"},
            {"group_id": "12", "event_id": "345", "phone": "8999"},
            {"type": "webinar", "group_id": "12", "event_id": "345"},
            {"type": "flat", "group_id": "12", "object": "house"},
            {"type": "flat", "group_id": "12", "object": {"area": "54"}, "phone": "8999"},
            {"type": "flat", "group_id": "12", "object": {"area": "54"}, "Ваш номер": "8 999 000-00-03"},
            {"type": "confirmation", "group_id": "12", "seats": "2"},
            {"type": "lead_forms_new", "group_id": "12", "phone": "8999"},
            {"type": "lead_forms_new", "group_id": "12", "object": {"area": "54"}, "phone": "8999"},
            {"lead_id": "7", "campaign_id": "8", "phone": "8999"},
            {"quiz": "yes", "answers": "two", "phone": "8999"},
        ],
    )
    def test_what_only_resembles_a_builders_post_is_nobodys(self, body: object) -> None:
        fields = read_fields(json.dumps(body).encode(), JSON)
        assert [builder for builder, file in BY_NAME.items() if file.recognises(fields)] == []

    @pytest.mark.parametrize("named", ["your-phone", "your-name", "your-phone=1&your-name"])
    def test_a_form_of_tildas_is_tildas_whatever_its_fields_are_called(self, named: str) -> None:
        for name in ("tilda-form-lead", "tilda-cookies"):
            sent = FormCase.read(name).body + f"&{named}=x".encode()
            fields = read_fields(sent, "application/x-www-form-urlencoded")
            assert [builder for builder, file in BY_NAME.items() if file.recognises(fields)] == ["tilda"]

    def test_of_contact_form_7_one_tag_is_no_mark_and_a_technical_field_is(self) -> None:
        for body, known in (
            ({"your-phone": "8999"}, []),
            ({"_wpcf7": "12", "tel": "8999"}, ["contact_form_7"]),
            ({"_wpcf7": ["12"], "your-phone": ["8999"]}, ["contact_form_7"]),
        ):
            fields = read_fields(json.dumps(body).encode(), JSON)
            assert [builder for builder, file in BY_NAME.items() if file.recognises(fields)] == known


MADE_ODD: Mapping[str, Callable[[Any], Any]] = {
    "nothing": lambda _: None,
    "a list": lambda value: [value, [value]],
    "an object": lambda value: {"value": {"name": value, "": None}},
    "a number": lambda _: 12345678901234567890123,
    "false": lambda _: False,
    "a macro": lambda _: "{phone}",
    "a very long text": lambda value: str(value) * 3000,
    "a name for a text": lambda value: {str(value)[:500]: "x"},
}


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in below for place in places(value, (*path, key)))]


def odd(node: Any, place: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:  # noqa: ANN401
    if not place:
        return change(node)
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[place[0]] = odd(node[place[0]], place[1:], change)
    return copy


JSON_SAMPLES = ["marquiz-lead", "marquiz-messenger-only", "vk-lead", "google_ads-lead", "contact_form_7-plugin"]


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(JSON_SAMPLES),
    place=st.integers(min_value=0, max_value=10_000),
    change=st.sampled_from(sorted(MADE_ODD)),
    mode=st.sampled_from(["none", "hash", "keep"]),
)
def test_whatever_stands_in_any_place_of_a_post_it_is_understood_or_kept(
    name: str, place: int, change: str, mode: str
) -> None:
    body = sample(name)
    where = places(body)
    try:
        captured(json.dumps(odd(body, where[place % len(where)], MADE_ODD[change])), mode=mode)
    except ConnectionTest:
        assert name.startswith("vk-")  # whose event is then of another kind


@pytest.mark.parametrize("name", SAMPLES)
def test_a_post_nested_a_hundred_deep_and_of_the_greatest_size_is_no_defect(name: str) -> None:
    text = (BODIES / f"{name}.in").read_text("utf-8")
    is_json = text.startswith("{")
    deep = '"x":' + "[" * 100 + "]" * 100 if is_json else "x" + "[a]" * 100 + "=1"
    filler = '"y":"' + "й" * 100_000 + '"' if is_json else urlencode({"y": "й" * 30_000})
    body = "{" + f"{deep},{filler}," + text[1:] if is_json else f"{deep}&{filler}&{text}"
    try:
        told = captured(body, JSON if is_json else "application/x-www-form-urlencoded")
    except ConnectionTest:
        return
    assert submission_of(told).received_at


class TestMarquiz:
    def test_json_and_a_form_of_one_lead_are_the_same_lead(self) -> None:
        as_json, as_form = FormCase.read("marquiz-lead"), FormCase.read("marquiz-lead-as-form")
        told = [captured(case.body, case.headers["Content-Type"]).lead_id for case in (as_json, as_form)]
        assert told[0] == told[1]

    @pytest.mark.parametrize(
        "changed", [{"created": "2026-11-20T08:15:31.000Z"}, {"contacts": {"phone": "+79990000006"}}, {"quiz": "5f0"}]
    )
    def test_another_moment_phone_or_quiz_is_another_submission(self, changed: dict[str, object]) -> None:
        first = sample("marquiz-lead")
        assert lead(first).submission_id != lead({**first, **changed}).submission_id

    @pytest.mark.parametrize("mode", ["none", "hash", "keep"])
    def test_the_id_does_not_tell_the_phone(self, mode: str) -> None:
        submission_id = lead(sample("marquiz-lead"), mode).submission_id
        assert submission_id is not None
        assert (len(submission_id), "9990000005" in submission_id) == (32, False)

    def test_messengers_in_an_object_of_their_own_are_taken(self) -> None:
        body = {**sample("marquiz-lead"), "contacts": {"messengers": {"telegram": "@irina_p", "viber": None}}}
        assert "messenger" in lead(body).left_out


class TestContactForm7:
    def test_a_second_click_with_another_technical_token_is_the_same_lead(self) -> None:
        told = [lead({**sample("contact_form_7-plugin"), "_wpcf7_recaptcha_response": token}) for token in ("a", "b")]
        assert told[0].lead_id == told[1].lead_id

    def test_its_number_in_a_list_names_the_form(self) -> None:
        assert lead({"_wpcf7": ["12"], "your-phone": ["89990000003"]}).form == "wpcf7-f12"


class TestQuestions:
    def test_a_question_about_a_website_is_no_trap_for_robots(self) -> None:
        for name in ("marquiz-messenger-only", "google_ads-lead"):
            assert "Website" in json.dumps(sample(name))
            assert not lead(sample(name)).bot_signs.honeypot_filled

    def test_nor_is_one_of_elementor_without_advanced_data(self) -> None:
        body = {"form_name": "kv", "Page URL": "https://sokol.example/", "Website": "anna.example", "phone": ANNA}
        assert not lead(body).bot_signs.honeypot_filled

    @pytest.mark.parametrize(
        "body",
        [
            {"form": {"id": "1"}, "fields": {"a": {"type": "tel", "value": "+79990000003"}}},
            {"form": {"id": "1"}, "fields": {"website": {"title": "Website", "value": "anna.example"}}},
            {"quiz": {"id": "5"}, "phone": "+79990000003"},
            {"event": "open-day", "site": {"id": "1"}, "phone": "+79990000003"},
            {"google_key": "a-key", "user_column_data": []},
        ],
    )
    def test_a_trap_beside_the_questions_is_one(self, body: dict[str, Any]) -> None:
        told = [lead(sent).bot_signs.honeypot_filled for sent in (body, {**body, "website": "spam"})]
        assert told == [False, True]

    def test_a_builders_server_is_nobodys_browser(self) -> None:
        policy = sokol()
        world = World(policy)
        caller = Caller.of(
            {
                "HTTP_ACCEPT_LANGUAGE": "ru",
                "HTTP_X_FORWARDED_FOR": "203.0.113.5",
                "HTTP_USER_AGENT": "python-requests/2",
            },
            policy.site,
        )
        for name in SAMPLES:
            case = FormCase.read(name)
            if name.startswith("contact_form_7") or "lead" not in case.expected:
                continue  # a page's own script may send a form of Contact Form 7
            type_ = case.headers["Content-Type"]
            sent = submission_of(capture(world.runtime, Received(case.body, type_, len(case.body)), caller))
            assert (sent.network, sent.bot_signs.automation) == (None, False), name


ANNA, BORIS = "+79990000003", "+79990000004"
UNUSUAL: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "flexbe, flat": lambda phone: {"event": "open-day", "site": {"id": "1"}, "name": "Anna", "phone": phone},
    "flexbe, in its object": lambda phone: {"event": "lead", "site": {"id": "1"}, "data": {"phone": phone}},
    "elementor, an object": lambda phone: {
        "form": {"id": "a1"},
        "fields": {"ph": {"type": "tel", "value": {"number": phone}}},
    },
    "elementor, a bare text": lambda phone: {
        "form": {"id": "a1"},
        "fields": {"phone": phone, "city": {"value": "Тверь"}},
    },
    "google, an object": lambda phone: {"google_key": "a-key", "user_column_data": {"PHONE_NUMBER": phone}},
    "google, flat": lambda phone: {"google_key": "a-key", "phone": phone},
    "marquiz, an object": lambda phone: {"quiz": {"id": "5f0"}, "contacts": {"phone": {"value": phone}}},
    "marquiz, a number": lambda phone: {"quiz": {"id": "5f0"}, "contacts": {"phone": {"number": phone}}},
    "vk, an object": lambda phone: {"type": "lead_forms_new", "group_id": "1", "object": {"answers": {"phone": phone}}},
    "marquiz, a list": lambda phone: {"quiz": {"id": "5f0"}, "contacts": {"phone": [phone]}},
    "contact form 7, lists": lambda phone: {"_wpcf7": ["1"], "your-phone": [phone]},
    "nobody's, a list": lambda phone: {"phone": [phone]},
    "nobody's, an object": lambda phone: {"phone": {"value": phone}},
    "vk, beside": lambda phone: {
        "type": "lead_forms_new",
        "group_id": "1",
        "object": {"answers": [{"key": "city", "answer": "Тверь"}]},
        "phone": phone,
    },
}


class TestUnusualPosts:
    @pytest.mark.parametrize("layout", UNUSUAL)
    def test_two_people_are_two_leads_and_lose_no_contact(self, layout: str) -> None:
        told = [lead(UNUSUAL[layout](phone)) for phone in (ANNA, BORIS)]
        assert len({one.lead_id for one in told}) == 2
        assert [[key.kind for key in one.keys] for one in told] == [["phone"], ["phone"]]
        assert len({one.keys[0].id for one in told}) == 2

    @pytest.mark.parametrize(
        "body",
        [
            {"quiz": {"id": "5f0"}, "answers": [{"q": "rooms", "a": "2"}]},
            {"form": {"id": "a1"}, "fields": {"city": {"value": "Тверь"}}, "meta": {"credit": "no"}},
            {"google_key": "a-key", "user_column_data": [{"column_id": "CITY", "string_value": "Тверь"}]},
        ],
    )
    def test_what_no_builder_understands_tells_two_posts_apart(self, body: dict[str, Any]) -> None:
        told = [lead({**body, "quiz" if "quiz" in body else "meta": {"id": "5f0", "of_whom": who}}) for who in "ab"]
        assert told[0].lead_id != told[1].lead_id

    def test_of_several_phones_the_first_that_can_be_read_is_taken_and_the_rest_is_said(self) -> None:
        told, alone = lead({"phone": ["after six", ANNA, BORIS]}), lead({"phone": ANNA})
        assert [key.id for key in told.keys] == [key.id for key in alone.keys]
        assert ("phone" in told.left_out, "phone" in alone.left_out) == (True, False)

    def test_of_a_list_of_one_nothing_is_left_out(self) -> None:
        told = lead({"phone": [ANNA], "ym_client_id": ["1700000000123456789"], "utm_source": ["yandex"]})
        assert (told.ids.client_id, told.utm, told.left_out) == ("1700000000123456789", {"utm_source": "yandex"}, {})

    @pytest.mark.parametrize("nothing", ["text", None, "", [], ["text"], 7, {"form_data": "text"}])
    def test_flexbe_without_an_object_of_a_lead_is_read_by_its_names(self, nothing: object) -> None:
        told = lead({"event": "lead", "site": {"id": "1"}, "data": nothing, "phone": ANNA})
        assert [key.kind for key in told.keys] == ["phone"]

    @pytest.mark.parametrize("name", ["client_id", "yclid"])
    def test_an_id_beside_flexbes_own_places_is_read(self, name: str) -> None:
        body = {"event": "open-day", "site": {"id": "1"}, name: "1700000000123456789"}
        assert getattr(lead(body).ids, name) == "1700000000123456789"


class TestIdsKeepTheirDigits:
    def test_of_numbers_above_what_javascript_holds(self) -> None:
        body = FormCase.read("vk-messenger-only").body
        assert b"12345678901234567890," in body
        assert submission_of(captured(body)).submission_id == "200000001:12345678901234567890"
