"""Each decision about a lead cites the line it hangs on: the rule that fits, the reason, the service, the threshold."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from leadloop.adapters.memory_store import MemoryStore
from leadloop.facts import Fact
from leadloop.leads import facts_of
from leadloop.messages import BotSigns, VerdictReceived
from leadloop.policy import Policy
from leadloop.policy.loader import PolicySource
from leadloop.report.explanation import Explanation, explain
from leadloop.report.judgements import Judgement
from support.lead_facts import YCLID, after, entered, lead_of, linked, submitted
from support.policies import LOST, QUALIFIED, sokol
from support.sales import BUDGET, LOCATION, SPAM, UNKNOWN_REASON, judging, shown
from support.settable_clock import MORNING

SERVICES = sokol(
    fraud={"providers": {"adjust": {}, "own": {"reasons": {"Farm": "fraud", "Theft": "stolen_attribution"}}}}
)
HELD = submitted(bot_signs=BotSigns(honeypot_filled=True))


def said(provider: str, verdict: str, reason: str = "", days: float = 1, reattributed_to: str = "") -> Fact:
    """An antifraud service's word."""
    told = {"provider": provider, "verdict": verdict, "reason": reason, "detected_at": after(days=days)}
    sent = {"event_id": "e", "received_at": after(days=30), "subject": {"lead_id": "anna"}}
    return facts_of.outside_verdict(
        VerdictReceived.model_validate({**told, **sent, "reattributed_to": reattributed_to})
    )


def story(policy: Policy, *facts: Fact) -> Explanation:
    return explain(MemoryStore(), policy, lead_of(*facts), after(days=2))


def judged(policy: Policy, about: str, *facts: Fact) -> list[Judgement]:
    return [one for one in story(policy, *facts).judgements if one.about == about]


def setting(policy: Policy, about: str, *facts: Fact) -> str:
    [found] = judged(policy, about, *facts)
    return found.setting


class TestSources:
    RULES = sokol(
        sources={
            "dictionary": {"poster": {"names": ["billboard"]}, "city": {"line": "poster"}},
            "rules": [
                {"label": "poster", "utm_source": "qr", "utm_campaign": "wall*"},
                {"label": "poster", "utm_source": "qr"},
                {"label": "city", "form": "promo*"},
            ],
        }
    )

    @pytest.mark.parametrize(
        ("signs", "expected"),
        [
            ({"utm": {"utm_source": "qr", "utm_campaign": "wall-7"}}, "sources.rules[0]"),
            ({"utm": {"utm_source": "qr"}}, "sources.rules[1]"),
            ({"form": "promo-1"}, "sources.rules[2]"),
            ({"utm": {"utm_source": "billboard"}}, "sources.dictionary.poster"),
            ({"yclid": YCLID}, "sources"),
            ({}, "sources"),
        ],
        ids=["the first rule", "the second", "one counted with another", "a name", "a click", "nothing"],
    )
    def test_the_rule_or_the_entry_that_decided(self, signs: dict[str, Any], expected: str) -> None:
        assert setting(self.RULES, "source", submitted(**signs)) == expected

    def test_a_tag_that_the_policy_wants_no_line_of(self) -> None:
        strict = sokol(sources={"unknown": "none"})
        assert setting(strict, "source", submitted(utm={"utm_source": "vk"})) == "sources.unknown"

    def test_the_line_of_the_rule_is_the_one_in_the_file(self) -> None:
        text = yaml.safe_dump(self.RULES.model_dump(mode="json", exclude_unset=True), allow_unicode=True)
        source = PolicySource.of_text(text)
        lead = lead_of(submitted(form="promo-1"))
        [told] = [
            one
            for one in explain(MemoryStore(), source.policy, lead, MORNING, source.cite).judgements
            if one.about == "source"
        ]
        line = next(number for number, one in enumerate(text.splitlines(), 1) if "form: promo*" in one)
        assert told.setting == f"leadloop.yaml:{line} sources.rules[2]"


