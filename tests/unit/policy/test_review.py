"""Remarks about a policy that is valid and still not what its owner wants."""

from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest

from leadloop.manifest import Manifest, load
from leadloop.policy import Policy
from leadloop.policy.account_review import review_days
from leadloop.policy.findings import Level
from leadloop.policy.review import review, review_schedules
from support.policies import PIPELINE, sokol
from support.sales import judging
from support.tracker_desk import with_tracker

MANIFEST = load(Path(__file__).resolve().parents[3] / "functions" / "functions.yaml")
ORIGIN = "https://www.sokol.ru"


def rules(policy: Policy) -> dict[str, str]:
    """Rule → path of every finding, without what the invented developer cannot help."""
    return {found.rule: found.path for found in review(policy) if found.rule != "site.example_origin"}


def test_a_careful_policy_has_only_notes() -> None:
    found = list(review(sokol(site={"origins": [ORIGIN]})))
    assert {finding.level for finding in found} == {Level.NOTE}


def test_example_origin() -> None:
    assert [found.path for found in review(sokol()) if found.rule == "site.example_origin"] == [
        "site.origins[0]",
        "site.origins[1]",
    ]


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:3000", ORIGIN])
def test_own_machine_needs_no_https(origin: str) -> None:
    assert "site.insecure_origin" not in rules(sokol(site={"origins": [origin]}))


@pytest.mark.parametrize("origin", ["http://www.sokol.ru", "http://localhost.sokol.ru", "http://127.0.0.1.sokol.ru"])
def test_unencrypted_origin(origin: str) -> None:
    assert rules(sokol(site={"origins": [origin]}))["site.insecure_origin"] == "site.origins[0]"


@pytest.mark.parametrize("left_out", ["142", "143"])
def test_closed_status_nobody_spoke_of(left_out: str) -> None:
    statuses = {"70012": "qualified", "70014": "sold", "142": "sold", "143": "lost"}
    del statuses[left_out]
    crm = {"pipelines": {PIPELINE: statuses}}
    assert rules(sokol(crm=crm))["crm.closed_status_unmapped"] == f"crm.pipelines.{PIPELINE}"
    ignoring = sokol(crm={**crm, "ignored": [f"{PIPELINE}/{left_out}"]})
    assert "crm.closed_status_unmapped" not in rules(ignoring)


def test_stage_without_a_goal_is_noted_once_and_lost_deals_are_not() -> None:
    noted = [found for found in review(sokol()) if found.rule == "goals.stage_without_goal"]
    assert [found.path for found in noted] == [f"crm.pipelines.{PIPELINE}.70013"]
    assert noted[0].level is Level.NOTE


def test_no_goal_says_what_a_sale_is_worth() -> None:
    assert "goals.no_price" in rules(sokol(goals={"flat_sold": {"on": "stage", "stage": "sold", "value": "none"}}))
    assert "goals.no_price" not in rules(sokol(goals={"flat_sold": {"on": "stage", "stage": "sold", "value": 5000}}))


def test_deals_created_in_a_status_nobody_spoke_of() -> None:
    elsewhere = {"new_lead": {"pipeline": "9", "status": "91"}}
    assert rules(sokol("keep", crm=elsewhere))["crm.new_lead_unknown"] == "crm.new_lead"
    assert "crm.new_lead_unknown" not in rules(sokol("hash", crm=elsewhere)), "only mode keep creates deals"


class TestQuality:
    """What a policy asks for and nobody can ever reach."""

    GOOD: ClassVar[dict[str, object]] = {"lead_good": {"on": "qualified"}}
    BAD: ClassVar[dict[str, object]] = {"lead_bad": {"on": "disqualified"}}

    def test_qualified_without_a_profile(self) -> None:
        assert rules(judging(None, self.GOOD))["goals.qualified_without_profile"] == "goals.lead_good.on"
        assert "goals.qualified_without_profile" not in rules(judging("cold", self.GOOD))

    def test_lost_where_no_stage_means_it(self) -> None:
        nobody_lost = sokol(goals=self.BAD, crm={"pipelines": {PIPELINE: {"70012": "qualified", "142": "sold"}}})
        assert rules(nobody_lost)["goals.disqualified_without_stage"] == "goals.lead_bad.on"
        assert "goals.disqualified_without_stage" not in rules(sokol(goals=self.BAD))

    def test_leads_are_judged_and_why_they_are_lost_is_not_said(self) -> None:
        found = [one for one in review(sokol(qualification={"profile": "cold"})) if one.path == "disqualification"]
        assert [(one.rule, one.level) for one in found] == [("disqualification.no_reasons", Level.NOTE)]
        assert "disqualification.no_reasons" not in rules(judging("cold"))
        assert "disqualification.no_reasons" not in rules(sokol()), "who asks for no quality is not told about it"

    def test_a_reason_that_suppresses_and_no_goal_is_told_of(self) -> None:
        """Each such reason is named: one goal may take some of them and leave out others."""
        rule, place = "disqualification.suppress_without_goal", "disqualification.reasons.{}.suppress"
        both = ("spam", "wants_to_rent")
        some: dict[str, object] = {"lead_bad": {"on": "disqualified", "reasons": ["spam"]}}
        assert [one.path for one in review(judging(suppressing=both)) if one.rule == rule] == [*map(place.format, both)]
        assert rules(judging(goals=some, suppressing=both))[rule] == place.format("wants_to_rent")
        assert rule not in rules(judging(goals=self.BAD, suppressing=both))
        bot = judging(goals={"lead_fraud": {"on": "fraud"}}, suppressing=("bot",))
        assert rule not in rules(bot), "the goal on fraud is told of it"

    def test_a_reason_that_the_crm_never_gives(self) -> None:
        idle = sokol(disqualification={"reasons": {"spam": {}, "rude": {"loss_reasons": [901]}}})
        assert rules(idle)["disqualification.reason_never_chosen"] == "disqualification.reasons.spam"
        assert "disqualification.reason_never_chosen" not in rules(judging())

    def test_stages_feed_goals_by_their_verdicts_too(self) -> None:
        crm = {"pipelines": {PIPELINE: {"70012": "hot", "70014": "bad", "142": "sold", "143": "lost"}}}
        goals = {"lead_qualified": {"on": "qualified"}, **self.BAD}
        hot, bad = {"profile": "cold", "stage": "hot"}, {"stages": ["bad"]}
        judged = sokol(crm=crm, goals=goals, qualification=hot, disqualification=bad)
        assert "goals.stage_without_goal" not in rules(judged)
        assert "goals.stage_without_goal" in rules(sokol(crm=crm, goals={"lead_qualified": {"on": "qualified"}}))


