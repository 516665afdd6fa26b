"""``leadloop release``: a person says "this is a human", is told what changes, and is asked."""

from __future__ import annotations

import io

import pytest

from leadloop.leads.fraud import Gate
from leadloop.leads.lead import Lead
from support.command_desk import CommandDesk
from support.lead_facts import ANNA, BORIS
from support.policies import ORIGIN, sokol


class Terminal(io.StringIO):
    """Somebody who sits there and types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> object:
    """Let a person type these lines."""
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


def submit(desk: CommandDesk, **fields: str) -> str:
    """A form is posted and registered; the id of its lead."""
    form = {"phone": "8 999 000-00-03", "submission_id": "s-1", "ym_client_id": ANNA, **fields}
    with desk.world.in_force():
        answer = desk.world.client("capture-lead").post("/", json=form, headers={"Origin": ORIGIN})
        desk.world.settle(only=frozenset({"register-lead"}))
    return str((answer.json or {})["lead_id"])


def gate(desk: CommandDesk, lead_id: str) -> Gate:
    [document] = [one for one in desk.world.documents("lead") if one.key.id == lead_id]
    return Lead.of(document).state(desk.world.runtime.policy).fraud.gate


def repeated_by(desk: CommandDesk, lead_id: str) -> str | None:
    """The lead that this one repeats, by what rests."""
    [document] = [one for one in desk.world.documents("lead") if one.key.id == lead_id]
    return Lead.of(document).circumstances.repeats


@pytest.fixture
def held(desk: CommandDesk) -> str:
    """A lead whose hidden field was filled in."""
    lead_id = submit(desk, website="http://spam.example")
    assert gate(desk, lead_id) is Gate.HELD
    return lead_id


def test_it_says_what_changes_asks_and_does_it(desk: CommandDesk, held: str, types: object) -> None:
    types("y\n")  # type: ignore[operator]
    told = desk.run("release", held)
    assert (told.code, told.err) == (0, "")
    assert f"{held} is stopped: signs of a bot weigh 100 of 100: honeypot 100" in told.text
    assert "Goals it reached that may be sent then: lead_received" in told.text
    assert "Is this a human? [y/N]" in told.text
    said = "a person said that this is a human; the fraud gate had said: signs of a bot weigh 100 of 100: honeypot 100"
    assert told.text.endswith(f"{held} released: {said} [release.due]\n")
    assert gate(desk, held) is Gate.RELEASED


def test_who_repeats_the_released_lead_is_told_in_the_same_commit(desk: CommandDesk, held: str) -> None:
    desk.world.clock.advance(days=2)
    later = submit(desk, submission_id="s-2", ym_client_id=BORIS)
    assert repeated_by(desk, later) is None
    assert desk.run("release", held, "--yes").code == 0
    assert repeated_by(desk, later) == held


@pytest.mark.parametrize("answer", ["n\n", "\n", "what?\n"])
def test_without_a_yes_nothing_changes(desk: CommandDesk, held: str, types: object, answer: str) -> None:
    types(answer)  # type: ignore[operator]
    before = desk.world.documents("lead")
    assert desk.run("release", held).code == 1
    assert desk.world.documents("lead") == before


def test_a_program_is_told_the_same_and_is_not_asked(desk: CommandDesk, held: str) -> None:
    told = desk.run("release", ANNA, "--yes", "--json")
    assert (told.code, told.json["released"], told.json["lead_id"]) == (0, True, held)
    assert told.json["goals"] == ["lead_received"]
    again = desk.run("release", held, "--yes", "--json")
    assert (again.code, again.json["rule"]) == (1, "release.nothing_held")
    facts = Lead.of(desk.world.the("lead")).facts
    assert [(fact.kind, fact.feed, fact.occurred_at) for fact in facts if fact.kind == "released"] == [
        ("released", "operator", desk.world.clock.now())
    ]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_where_nobody_can_be_asked_yes_must_be_said(
    desk: CommandDesk, held: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    told = desk.run("release", held, *words)
    assert (told.code, told.out) == (2, b"")
    assert "say --yes" in told.err
    assert gate(desk, held) is Gate.HELD


def test_a_lead_that_is_not_held_is_left(desk: CommandDesk) -> None:
    told = desk.run("release", submit(desk), "--yes")
    assert (told.code, "[release.nothing_held]" in told.text) == (1, True)


def test_a_hold_that_ended_by_itself_leaves_nothing_to_release(desk: CommandDesk, held: str) -> None:
    desk.write_policy(sokol(fraud={"at_hold_end": "release"}))
    desk.world.clock.advance(days=19)
    told = desk.run("release", held, "--yes")
    assert (told.code, "[release.nothing_held]" in told.text) == (1, True)
    assert "nobody decided about it by" in told.text


def test_what_is_no_lead_or_several_is_told(desk: CommandDesk, held: str) -> None:
    assert "no lead has the id" in desk.run("release", "nobody", "--yes").err
    submit(desk, submission_id="s-2", phone="8 999 000-00-04")
    told = desk.run("release", ANNA, "--yes")
    assert (told.code, held in told.err, "2 leads have" in told.err) == (1, True, True)
