"""capture-lead at its front door: who is answered what, and that a 2xx means the lead is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from leadloop.identity.sealing import unseal
from leadloop.messages import LeadCaptured, Message, SubmissionUnreadable
from leadloop.ports.store import StoreUnavailable, Write
from support.policies import ORIGIN, SEAL_PRIVATE_KEY, sokol
from support.world import World

FORM = "application/x-www-form-urlencoded"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Origin": ORIGIN, "Sec-Fetch-Mode": "navigate"}
EVIL = "https://evil.example"


def post(world: World, body: str | bytes = "phone=89990000003", type_: str = FORM, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.client("capture-lead").post("/", data=body, content_type=type_, headers=named)


def only_message(world: World) -> Message:
    [published] = world.memory_bus.published
    assert published.topic == "submissions"
    return published.message


def error_of(answer: TestResponse) -> dict[str, str]:
    body = json.loads(answer.text)
    assert set(body) == {"error"}
    error: dict[str, str] = body["error"]
    assert set(error) == {"code", "message", "what_to_do"}
    assert all(error.values())
    return error


class FullDisk:
    """A store that takes nothing."""

    def commit(self, writes: list[Write]) -> None:
        raise StoreUnavailable("the disk is full")


class TestALeadIsKeptBeforeItIsAnswered:
    def test_the_answer_names_the_lead_and_the_event(self, world: World) -> None:
        answer = post(world)
        message = only_message(world)
        assert isinstance(message, LeadCaptured)
        assert (answer.status_code, answer.json) == (
            200,
            {"lead_id": message.submission.lead_id, "event_id": message.event_id},
        )

    def test_a_bus_that_fails_is_replaced_by_the_spool_under_the_same_event_id(self, world: World) -> None:
        world.memory_bus.failing = True
        answer = post(world)
        assert answer.status_code == 200
        assert world.the("spool").key.id == json.loads(answer.text)["event_id"]
        assert world.log.events("WARNING") == ["message_spooled"]

    def test_without_bus_and_store_the_sender_is_asked_to_try_again(self, world: World) -> None:
        world.memory_bus.failing = True
        world.store = FullDisk()  # type: ignore[assignment]
        answer = post(world, Origin=ORIGIN)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert error_of(answer)["code"] == "unavailable"
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN

    def test_the_store_is_not_touched_on_the_way_of_a_lead(self, world: World) -> None:
        post(world)
        assert (world.store.usage.reads, world.store.usage.writes) == (0, 0)


class TestABodyThatCannotBeUnderstood:
    @pytest.mark.parametrize("mode", ["none", "hash", "keep"])
    def test_it_is_answered_2xx_and_kept_sealed_in_every_mode(self, mode: str) -> None:
        world = World(sokol(mode))
        with world.in_force():
            answer = post(world, '{"phone": "89990000003"', "application/json")
        message = only_message(world)
        assert isinstance(message, SubmissionUnreadable)
        assert (answer.status_code, answer.json) == (200, {"lead_id": None, "event_id": message.event_id})
        assert unseal(SEAL_PRIVATE_KEY, message.body_sealed) == b'{"phone": "89990000003"'

    def test_a_body_over_the_cap_is_kept_unread_not_refused(self) -> None:
        world = World(sokol(defaults={"body_cap": 1024}))
        with world.in_force():
            answer = post(world, "phone=89990000003&comment=" + "x" * 2000)
        message = only_message(world)
        assert answer.status_code == 200
        assert isinstance(message, SubmissionUnreadable)
        assert (message.size, "over the cap of 1024" in message.reason) == (2026, True)
        assert unseal(SEAL_PRIVATE_KEY, message.body_sealed).startswith(b"phone=89990000003&comment=xxx")

    @pytest.mark.parametrize("key", ["", "k1:short"])
    def test_a_missing_or_malformed_secret_costs_no_lead_and_is_said_aloud(self, key: str) -> None:
        world = World(environment={"LEADLOOP_HMAC_KEY": key})
        with world.in_force():
            assert post(world).status_code == 200
        message = only_message(world)
        assert isinstance(message, SubmissionUnreadable)
        assert "LEADLOOP_HMAC_KEY" in message.reason
        assert world.log.events("ERROR") == ["capture_misconfigured"]

    def test_a_defect_of_ours_costs_no_lead(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def defective(*_: object) -> None:
            raise ZeroDivisionError("89990000003")

        monkeypatch.setattr("leadloop.forms.capture.reduce", defective)
        assert post(world).status_code == 200
        message = only_message(world)
        assert isinstance(message, SubmissionUnreadable)
        assert message.reason == "a defect of leadloop: ZeroDivisionError"
        assert world.log.events("ERROR") == ["capture_failed"]


class TestPagesThatCallFromABrowser:
    @pytest.mark.parametrize("origin", [ORIGIN, ORIGIN.upper(), "https://www.sokol.example"])
    def test_a_configured_origin_may_read_the_answer(self, world: World, origin: str) -> None:
        answer = post(world, Origin=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == origin.lower()
        assert answer.headers["Vary"] == "Origin"

    @pytest.mark.parametrize(
        "origin", [EVIL, "null", ORIGIN + ".evil.example", "http://sokol.example", ORIGIN + ":8443"]
    )
    def test_a_lead_from_another_origin_is_kept_and_marked_but_not_readable_there(
        self, world: World, origin: str
    ) -> None:
        answer = post(world, Origin=origin)
        message = only_message(world)
        assert answer.status_code == 200
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Vary"] == "Origin"
        assert isinstance(message, LeadCaptured)
        assert message.submission.bot_signs.foreign_origin

    def test_a_builders_server_has_no_origin_and_is_not_marked(self, world: World) -> None:
        post(world)
        message = only_message(world)
        assert isinstance(message, LeadCaptured)
        assert not message.submission.bot_signs.foreign_origin

    @pytest.mark.parametrize(("mode", "is_noted"), [("none", False), ("hash", True), ("keep", True)])
    def test_where_it_was_sent_from_travels_as_keyed_digests_alone(self, mode: str, is_noted: bool) -> None:
        world = World(sokol(mode))
        agent, address = "Mozilla/5.0 (Kanalya) HeadlessChrome/140.0", "203.0.113.77"
        sent_by = {"User-Agent": agent, "Accept-Language": "ru-KANALYA", "X-Forwarded-For": f"8.8.8.8, {address}"}
        with world.in_force():
            post(world, **sent_by, Origin=ORIGIN)
            message = only_message(world)
            world.settle(only=frozenset({"register-lead"}))
        assert isinstance(message, LeadCaptured)
        sent = message.submission
        assert (sent.network is not None, sent.device is not None) == (is_noted, is_noted)
        assert sent.bot_signs.automation
        seen = f"{message.model_dump_json()} {world.documents('lead')} {world.log.entries}"
        assert not [one for one in ("203.0.113", "8.8.8.8", "Headless", "analy", "KANALYA") if one in seen]
        assert (f"network:{sent.network}" in seen) is is_noted

    def test_a_preflight_from_a_configured_origin_is_allowed_and_publishes_nothing(self, world: World) -> None:
        answer = world.client("capture-lead").options("/", headers={"Origin": ORIGIN})
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
        assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
        assert world.memory_bus.published == []

    def test_a_preflight_from_another_origin_is_refused_with_what_to_do(self, world: World) -> None:
        answer = world.client("capture-lead").options("/", headers={"Origin": EVIL})
        assert (answer.status_code, error_of(answer)["code"]) == (403, "origin_not_configured")
        assert "Access-Control-Allow-Origin" not in answer.headers

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    def test_other_methods_are_told_what_to_use(self, world: World, method: str) -> None:
        answer = world.client("capture-lead").open("/", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
        assert error_of(answer)["code"] == "method_not_allowed"


class TestFormsWithoutScript:
    def test_the_browser_goes_on_to_the_thank_you_page_of_its_own_origin(self, world: World) -> None:
        answer = post(world, **{**BROWSER, "Origin": "https://www.sokol.example"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "https://www.sokol.example/spasibo")

    @pytest.mark.parametrize(
        ("wished", "location"),
        [
            ("/kv/thanks?a=1", ORIGIN + "/kv/thanks?a=1"),
            ("https://www.sokol.example/x", "https://www.sokol.example/x"),
            (EVIL + "/x", ORIGIN + "/spasibo"),
            ("//evil.example/x", ORIGIN + "/spasibo"),
            ("/\\evil.example", ORIGIN + "/spasibo"),
            ("javascript:alert(1)", ORIGIN + "/spasibo"),
            ("https://sokol.example@evil.example/", ORIGIN + "/spasibo"),
            ("https://sokol.example.evil.example/", ORIGIN + "/spasibo"),
            ("http://sokol.example/", ORIGIN + "/spasibo"),
            ("/x%0d%0aSet-Cookie: a=1", ORIGIN + "/spasibo"),
            ("https://[broken", ORIGIN + "/spasibo"),
            ("", ORIGIN + "/spasibo"),
        ],
    )
    def test_a_wished_redirect_is_followed_only_to_a_configured_origin(
        self, world: World, wished: str, location: str
    ) -> None:
        answer = post(world, f"phone=89990000003&redirect={wished}", **BROWSER)
        assert (answer.status_code, answer.headers["Location"]) == (303, location)

    def test_a_form_posted_from_elsewhere_goes_to_the_first_configured_origin(self, world: World) -> None:
        answer = post(world, **{**BROWSER, "Origin": EVIL})
        assert answer.headers["Location"] == ORIGIN + "/spasibo"

    def test_a_body_that_cannot_be_understood_still_brings_the_visitor_on(self, world: World) -> None:
        assert post(world, "%%%", **BROWSER).status_code == 303

    @pytest.mark.parametrize(
        "script", [{"Sec-Fetch-Mode": "cors"}, {"X-Requested-With": "XMLHttpRequest"}, {"Accept": "*/*"}]
    )
    def test_a_script_gets_json(self, world: World, script: dict[str, str]) -> None:
        assert post(world, **{**BROWSER, **script}).status_code == 200


def test_tildas_connection_test_is_answered_ok_and_is_no_lead(world: World) -> None:
    answer = post(world, "test=test")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert world.memory_bus.published == []


def test_nothing_of_the_body_is_logged(world: World) -> None:
    body = "phone=%2B7+999+000-00-03&name=Canaria&email=canaria@example.org&utm_term=89990000003&redirect=/canaria"
    post(world, body, **BROWSER)
    post(world, body + "&city=%zz")
    post(world, '{"phone": "89990000003", "name": "Canaria"', "application/json; name=canaria")
    logged = str(world.log.entries).lower()
    assert "captured" in logged
    assert not [canary for canary in ("999", "canaria") if canary in logged]


def test_the_edge_imports_no_client_and_no_store() -> None:
    """A cold start is paid in imports: amoCRM and builders wait 2 to 5 seconds."""
    main = Path(__file__).parents[2] / "functions" / "capture_lead" / "main.py"
    heavy = ["requests", "sqlite3", "nacl", "phonenumbers", "grpc"]
    script = f"import runpy, sys; runpy.run_path({str(main)!r}); print([n for n in {heavy} if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_lead_posted_in_the_address_is_a_lead(world: World) -> None:
    answer = world.client("capture-lead").post("/?phone=89990000003&ym_client_id=1700000000123456789")
    message = only_message(world)
    assert answer.status_code == 200
    assert isinstance(message, LeadCaptured)
    assert message.submission.ids.client_id == "1700000000123456789"
    assert message.submission.keys
