"""What a run finds when it comes after another: one that may still be at work, and one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest

from leadloop.conversions.claiming import Claimer
from leadloop.conversions.ledger import UploadLedger, UploadTaken
from leadloop.conversions.releasing import Releaser
from leadloop.conversions.run import UploadRun
from leadloop.conversions.selection import Choice, Selection
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.ports.http import HttpRequest, HttpResponse
from leadloop.ports.store import DocumentTooLarge, Page, Query, Store, Write
from support.interruptions import Crash, Interrupter
from support.metrica_desk import ANNA, BORIS, YCLID, MetricaDesk, MetricaServer
from support.policies import sokol

WITHIN_THE_LEASE, PAST_THE_LEASE = 9, 11
PAST_THE_FENCE = {"hours": 2, "minutes": 5}


@pytest.fixture
def desk(desk: MetricaDesk) -> MetricaDesk:
    """Anna and Boris have left a form."""
    desk.plant("anna", client_id=ANNA)
    desk.plant("boris", client_id=BORIS)
    return desk


class DyingHttp:
    """The process dies as it is about to send a file."""

    def __init__(self, desk: MetricaDesk) -> None:
        self._http = desk.world.runtime.http

    def send(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            raise Crash
        return self._http.send(request)


def die_sending(desk: MetricaDesk) -> None:
    with desk.over(DyingHttp(desk)), pytest.raises(Crash):
        UploadRun(desk.context()).run()
    assert desk.states() == ["sending"]


class SlowRun:
    """The filling half of a run, one step at a time."""

    def __init__(self, desk: MetricaDesk) -> None:
        context = desk.context()
        self.ledger = UploadLedger(context)
        self.selection = Selection(context.policy, context.now())
        self.claimer = Claimer(context, self.ledger, self.selection, lambda _: True)
        [self._page] = self.selection.pages(context.store)

    def choices(self, lead_id: str) -> Sequence[Choice]:
        return [choice for choice in self._page if choice.lead.id == lead_id]


@pytest.mark.parametrize(("minutes", "state"), [(WITHIN_THE_LEASE, "sending"), (PAST_THE_LEASE, "unknown")])
def test_a_sender_counts_as_gone_only_when_its_lease_is_over(desk: MetricaDesk, minutes: int, state: str) -> None:
    die_sending(desk)
    desk.pass_time(minutes=minutes)
    desk.check()
    assert desk.states() == [state]


@pytest.mark.parametrize(("minutes", "state"), [(WITHIN_THE_LEASE, "filling"), (PAST_THE_LEASE, "released")])
def test_rows_are_taken_back_only_when_the_lease_is_over(desk: MetricaDesk, minutes: int, state: str) -> None:
    slow = SlowRun(desk)
    slow.claimer.claim(slow.choices("anna"))
    desk.pass_time(minutes=minutes)
    UploadRun(desk.context()).run()
    assert state in desk.states()
    assert {identifier for _, identifier, _, _ in desk.conversions()} == (
        {BORIS} if state == "filling" else {ANNA, BORIS}
    )


@pytest.mark.parametrize("moment", range(0, 24, 2))
def test_no_row_gets_into_an_upload_that_is_being_given_up(desk: MetricaDesk, moment: int) -> None:
    """A slow run goes on claiming while another one gives its upload up: at every step of that."""
    slow = SlowRun(desk)
    slow.claimer.claim(slow.choices("anna"))
    [token] = [upload.token for upload in desk.uploads()]
    claimed: list[bool] = []

    def go_on() -> None:
        try:
            slow.claimer.claim(slow.choices("boris"))
            claimed.append(True)
        except UploadTaken:
            claimed.append(False)

    with desk.interrupted(Interrupter(moment, go_on)):
        context = desk.context()
        ledger = UploadLedger(context)
        try:
            Releaser(context, ledger).release(ledger.read(token), "its run is gone")
        except UploadTaken:
            assert claimed == [True], "the slow run was first, and its upload is its own again"
            return
    assert [claim.token for lead in ("anna", "boris") for claim in desk.lead(lead).claims.values() if claim.token] == []
    assert desk.states() == ["released"]


def test_a_repetition_whose_answer_is_lost_waits_behind_a_new_fence(desk: MetricaDesk) -> None:
    desk.fault("drop_before", times=2)
    desk.upload()
    desk.pass_time(**PAST_THE_FENCE)
    desk.check()
    desk.pass_time(minutes=10)
    desk.upload()
    assert desk.posts() == 2
    desk.pass_time(minutes=20)
    desk.upload()
    assert (desk.posts(), desk.the_upload().absences) == (2, ())
    desk.heal()
    assert (desk.posts(), desk.states()) == (3, ["terminal"])
    assert len({one["sha256"] for one in desk.counted()["uploadings"]}) == 1


def test_other_bytes_never_go_under_a_known_token(desk: MetricaDesk) -> None:
    """Somebody has edited a claimed row in the store: the file is not what it was, so it stays and is said."""
    desk.fault("drop_before")
    desk.upload()
    [document] = [one for one in desk.world.documents("lead") if one.key.id == "anna"]
    lead = Lead.of(document)
    [claim] = lead.claims.values()
    other = lead.model_copy(update={"claims": {claim.goal: claim.model_copy(update={"row": claim.row + "0"})}})
    desk.world.store.commit(lead_writes(desk.world.runtime.policy, other, document.version))
    desk.heal()
    assert (desk.posts(), desk.states()) == (1, ["unknown"])
    assert "upload_rows_missing" in desk.log.events("ERROR")


def test_a_lead_that_vanished_keeps_its_upload_from_going_again(desk: MetricaDesk) -> None:
    desk.fault("drop_before")
    desk.upload()
    [document] = [one for one in desk.world.documents("lead") if one.key.id == "anna"]
    lead = Lead.of(document).model_copy(update={"claims": {}})
    desk.world.store.commit(lead_writes(desk.world.runtime.policy, lead, document.version))
    desk.heal()
    [lost] = [upload for upload in desk.uploads() if upload.state is State.UNKNOWN]
    assert (lost.attempts, "upload_rows_missing" in desk.log.events("ERROR")) == (1, True)


def test_refused_rows_are_offered_again_by_hand(desk: MetricaDesk) -> None:
    desk.fault("invalid_uploading", id=ANNA, times=2)
    desk.upload()
    assert desk.states() == ["accepted", "refused", "split"]
    assert UploadRun(desk.context()).offer_refused_again() == 1
    desk.upload()
    assert desk.states() == ["accepted", "accepted", "released", "split"]
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {ANNA, BORIS}


def test_a_row_refused_within_minutes_of_its_own_time_is_offered_once_more(desk: MetricaDesk) -> None:
    """Metrica's clock is behind ours: to it the form was sent in the future."""
    desk.fault("invalid_uploading", id=ANNA, times=4)
    desk.upload()
    desk.pass_time(minutes=10)
    desk.upload()
    assert desk.states() == ["accepted", "refused", "split"]
    desk.pass_time(minutes=6)
    desk.upload()
    assert desk.states() == ["accepted", "refused", "released", "split"]
    desk.pass_time(hours=2)
    desk.upload()
    assert desk.states() == ["accepted", "refused", "released", "split"]


