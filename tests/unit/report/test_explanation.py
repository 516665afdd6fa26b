"""The story of one lead: every decision with its rule and reason, and nothing that is nobody else's business."""

from __future__ import annotations

import json

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.leads.lead import Lead
from leadloop.messages import BotSigns, ContactKey
from leadloop.policy import ContactMode
from leadloop.ports.store import Delete, Key
from leadloop.report.explanation import Explanation, explain, find_by_kind, find_leads
from support.lead_facts import after, lead_of, linked, lost, priced, submitted, visited
from support.metrica_desk import ANNA, BORIS, MetricaDesk, MetricaServer
from support.policies import sokol
from support.small_loop import SmallLoop


def story(played: SmallLoop, who: str, which: int = 0) -> Explanation:
    """The story of somebody's first lead (or another one of theirs)."""
    found = [lead_id for lead_id, name in played.names.items() if name == who]
    return story_of(played.desk, found[which])


def story_of(desk: MetricaDesk, lead_id: str) -> Explanation:
    return explain(desk.world.store, desk.world.runtime.policy, desk.lead(lead_id), desk.now())


def ends(told: Explanation) -> dict[str, tuple[str, str]]:
    return {one.goal: (one.ended, one.rule.partition(" ")[0]) for one in told.decisions}


class TestDecisions:
    def test_what_was_sent_tells_its_upload_and_what_metrica_made_of_it(self, played: SmallLoop) -> None:
        told = {one.goal: one for one in story(played, "Анна").decisions}
        assert {one.ended for one in told.values()} == {"terminal"}
        assert told["flat_sold"].rule.startswith("upload ")
        assert "Metrica's id " in told["flat_sold"].rule
        assert told["flat_sold"].reason == f"client_id {ANNA}, flat_sold, DateTime 1790159400; linked"
        assert told["lead_received"].reason.endswith("Metrica linked 4 of 5 rows of its upload")

    def test_an_upload_not_processed_yet_says_so(self, played: SmallLoop) -> None:
        [decision] = story(played, "Вера").decisions
        assert (decision.ended, decision.reason.partition("; ")[2]) == ("accepted", "not processed by Metrica yet")

    @pytest.mark.parametrize(
        ("who", "which", "goal", "end"),
        [
            ("Егор", 0, "lead_received", ("held", "held.no_identifier")),
            ("Борис", 0, "flat_sold", ("held", "held.settling")),
            ("Дарья", 0, "lead_received", ("expired", "expired.window_closed")),
            ("Анна", 1, "lead_received", ("duplicate", "duplicate.repeat")),
        ],
    )
    def test_what_was_not_sent_tells_the_rule(
        self, played: SmallLoop, who: str, which: int, goal: str, end: tuple[str, str]
    ) -> None:
        assert ends(story(played, who, which))[goal] == end

    def test_what_goes_next_is_said_before_it_goes(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        [decision] = story_of(desk, "anna").decisions
        assert (decision.ended, decision.rule) == ("next upload", "window.will_link")
        assert "Metrica was not asked" in story_of(desk, "anna").text()

    def test_metrica_is_not_spoken_of_where_nothing_waits_to_go(self, played: SmallLoop) -> None:
        assert "Metrica was not asked" not in story(played, "Анна").text()

    def test_a_row_that_waits_for_another_upload_says_so(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        desk.fault("drop_before")
        desk.fault("listing_lag", path=None, method=None, times=None, minutes=10.0)
        desk.upload()
        told = story_of(desk, "anna").decisions
        assert [one.goal for one in told].count("lead_received") == len(told) == 1

    def test_a_row_of_a_split_upload_is_told_by_the_part_that_held_it(self, desk: MetricaDesk) -> None:
        clients = {f"lead-{number}": f"178820341152930417{number}" for number in range(4)}
        for lead_id, client_id in clients.items():
            desk.plant(lead_id, client_id=client_id)
        desk.fault("invalid_uploading", id=clients["lead-2"], times=None)
        for _ in range(3):
            desk.upload()
        fates = {lead_id: story_of(desk, lead_id).decisions[0].ended for lead_id in clients}
        assert fates == {"lead-0": "accepted", "lead-1": "accepted", "lead-2": "refused", "lead-3": "accepted"}
        assert story_of(desk, "lead-2").decisions[0].reason.endswith("; invalid_uploading")

    def test_an_upload_whose_document_is_gone_is_said_and_the_rest_is_still_told(self, desk: MetricaDesk) -> None:
        desk.plant("anna", client_id=ANNA)
        desk.upload()
        desk.world.store.commit([Delete(Key("upload", desk.the_upload().token))])
        [decision] = story_of(desk, "anna").decisions
        assert (decision.ended, decision.reason.partition("; ")[2]) == ("unknown", "the document of its upload is gone")


class TestFacts:
    def test_facts_are_told_in_order_in_the_time_of_the_counter(self, played: SmallLoop) -> None:
        lines = story(played, "Анна").text().splitlines()
        assert lines[1] == "  source    yandex_direct   (rule click_id.yclid)"
        assert lines[2] == "  CRM       amocrm-lead-101, stage sold, delivery —"
        assert lines[4].startswith("  at (Europe/Moscow)   from  fact ")
        assert lines[6].startswith("  23.09.2026 13:00:00  site  submitted       form main, submission_id Анна-main")
        assert sum(line.startswith("  23.09.2026 13:30:00  crm ") for line in lines) == 3

    def test_the_sign_that_decided_the_source_is_among_what_is_told(self, played: SmallLoop) -> None:
        told = story(played, "Глеб")
        assert told.source_rule == "referrer.host"
        assert "referrer {host ya.ru, path /}" in told.text()

    def test_a_price_is_told_as_money_is_read_and_to_a_program_in_minor_units(self) -> None:
        told = explain_alone(lead_of(submitted(), linked("1"), priced(450_000_050, after(hours=1))))
        assert "price_observed  external_id 1, price 4,500,000.50 RUB\n" in told.text()
        assert told.as_json()["facts"][-1]["amount"] == 450_000_050  # type: ignore[index, call-overload]

    def test_moments_in_reasons_are_in_the_zone_of_the_counter(self, played: SmallLoop) -> None:
        line = next(line for line in story(played, "Борис").text().splitlines() if "held.settling" in line)
        assert "waits until 2026-09-23 17:00 (Europe/Moscow), because its price may still change" in line

    def test_a_repeat_names_the_lead_it_repeats(self, played: SmallLoop) -> None:
        first, repeat = story(played, "Анна", 0), story(played, "Анна", 1)
        assert repeat.repeat_of == first.lead_id
        assert f"repeats   {first.lead_id}, so it was not received twice" in repeat.text()

    def test_what_is_unknown_is_left_out(self, played: SmallLoop) -> None:
        told = json.loads(json.dumps(story(played, "Егор").as_json()))
        assert told["facts"] == [
            {
                "at": "2026-09-23T10:00:00.000000Z",
                "feed": "site",
                "kind": "submitted",
                "form": "main",
                "submission_id": "Егор-main",
            }
        ]

    def test_a_deal_that_was_joined_with_another_is_told(self) -> None:
        lead = lead_of(submitted(), linked("1"), lost("1", "merged", "2", after(hours=1)))
        assert "external_id 1, how merged, into 2" in explain_alone(lead).text()

    def test_a_return_to_the_site_is_told_with_its_day(self) -> None:
        lead = lead_of(submitted(client_id=ANNA), visited(after(days=1)))
        told = explain_alone(lead)
        visit = told.as_json()["facts"][1]  # type: ignore[index]
        assert visit == {
            "at": "2026-09-02T09:00:00.000000Z",
            "feed": "site",
            "kind": "visited",
            "day": "2026-09-02",
            "client_id": ANNA,
        }
        assert f"day 2026-09-02, client_id {ANNA}" in told.text()


def explain_alone(lead: Lead) -> Explanation:
    return explain(MemoryStore(), sokol(), lead, after(days=1))


class TestAHoldThatEndsByItself:
    POLICY = sokol(fraud={"at_hold_end": "release"})

    @pytest.mark.parametrize(
        ("seconds", "answer", "rule", "setting"),
        [(-1, "held", "fraud.held", "fraud.hold_from"), (0, "released", "fraud.hold_ended", "fraud.at_hold_end")],
    )
    def test_is_told_as_it_stands_with_the_line_that_ends_it(
        self, seconds: int, answer: str, rule: str, setting: str
    ) -> None:
        lead = lead_of(submitted(bot_signs=BotSigns(honeypot_filled=True)))
        told = explain(MemoryStore(), self.POLICY, lead, after(days=18, seconds=seconds))
        [fraud] = [one for one in told.judgements if one.about == "fraud"]
        assert (fraud.answer, fraud.rule, fraud.setting) == (answer, rule, setting)
        assert "honeypot 100" in fraud.reason


class TestPrivacy:
    CANARIES = ("89990000001", "9990000001", "sealed-contact-canary", "0f0f0f", "k1-canary")

    def test_no_contact_and_no_key_is_told(self) -> None:
        key = ContactKey(kind="phone", key_id="k1-canary", normaliser="n1", hmac="0f" * 32)
        lead = lead_of(submitted(keys=(key,), contact_sealed="sealed-contact-canary", yclid="7325873983740247041"))
        self.assert_clean(explain_alone(lead))

    def test_a_kept_contact_stays_sealed_in_the_story(self, server: MetricaServer) -> None:
        loop = SmallLoop(MetricaDesk(server, sokol(ContactMode.KEEP)))
        lead_id = loop.come("Анна", email="anna-canary@example.org", comment="comment-canary", ym_client_id=ANNA)
        sealed = loop.desk.lead(lead_id).state(loop.desk.world.runtime.policy).contact_sealed
        assert sealed
        told = story_of(loop.desk, lead_id)
        self.assert_clean(told)
        for canary in (sealed, "canary"):
            assert canary not in told.text()
            assert canary not in json.dumps(told.as_json(), ensure_ascii=False)

    def assert_clean(self, told: Explanation) -> None:
        for canary in self.CANARIES:
            assert canary not in told.text()
            assert canary not in json.dumps(told.as_json(), ensure_ascii=False)


class TestFinding:
    def found(self, played: SmallLoop, wanted: str) -> list[str]:
        world = played.desk.world
        return [played.names[lead.id] for lead in find_leads(world.store, world.runtime.policy, wanted)]

    @pytest.mark.parametrize(
        ("wanted", "who"),
        [
            (ANNA, ["Анна"]),
            ("7325873983740247041", ["Анна"]),
            ("101", ["Анна"]),
            ("102", ["Борис"]),
            ("1788784201729464800", ["Глеб"]),
            ("nobody", []),
            ("", []),
            ("https://sokol.amocrm.ru/leads/detail/101", []),
        ],
    )
    def test_a_lead_is_found_by_its_deal_or_its_ids(self, played: SmallLoop, wanted: str, who: list[str]) -> None:
        assert self.found(played, wanted) == who

    def test_a_lead_is_found_by_its_own_id(self, played: SmallLoop) -> None:
        for lead_id, who in played.names.items():
            assert self.found(played, lead_id) == [who]

    def test_a_lead_is_found_by_what_explain_and_report_print_of_it(self, played: SmallLoop) -> None:
        """Its id in whatever case a table or a spreadsheet has it, and its deal as ``CRM`` names it."""
        anna = story(played, "Анна")
        assert anna.crm_ref == "amocrm-lead-101"
        assert [self.found(played, name) for name in (anna.lead_id.upper(), anna.crm_ref)] == [["Анна"], ["Анна"]]
        assert self.found(played, "bitrix24-lead-101") == []

    @pytest.mark.parametrize("signs", [8, 12, 31])
    def test_a_beginning_of_an_id_finds_nothing(self, played: SmallLoop, signs: int) -> None:
        assert self.found(played, story(played, "Анна").lead_id[:signs]) == []

    def test_an_id_of_several_things_finds_all_of_them(self, desk: MetricaDesk) -> None:
        desk.plant("anna", deal="1700000000123456789", client_id=BORIS)
        desk.plant("boris", deal="8", client_id="1700000000123456789")
        desk.plant("vera", deal="9", client_id="1700000000123456788")
        world = desk.world
        found = find_by_kind(world.store, world.runtime.policy, "1700000000123456789")
        assert {kind: [lead.id for lead in leads] for kind, leads in found.items()} == {
            "deal": ["anna"],
            "ClientID": ["boris"],
        }

    def test_both_leads_on_one_deal_are_found(self, desk: MetricaDesk) -> None:
        desk.plant("anna", deal="7", client_id=ANNA)
        desk.plant("boris", deal="7")
        world = desk.world
        assert {lead.id for lead in find_leads(world.store, world.runtime.policy, "7")} == {"anna", "boris"}
