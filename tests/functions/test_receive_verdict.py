"""receive-verdict at its front door: strangers get nothing kept, a signed word is kept before the answer, once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from leadloop.leads.fraud import OutsideVerdict, meaning
from leadloop.leads.verdict_body import VerdictUnclear, read_verdict
from leadloop.messages import VerdictReceived, VerdictUnreadable
from support.policies import sokol
from support.settable_clock import MORNING
from support.verdict_desk import KEY, OLD_KEY, SECRET, headers, post, told, verdict_world
from support.world import World

BODIES = Path(__file__).parents[1] / "bodies" / "verdicts"
CASES = sorted(path.stem for path in BODIES.glob("*.in"))
BODY = json.dumps(told(client_id="1700000000123456789")).encode()


@pytest.fixture
def world() -> World:
    return verdict_world()


def published(world: World) -> list[VerdictReceived | VerdictUnreadable]:
    return [one for one in world.memory_bus.on("verdicts") if isinstance(one, VerdictReceived | VerdictUnreadable)]


@pytest.mark.parametrize("case", CASES)
def test_a_body_is_understood(case: str, world: World) -> None:
    expected = json.loads((BODIES / f"{case}.expected.json").read_text("utf-8"))
    with world.in_force():
        answer = post(world, (BODIES / f"{case}.in").read_bytes())
    [message] = published(world)
    assert answer.status_code == 200
    assert answer.json == {"event_id": message.event_id, "unreadable": expected.get("unreadable")}
    if isinstance(message, VerdictUnreadable):
        assert {"unreadable": message.reason} == expected
        return
    said = message.model_dump(mode="json", exclude={"type", "event_id", "received_at", "detected_at"})
    at = message.detected_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    verdict = OutsideVerdict(message.detected_at, message.provider, message.verdict, message.reason)
    assert {"said": {**said, "detected_at": at}, "means": meaning(world.runtime.policy, verdict)} == expected


def test_there_is_a_body_for_every_service_of_the_books() -> None:
    assert {case.partition("-")[0] for case in CASES} >= {"appmetrica", "appsflyer", "adjust", "fraudscore", "broken"}


class TestStrangers:
    def refused(self, world: World, code: str, changed: Mapping[str, str] | None = None, body: bytes = BODY) -> None:
        with world.in_force():
            sent = {**headers(BODY, world.clock.now()), **(changed or {})}
            answer = world.client("receive-verdict").post("/", data=body, headers=sent)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, code)  # type: ignore[index]
        assert world.memory_bus.published == []
        assert world.documents("spool") == []

    def test_who_sign_nothing_are_refused(self, world: World) -> None:
        self.refused(world, "webhook.unsigned", {"webhook-signature": ""})

    def test_who_sign_with_another_key_are_refused(self, world: World) -> None:
        self.refused(world, "webhook.unsigned", headers(BODY, world.clock.now(), key=b"x" * 32))

    @pytest.mark.parametrize("place", range(0, len(BODY), 7))
    def test_who_change_a_byte_are_refused(self, world: World, place: int) -> None:
        self.refused(world, "webhook.unsigned", None, BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :])

    def test_who_replay_an_old_recording_are_refused(self, world: World) -> None:
        recorded = headers(BODY, world.clock.now())
        world.clock.advance(minutes=6)
        self.refused(world, "webhook.stale", recorded)

    def test_get_nothing_where_no_service_is_named(self) -> None:
        world = World(sokol())
        with world.in_force():
            assert world.client("receive-verdict").post("/", data=BODY).status_code == 404
        assert world.log.entries == []

    def test_cannot_send_without_end(self, world: World) -> None:
        with world.in_force():
            assert post(world, b" " * 65_537).status_code == 413

    def test_who_ask_are_told_to_post(self, world: World) -> None:
        with world.in_force():
            answer = world.client("receive-verdict").get("/")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_two_secrets_are_in_force_while_one_is_replaced(world: World, key: bytes) -> None:
    with world.in_force():
        sent = headers(BODY, world.clock.now(), key=key)
        assert world.client("receive-verdict").post("/", data=BODY, headers=sent).status_code == 200
    assert len(published(world)) == 1


def test_the_same_webhook_is_one_event(world: World) -> None:
    with world.in_force():
        first = post(world, BODY, "msg_7").json
        world.clock.advance(hours=2)
        assert post(world, BODY, "msg_7").json == first
        assert post(world, BODY, "msg_8").json != first


def test_a_service_that_the_policy_does_not_name_is_kept_aside(world: World) -> None:
    with world.in_force():
        answer = post(world, told(provider="nobody", client_id="1700000000123456789"))
    assert answer.status_code == 200
    [message] = published(world)
    assert isinstance(message, VerdictUnreadable)
    assert message.reason.startswith("provider: nobody is none of fraud.providers")


class TestWhenSomethingIsAway:
    def test_the_bus_the_verdict_waits_in_the_spool(self, world: World) -> None:
        world.memory_bus.failing = True
        with world.in_force():
            assert post(world, BODY).status_code == 200
            world.memory_bus.failing = False
            assert world.client("drain-spool").post("/").status_code == 200
        assert len(published(world)) == 1

    @pytest.mark.parametrize("secret", ["", "whsec_short"])
    def test_a_good_secret_nothing_is_taken_and_that_is_told(self, secret: str) -> None:
        world = verdict_world(secret=secret)
        with world.in_force():
            assert post(world, BODY).status_code == 503
        assert world.log.events("ERROR") == ["verdict_refused"]
        assert SECRET not in str(world.log.entries)


def test_bodies_that_say_nothing_are_sealed(world: World) -> None:
    with world.in_force():
        post(world, b'{"phone": "+7 999 000-00-03"}')
    [message] = published(world)
    assert "999" not in message.model_dump_json(exclude={"body_sealed", "event_id", "received_at"})


UNSTORABLE = ["\ud800", "line\nbreak", "x" * 200]


@pytest.mark.parametrize(
    ("kind", "id_"),
    [("lead_id", "a/b"), *((kind, id_) for kind in ("lead_id", "submission_id", "user_id") for id_ in UNSTORABLE)],
)
def test_an_id_that_no_store_can_hold_is_no_subject(kind: str, id_: str) -> None:
    """It ends in quarantine: once it was published, and delivered again until nobody would."""
    body = json.dumps({**told(), "subject": {kind: id_}}).encode()
    with pytest.raises(VerdictUnclear) as refusal:
        read_verdict(body, MORNING)
    assert id_ not in str(refusal.value)


@pytest.mark.parametrize("deal", ["9991234567", 9991234567, "89991234567", "+79991234567", "7", 30052001])
def test_a_deal_id_is_a_deal_id_even_if_it_reads_like_a_phone(deal: str | int) -> None:
    body = json.dumps({**told(), "subject": {"deal_id": deal}}).encode()
    if str(deal).isdigit():
        assert read_verdict(body, MORNING)["subject"] == {"deal_id": str(deal)}
        return
    with pytest.raises(VerdictUnclear, match="found deal_id"):
        read_verdict(body, MORNING)


class TestIdsOfDevices:
    """No form sends an advertising id, so no lead is known by one."""

    def test_alone_find_nobody_and_what_to_send_is_said(self) -> None:
        body = json.dumps({**told(), "subject": {"idfa": "6D92078A-8246-4BA4-AE5B-76104861E7DC", "GAID": "x"}}).encode()
        with pytest.raises(VerdictUnclear) as refusal:
            read_verdict(body, MORNING)
        assert str(refusal.value).endswith(
            "found gaid, idfa; no lead carries gaid and idfa, send appmetrica_device_id or user_id with it"
        )
        assert "6D92078A" not in str(refusal.value)

    def test_beside_a_known_id_are_passed_over(self) -> None:
        ids = {"ios_ifa": "6D92078A-8246-4BA4-AE5B-76104861E7DC", "appmetrica_device_id": "1234567890123456789"}
        body = json.dumps({**told(), "subject": ids}).encode()
        assert read_verdict(body, MORNING)["subject"] == {"appmetrica_device_id": "1234567890123456789"}

    @pytest.mark.parametrize("subject", [{"client_id": "soon"}, {"client_id": "soon", "idfa": "x"}])
    def test_are_not_spoken_of_where_they_are_not_the_fault(self, subject: dict[str, str]) -> None:
        with pytest.raises(VerdictUnclear) as refusal:
            read_verdict(json.dumps({**told(), "subject": subject}).encode(), MORNING)
        assert "no lead carries" not in str(refusal.value)

    def test_end_in_quarantine_with_the_reason(self, world: World) -> None:
        with world.in_force():
            post(world, {**told(), "subject": {"oaid": "6D92078A-8246-4BA4-AE5B-76104861E7DC"}})
            world.settle(only=frozenset({"record-verdict"}))
        [ended] = [one.fields for one in world.documents("outcome") if one.fields["kind"] == "verdict"]
        assert (ended["outcome"], ended["rule"]) == ("quarantined", "verdict.unreadable")
        assert "no lead carries oaid" in str(ended["reason"])
