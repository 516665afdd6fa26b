"""What a call tracker tells late: ids, tags, rows; and how little it may be asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadloop import timestamps
from support.crm_desk import ANNA
from support.sayings import ROOT
from support.tracker_desk import TEMPLATE, YCLID, TrackerAccounts, TrackerDesk, with_tracker

ANNA_TYPED = "+7 999 000-00-02"


@pytest.fixture(scope="module")
def accounts() -> TrackerAccounts:
    return TrackerAccounts()


@pytest.fixture
def desk(accounts: TrackerAccounts) -> Iterator[TrackerDesk]:
    with accounts.desk() as one:
        yield one


def events(desk: TrackerDesk, event: str) -> list[str]:
    return [str(entry.details.get("reason")) for entry in desk.world.log.entries if entry.event == event]


class TestIds:
    @pytest.mark.parametrize(
        ("joined_after", "known_within"), [(10, 20), (50, 65), (5 * 60, 6 * 60 + 20), (23 * 60, 24 * 60 + 20)]
    )
    def test_ids_that_join_late_are_seen(self, desk: TrackerDesk, joined_after: int, known_within: int) -> None:
        desk.call("anna", desk.visit(), ids_delay_seconds=joined_after * 60)
        desk.pass_time(minutes=known_within)
        state = desk.state(desk.the_lead().id)
        assert (state.ids["client_id"], state.ids["yclid"]) == (ANNA, YCLID)

    def test_ids_that_join_late_find_the_lead_first(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker("none")) as desk:
            lead_id = desk.submit("anna", client_id=ANNA, city="Москва")
            desk.settle()
            desk.clock.advance(hours=2)
            desk.call("anna", desk.visit(yclid=None), ids_delay_seconds=12 * 60)
            desk.pass_time(minutes=10)
            assert desk.the_lead().id == lead_id
            desk.pass_time(minutes=45)
            assert desk.the_lead().id == lead_id
            assert len(desk.state(lead_id).contacts) == 1

    def test_a_visit_that_is_recognised_late_tells_the_source(self, desk: TrackerDesk) -> None:
        call = desk.call("anna")
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).source.is_none
        desk.comagic.act({"action": "recognise", "communication_id": call, "session_id": desk.visit()})
        desk.pass_time(hours=2)
        assert desk.state(desk.the_lead().id).source.label == "yandex_direct"

    def test_it_tells_the_source_of_a_form_that_told_none(self, desk: TrackerDesk) -> None:
        lead_id = desk.submit("anna", phone=ANNA_TYPED)
        desk.settle()
        desk.clock.advance(hours=2)
        call = desk.call("anna")
        desk.pass_time(minutes=30)
        assert desk.state(lead_id).source.is_none
        session = desk.visit(yclid=None, marks={"utm_source": "telegram"})
        desk.comagic.act({"action": "recognise", "communication_id": call, "session_id": session})
        desk.pass_time(hours=2)
        assert desk.state(lead_id).source.label == "telegram"

    def test_a_long_call_is_seen_once_it_is_over(self, desk: TrackerDesk) -> None:
        began = desk.clock.now()
        desk.comagic.act(
            {"action": "call", "phone": "79990000002", "session_id": desk.visit(), "talk_seconds": 90 * 60}
        )
        desk.pass_time(minutes=60)
        assert desk.leads() == []
        desk.pass_time(minutes=75)
        assert desk.state(desk.the_lead().id).occurred_at == began


class TestTags:
    @pytest.mark.parametrize("days", [1, 8, 20])
    def test_a_tag_that_is_set_days_later_is_seen_at_its_own_time(self, desk: TrackerDesk, days: int) -> None:
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        desk.clock.advance(days=days)
        desk.sync()
        tagged_at = desk.clock.now()
        desk.tag(call, "sold")
        desk.pass_time(minutes=15)
        assert desk.state(desk.the_lead().id).stages["sold"].at == tagged_at

    def test_one_that_means_nothing_takes_nothing_back(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.tag(call, "target")
        desk.pass_time(minutes=30)
        desk.tag(call, "vip")
        desk.pass_time(minutes=30)
        state = desk.state(desk.the_lead().id)
        assert (state.stage, {*state.stages}, state.unmapped_statuses) == ("qualified", {"qualified"}, set())

    def test_one_that_means_nothing_makes_nobody_good_again(self, accounts: TrackerAccounts) -> None:
        policy = with_tracker(tracker={"tags": {"101": "lost"}}, qualification={"profile": "cold"})
        with accounts.desk(policy) as desk:
            call = desk.call("anna", desk.visit())
            desk.tag(call, "target")
            desk.pass_time(minutes=30)
            desk.tag(call, "vip")
            desk.pass_time(minutes=30)
            assert desk.state(desk.the_lead().id).quality.standing == "disqualified"

    def test_one_that_is_renamed_is_the_same(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.comagic.act({"action": "rename_tag", "tag": 101, "name": "Хороший"})
        desk.tag(call, "target")
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).stage == "qualified"

    def test_tags_qualify_as_stages_do(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(qualification={"profile": "cold"})) as desk:
            call = desk.call("anna", desk.visit())
            desk.tag(call, "target")
            desk.pass_time(minutes=30)
            quality = desk.state(desk.the_lead().id).quality
            assert quality.standing in ("qualified", "qualified_incomplete")


class TestNotifications:
    def test_one_is_read_at_once(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.clock.advance(minutes=11)
        assert desk.carry_notifications() == [200]
        assert [*desk.state(desk.the_lead().id).contacts] == [f"comagic-lead-call-{call}"]

    def test_a_tag_is_known_at_once(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.pass_time(minutes=30)
        desk.tag(call, "target")
        desk.carry_notifications()
        assert desk.state(desk.the_lead().id).stage == "qualified"

    def test_what_is_not_there_yet_is_looked_for_again(self, desk: TrackerDesk) -> None:
        desk.tracker_settings(row_delay_seconds=20 * 60)
        desk.call("anna", desk.visit())
        assert desk.carry_notifications() == [200]
        assert desk.marks()
        desk.pass_time(minutes=45)
        assert desk.state(desk.the_lead().id).born_in == "call"
        assert desk.marks() == []

    def test_what_never_comes_is_given_up(self, desk: TrackerDesk) -> None:
        body = '{"communication_type": "call", "communication_id": 900009999}'
        assert desk.notify(body) == 200
        desk.pass_time(hours=3)
        assert (desk.marks(), desk.leads()) == ([], [])

    def test_a_row_out_of_reach_of_the_reports_is_not_lost(self, desk: TrackerDesk) -> None:
        call = desk.call("anna", desk.visit())
        desk.tag(call, "target")
        desk.pass_time(minutes=30)
        before = desk.the_lead()
        desk.clock.advance(days=120)
        desk.notify(f'{{"communication_type": "call", "communication_id": {call}}}')
        desk.sync()
        assert desk.the_lead().facts == before.facts
        assert desk.marks() == []

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("communication_type=call&communication_id={id}", "application/x-www-form-urlencoded"),
            ('communication_type="call"&communication_id={id}', "application/x-www-form-urlencoded"),
            ('{{"communication_id": "{id}", "call_session_id": 1500000001, "tag_names": null}}', "text/plain"),
        ],
    )
    def test_a_body_may_be_a_form_or_leave_the_kind_of_a_call_out(
        self, desk: TrackerDesk, body: str, content_type: str
    ) -> None:
        call = desk.call("anna", desk.visit())
        desk.clock.advance(minutes=11)
        assert desk.notify(body.format(id=call), content_type) == 200
        assert len(desk.leads()) == 1

    def test_a_body_without_ids_is_kept_for_a_person(self, desk: TrackerDesk) -> None:
        assert desk.notify('{"notification_name": "Заявка"}') == 200
        kept = desk.world.the("quarantine")
        assert "communication_id" in str(kept.fields["reason"])

    def test_of_what_is_not_read_none_is_asked_for(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(tracker={"chats": False})) as desk:
            desk.chat("anna")
            assert desk.carry_notifications() == [200]
            desk.pass_time(hours=3)
            assert "get.chats_report" not in desk.asked()
            assert (desk.leads(), desk.marks()) == ([], [])

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_the_template_is_the_one_of_the_guide(self, language: str) -> None:
        guide = (ROOT / "docs" / language / "call-tracking.md").read_text(encoding="utf-8")
        assert f"```json\n{TEMPLATE}\n```" in guide

    def test_a_stranger_is_told_nothing(self, desk: TrackerDesk) -> None:
        client = desk.world.client("receive-crm-event")
        assert client.post("/comagic/guessed", data="{}").status_code == 404

    def test_silence_of_the_tracker_is_no_alarm(self, desk: TrackerDesk) -> None:
        desk.deal(phone="+7 999 000-00-09")
        desk.carry_hooks()
        for _ in range(6):
            desk.call("anna")
            desk.pass_time(minutes=30)
        assert events(desk, "crm_hooks_ceased") == []

    def test_notifications_of_the_tracker_hide_no_silence_of_the_crm(self, desk: TrackerDesk) -> None:
        deal = desk.deal(phone="+7 999 000-00-09")
        desk.carry_hooks()
        desk.clock.advance(hours=1)
        for stage in ("qualified", "meeting", "sold"):
            desk.call("anna")
            desk.carry_notifications()
            desk.move(deal, stage)
            desk.pass_time(minutes=15)
        assert len(events(desk, "crm_hooks_ceased")) == 1


def a_day_of_contacts(accounts: TrackerAccounts, *, with_notifications: bool) -> dict[str, object]:
    """What rests after a day on which ids joined late, with every notification carried at once or with none."""
    with accounts.desk() as desk:
        call = desk.call("anna", desk.visit(), ids_delay_seconds=8 * 60)
        desk.call("boris")
        desk.request("vera", desk.visit(ym_client_id="1700000000123456799", yclid=None), ids_delay_seconds=90)
        desk.tag(call, "target")
        for _ in range(14):
            desk.clock.advance(minutes=1)
            if with_notifications:
                desk.carry_notifications()
        desk.pass_time(hours=25)
        return desk.resting()


def test_it_makes_no_difference_when_a_row_was_read(accounts: TrackerAccounts) -> None:
    seen_at_once = a_day_of_contacts(accounts, with_notifications=True)
    assert seen_at_once == a_day_of_contacts(accounts, with_notifications=False)
    assert len([one for one in seen_at_once if one.startswith("lead/")]) == 3


class TestQuota:
    def test_a_quiet_day_costs_one_call_a_tick(self, desk: TrackerDesk) -> None:
        desk.sync()
        before = len(desk.asked())
        desk.pass_time(hours=24)
        assert desk.asked()[before:] == ["get.communications_report"] * 96

    def test_a_busy_day_stays_within_a_thousand_calls(self, desk: TrackerDesk) -> None:
        for number in range(48):
            for contact in (desk.call, desk.request, desk.chat):
                contact("anna", phone=f"7916{number:07}")
            desk.pass_time(minutes=29)
        assert len(desk.asked()) < 600
        assert len(desk.leads()) > 40

    def test_when_the_day_is_spent_it_goes_on_the_next_day(self, desk: TrackerDesk) -> None:
        desk.call("anna", desk.visit())
        desk.tracker_settings(day_limit=0)
        desk.pass_time(minutes=30)
        assert any("limit_exceeded" in reason and "a day" in reason for reason in events(desk, "crm_unreadable"))
        assert desk.leads() == []
        desk.tracker_settings(day_limit=1000)
        desk.pass_time(minutes=15)
        assert len(desk.leads()) == 1

    def test_a_tracker_that_is_down_keeps_no_deal_from_being_read(self, desk: TrackerDesk) -> None:
        desk.comagic.faults.order({"fault": "status", "status": 502, "times": 100})
        deal = desk.deal(phone=ANNA_TYPED)
        desk.pass_time(minutes=30)
        assert desk.state(desk.the_lead().id).crm_ref == f"amocrm-lead-{deal}"


class TestZones:
    @pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Vladivostok", "America/Los_Angeles"])
    def test_times_are_of_the_accounts_zone(self, accounts: TrackerAccounts, zone: str) -> None:
        with accounts.desk(with_tracker(tracker={"time_zone": zone})) as desk:
            desk.tracker_settings(time_zone=zone)
            called_at = desk.clock.now()
            desk.call("anna", desk.visit())
            desk.pass_time(minutes=30)
            assert desk.state(desk.the_lead().id).occurred_at == called_at

    @pytest.mark.parametrize("at", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-03-29T00:59:30Z"])
    def test_a_call_while_the_clocks_are_changed_is_one_lead(self, accounts: TrackerAccounts, at: str) -> None:
        with accounts.desk(with_tracker(tracker={"time_zone": "Europe/Berlin"})) as desk:
            desk.tracker_settings(time_zone="Europe/Berlin")
            desk.clock.set(timestamps.from_text(at))
            desk.call("anna", desk.visit())
            desk.pass_time(hours=3)
            occurred_at = desk.state(desk.the_lead().id).occurred_at
            assert occurred_at is not None
            assert abs((occurred_at - timestamps.from_text(at)).total_seconds()) in (0, 3600)

    def test_a_tag_in_the_hour_that_comes_twice_is_seen(self, accounts: TrackerAccounts) -> None:
        with accounts.desk(with_tracker(tracker={"time_zone": "Europe/Berlin"})) as desk:
            desk.tracker_settings(time_zone="Europe/Berlin")
            desk.clock.set(timestamps.from_text("2026-10-20T09:00:00Z"))
            call = desk.call("anna", desk.visit())
            desk.pass_time(minutes=30)
            desk.clock.set(timestamps.from_text("2026-10-25T01:20:00Z"))  # 02:20 for the second time
            desk.sync()
            desk.clock.advance(minutes=10)
            desk.tag(call, "target")
            desk.pass_time(minutes=15)
            assert desk.state(desk.the_lead().id).stage == "qualified"


def test_who_calls_all_day_leaves_room_for_the_sale(accounts: TrackerAccounts) -> None:
    """A courier, a partner, the office itself."""
    with accounts.desk() as desk:
        lead = desk.submit("anna", phone="+7 999 000-00-02", client_id=ANNA)
        deal = desk.deal(phone="+7 999 000-00-02")
        desk.carry_hooks()
        for _ in range(170):
            desk.call("anna", talk_seconds=20)
            desk.clock.advance(minutes=8)
        desk.pass_time(minutes=40)
        desk.move(deal, "sold")
        desk.carry_hooks()
        assert "sold" in desk.state(lead).stages
        assert not desk.world.log.events("ERROR")