def test_a_row_refused_long_after_its_own_time_waits_for_a_person(desk: MetricaDesk) -> None:
    desk.pass_time(hours=1)
    desk.fault("invalid_uploading", id=ANNA, times=2)
    desk.upload()
    desk.pass_time(hours=1)
    desk.upload()
    assert desk.states() == ["accepted", "refused", "split"]


def test_an_answer_that_comes_after_the_lease_is_not_lost(desk: MetricaDesk) -> None:
    """A run so slow that it counts as gone: what it learns is still written down."""
    http = desk.world.runtime.http

    class SlowHttp:
        def send(self, request: HttpRequest) -> HttpResponse:
            answer = http.send(request)
            if request.method == "POST":
                desk.pass_time(minutes=PAST_THE_LEASE)
                ledger = UploadLedger(desk.context())
                [entry] = ledger.in_state(State.SENDING)
                ledger.move(entry, State.UNKNOWN, reason="the run that sent it is gone")
            return answer

    with desk.over(SlowHttp()):
        UploadRun(desk.context()).run()
    upload: Upload = desk.the_upload()
    assert (upload.state, upload.adopted) == (State.ACCEPTED, True)


@pytest.mark.parametrize("moment", range(0, 80, 2))
def test_recovery_may_be_interrupted_anywhere_too(desk: MetricaDesk, moment: int) -> None:
    slow = SlowRun(desk)
    slow.claimer.claim([*slow.choices("anna"), *slow.choices("boris")])
    desk.pass_time(minutes=PAST_THE_LEASE)
    with desk.interrupted(Interrupter.crash(moment)), suppress(Crash):
        UploadRun(desk.context()).run()
    desk.heal()
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {ANNA, BORIS}
    assert desk.counted()["resent_rows"] == []
    assert set(desk.states()) == {"terminal", "released"}
    desk.assert_rows_have_a_place()


def test_when_one_file_meets_trouble_the_others_are_given_up_at_once(desk: MetricaDesk) -> None:
    desk.plant("galina", yclid=YCLID)
    desk.fault("quota")
    desk.upload()
    assert desk.states() == ["released", "released"]
    assert desk.posts() == 1


def test_a_lead_that_changes_meanwhile_is_decided_on_again_in_the_same_run(desk: MetricaDesk) -> None:
    def somebody_writes() -> None:
        [document] = [one for one in desk.world.documents("lead") if one.key.id == "anna"]
        desk.world.store.commit(lead_writes(desk.world.runtime.policy, Lead.of(document), document.version))

    for moment in range(0, 40, 2):
        desk = MetricaDesk(desk.server)
        desk.plant("anna", client_id=ANNA)
        desk.plant("boris", client_id=BORIS)
        with desk.interrupted(Interrupter(moment, somebody_writes)):
            summary = UploadRun(desk.context()).run()
        assert summary.rows["accepted"] == 2, moment


