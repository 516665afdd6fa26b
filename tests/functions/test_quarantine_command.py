"""``leadloop quarantine``: what could not be understood is seen with its reason, and opened only with the key."""

from __future__ import annotations

import base64

import pytest

from leadloop.messages import HintUnreadable
from leadloop.quarantine import seal_body
from support.command_desk import CommandDesk
from support.policies import ORIGIN

BODY = b'{"name": "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0", "phone": "8 999 000-00-03"'
OTHER_KEY = base64.b64encode(b"\x22" * 32).decode()


def posted(desk: CommandDesk, body: bytes = BODY) -> str:
    """A form post that cannot be read comes to rest; its id."""
    headers = {"Origin": ORIGIN, "Content-Type": "application/json"}
    answer = desk.world.client("capture-lead").post("/", data=body, headers=headers)
    desk.world.settle(frozenset({"register-lead"}))
    return str(answer.get_json()["event_id"])


def hooked(desk: CommandDesk) -> str:
    hook = HintUnreadable(
        event_id="hook-1",
        received_at=desk.world.clock.now(),
        crm="amocrm",
        reason="no entity",
        size=5,
        body_sealed=seal_body(desk.world.runtime.policy, b"hello"),
    )
    assert desk.world.push("read-crm", hook).status_code == 204
    return hook.event_id


class TestLooking:
    def test_the_list_tells_when_what_why_and_how_large(self, desk: CommandDesk) -> None:
        post = posted(desk)
        desk.world.clock.advance(minutes=1)
        hook = hooked(desk)
        told = desk.run("quarantine")
        assert told.code == 0
        first, second = told.text.splitlines()[2:]
        assert first.split()[0] == post
        assert first.split()[2:6] == ["submission", str(len(BODY)), "broken", "JSON"]
        assert second.split() == [hook, desk.world.clock.now().strftime("%Y-%m-%dT%H:%M"), "hint", "5", "no", "entity"]

    def test_a_strangers_message_is_there_too(self, desk: CommandDesk) -> None:
        desk.world.push_bytes("register-lead", b"phone=89990000003")
        [told] = desk.run("quarantine", "--json").json["bodies"]
        assert (told["kind"], told["size"] > 0) == ("message", True)

    def test_nothing_is_there(self, desk: CommandDesk) -> None:
        assert "—" in desk.run("quarantine").text

    @pytest.mark.parametrize("words", [[], ["--json"]])
    def test_content_is_never_told_without_being_asked_for(self, desk: CommandDesk, words: list[str]) -> None:
        id_ = posted(desk)
        sealed = str(desk.world.the("quarantine").fields["body_sealed"])
        for told in (desk.run("quarantine", *words), desk.run("quarantine", id_, *words)):
            assert id_ in told.text
            assert "000-00-03" not in told.text
            assert sealed not in told.text

    def test_one_is_told_whole(self, desk: CommandDesk) -> None:
        id_ = posted(desk)
        told = desk.run("quarantine", id_, "--json").json["body"]
        assert (told["id"], told["content_type"], told["size"]) == (id_, "application/json", len(BODY))
        assert "content_type  application/json" in desk.run("quarantine", id_).text

    def test_an_id_that_is_not_there_is_an_error(self, desk: CommandDesk) -> None:
        told = desk.run("quarantine", "nothing")
        assert (told.code, told.out) == (1, b"")
        assert "no quarantined body has the id 'nothing'; `leadloop quarantine` lists" in told.err
        assert desk.run("quarantine", "nothing", "--json").json["error"]["kind"] == "NoSuchDocument"


class TestOpening:
    @pytest.mark.parametrize("body", [BODY, b'{"a": \xff\xfe\r\n\x00'])
    def test_the_bytes_come_out_as_they_went_in(self, desk: CommandDesk, body: bytes) -> None:
        id_ = posted(desk, body)
        told = desk.run("quarantine", id_, "--open")
        assert (told.code, told.out, told.err) == (0, body, "")
        content = desk.run("quarantine", id_, "--open", "--json").json["body"]["content_base64"]
        assert base64.b64decode(content) == body

    def test_of_a_body_that_was_cut_it_says_so(self, desk: CommandDesk) -> None:
        id_ = posted(desk, b"x" * 300_000)
        told = desk.run("quarantine", id_, "--open")
        assert len(told.out) < 300_000
        assert f"of 300000 bytes the first {len(told.out)} were kept" in told.err

    @pytest.mark.parametrize(
        ("key", "kind", "words"),
        [
            ("", "SecretMissing", "LEADLOOP_SEAL_PRIVATE_KEY is not set"),
            ("short", "KeyMalformed", "LEADLOOP_SEAL_PRIVATE_KEY is malformed"),
            (OTHER_KEY, "SealUnreadable", "sealed to another key"),
        ],
    )
    def test_a_key_that_is_missing_or_does_not_fit_is_told(
        self, desk: CommandDesk, key: str, kind: str, words: str
    ) -> None:
        id_ = posted(desk)
        desk.write_environment(LEADLOOP_SEAL_PRIVATE_KEY=key)
        told = desk.run("quarantine", id_, "--open")
        assert (told.code, told.out) == (1, b"")
        assert words in told.err
        assert desk.run("quarantine", id_, "--open", "--json").json["error"]["kind"] == kind

    def test_there_is_no_opening_without_an_id(self, desk: CommandDesk) -> None:
        assert desk.run("quarantine", "--open").code == 2
