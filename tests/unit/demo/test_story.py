"""Reading a story: moments, moves, and every slip told by its place before anything is played."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadloop_host.demo.story import Move, StoryAtFault, StoryMoment, read_story
from support.stories import EXAMPLE, SHORT, policy, story

TOLD = SHORT.read_text(encoding="utf-8")


def test_a_moment_is_an_instant_of_the_storys_zone() -> None:
    assert story().instant(StoryMoment.read("2 01:30")) == datetime(2026, 9, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "move"),
    [
        ("18 15:30 sold 14850000", Move(StoryMoment(18, 15, 30), "sold", 14_850_000)),
        ("9 09:00 qualified", Move(StoryMoment(9, 9, 0), "qualified", None)),
        ("16 14:00 sold 0", Move(StoryMoment(16, 14, 0), "sold", 0)),
    ],
)
def test_a_move_is_a_moment_a_stage_and_perhaps_a_price(written: str, move: Move) -> None:
    assert Move.read(written) == move


def test_everybody_has_a_phone_of_their_own() -> None:
    played = read_story(EXAMPLE / "story.yaml")
    assert len({played.phone_of(person) for person in played.cast}) == len(played.cast)


@pytest.mark.parametrize(("ends", "days"), [("3 00:00", 2), ("2 20:00", 2), ("23 00:00", 22)])
def test_a_story_lasts_so_many_days(ends: str, days: int) -> None:
    assert story(ends=ends).days == days


@pytest.mark.parametrize("path", [EXAMPLE / "story.yaml", SHORT], ids=lambda path: path.stem)
def test_the_stories_of_the_project_can_be_played(path: Path) -> None:
    read_story(path).check(policy())


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"merges_into": {"who": "Ян", "at": "1 10:00"}}, "Анна merges into Ян, who is not in the cast"),
        ({"then": ["1 10:00 solt"]}, "Анна: then: expected one of lost, meeting, new, price, .* found 'solt'"),
        ({"counts": ["lead_solt"]}, "Анна: counts: expected one of lead_meeting, .* found 'lead_solt'"),
        ({"unlinked": {"sold": "late"}}, "Анна: unlinked: expected one of .* found 'sold'"),
        ({"unsent": {"sold": "late"}}, "Анна: unsent: expected one of .* found 'sold'"),
    ],
)
def test_a_name_that_is_nowhere_is_told(person: dict[str, object], words: str) -> None:
    with pytest.raises(StoryAtFault, match=words):
        story({"who": "Анна", **person}).check(policy())


def test_two_people_of_one_name_are_told() -> None:
    with pytest.raises(StoryAtFault, match="two people named Анна"):
        story({"who": "Анна"}, {"who": "Анна"}).check(policy())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cast: [", "story.yaml: not YAML"),
        ("cast: []", "story.yaml: starts: Field required"),
        (TOLD.replace("at: 1 09:15", "at: noon"), r"story.yaml: cast\.0\.at: "),
        (TOLD.replace("], counts:", "], count:", 1), r"story.yaml: cast\.0\.count: Extra inputs"),
    ],
)
def test_a_file_that_is_no_story_is_told_by_its_place(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StoryAtFault, match=words):
        read_story(path)