def test_halves_that_wait_are_sent_as_they_are(server: MetricaServer) -> None:
    desk = MetricaDesk(server)
    for number in range(4):
        desk.plant(f"lead-{number}", client_id=f"170000000000000{number:04d}")
    desk.fault("invalid_uploading", id="1700000000000000000", times=1)
    desk.fault("quota", after=1)
    desk.upload()
    waiting = {upload.token for upload in desk.uploads() if upload.state is State.READY}
    desk.pass_time(hours=2)
    desk.upload()
    assert {upload.token for upload in desk.uploads() if upload.state is State.ACCEPTED} == waiting


def test_new_rows_do_not_keep_halves_waiting_nor_halves_new_rows(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(defaults={"uploads_per_run": 2, "rows_per_upload": 4}))
    for number in range(4):
        desk.plant(f"lead-{number}", client_id=f"170000000000000{number:04d}")
    desk.fault("invalid_uploading", id="1700000000000000000", times=None)
    sent = []
    for run in range(3):
        desk.upload()
        sent.append({upload.token for upload in desk.uploads() if upload.attempts})
        for number in range(8):
            desk.plant(f"new-{run}-{number}", client_id=f"1700000000000{run + 1}{number:05d}")
        desk.pass_time(hours=2)
    for before, after in pairwise(sent):
        assert any(token.endswith(("L", "R")) for token in after - before)
        assert any(not token.endswith(("L", "R")) for token in after - before)


def test_another_tools_uploadings_are_not_taken_for_ours(desk: MetricaDesk) -> None:
    desk.fault("drop_before")
    desk.upload()
    token = desk.the_upload().token
    metrica = desk.world.runtime.metrica
    for comment in ("", token[:-1], token + "L", token.upper(), token[1:]):
        metrica.upload_offline_conversions(comment, b"ClientId,Target,DateTime\n5,flat_sold,1788253200\n")
    desk.pass_time(minutes=20)
    desk.check()
    assert desk.states() == ["unknown"]
    desk.heal()
    assert desk.states() == ["terminal"]
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {ANNA, BORIS, "5"}


def test_a_row_given_back_may_still_grow_too_old(desk: MetricaDesk) -> None:
    desk.fault("quota")
    desk.upload()
    assert set(desk.lead("anna").released()) == {"lead_received"}
    desk.pass_time(days=22)
    summary = desk.upload()
    assert summary.withheld == {"expired.window_closed": 2}
    lead = desk.lead("anna")
    assert (lead.claims, set(lead.expired)) == ({}, {"lead_received"})
    assert desk.upload().withheld == {}


def test_trouble_with_a_former_counter_does_not_stop_the_present_one(server: MetricaServer) -> None:
    desk = MetricaDesk(server, sokol(site={"counter": "87654321"}), token="stranger")
    desk.stand_in.apply_seed({"goals": [{"target": "lead_received", "counter": "87654321"}]})
    desk.plant("anna", client_id=ANNA)
    desk.fault("drop_before")
    desk.upload()
    assert desk.states() == ["unknown"]
    desk.world.runtime.policy = sokol()
    desk.use_metrica(replace(desk.world.runtime.metrica, counter="12345678", token="uploads-only"))
    desk.stand_in.apply_seed({"tokens": [{"token": "uploads-only", "counters": ["12345678"]}]})
    desk.plant("boris", client_id=BORIS)
    desk.upload()
    assert "list_refused" in desk.log.events("ERROR")
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {BORIS}
    assert desk.states() == ["accepted", "unknown"]


def test_a_long_queue_does_not_keep_a_run_from_sending_in_time(desk: MetricaDesk) -> None:
    """Reading leads takes as long as it takes; what is claimed by half-time is sent."""
    for number in range(250):
        desk.plant(f"lead-{number:03d}", client_id=f"170000000000000{number:04d}")

    class SlowStore:
        """Every page of leads takes a minute and a half."""

        def __init__(self, store: Store) -> None:
            self._store = store

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def query(self, query: Query, cursor: str | None = None) -> Page:
            if query.collection == "lead" and query.order_by == "next_deadline":
                desk.pass_time(seconds=80)
            return self._store.query(query, cursor)

    usual = desk.world.store
    desk.world.store = SlowStore(usual)  # type: ignore[assignment]
    desk.upload()
    assert len(desk.conversions()) == 250
    desk.world.store = usual
    desk.upload()
    assert len(desk.conversions()) == 252


def test_a_lead_without_room_for_a_claim_keeps_nobody_else_waiting(desk: MetricaDesk) -> None:
    usual = desk.world.store

    class FullStore:
        """Anna's document cannot grow any more."""

        def __getattr__(self, name: str) -> object:
            return getattr(usual, name)

        def commit(self, writes: Sequence[Write]) -> None:
            for write in writes:
                if write.key.id == "anna":
                    raise DocumentTooLarge(write.key, 1_048_577)
            usual.commit(writes)

    desk.world.store = FullStore()  # type: ignore[assignment]
    desk.upload()
    assert {identifier for _, identifier, _, _ in desk.conversions()} == {BORIS}
    assert "lead_too_large" in desk.log.events("ERROR")
