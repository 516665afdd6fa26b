"""receive-crm-event of a system that signs: of strangers nothing is kept, a signed word is before the answer, once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from leadloop.identity.sealing import unseal
from leadloop.messages import DealTold, HintUnreadable
from support.policies import SEAL_PRIVATE_KEY, sokol
from support.signed_desk import ANNA, KEY, OLD_KEY, SECRET, SignedDesk, heard, signed_desk, told
from support.verdict_desk import headers
from support.world import World

PHONE = "+7 (999) 000-00-03"


@pytest.fixture
def desk() -> Iterator[SignedDesk]:
    with signed_desk() as desk:
        yield desk


def whole(desk: SignedDesk, **members: object) -> dict[str, object]:
    """A body that says something of everything."""
    now = desk.clock.now()
    return told("D-1", "won", now, created_at=desk.opened_at, **members)


def published(desk: SignedDesk) -> list[DealTold | HintUnreadable]:
    return [one for one in desk.world.memory_bus.on("crm-hints") if isinstance(one, DealTold | HintUnreadable)]


class TestStrangers:
    def refused(self, desk: SignedDesk, code: str, body: bytes, signed: Mapping[str, str]) -> None:
        answer = desk.send(body, signed)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, code)  # type: ignore[index]
        assert desk.world.memory_bus.published == []
        assert desk.world.documents("spool") == []

    def test_who_sign_nothing_are_refused(self, desk: SignedDesk) -> None:
        body = json.dumps(whole(desk)).encode()
        self.refused(
            desk, "webhook.unsigned", body, headers(body, desk.clock.now(), key=KEY) | {"webhook-signature": ""}
        )
        self.refused(desk, "webhook.id_missing", body, {})

    def test_who_sign_with_another_key_are_refused(self, desk: SignedDesk) -> None:
        body = json.dumps(whole(desk)).encode()
        self.refused(desk, "webhook.unsigned", body, headers(body, desk.clock.now(), key=b"x" * 32))

    def test_who_change_any_byte_are_refused(self, desk: SignedDesk) -> None:
        body = json.dumps(whole(desk, price={"amount": 4200000})).encode()
        signed = headers(body, desk.clock.now(), key=KEY)
        for place in range(len(body)):
            self.refused(desk, "webhook.unsigned", body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], signed)
        self.refused(desk, "webhook.unsigned", body + b" ", signed)

    @pytest.mark.parametrize("change", [{"webhook-id": "msg_2"}, {"webhook-timestamp": "1788253201"}])
    def test_who_change_what_is_signed_with_it_are_refused(self, change: dict[str, str], desk: SignedDesk) -> None:
        body = json.dumps(whole(desk)).encode()
        self.refused(desk, "webhook.unsigned", body, headers(body, desk.clock.now(), key=KEY) | change)

    @pytest.mark.parametrize("ahead", [-301, 301])
    def test_whose_time_is_more_than_five_minutes_from_ours_are_told_of_the_clock(
        self, ahead: int, desk: SignedDesk
    ) -> None:
        answer = desk.post(whole(desk), seconds=ahead)
        assert answer.status_code == 401
        assert "set the sender's clock" in (answer.json or {})["error"]["message"]
        assert desk.world.memory_bus.published == []

    @pytest.mark.parametrize("ahead", [-300, 300])
    def test_within_five_minutes_they_are_taken(self, ahead: int, desk: SignedDesk) -> None:
        assert desk.post(whole(desk), seconds=ahead).status_code == 200

    def test_cannot_send_without_end(self, desk: SignedDesk) -> None:
        cap = desk.world.runtime.policy.defaults.body_cap
        answer = desk.post(b" " * (cap + 1))
        assert (answer.status_code, answer.json["error"]["code"]) == (413, "body_too_large")  # type: ignore[index]

    def test_find_no_other_account(self, desk: SignedDesk) -> None:
        body = json.dumps(whole(desk)).encode()
        assert desk.send(body, headers(body, desk.clock.now(), key=KEY), "/amocrm/hook-secret-1").status_code == 404

    def test_find_nothing_where_the_policy_names_no_such_system(self) -> None:
        world = World(sokol(), environment={"LEADLOOP_SIGNED_SECRET": SECRET, "LEADLOOP_HOOK_SECRET": "hook-secret-1"})
        with world.in_force():
            desk = SignedDesk(world)
            assert desk.post(whole(desk)).status_code == 404

    def test_the_answer_holds_no_secret_and_nothing_of_the_body(self, desk: SignedDesk) -> None:
        answer = desk.post(whole(desk, contact={"phone": PHONE}), key=b"x" * 32)
        assert SECRET.removeprefix("whsec_") not in answer.text
        assert "D-1" not in answer.text
        assert "999" not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_who_signs_and_does_not_post_is_told_so(method: str, desk: SignedDesk) -> None:
    """Not that the deal was kept."""
    body = json.dumps(whole(desk)).encode()
    signed = headers(body, desk.clock.now(), key=KEY)
    client = desk.world.client("receive-crm-event")
    answer = client.open("/signed", method=method, data=body, headers=signed)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert desk.world.memory_bus.published == []
    assert client.open("/signed", method=method, data=body).status_code == 401


@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_two_secrets_are_in_force_while_one_is_replaced(key: bytes, desk: SignedDesk) -> None:
    assert desk.post(whole(desk), key=key).status_code == 200
    assert len(published(desk)) == 1


@pytest.mark.parametrize("secret", [" ", "whsec_short", f"{SECRET},short"])
def test_without_a_good_secret_nothing_is_taken_and_that_is_told(secret: str) -> None:
    with signed_desk(secret=secret) as desk:
        assert desk.post(whole(desk)).status_code == 503
        assert desk.world.log.events("ERROR") == ["hook_refused"]
        assert SECRET not in str(desk.world.log.entries)


class TestTheSameWebhook:
    def test_sent_again_is_one_event_and_changes_nothing(self, desk: SignedDesk) -> None:
        body = whole(desk)
        first = desk.post(body, "msg_7").json
        desk.settle()
        before = [document for name in ("told_deal", "crm_ref", "outcome") for document in desk.world.documents(name)]
        desk.clock.advance(minutes=2)
        assert desk.post(body, "msg_7").json == first
        desk.settle()
        after = [document for name in ("told_deal", "crm_ref", "outcome") for document in desk.world.documents(name)]
        assert after == before

    def test_under_an_id_used_twice_another_deal_is_not_lost(self, desk: SignedDesk) -> None:
        one, other = whole(desk), {**whole(desk), "deal_id": "D-2"}
        for body in (one, other):
            assert desk.post(body, "always-this").status_code == 200
            desk.settle()
        assert [document.key.id for document in desk.world.documents("told_deal")] == ["signed-D-1", "signed-D-2"]
        assert [document.fields["external_id"] for document in desk.world.documents("crm_ref")] == ["D-1", "D-2"]


class TestWhatIsSignedAndWrong:
    def test_is_refused_with_what_is_wrong_and_kept_sealed(self, desk: SignedDesk) -> None:
        body = {**whole(desk), "updated_at": "yesterday", "contact": {"phone": PHONE}}
        answer = desk.post(body, "msg_1")
        assert answer.status_code == 400
        error = (answer.json or {})["error"]
        assert error["code"] == "deal_unclear"
        assert error["message"] == "updated_at: expected ISO 8601 with a time zone, or Unix seconds"
        desk.settle()
        kept = desk.world.the("quarantine").fields
        assert (kept["kind"], kept["reason"]) == ("hint", error["message"])
        assert json.loads(unseal(SEAL_PRIVATE_KEY, str(kept["body_sealed"]))) == body
        assert "999" not in str({name: value for name, value in kept.items() if name != "body_sealed"})

    def test_is_kept_once_however_often_it_is_sent(self, desk: SignedDesk) -> None:
        for _ in range(3):
            desk.post({"deal_id": "D-1"}, "msg_1")
            desk.clock.advance(minutes=1)
        desk.settle()
        assert len(desk.world.documents("quarantine")) == 1
        [ended] = [one.fields for one in desk.world.documents("outcome")]
        assert (ended["outcome"], ended["rule"]) == ("quarantined", "hint.unreadable")

    def test_members_that_nobody_knows_are_passed_over_and_told(self, desk: SignedDesk) -> None:
        answer = desk.post(whole(desk, color="red", ids={"client_id": ANNA, "phone": PHONE}))
        assert answer.status_code == 200
        assert (answer.json or {})["ignored"] == ["color", "ids.phone"]
        [entry] = [entry for entry in desk.world.log.entries if entry.event == "deal_told"]
        assert entry.details["ignored"] == 2


class TestContacts:
    """As the edge of forms: ready keys, or a raw contact where it may be keyed on the spot."""

    def keys(self, desk: SignedDesk, contact: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
        answer = desk.post(whole(desk, contact=contact))
        assert answer.status_code == 200, answer.text
        [message] = published(desk)
        assert isinstance(message, DealTold)
        assert "9990000003" not in message.model_dump_json()
        return [f"{key.kind}:{key.hmac[:6]}" for key in message.keys], dict((answer.json or {})["left_out"])

    def test_a_raw_phone_is_keyed_on_one_machine(self, desk: SignedDesk) -> None:
        lead = desk.submit("anna", phone=PHONE)
        desk.settle()
        [key] = [document.key.id for document in desk.world.documents("key")]
        assert lead in str(desk.world.the("key").fields)
        desk.world.memory_bus.published.clear()
        [found], left_out = self.keys(desk, {"phone": "8 999 000 00 03"})
        assert found == f"phone:{key.rpartition('-')[2][:6]}"
        assert left_out == {}

    @pytest.mark.parametrize("transit", ["forbidden", "allowed"])
    def test_in_the_cloud_it_is_left_out_unless_transit_is_allowed(self, transit: str) -> None:
        with signed_desk(heard(contacts={"transit": transit}), in_cloud=True) as desk:
            keys, left_out = self.keys(desk, {"phone": PHONE, "email": ["olga@sokol.example"]})
        refused = ["contact.phone", "contact.email"] if transit == "forbidden" else []
        assert ([*left_out], len(keys)) == (refused, 2 - len(refused))

    def test_a_ready_key_is_taken_in_the_cloud_too(self) -> None:
        with signed_desk(in_cloud=True) as desk:
            assert self.keys(desk, {"phone_key": "ab" * 32, "email_key": "CD" * 32}) == (
                ["phone:ababab", "email:cdcdcd"],
                {},
            )

    def test_a_key_that_is_none_is_told(self, desk: SignedDesk) -> None:
        answer = desk.post(whole(desk, contact={"phone_key": PHONE}))
        assert answer.status_code == 400
        assert (answer.json or {})["error"]["message"] == "contact.phone_key: expected 64 hexadecimal digits"

    def test_none_is_taken_in_the_mode_none(self) -> None:
        with signed_desk(heard("none")) as desk:
            keys, left_out = self.keys(desk, {"phone": PHONE, "email_key": "ab" * 32})
        assert keys == []
        assert {*left_out} == {"contact.phone", "contact.email_key"}

    @pytest.mark.parametrize(
        "member", ["responsible", "loss_reason", "source.utm_term", "ids.submission_id", "ids.lead_id"]
    )
    def test_a_contact_in_another_member_does_not_travel(self, member: str, desk: SignedDesk) -> None:
        section, _, name = member.rpartition(".")
        body = whole(desk, **{section or name: {name: "8-999-000-00-03"} if section else PHONE})
        assert list((desk.post(body).json or {})["left_out"]) == [member]
        desk.settle()
        assert "999" not in str([one.model_dump_json(exclude={"event_id"}) for one in published(desk)])
        assert "000-00" not in str(desk.world.documents("told_deal"))


class TestWhenSomethingIsAway:
    def test_the_bus_the_deal_waits_in_the_spool(self, desk: SignedDesk) -> None:
        desk.world.memory_bus.failing = True
        assert desk.post(whole(desk)).status_code == 200
        desk.world.memory_bus.failing = False
        assert desk.world.client("drain-spool").post("/").status_code == 200
        desk.settle()
        assert desk.world.the("told_deal").key.id == "signed-D-1"

    def test_the_policy_no_longer_names_the_system_the_deal_is_kept_aside(self, desk: SignedDesk) -> None:
        desk.post(whole(desk))
        desk.world.runtime.policy = sokol()
        desk.settle()
        assert desk.world.the("quarantine").fields["kind"] == "message"
