"""capture-visit at its front door: the tag is handed out, and a beacon is kept or refused with the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from leadloop import tag
from leadloop.forms.beacon import BODY_CAP
from leadloop.messages import Message, VisitCaptured
from leadloop.ports.store import StoreUnavailable, Write
from support.policies import ORIGIN
from support.world import World

ANNA = "1700000000123456789"
EVIL = "https://evil.example"


def send(world: World, body: str | bytes | dict[str, object], origin: str | None = ORIGIN, **more: str) -> TestResponse:
    """A beacon the way ``sendBeacon`` posts text."""
    content = json.dumps(body) if isinstance(body, dict) else body
    headers = {"Origin": origin} if origin is not None else {}
    type_ = more.get("type", "text/plain;charset=UTF-8")
    return world.client("capture-visit").post("/", data=content, content_type=type_, headers=headers)


def only_visit(world: World) -> VisitCaptured:
    [published] = world.memory_bus.published
    assert published.topic == "visits"
    visit: Message = published.message
    assert isinstance(visit, VisitCaptured)
    return visit


def error_of(answer: TestResponse) -> dict[str, str]:
    error: dict[str, str] = json.loads(answer.text)["error"]
    assert set(error) == {"code", "message", "what_to_do"}
    assert all(error.values())
    return error


class FullDisk:
    """A store that takes nothing."""

    def commit(self, writes: list[Write]) -> None:
        raise StoreUnavailable("the disk is full")


class TestABeaconIsKeptBeforeItIsAnswered:
    def test_with_ids_tags_and_reduced_addresses(self, world: World) -> None:
        answer = send(
            world,
            {
                "ym_client_id": ANNA,
                "user_id": "crm-7",
                "page": f"{ORIGIN}/kv/12?lot=3&session=secret#top",
                "landing": f"{ORIGIN}/?utm_source=vk&yclid=777",
                "referrer": "https://vk.com/away.php?to=x",
                "utm_source": "yandex",
                "utm_term": "{keyword}",
            },
        )
        visit = only_visit(world)
        assert (answer.status_code, answer.text) == (204, "")
        assert (visit.ids.client_id, visit.ids.user_id, visit.ids.yclid) == (ANNA, "crm-7", "777")
        assert (visit.page.path, visit.page.params) == ("/kv/12", {"lot": "3"})
        assert visit.landing.params == {"utm_source": "vk", "yclid": "777"}
        assert (visit.referrer.host, visit.referrer.params) == ("vk.com", {})
        assert visit.utm == {"utm_source": "yandex"}
        assert visit.occurred_at == world.clock.now()

    def test_the_page_may_read_the_answer(self, world: World) -> None:
        headers = send(world, {"ym_client_id": ANNA}).headers
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert (headers["Vary"], headers["Cache-Control"]) == ("Origin", "no-store")

    @pytest.mark.parametrize("type_", ["text/plain;charset=UTF-8", "application/json", ""])
    def test_whatever_it_calls_its_content(self, world: World, type_: str) -> None:
        assert send(world, {"ym_client_id": ANNA}, type=type_).status_code == 204
        assert only_visit(world).ids.client_id == ANNA

    def test_a_bus_that_fails_is_replaced_by_the_spool(self, world: World) -> None:
        world.memory_bus.failing = True
        assert send(world, {"ym_client_id": ANNA}).status_code == 204
        assert world.the("spool").fields["topic"] == "visits"

    def test_without_bus_and_store_it_is_asked_for_again(self, world: World) -> None:
        world.memory_bus.failing = True
        world.store = FullDisk()  # type: ignore[assignment]
        answer = send(world, {"ym_client_id": ANNA})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert error_of(answer)["code"] == "unavailable"
        assert world.log.events("ERROR") == ["visit_not_kept"]

    def test_neither_store_nor_secret_is_touched_on_its_way(self) -> None:
        world = World(environment={"LEADLOOP_HMAC_KEY": "", "LEADLOOP_SEAL_PRIVATE_KEY": ""})
        with world.in_force():
            assert send(world, {"ym_client_id": ANNA}).status_code == 204
        assert (world.store.usage.reads, world.store.usage.writes) == (0, 0)


class TestABeaconThatIsRefused:
    """It holds no lead, so nothing of it is quarantined."""

    @pytest.mark.parametrize("origin", [EVIL, "null", None, ORIGIN + ".evil.example", "http://sokol.example"])
    def test_from_a_page_of_no_configured_origin(self, world: World, origin: str | None) -> None:
        answer = send(world, {"ym_client_id": ANNA}, origin)
        assert (answer.status_code, error_of(answer)["code"]) == (403, "origin_not_configured")
        assert "Access-Control-Allow-Origin" not in answer.headers

    @pytest.mark.parametrize(
        "body", ["", "not a beacon", "{", "[]", '"text"', "17", "{}", '{"ym_client_id": null}', b"\xff\xfe\x00"]
    )
    def test_that_cannot_be_read(self, world: World, body: str | bytes) -> None:
        answer = send(world, body)
        assert answer.status_code == 400
        assert error_of(answer)["code"] in ("body_unreadable", "client_id_missing")
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN

    @pytest.mark.parametrize(
        ("client_id", "reason"),
        [
            (None, "there was none"),
            ("1.7E+18", "floating point"),
            ("1 700 000", "separators"),
            ("{client_id}", "there was none"),
            ("+7 999 000-00-03", "a phone or an e-mail"),
        ],
    )
    def test_without_a_client_id(self, world: World, client_id: str | None, reason: str) -> None:
        answer = send(world, {"user_id": "crm-7", "yclid": "777", "ym_client_id": client_id})
        error = error_of(answer)
        assert (answer.status_code, error["code"]) == (400, "client_id_missing")
        assert reason in error["message"]
        assert "999" not in answer.text

    @pytest.mark.parametrize("over", [1, 1_000_000])
    def test_that_is_too_large(self, world: World, over: int) -> None:
        start = json.dumps({"ym_client_id": ANNA})[:-1] + ', "page": "'
        fits = start + "x" * (BODY_CAP - len(start) - 2) + '"}'
        assert send(world, fits).status_code == 204
        answer = send(world, fits + " " * over)
        assert (answer.status_code, error_of(answer)["code"]) == (413, "body_too_large")
        assert len(world.memory_bus.published) == 1

    @pytest.fixture(autouse=True)
    def nothing_is_left(self, world: World) -> Iterator[None]:
        yield
        assert [published.topic for published in world.memory_bus.published if published.topic != "visits"] == []
        assert world.documents("quarantine") == world.documents("spool") == []


def test_a_contact_in_the_place_of_a_user_id_is_left_out_and_the_visit_stays(world: World) -> None:
    assert send(world, {"ym_client_id": ANNA, "user_id": "anna@example.org"}).status_code == 204
    assert only_visit(world).ids.user_id is None
    [captured] = [entry for entry in world.log.entries if entry.event == "visit_captured"]
    assert (captured.details["is_named"], captured.details["left_out"]) == (False, ["user_id"])


class TestTheTag:
    def get(self, world: World, path: str = "/tag.js", **headers: str) -> TestResponse:
        return world.client("capture-visit").get(path, headers=headers)

    def test_any_page_may_load_and_cache_it(self, world: World) -> None:
        answer = self.get(world, Origin=EVIL)
        assert (answer.status_code, answer.data) == (200, tag.script())
        assert {name: answer.headers[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")} == {
            "Content-Type": "text/javascript; charset=utf-8",
            "Cache-Control": "public, max-age=3600",
            "X-Content-Type-Options": "nosniff",
        }
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert world.memory_bus.published == []

    def test_a_cache_that_has_it_is_told_so(self, world: World) -> None:
        etag = self.get(world).headers["ETag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = self.get(world, If_None_Match=known)
            assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)
            assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert self.get(world, If_None_Match='"other"').status_code == 200

    def test_it_is_found_under_any_path_and_nothing_else_is(self, world: World) -> None:
        assert self.get(world, "/capture-visit/tag.js").status_code == 200
        for path in ("/", "/tag.css", "/tag.js/x"):
            assert (self.get(world, path).status_code, self.get(world, path).headers["Allow"]) == (405, "POST, OPTIONS")

    def test_its_head_has_no_body(self, world: World) -> None:
        answer = world.client("capture-visit").head("/tag.js")
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["ETag"] == tag.etag()


class TestPreflight:
    def test_a_configured_origin_may_send_json(self, world: World) -> None:
        answer = world.client("capture-visit").options("/", headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
        assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]

    def test_another_is_refused(self, world: World) -> None:
        answer = world.client("capture-visit").options("/", headers={"Origin": EVIL})
        assert (answer.status_code, error_of(answer)["code"]) == (403, "origin_not_configured")

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_other_methods_are_told_what_to_use(self, world: World, method: str) -> None:
        answer = world.client("capture-visit").open("/", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_the_edge_imports_no_client_and_no_store() -> None:
    """A cold start is paid in imports."""
    main = Path(__file__).parents[2] / "functions" / "capture_visit" / "main.py"
    heavy = ["requests", "sqlite3", "nacl", "phonenumbers", "grpc"]
    script = f"import runpy, sys; runpy.run_path({str(main)!r}); print([n for n in {heavy} if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
