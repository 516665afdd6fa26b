"""``leadloop dead-letters``: what died is seen with its cause, and put back becomes what it should have been, once."""

from __future__ import annotations

import pytest

from leadloop.messages import LeadCaptured, Message, encode
from support.command_desk import CommandDesk
from support.policies import ORIGIN
from support.world import MANIFEST

REGISTERING = frozenset({"register-lead"})


def died(desk: CommandDesk, message: bytes, source: str = "register-lead") -> str:
    """A message failed every delivery; the id of its dead letter."""
    before = {document.key.id for document in desk.world.documents("dead_letter")}
    attributes = {
        "CloudPubSubDeadLetterSourceSubscription": source,
        "CloudPubSubDeadLetterSourceDeliveryCount": str(MANIFEST.delivery.max_attempts),
    }
    assert desk.world.push_bytes("keep-dead-letter", message, attributes).status_code == 204
    [id_] = {document.key.id for document in desk.world.documents("dead_letter")} - before
    return id_


def captured(desk: CommandDesk, phone: str = "89990000001") -> LeadCaptured:
    desk.world.client("capture-lead").post("/", json={"phone": phone}, headers={"Origin": ORIGIN})
    message = desk.world.memory_bus.published[-1].message
    assert isinstance(message, LeadCaptured)
    return message


def republished(desk: CommandDesk) -> list[Message]:
    """What drain-spool publishes now."""
    before = len(desk.world.memory_bus.published)
    assert desk.world.client("drain-spool").post("/").status_code == 200
    return [one.message for one in desk.world.memory_bus.published[before:]]


class TestLooking:
    def test_the_list_tells_when_where_what_and_why(self, desk: CommandDesk) -> None:
        message = captured(desk)
        id_ = died(desk, encode(message))
        told = desk.run("dead-letters")
        assert told.code == 0
        [line] = [line for line in told.text.splitlines() if id_ in line]
        died_at = desk.world.clock.now().strftime("%Y-%m-%dT%H:%M")
        assert [died_at, "register-lead", "30", "lead_captured", message.event_id, "—"] == line.split()[1:7]
        assert line.endswith("every delivery failed")

    def test_nothing_died(self, desk: CommandDesk) -> None:
        assert "—" in desk.run("dead-letters").text
        assert desk.run("dead-letters", "--json").json == {"ok": True, "dead_letters": []}

    def test_one_is_told_with_its_message(self, desk: CommandDesk) -> None:
        message = captured(desk)
        id_ = died(desk, encode(message))
        assert encode(message).decode() in desk.run("dead-letters", id_).text
        told = desk.run("dead-letters", id_, "--json").json["dead_letter"]
        assert (told["event_id"], told["source"], told["replayed_at"]) == (message.event_id, "register-lead", None)

    def test_a_strangers_bytes_stay_sealed(self, desk: CommandDesk) -> None:
        id_ = died(desk, b"phone=89990000003")
        assert "not ours" in desk.run("dead-letters").text
        assert "body_sealed" not in desk.run("dead-letters", id_, "--json").json["dead_letter"]

    def test_an_id_that_is_not_there_is_an_error(self, desk: CommandDesk) -> None:
        for words in (["nothing"], ["--replay", "nothing"]):
            told = desk.run("dead-letters", *words)
            assert told.code == 1
            assert "no dead letter has the id 'nothing'; `leadloop dead-letters` lists" in told.err

    @pytest.mark.parametrize("words", [["some-id", "--replay", "all"], ["--again"]])
    def test_words_that_contradict_are_asked_wrongly(self, desk: CommandDesk, words: list[str]) -> None:
        assert desk.run("dead-letters", *words).code == 2


class TestPuttingBack:
    def test_a_dead_lead_becomes_a_lead_once(self, desk: CommandDesk) -> None:
        message = captured(desk)
        id_ = died(desk, encode(message))
        told = desk.run("dead-letters", "--replay", "all")
        assert told.code == 0
        assert told.text.splitlines() == [
            "will put back 1 message under the same event ids; drain-spool publishes within five minutes",
            f"  {id_} put back: drain-spool publishes it on submissions for register-lead [replay.spooled]",
            "put back: 1; left: 0",
        ]
        assert republished(desk) == [message]
        desk.world.settle(REGISTERING)
        assert desk.world.totals("leads") == 1

    def test_a_second_replay_does_nothing_unless_asked_again(self, desk: CommandDesk) -> None:
        message = captured(desk)
        id_ = died(desk, encode(message))
        assert desk.run("dead-letters", "--replay", id_).code == 0
        assert republished(desk) == [message]
        told = desk.run("dead-letters", "--replay", id_)
        assert told.code == 1
        assert "left: it was put back at 2026-" in told.text
        assert republished(desk) == []
        assert desk.run("dead-letters", "--replay", id_, "--again").code == 0
        assert republished(desk) == [message]
        desk.world.settle(REGISTERING)
        assert desk.world.totals("leads") == 1

    def test_what_still_waits_in_the_spool_is_not_spooled_twice(self, desk: CommandDesk) -> None:
        id_ = died(desk, encode(captured(desk)))
        for words in ([], ["--again"]):
            assert desk.run("dead-letters", "--replay", id_, *words).code == 0
        assert len(republished(desk)) == 1

    def test_one_that_dies_again_is_told_again_and_can_be_put_back_again(self, desk: CommandDesk) -> None:
        message = captured(desk)
        id_ = died(desk, encode(message))
        desk.run("dead-letters", "--replay", id_)
        republished(desk)
        desk.world.clock.advance(hours=4)
        for _ in range(2):
            attributes = {"CloudPubSubDeadLetterSourceSubscription": "register-lead"}
            desk.world.push_bytes("keep-dead-letter", encode(message), attributes)
        assert desk.world.log.events("ERROR") == ["message_dead_lettered"] * 2
        assert desk.run("dead-letters", id_, "--json").json["dead_letter"]["replayed_at"] is None
        assert desk.run("dead-letters", "--replay", id_).code == 0
        assert republished(desk) == [message]

    def test_all_leaves_what_cannot_be_put_back_and_says_why(self, desk: CommandDesk) -> None:
        foreign = died(desk, b"nothing of ours")
        stray = died(desk, encode(captured(desk)), source="renamed-since")
        ours = died(desk, encode(captured(desk, "89990000002")))
        told = desk.run("dead-letters", "--replay", "all", "--json")
        assert told.code == 0
        assert {one["id"]: (one["put_back"], one["rule"]) for one in told.json["letters"]} == {
            foreign: (False, "replay.not_ours"),
            stray: (False, "replay.function_unknown"),
            ours: (True, "replay.spooled"),
        }
        assert len(republished(desk)) == 1
        assert desk.run("dead-letters", "--replay", foreign).code == 1

    @pytest.mark.parametrize("source", [name for name, one in MANIFEST.functions.items() if one.topic])
    def test_each_goes_to_where_the_function_it_died_at_listens(self, desk: CommandDesk, source: str) -> None:
        died(desk, encode(captured(desk)), source=source)
        desk.run("dead-letters", "--replay", "all")
        assert desk.world.the("spool").fields["topic"] == MANIFEST.functions[source].topic

    def test_a_letter_that_changed_meanwhile_is_left(self, desk: CommandDesk) -> None:
        from leadloop.replay import replay

        died(desk, encode(captured(desk)))
        seen = desk.world.the("dead_letter")
        assert replay(desk.world.runtime, seen, again=False)
        assert replay(desk.world.runtime, seen, again=False).rule == "replay.overtaken"
        assert len(desk.world.documents("spool")) == 1
