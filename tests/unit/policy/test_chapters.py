"""Qualification and disqualification told back as sentences that a head of sales can sign."""

from __future__ import annotations

from leadloop.policy import Policy
from leadloop.policy.plain_words import tell
from support.policies import sokol
from support.sales import judging
from support.tracker_desk import with_tracker


def chapters(policy: Policy) -> dict[str, list[str]]:
    return {chapter.title: chapter.lines for chapter in tell(policy)}


def test_who_asks_for_no_quality_is_told_nothing_of_it() -> None:
    assert not [title for title in chapters(sokol()) if title.startswith(("Qualification", "Disqualification"))]


def test_a_warm_profile_says_which_fields_of_which_deal() -> None:
    assert chapters(judging(later=["sold"], deadline="4h"))["Qualification: profile warm"] == [
        "a lead is qualified when its deal reaches 'qualified' and shows location (field 501) and budget (field 502)",
        "without them it is incomplete until they are filled in; only whether they are is read",
        "a deal that skipped it and reaches 'sold' has passed it too",
        "sales decide within 4h after a lead came; later the decision is overdue",
        "who was qualified once stays so for goals, even if the deal is lost afterwards",
    ]


def test_a_cold_profile_asks_for_nothing() -> None:
    told = chapters(judging("cold"))["Qualification: profile cold"]
    assert told[0] == "a lead is qualified when its deal reaches 'qualified'; no field is asked for"


def test_every_reason_says_what_it_means() -> None:
    told = chapters(judging(None, {"lead_bad": {"on": "disqualified"}, "lead_fraud": {"on": "fraud"}}))
    assert told["Disqualification"] == [
        "a deal in 'lost' is a lost lead; reopened, it is none",
        "  spam (Спам): the CRM's 901; speaks against the channel; kept from advertisements by lead_bad",
        "  wants_to_rent: the CRM's 902; does not speak against the channel; marketing warms it up",
        "  bot: the CRM's 903; speaks against the channel; kept from advertisements by lead_fraud; fraud",
        "a lead lost for any other reason counts as unmapped, and without a reason as missing",
    ]


def test_a_reason_is_not_said_to_suppress_where_no_goal_is_told_of_it() -> None:
    elsewhere: dict[str, object] = {"lead_bad": {"on": "disqualified", "reasons": ["wants_to_rent"]}}
    for goals in ({}, elsewhere):
        spam, rent, _ = chapters(judging(None, goals))["Disqualification"][1:4]
        assert spam.endswith("; to be kept from advertisements, and no goal tells them")
        assert rent.endswith("; kept from advertisements by lead_bad") is bool(goals)


def test_goals_name_the_verdict_they_wait_for() -> None:
    goals = {
        "lead_good": {"on": "qualified"},
        "lead_bad": {"on": "disqualified", "reasons": ["spam", "bot"]},
        "lead_lost": {"on": "disqualified"},
        "lead_fraud": {"on": "fraud"},
    }
    told = [line.split(" →")[0] for line in chapters(judging(goals=goals))["Goals"]]
    assert told[-4:] == [
        "lead_good: a lead is qualified with all it must show",
        "lead_bad: a lead is lost for spam or bot",
        "lead_lost: a lead is lost for spam",
        "lead_fraud: a lead is found to be fraud",
    ]
    everybody = chapters(judging(goals=goals, suppressing=()))["Goals"]
    assert [line.split(" →")[0] for line in everybody][-2] == "lead_lost: a lead is lost"


def test_the_call_tracker_is_told_in_plain_words() -> None:
    assert not [one for one in tell(sokol()) if one.title.startswith("Call tracker")]
    [chapter] = [one for one in tell(with_tracker(tracker={"chats": False})) if one.title.startswith("Call tracker")]
    assert chapter.title == "Call tracker: comagic, dataapi.comagic.ru"
    assert chapter.lines == [
        "incoming calls are leads when nobody is known who made them, answered or not",
        "chats are not read",
        "requests from the tracker's own forms are read",
        "whoever is known already is told of them, and nothing is written there",
        "its times are those of Europe/Moscow",
        "tag 101 → qualified",
        "tag 103 → sold",
    ]