class TestQuality:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            ([submitted(yclid=YCLID)], "qualification.deadline"),
            (
                [submitted(), linked(), entered(QUALIFIED), shown(LOCATION, BUDGET, "location", "budget")],
                "qualification.stage",
            ),
            ([submitted(), linked(), entered(QUALIFIED), shown()], "qualification.profile"),
            (
                [submitted(), linked(), entered(LOST), shown(loss_reason=SPAM)],
                "disqualification.reasons.spam",
            ),
            ([submitted(), linked(), entered(LOST), shown(loss_reason=UNKNOWN_REASON)], "disqualification.reasons"),
            ([submitted(), linked(), entered(LOST), shown()], "disqualification.stages"),
        ],
        ids=["pending", "qualified", "incomplete", "lost for a reason", "for an unknown one", "for none"],
    )
    def test_what_decided_about_it(self, facts: list[Fact], expected: str) -> None:
        assert setting(judging(), "quality", *facts) == expected

    def test_that_it_is_not_asked_for(self) -> None:
        for facts in ([submitted()], [submitted(), linked(), entered(QUALIFIED)]):
            [told] = judged(sokol(), "quality", *facts)
            assert (told.answer, told.rule, told.setting) == (
                "not judged",
                "quality.not_judged",
                "qualification.profile",
            )

    def test_that_only_the_lost_are_asked_for(self) -> None:
        [told] = judged(judging(None), "quality", submitted(), linked(), entered(QUALIFIED))
        assert (told.answer, told.setting) == ("pending", "qualification.profile")

    def test_what_an_own_profile_lacks(self) -> None:
        own = judging("own", required=["family"])
        assert setting(own, "quality", submitted(), linked(), entered(QUALIFIED), shown()) == "qualification.required"


class TestFraud:
    @pytest.mark.parametrize(
        ("facts", "rule", "expected"),
        [
            ([submitted()], "fraud.no_sign", "fraud"),
            ([HELD], "fraud.held", "fraud.hold_from"),
            ([submitted(bot_signs=BotSigns(automation=True))], "fraud.too_light", "fraud.hold_from"),
            ([HELD, linked(), entered(QUALIFIED)], "fraud.released_by_sales", "qualification.stage"),
            ([HELD, said("own", "fraud")], "fraud.outside_fraud", "fraud.providers.own"),
            ([HELD, said("own", "fraud", "FARM")], "fraud.outside_fraud", "fraud.providers.own.reasons.Farm"),
            ([HELD, said("adjust", "fraud", "anonymous_traffic")], "fraud.outside_fraud", "fraud.providers.adjust"),
            ([HELD, said("own", "clean", "farm")], "fraud.outside_clean", "fraud.providers.own"),
            (
                [HELD, said("own", "fraud", "farm", days=1), said("adjust", "fraud", days=2)],
                "fraud.outside_fraud",
                "fraud.providers.adjust",
            ),
        ],
    )
    def test_the_threshold_or_the_service_that_decided(self, facts: list[Fact], rule: str, expected: str) -> None:
        [told] = judged(SERVICES, "fraud", *facts)
        assert (told.rule, told.setting) == (rule, expected)

    def test_the_reason_that_sales_lost_it_for(self) -> None:
        lost = [submitted(), linked(), entered(LOST), shown(loss_reason="903")]
        assert setting(judging(), "fraud", *lost) == "disqualification.reasons.bot"


class TestTheWordOfAService:
    def test_is_not_told_as_the_sites(self) -> None:
        told = story(SERVICES, submitted(), said("own", "fraud", "farm"))
        feeds = {fact["kind"]: fact["feed"] for fact in told.as_json()["facts"]}  # type: ignore[union-attr,index,call-overload]
        assert feeds == {"submitted": "site", "verdict_received": "service"}
        [line] = [line for line in told.text().splitlines() if "verdict_received" in line]
        assert line.split()[2] == "service"

    def test_tells_whom_it_credits(self) -> None:
        stolen = said("adjust", "fraud", "engagement_injection", reattributed_to="organic")
        told = story(SERVICES, submitted(utm={"utm_source": "vk"}), stolen)
        assert "reattributed_to organic" in told.text()
        [attribution] = [one for one in told.judgements if one.about == "attribution"]
        assert attribution == Judgement(
            "attribution",
            "organic",
            "fraud.stolen_attribution",
            "adjust (engagement_injection) says that the credit was stolen, and credits organic; "
            "here its source stays vk",
            "fraud.providers.adjust",
        )

    def test_need_not_name_anybody(self) -> None:
        [told] = judged(SERVICES, "attribution", submitted(), said("own", "fraud", "theft"))
        assert (told.answer, told.setting) == ("disputed", "fraud.providers.own.reasons.Theft")
        assert "does not say whom it credits" in told.reason

    @pytest.mark.parametrize(("later", "is_told"), [("unknown", True), ("clean", False), ("fraud", False)])
    def test_counts_until_it_says_otherwise(self, later: str, is_told: bool) -> None:
        stolen = said("own", "stolen_attribution", days=1, reattributed_to="organic")
        assert bool(judged(SERVICES, "attribution", submitted(), stolen, said("own", later, days=2))) is is_told

    def test_of_one_service_does_not_silence_another(self) -> None:
        stolen = said("own", "stolen_attribution", days=1, reattributed_to="organic")
        [told] = judged(SERVICES, "attribution", submitted(), stolen, said("adjust", "clean", days=2))
        assert told.answer == "organic"

    def test_of_nothing_stolen_is_no_attribution(self) -> None:
        assert judged(SERVICES, "attribution", submitted(), said("own", "fraud", reattributed_to="vk")) == []
