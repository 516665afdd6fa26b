"""The state of the loop: every lead, row and event once, and the report for a person word for word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from leadloop import timestamps
from leadloop.conversions.states import State
from leadloop.leads.circumstances import Circumstances, Lent
from leadloop.outcomes import Outcome, outcome
from leadloop.policy.crons import first_after
from leadloop.report.funnel import Grouping, funnel
from leadloop.report.loop import Loop, read_loop
from leadloop.report.moments import minute_of
from leadloop.report.text import loop_text
from leadloop.verdict import Verdict
from support.lead_facts import POLICY, YCLID, entered, lead_of, linked, observed, submitted
from support.metrica_desk import ANNA, BORIS, MetricaDesk
from support.policies import LOST, QUALIFIED, WON, sokol
from support.settable_clock import MORNING
from support.small_loop import SmallLoop

GOLDEN = Path(__file__).resolve().parents[2] / "bodies" / "report" / "small-loop.txt"


def loop_of(desk: MetricaDesk) -> Loop:
    return read_loop(desk.world.store, desk.world.runtime.policy, desk.now())


class TestFunnel:
    def test_leads_are_counted_under_their_source_the_largest_first(self) -> None:
        leads = [
            lead_of(submitted(yclid=YCLID), entered(QUALIFIED), entered(WON), lead_id="a"),
            lead_of(submitted(yclid=YCLID), entered(LOST), lead_id="b").model_copy(update={"repeat_of": "a"}),
            lead_of(submitted(utm={"utm_source": "vk"}), lead_id="c"),
            lead_of(submitted(), observed(client_id=ANNA), lead_id="d"),
        ]
        found = funnel(POLICY, leads, MORNING)
        assert [(line.name, line.leads, line.repeats, line.without_ids) for line in found.lines] == [
            ("yandex_direct", 2, 1, 0),
            ("none", 1, 0, 0),
            ("vk", 1, 0, 1),
        ]
        assert found.lines[0].stages == Counter({"qualified": 1, "sold": 1, "lost": 1})
        assert found.leads == 4

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            (Grouping.SOURCE, {"yandex_direct": 1, "north": 2, "vk": 1, "none": 1}),
            (Grouping.CHANNEL, {"context": 3, "—": 1, "none": 1}),
            (Grouping.CONTRACTOR, {"etazhi": 2, "—": 2, "none": 1}),
            (Grouping.CONNECTION, {"channel_known": 2, "manual": 2, "none": 1}),
        ],
    )
    def test_leads_are_counted_by_whatever_is_asked(self, by: Grouping, expected: dict[str, int]) -> None:
        entry = {"channel": "context", "contractor": "etazhi", "connection": "manual", "names": ["sever"]}
        policy = sokol(sources={"dictionary": {"north": entry}})
        leads = [
            lead_of(submitted(yclid=YCLID), lead_id="a"),
            lead_of(submitted(utm={"utm_source": "north", "utm_medium": "cpc"}), entered(WON), lead_id="b"),
            lead_of(submitted(utm={"utm_source": "sever"}), lead_id="c"),
            lead_of(submitted(utm={"utm_source": "vk"}), lead_id="d"),
            lead_of(submitted(), lead_id="e"),
        ]
        found = funnel(policy, leads, MORNING, by)
        assert {line.name: line.leads for line in found.lines} == expected
        assert (found.leads, found.by) == (5, by)

    def test_stages_stand_in_the_order_of_the_pipelines_each_where_first_seen(self) -> None:
        assert funnel(POLICY, [], MORNING).stages == ("qualified", "meeting", "sold", "lost")
        pipelines = {"1": {"10": "sold", "11": "lost"}, "2": {"20": "meeting", "21": "sold", "22": "qualified"}}
        crm = POLICY.crm.model_copy(update={"pipelines": pipelines})
        assert funnel(POLICY.model_copy(update={"crm": crm}), [], MORNING).stages == (
            "sold",
            "lost",
            "meeting",
            "qualified",
        )

    def test_a_borrowed_identifier_is_none_of_the_leads_own(self) -> None:
        lent = Circumstances(lent=Lent(client_id=ANNA, at=MORNING, lead_id="b"))
        own = [lead_of(submitted(), lead_id="a"), lead_of(submitted(), observed(client_id=ANNA), lead_id="d")]
        leads = [lead.model_copy(update={"circumstances": lent}) for lead in own]
        assert funnel(POLICY, leads, MORNING).lines[0].without_ids == 1

    def test_a_lead_that_no_form_brought_is_born_in_the_crm(self) -> None:
        leads = [lead_of(submitted(), lead_id="a"), lead_of(linked("7"), entered(QUALIFIED), lead_id="b")]
        found = funnel(POLICY, leads, MORNING)
        assert (found.leads, found.born_in_crm) == (2, 1)

    def test_a_stage_of_a_deal_that_another_lead_owns_is_not_claimed_again(self, desk: MetricaDesk) -> None:
        """The stage is reached in the eyes of the funnel; only what has a goal could have been sent at all."""
        owner = lead_of(submitted(), linked("7"), entered(QUALIFIED, deal="7"), lead_id="a")
        touch = lead_of(submitted(), linked("7"), entered(QUALIFIED, deal="7"), entered(LOST, deal="7"), lead_id="b")
        others = touch.model_copy(update={"ownership": {"amocrm-lead-7": False}})
        found = funnel(POLICY, [owner, others], MORNING)
        assert found.lines[0].stages == Counter({"qualified": 2, "lost": 1})
        assert found.unclaimed == 1
        told = loop_text(replace(loop_of(desk), funnel=found))
        assert "\n  stages count leads: 1 of them is a repeat or touches a deal that another lead owns\n" in told


class TestPlayed:
    def test_the_report_says_all_of_it(self, played: SmallLoop) -> None:
        assert loop_text(loop_of(played.desk), played.names) + "\n" == GOLDEN.read_text(encoding="utf-8")

    def test_without_names_leads_are_told_by_their_ids(self, played: SmallLoop) -> None:
        text = loop_text(loop_of(played.desk))
        assert "Глеб" not in text
        [gleb] = [lead_id for lead_id, who in played.names.items() if who == "Глеб"]
        assert f"  {gleb}  lead_received  possible" in text

    def test_nothing_is_lost_between_intake_and_report(self, played: SmallLoop) -> None:
        loop = loop_of(played.desk)
        assert loop.outcomes["submission"].total() == loop.funnel.leads == len(played.names)
        for line in loop.goals:
            assert line.claimed == line.accepted + line.underway + line.refused
            assert line.claimed == sum(row.claim.goal == line.goal for row in loop.rows)
        assert sum(upload.count for upload in loop.uploads) == len(loop.rows)

    def test_rows_agree_with_what_metrica_counted(self, played: SmallLoop) -> None:
        counted = {(one["id"], one["target"]) for one in played.desk.counted()["conversions"]}
        assert {(row.claim.identifier, row.claim.target) for row in loop_of(played.desk).rows} == counted


class TestWebhooks:
    def test_their_endings_are_told_as_those_of_submissions_are(self, desk: MetricaDesk) -> None:
        for number, ended in enumerate((Outcome.APPLIED, Outcome.QUARANTINED, Outcome.APPLIED)):
            verdict = Verdict(ended is Outcome.APPLIED, "hint.marked", "as a hint ends")
            desk.world.store.commit([outcome(f"hint-{number}", "hint", ended, verdict, desk.now())])
        assert "\n  webhooks answered: 3 = 2 applied, 1 quarantined\n" in loop_text(loop_of(desk))


class TestSuspects:
    def suspects(self, desk: MetricaDesk) -> set[tuple[str, str]]:
        desk.upload()
        desk.pass_time(hours=2)
        desk.check()
        return {(row.lead_id, row.claim.identifier) for row in loop_of(desk).suspects}

    def test_an_upload_that_linked_wholly_has_none(self, desk: MetricaDesk) -> None:
        SmallLoop(desk).know_visits()
        desk.plant("anna", client_id=ANNA)
        assert self.suspects(desk) == set()

    def test_of_an_upload_that_did_not_link_at_all_every_row_is_one(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        desk.plant("boris", client_id=BORIS)
        assert self.suspects(desk) == {("anna", ANNA), ("boris", BORIS)}

    def test_of_a_partly_linked_one_the_row_with_a_cause_of_its_own(self, desk: MetricaDesk) -> None:
        SmallLoop(desk).know_visits()
        desk.plant("anna", client_id=ANNA)
        desk.plant("gleb", client_id="1788784201729464800")
        assert self.suspects(desk) == {("gleb", "1788784201729464800")}

    def test_where_causes_do_not_cover_what_is_missing_every_row_stays_one(self, desk: MetricaDesk) -> None:
        """Two rows are missing and one looks rounded: the other missing one may be any."""
        SmallLoop(desk).know_visits()
        desk.plant("anna", client_id=ANNA)
        desk.plant("gleb", client_id="1788784201729464800")
        desk.plant("zoya", client_id="1788207004118264903")
        assert {lead_id for lead_id, _ in self.suspects(desk)} == {"anna", "gleb", "zoya"}

    def test_an_upload_still_in_processing_has_none(self, desk: MetricaDesk) -> None:
        desk.plant("gleb", client_id="1788784201729464800")
        desk.upload()
        assert loop_of(desk).suspects == ()


class TestGoals:
    def test_the_row_metrica_will_not_take_is_refused_and_its_neighbours_are_not(self, desk: MetricaDesk) -> None:
        """The file is split until the bad row is alone; each row is told by the part that held it."""
        clients = [f"178820341152930417{number}" for number in range(4)]
        for number, client_id in enumerate(clients):
            desk.plant(f"lead-{number}", client_id=client_id)
        desk.fault("invalid_uploading", id=clients[2], times=None)
        for _ in range(3):
            desk.upload()
        loop = loop_of(desk)
        [received] = [line for line in loop.goals if line.goal == "lead_received"]
        assert (received.claimed, received.accepted, received.underway, received.refused) == (4, 3, 0, 1)
        assert {row.lead.id for row in loop.rows if row.upload and row.upload.state is State.REFUSED} == {"lead-2"}
        assert State.SPLIT not in {upload.state for upload in loop.uploads}

    def test_a_row_whose_answer_was_lost_is_under_way(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        desk.fault("accept_then_drop")
        desk.fault("listing_lag", path=None, method=None, times=None, minutes=10.0)
        desk.upload()
        [received] = [line for line in loop_of(desk).goals if line.goal == "lead_received"]
        assert (received.claimed, received.accepted, received.underway) == (1, 0, 1)

    def test_what_the_next_upload_sends_is_told_and_when(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        desk.plant("boris", client_id=BORIS)
        loop = read_loop(desk.world.store, desk.world.runtime.policy, desk.now(), schedule="0 */2 * * *")
        assert {line.goal: (line.claimed, line.waiting) for line in loop.goals}["lead_received"] == (0, 2)
        assert loop.next_upload is not None
        assert loop.next_upload == first_after("0 */2 * * *", desk.now())
        moment = f"{minute_of(timestamps.to_text(loop.next_upload), loop.time_zone)} ({loop.time_zone})"
        assert f"\n  next upload: {moment}; Metrica was not asked" in loop_text(loop)
        assert "\n  next upload: as the schedule of upload-conversions says; " in loop_text(loop_of(desk))
        desk.upload()
        loop = loop_of(desk)
        assert {line.goal: (line.claimed, line.waiting) for line in loop.goals}["lead_received"] == (2, 0)
        assert "next upload: " not in loop_text(loop)

    def test_one_of_a_kind_is_told_as_one(self, desk: MetricaDesk) -> None:
        desk.plant("boris", client_id=BORIS)
        desk.upload()
        desk.pass_time(hours=2)
        desk.check()
        text = loop_text(loop_of(desk))
        assert "Uploads: 1 file, 1 of them with totals read back; 1 row, 1 accepted, 0 linked" in text
        assert "Metrica knows no visitor for 1 of 1 row; a blocked tag leaves none" in text

    def test_nothing_known_is_an_empty_report(self, desk: MetricaDesk) -> None:
        text = loop_text(loop_of(desk))
        assert "submissions answered: 0 = 0\n  leads in the funnel: 0 = 0 from forms + 0 born in the CRM\n" in text
        assert "stages count leads" not in text
        assert "webhooks answered: 0 = 0" in text
        assert "Uploads: 0 files, 0 of them with totals read back; 0 rows, 0 accepted, 0 linked" in text
