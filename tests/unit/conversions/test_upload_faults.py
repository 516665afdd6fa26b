"""What Metrica and the network may do to an upload, and that each conversion is counted once all the same."""

from __future__ import annotations

from typing import Any

import pytest

from leadloop.conversions.leaves import leaf_of
from support.metrica_desk import ANNA, BORIS, VERA, MetricaDesk, MetricaServer, unix
from support.policies import sokol

PAST_THE_FENCE = {"hours": 2, "minutes": 5}


@pytest.fixture
def desk(server: MetricaServer) -> MetricaDesk:
    """Anna and Boris have left a form."""
    desk = MetricaDesk(server)
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", client_id=BORIS)
    return desk


def assert_counted_once(desk: MetricaDesk) -> None:
    at = unix(desk.lead("anna").facts[0].occurred_at)
    assert desk.conversions() == {
        ("ClientId", ANNA, "lead_received", at),
        ("ClientId", BORIS, "lead_received", at),
    }
    assert desk.counted()["resent_rows"] == []


LOST_ANSWERS: list[dict[str, Any]] = [
    {"name": "accept_then_drop"},
    {"name": "accept_then_status", "status": 500},
    {"name": "accept_then_status", "status": 503},
    {"name": "accept_then_status", "status": 504},
    {"name": "accept_then_status", "status": 502, "html": "<h1>Bad Gateway</h1>"},
    {"name": "truncate", "keep": 25},
]


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=lambda fault: "-".join(map(str, fault.values()))[:30])
def test_a_lost_answer_is_found_in_the_list(desk: MetricaDesk, fault: dict[str, Any]) -> None:
    desk.fault(**fault)
    summary = desk.upload()
    assert summary.stopped is None
    assert desk.states() == ["accepted"]
    assert desk.posts() == 1
    assert_counted_once(desk)


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=lambda fault: "-".join(map(str, fault.values()))[:30])
def test_a_lost_answer_is_found_late_in_a_list_that_lags(desk: MetricaDesk, fault: dict[str, Any]) -> None:
    desk.fault(**fault)
    desk.fault("listing_lag", path=None, method=None, times=None, minutes=30.0)
    desk.upload()
    assert desk.states() == ["unknown"]
    desk.pass_time(minutes=31)
    desk.check()
    assert desk.states() == ["accepted"]
    desk.heal()
    assert desk.states() == ["terminal"]
    assert desk.posts() == 1
    assert_counted_once(desk)


@pytest.mark.parametrize(
    "fault",
    [{"name": "drop_before"}, {"name": "backend_error"}, {"name": "timeout"}, {"name": "status", "status": 500}],
    ids=lambda fault: str(fault["name"]),
)
def test_what_surely_did_not_arrive_goes_again_with_identical_bytes(desk: MetricaDesk, fault: dict[str, Any]) -> None:
    desk.fault(**fault)
    desk.upload()
    [before] = desk.uploads()
    assert before.state == "unknown"
    lines = [claim.row for lead in ("anna", "boris") for claim in desk.lead(lead).claims.values()]

    desk.heal()

    after = desk.the_upload()
    assert (after.state, after.attempts, after.token, after.digest) == ("terminal", 2, before.token, before.digest)
    assert [claim.row for lead in ("anna", "boris") for claim in desk.lead(lead).claims.values()] == lines
    [uploading] = desk.counted()["uploadings"]
    assert (uploading["sha256"], uploading["comment"]) == (before.digest, before.token)
    assert_counted_once(desk)


def test_nothing_goes_again_before_the_fence(desk: MetricaDesk) -> None:
    desk.fault("drop_before")
    desk.upload()
    for _ in range(8):
        desk.pass_time(minutes=15)
        desk.check()
        desk.upload()
    assert desk.posts() == 1, "two hours and the time-out have not passed"
    assert desk.the_upload().absences == ()


def test_one_listing_behind_the_fence_proves_nothing(desk: MetricaDesk) -> None:
    desk.fault("drop_before")
    desk.upload()
    desk.pass_time(**PAST_THE_FENCE)
    desk.check()
    desk.upload()
    desk.pass_time(minutes=9, seconds=59)
    desk.check()
    desk.upload()
    assert desk.posts() == 1
    desk.pass_time(seconds=1)
    desk.upload()
    assert desk.posts() == 2
    assert_counted_once(desk)


