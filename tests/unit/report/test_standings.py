"""What sales made of the leads, in the report: by source, by manager, and what nobody gave a reason for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadloop.cli.report import as_json
from leadloop.facts import Fact
from leadloop.leads.circumstances import Circumstances
from leadloop.leads.lead import Lead
from leadloop.leads.quality import Standing
from leadloop.leads.totals import contribution
from leadloop.policy import Policy
from leadloop.report.funnel import Funnel, funnel
from leadloop.report.loop import Loop, read_loop
from leadloop.report.text import loop_text
from support.lead_facts import after, any_facts, entered, lead_of, linked, submitted
from support.metrica_desk import MetricaDesk
from support.policies import LOST, NEW, QUALIFIED, sokol
from support.sales import IVANOVA, PETROV, RENT, SPAM, UNKNOWN_REASON, judging, shown
from support.settable_clock import MORNING

POLICY = judging()
ALL = ("location", "budget")
NOW = after(days=3)


def came(name: str, *facts: Fact, source: str = "vk", at: datetime = MORNING) -> Lead:
    """A lead with a deal of its own, named after its place in the alphabet."""
    deal = str(ord(name[0]))
    own = [fact.model_copy(update={"values": {**fact.values, "external_id": deal}}) for fact in facts]
    return lead_of(submitted(at, name, utm={"utm_source": source}), linked(deal, at=at), *own, lead_id=name)


ANNA = came("anna", shown(*ALL), entered(QUALIFIED, after(hours=2)))
BORIS = came("boris", shown(*ALL, responsible=PETROV), entered(QUALIFIED, after(hours=5)))
VERA = came("vera", shown("budget"), entered(QUALIFIED, after(hours=2)))
GLEB = came("gleb", shown(loss_reason=SPAM), entered(LOST, after(hours=1)))
DARYA = came("darya", shown(loss_reason=RENT), entered(LOST, after(hours=1)))
EGOR = came("egor", shown(responsible=PETROV, loss_reason=UNKNOWN_REASON), entered(LOST, after(hours=1)))
ZOYA = came("zoya", shown(responsible=PETROV), entered(LOST, after(hours=1)))
IVAN = came("ivan", entered(NEW), shown(responsible=PETROV))
KIRA = came("kira", entered(NEW, after(days=2, hours=12)), source="avito", at=after(days=2, hours=12))
CAST = (ANNA, BORIS, VERA, GLEB, DARYA, EGOR, ZOYA, IVAN, KIRA)


def counted(*leads: Lead, policy: Policy = POLICY, now: datetime = NOW) -> Funnel:
    return funnel(policy, leads, now)


def test_leads_of_a_source_by_their_standing() -> None:
    [vk, avito] = counted(*CAST).lines
    assert vk.quality.counts == {
        Standing.QUALIFIED: 2,
        Standing.QUALIFIED_INCOMPLETE: 1,
        Standing.DISQUALIFIED: 4,
        Standing.PENDING: 1,
    }
    assert (vk.quality.overdue, vk.quality.ever_qualified) == (1, 2)
    assert (avito.quality.counts, avito.quality.overdue) == ({Standing.PENDING: 1}, 0)


def test_why_leads_were_lost_and_what_that_says_of_the_channel() -> None:
    quality = counted(*CAST).lines[0].quality
    assert quality.reasons == {"spam": 1, "wants_to_rent": 1, "unmapped": 1, "missing": 1}
    assert quality.unmapped == {UNKNOWN_REASON: 1}
    assert (quality.against_channel, quality.warm_up) == (1, 1)


def test_the_median_is_of_all_who_were_ever_qualified() -> None:
    lost_later = came("lev", shown(*ALL), entered(QUALIFIED, after(hours=3)), entered(LOST, after(days=1)))
    quality = counted(ANNA, BORIS, lost_later).lines[0].quality
    assert (quality.median_time, quality.ever_qualified) == (timedelta(hours=3), 3)
    assert quality.counts[Standing.QUALIFIED] == 2
    assert counted(ANNA, BORIS).lines[0].quality.median_time == timedelta(hours=3.5)
    assert counted(IVAN).lines[0].quality.median_time is None


def test_managers_with_the_most_overdue_first() -> None:
    managers = counted(*CAST).managers
    assert [(who, found.overdue, found.counts[Standing.PENDING]) for who, found in managers] == [
        (PETROV, 1, 1),
        ("—", 0, 1),
        (IVANOVA, 0, 0),
    ]
    assert [found.median_time for _, found in managers] == [timedelta(hours=5), None, timedelta(hours=2)]


def test_what_is_due_this_moment_is_not_overdue_yet() -> None:
    assert counted(IVAN, now=after(days=1)).lines[0].quality.overdue == 0
    assert counted(IVAN, now=after(days=1, seconds=1)).lines[0].quality.overdue == 1


class TestAnothers:
    """Nobody decides about a lead when somebody decides about another one."""

    def test_an_undecided_duplicate_waits_for_nobody(self) -> None:
        repeat = IVAN.model_copy(update={"repeat_of": "anna"})
        duplicate = IVAN.model_copy(update={"circumstances": Circumstances(repeats="anna")})
        found = counted(repeat, duplicate)
        quality = found.lines[0].quality
        assert (quality.anothers, quality.counts, quality.overdue, found.managers) == (2, {}, 0, ())

    def test_a_duplicate_with_a_decision_of_its_own_counts(self) -> None:
        quality = counted(GLEB.model_copy(update={"repeat_of": "anna"})).lines[0].quality
        assert (quality.anothers, quality.counts) == (0, {Standing.DISQUALIFIED: 1})

    def test_a_touch_of_a_deal_is_decided_about_once(self) -> None:
        touch = ANNA.model_copy(update={"ownership": {f"amocrm-lead-{ord('a')}": False}})
        quality = counted(ANNA, touch).lines[0].quality
        assert (quality.anothers, quality.counts, quality.ever_qualified) == (1, {Standing.QUALIFIED: 1}, 1)


_LEADS = st.builds(
    lambda facts, repeat_of: lead_of(*facts).model_copy(update={"repeat_of": repeat_of}),
    any_facts(6),
    st.sampled_from([None, "anna"]),
)


@given(st.lists(_LEADS, max_size=6))
def test_standings_add_up_to_the_leads_of_each_source(leads: list[Lead]) -> None:
    for line in counted(*leads).lines:
        assert line.quality.counts.total() + line.quality.anothers == line.leads


class TestTold:
    """The report with the cast in it, as a person and a program get it."""

    def loop(self, desk: MetricaDesk, policy: Policy = POLICY) -> Loop:
        loop = read_loop(desk.world.store, policy, desk.now())
        return replace(loop, funnel=counted(*CAST, policy=policy))

    def test_a_person_gets_two_tables_and_what_has_no_reason(self, desk: MetricaDesk) -> None:
        told = loop_text(self.loop(desk)).partition("\nQuality")[2].partition("\nGoals")[0]
        lines = [" ".join(line.split()) for line in told.splitlines() if "─" not in line]
        assert lines == [
            ": what sales made of the leads, by source",
            "source qualified incomplete disqualified pending overdue time to qualify another's against warm up "
            "why disqualified",
            "vk 2 1 4 1 1 3h 30m 0 1 1 missing 1, spam 1, unmapped 1, 1 more",
            "avito 0 0 0 1 0 — 0 0 0 —",
            "against: lost for a reason that speaks against the channel; warm up: for one that marketing goes on with",
            "lost without a reason: 1; loss reasons of the CRM that no reason of the policy means: 999 (1)",
            "",
            "Managers: whose decisions are due (users by their ids in the CRM)",
            "manager qualified incomplete disqualified pending overdue time to qualify",
            "32 1 0 2 1 1 5h",
            "— 0 0 0 1 0 —",
            "31 1 1 2 0 0 2h",
        ]

    def test_it_fits_a_wide_terminal(self, desk: MetricaDesk) -> None:
        assert max(map(len, loop_text(self.loop(desk)).splitlines())) <= 160

    def test_a_program_gets_all_of_it(self, desk: MetricaDesk) -> None:
        told = as_json(self.loop(desk))
        [vk, _] = [one for one in told["sources"] if isinstance(one, dict)]  # type: ignore[union-attr]
        assert vk["quality"] == {
            **{"qualified": 2, "qualified_incomplete": 1, "disqualified": 4, "pending": 1, "anothers": 0},
            **{"overdue": 1, "ever_qualified": 2, "median_seconds_to_qualify": 12_600},
            "reasons": {"spam": 1, "wants_to_rent": 1, "unmapped": 1, "missing": 1},
            "unmapped_loss_reasons": {"999": 1},
            **{"against_channel": 1, "warm_up": 1},
        }
        assert [one["manager"] for one in told["managers"] if isinstance(one, dict)] == [PETROV, "—", IVANOVA]  # type: ignore[union-attr]

    def test_who_asks_for_no_quality_is_told_nothing_of_it(self, desk: MetricaDesk) -> None:
        loop = self.loop(desk, sokol())
        told = as_json(loop)
        assert "Quality" not in loop_text(loop)
        assert told["managers"] == []
        assert {one["quality"] for one in told["sources"] if isinstance(one, dict)} == {None}  # type: ignore[union-attr]


class TestTotals:
    def test_a_lead_counts_under_its_standing_and_reason(self) -> None:
        [counters] = contribution(POLICY, GLEB, GLEB.state(POLICY)).values()
        assert counters == {"leads": 1, "stages.lost": 1, "quality.disqualified": 1, "reasons.spam": 1}
        [counters] = contribution(POLICY, IVAN, IVAN.state(POLICY)).values()
        assert counters == {"leads": 1, "stages.new": 1, "quality.pending": 1}

    def test_unless_nobody_asks_for_it(self) -> None:
        [counters] = contribution(sokol(), GLEB, GLEB.state(sokol())).values()
        assert counters == {"leads": 1, "stages.lost": 1}