def test_window_longer_than_metrica_links() -> None:
    assert "defaults.visit_window_too_long" in rules(sokol(defaults={"visit_window": "22d"}))


def test_margin_that_leaves_no_window() -> None:
    tight = {"visit_window": "2h", "visit_margin": "2h"}
    assert "defaults.visit_margin_too_long" in rules(sokol(defaults=tight))


def test_schedule_of_a_function_that_has_none() -> None:
    policy = sokol(schedules={"upload-conversion": "0 */3 * * *", "capture-lead": "0 */3 * * *"})
    found = list(review_schedules(policy, MANIFEST))
    assert [finding.path for finding in found] == ["schedules.upload-conversion", "schedules.capture-lead"]
    assert {finding.level for finding in found} == {Level.ERROR}
    assert "did you mean 'upload-conversions'?" in found[0].text


def test_schedule_of_the_manifest_that_never_comes() -> None:
    manifest = Manifest.model_validate({"topics": [], "functions": {"sync-crm": {"schedule": "0 0 31 2 *"}}})
    assert [found.rule for found in review_schedules(sokol(), manifest)] == ["schedules.manifest_cron"]
    assert not list(review_schedules(sokol(), MANIFEST))


def test_a_schedule_under_which_nobody_is_told_of_a_silence() -> None:
    kept = MANIFEST.functions["sync-crm"].schedule
    [found] = review_schedules(sokol(schedules={"sync-crm": "0 3 * * *", "expire-contacts": "0 4 * * *"}), MANIFEST)
    assert (found.level, found.rule, found.path) == (Level.NOTE, "schedules.silence_untold", "schedules.sync-crm")
    assert not list(review_schedules(sokol(schedules={"sync-crm": kept}), MANIFEST))


def test_a_rule_on_a_number_that_no_deal_tells() -> None:
    rules_of = {"dictionary": {"poster": {}}, "rules": [{"label": "poster", "called_number": "+74950000001"}]}
    told = list(review(sokol(sources=rules_of)))
    assert [found.path for found in told if found.rule == "sources.number_not_read"] == [
        "sources.rules[0].called_number"
    ]
    assert "sources.number_not_read" not in rules(sokol(sources=rules_of, crm={"fields": {"called_number": "860002"}}))


def test_one_field_named_twice() -> None:
    said = {"Ваш контакт": "phone", "ваш_контакт": "email", "Контакт": "phone"}
    assert rules(sokol(forms={"fields": said}))["forms.same_field"] == "forms.fields.ваш_контакт"
    assert "forms.same_field" not in rules(sokol(forms={"fields": {"Ваш контакт": "phone", "Контакт": "phone"}}))


class TestTheAccounts:
    PORTAL: ClassVar[dict[str, object]] = {
        **{"kind": "bitrix24", "account": "sokol.bitrix24.ru"},
        **{"ignored": [], "new_lead": None},
    }

    def portal(self, **settings: object) -> Policy:
        statuses = {"PREPARATION": "qualified", "WON": "sold", "LOSE": "lost"}
        return sokol(crm={**self.PORTAL, "pipelines": {"0": statuses}, **settings})

    def test_a_stage_in_small_letters_is_no_stage_of_a_portal(self) -> None:
        small = {"0": {"PREPARATION": "qualified", "won": "sold"}}
        assert rules(self.portal(pipelines=small))["crm.status_in_small_letters"] == "crm.pipelines.0.won"
        assert "crm.status_in_small_letters" not in rules(self.portal())

    def test_a_webhook_whose_last_day_has_passed(self) -> None:
        policy = self.portal(webhook_expires="2026-09-10")
        assert list(review_days(policy, date(2026, 9, 10))) == []
        assert [found.rule for found in review_days(policy, date(2026, 9, 11))] == ["crm.webhook_expired"]
        assert list(review_days(self.portal(), date(2026, 9, 11))) == []

    def test_a_host_of_the_call_tracker_that_nobody_knows(self) -> None:
        assert rules(with_tracker(tracker={"host": "comagic.ru"}))["call_tracker.unknown_host"] == "call_tracker.host"
        assert "call_tracker.unknown_host" not in rules(with_tracker(tracker={"host": "dataapi.uiscom.ru"}))

    def test_a_tag_whose_stage_does_nothing(self) -> None:
        tags = {"101": "qualifed", "103": "sold", "105": "on_the_phone"}
        goals = {"talked": {"on": "stage", "stage": "on_the_phone"}}
        policy = with_tracker(tracker={"tags": tags}, goals=goals)
        found = [one for one in review(policy) if one.rule == "call_tracker.stage_without_use"]
        assert [(one.path, "did you mean 'qualified'?" in one.text) for one in found] == [
            ("call_tracker.tags.101", True)
        ]