def test_a_lost_upload_that_shows_up_behind_the_fence_is_adopted(desk: MetricaDesk) -> None:
    desk.fault("accept_then_drop")
    desk.fault("listing_lag", path=None, method=None, times=None, minutes=140.0)
    desk.upload()
    desk.pass_time(**PAST_THE_FENCE)
    desk.check()
    assert len(desk.the_upload().absences) == 1
    desk.pass_time(minutes=20)
    desk.upload()
    assert (desk.states(), desk.posts()) == (["accepted"], 1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_later_than_the_time_out(desk: MetricaDesk, when: str) -> None:
    desk.fault("slow", seconds=0.4, when=when)
    desk.be_impatient(0.1)
    desk.upload()
    assert desk.states() == [{"before": "unknown", "after": "accepted"}[when]]
    desk.wait_until_served()
    desk.heal()
    assert desk.states() == ["terminal"]
    assert desk.posts() == 1
    assert_counted_once(desk)


@pytest.mark.parametrize("status", [420, 429])
def test_over_quota_the_rows_wait_for_the_next_run(desk: MetricaDesk, status: int) -> None:
    desk.fault("quota", status=status)
    stopped = desk.upload()
    assert stopped.stopped is not None
    assert desk.states() == ["released"]
    rows = {claim.row for lead in ("anna", "boris") for claim in desk.lead(lead).released().values()}
    desk.pass_time(hours=2)
    desk.upload()
    assert desk.states() == ["accepted", "released"]
    assert {claim.row for lead in ("anna", "boris") for claim in desk.lead(lead).claims.values()} == rows
    assert_counted_once(desk)


@pytest.mark.parametrize("fault", ["quota", "backend_error", "drop_before"])
def test_nothing_is_claimed_while_metrica_is_ill(desk: MetricaDesk, fault: str) -> None:
    desk.fault(fault, path="/goals", method="GET", times=None)
    summary = desk.upload()
    assert summary.stopped is not None
    assert "metrica_unavailable" in desk.log.events("ERROR")
    assert desk.uploads() == []
    assert desk.lead("anna").claims == {}


def test_a_file_taken_in_part_is_not_sent_again(desk: MetricaDesk) -> None:
    desk.fault("partial_lines", every=2)
    desk.upload()
    assert desk.states() == ["accepted_partially"]
    assert "upload_accepted_partially" in desk.log.events("ERROR")
    desk.heal()
    assert desk.states() == ["terminal"]
    assert (desk.the_upload().totals["source_quantity"], desk.the_upload().totals["line_quantity"]) == (2, 1)
    assert desk.posts() == 1


def test_the_plural_wrapper_is_read_too(desk: MetricaDesk) -> None:
    desk.stand_in.change_settings({"wrapper": "uploadings", "optional_fields": False})
    desk.upload()
    assert desk.states() == ["accepted"]
    desk.heal()
    assert desk.states() == ["terminal"]
    assert desk.the_upload().totals == {"source_quantity": 2, "line_quantity": 2}


def test_two_uploadings_under_one_token(desk: MetricaDesk) -> None:
    """The list lagged beyond the fence, so the file went twice; both are kept and somebody is told."""
    desk.fault("accept_then_drop")
    desk.fault("listing_lag", path=None, method=None, times=None, minutes=180.0)
    desk.upload()
    desk.pass_time(**PAST_THE_FENCE)
    desk.check()
    desk.pass_time(minutes=10)
    desk.upload()
    assert desk.posts() == 2
    desk.pass_time(hours=4)
    desk.check()
    first, second = sorted(one["id"] for one in desk.counted()["uploadings"])
    upload = desk.the_upload()
    assert (upload.vendor_id, upload.other_vendor_ids) == (str(first), (str(second),))
    assert desk.log.events("ERROR").count("upload_taken_twice") == 1
    at = unix(desk.lead("anna").facts[0].occurred_at)
    assert {one[1:] for one in desk.conversions()} == {(ANNA, "lead_received", at), (BORIS, "lead_received", at)}
    desk.check()
    assert desk.log.events("ERROR").count("upload_taken_twice") == 1, "it is said once"


def test_a_lost_upload_near_its_deadline_is_an_alarm_and_no_guess(server: MetricaServer) -> None:
    desk = MetricaDesk(server)
    desk.plant("vera", client_id=VERA)
    desk.pass_time(days=20, hours=20)
    desk.fault("drop_before")
    desk.upload()
    desk.check()
    assert "unknown_upload_near_deadline" in desk.log.events("ERROR")
    assert desk.posts() == 1


def test_a_list_that_may_not_be_read_leaves_the_lost_upload_and_sends_the_rest(desk: MetricaDesk) -> None:
    desk.fault("accept_then_drop")
    desk.fault("status", status=403, path="/uploadings", method="GET", times=None)
    desk.upload()
    assert desk.states() == ["unknown"]
    desk.plant("vera", client_id=VERA)
    desk.upload()
    assert "list_refused" in desk.log.events("ERROR")
    assert desk.states() == ["accepted", "unknown"]
    with desk.stand_in.lock:
        desk.stand_in.faults.clear()
    desk.heal()
    assert desk.states() == ["terminal", "terminal"]
    assert desk.counted()["resent_rows"] == []


class TestRefusals:
    """Metrica says no: to the token, the counter, a goal, or a row."""

    @pytest.mark.parametrize(
        ("token", "event"), [("no-such-token", "metrica_token_refused"), ("stranger", "upload_not_taken")]
    )
    def test_a_wrong_token_stops_the_run(self, server: MetricaServer, token: str, event: str) -> None:
        desk = MetricaDesk(server, token=token)
        desk.plant("anna", client_id=ANNA)
        assert desk.upload().stopped is not None
        assert event in desk.log.events("ERROR")
        assert desk.conversions() == set()
        assert [claim.token for claim in desk.lead("anna").claims.values()] in ([], [None])
        desk.use_token("an-oauth-token")
        desk.upload()
        assert len(desk.conversions()) == 1

    def test_a_wrong_counter_stops_the_run(self, server: MetricaServer) -> None:
        desk = MetricaDesk(server, sokol(site={"counter": "999"}))
        desk.plant("anna", client_id=ANNA)
        assert desk.upload().stopped is not None
        assert "counter_unknown" in desk.log.events("ERROR")
        assert desk.uploads() == []

    def test_a_missing_goal_waits_and_the_others_go(self, server: MetricaServer) -> None:
        desk = MetricaDesk(
            server, sokol(goals={"lead_qualified": {"on": "stage", "stage": "qualified", "target": "q"}})
        )
        desk.plant("anna", client_id=ANNA, stages={"qualified": desk.now()})
        summary = desk.upload()
        assert summary.withheld == {"held.goal_not_in_counter": 1}
        assert "goals_not_in_counter" in desk.log.events("ERROR")
        assert {target for _, _, target, _ in desk.conversions()} == {"lead_received"}
        desk.stand_in.apply_seed({"goals": [{"target": "q", "counter": "12345678"}]})
        desk.upload()
        assert {target for _, _, target, _ in desk.conversions()} == {"lead_received", "q"}

    def test_a_token_that_may_only_upload_goes_on_unverified(self, server: MetricaServer) -> None:
        desk = MetricaDesk(server, token="uploads-only")
        desk.plant("anna", client_id=ANNA)
        assert desk.upload().stopped is None
        assert "goals_not_verified" in desk.log.events("WARNING")
        assert len(desk.conversions()) == 1


class TestPoisonedRows:
    """A file is refused for the sake of a row nobody names."""

    ROWS = 9

    @pytest.fixture
    def crowd(self, server: MetricaServer) -> MetricaDesk:
        desk = MetricaDesk(server)
        for number in range(self.ROWS):
            desk.plant(f"lead-{number}", client_id=self.client(number))
        return desk

    @staticmethod
    def client(number: int) -> str:
        return f"17000000000000{number:05d}"

    @pytest.mark.parametrize("bad", [{0}, {4}, {8}, {0, 8}, {3, 4, 5}])
    def test_the_bad_rows_are_found_and_all_others_counted(self, crowd: MetricaDesk, bad: set[int]) -> None:
        for number in bad:
            crowd.plant(f"bad-{number}", client_id=self.client(number), stages={"qualified": crowd.now()})
        crowd.fault("invalid_uploading", target="lead_qualified", times=None)
        for _ in range(3):
            crowd.upload()
        assert {target for _, _, target, _ in crowd.conversions()} == {"lead_received"}
        assert {one for _, one, _, _ in crowd.conversions()} == {self.client(number) for number in range(self.ROWS)}
        refused = [upload for upload in crowd.uploads() if upload.state == "refused"]
        assert [upload.count for upload in refused] == [1] * len(bad)
        assert {upload.reason for upload in refused} == {"invalid_uploading"}

    def test_each_row_has_one_upload_that_speaks_for_it(self, crowd: MetricaDesk) -> None:
        crowd.fault("invalid_uploading", id=self.client(4), times=None)
        for _ in range(3):
            crowd.upload()
        ledger = crowd.ledger()
        for number in range(self.ROWS):
            [claim] = crowd.lead(f"lead-{number}").claims.values()
            assert claim.token is not None
            leaf = leaf_of(ledger, claim.token, claim.index).upload
            assert leaf.first <= claim.index < leaf.end
            assert leaf.state == ("refused" if number == 4 else "accepted")

    def test_the_search_keeps_to_the_runs_number_of_files(self, server: MetricaServer) -> None:
        desk = MetricaDesk(server, sokol(defaults={"uploads_per_run": 3}))
        for number in range(self.ROWS):
            desk.plant(f"lead-{number}", client_id=self.client(number))
        desk.fault("invalid_uploading", id=self.client(4), times=None)
        posts = []
        for _ in range(5):
            before = desk.posts()
            desk.upload()
            posts.append(desk.posts() - before)
        assert max(posts) <= 3
        assert len(desk.conversions()) == self.ROWS - 1

    def test_a_lost_answer_to_a_half_is_settled_like_any_other(self, crowd: MetricaDesk) -> None:
        crowd.fault("invalid_uploading", id=self.client(0), times=None)
        crowd.fault("accept_then_drop", after=2, times=1)
        crowd.fault("listing_lag", path=None, method=None, times=None, minutes=10.0)
        crowd.upload()
        assert "unknown" in crowd.states()
        crowd.heal()
        crowd.upload()
        assert len(crowd.conversions()) == self.ROWS - 1
        assert crowd.counted()["resent_rows"] == []

    def test_quota_in_the_middle_of_the_search_leaves_the_halves_waiting(self, crowd: MetricaDesk) -> None:
        crowd.fault("invalid_uploading", id=self.client(0), times=None)
        crowd.fault("quota", after=1, times=1)
        crowd.upload()
        assert crowd.states() == ["ready", "ready", "split"]
        crowd.pass_time(hours=2)
        crowd.upload()
        assert len(crowd.conversions()) == self.ROWS - 1
