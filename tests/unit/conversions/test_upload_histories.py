"""Histories nobody thought of: leads, runs, crashes and Metrica's moods in any order end in the right count."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from leadloop.leases import LeaseHeld
from support.interruptions import Crash, Interrupter
from support.metrica_desk import MetricaDesk, MetricaServer, unix
from support.policies import sokol

IDENTIFIERS = {"client_id": "ClientId", "user_id": "UserId", "yclid": "Yclid"}
MOODS: tuple[dict[str, Any], ...] = (
    {"name": "accept_then_drop"},
    {"name": "accept_then_status", "status": 500},
    {"name": "truncate", "keep": 30},
    {"name": "drop_before"},
    {"name": "backend_error"},
    {"name": "quota"},
    {"name": "quota", "path": "/goals", "method": "GET"},
    {"name": "backend_error", "path": "/uploadings", "method": "GET", "times": 3},
    {"name": "listing_lag", "path": None, "method": None, "times": 2, "minutes": 25.0},
    {"name": "invalid_uploading", "target": "lead_qualified"},
)


class Histories(RuleBasedStateMachine):
    """The model is a set: every goal that was reached, under its identifier, in its moment."""

    server: ClassVar[MetricaServer]

    def __init__(self) -> None:
        super().__init__()
        self.desk = MetricaDesk(self.server, sokol(defaults={"rows_per_upload": 3}))
        self.reached: set[tuple[str, str, str, int]] = set()
        self.leads: list[tuple[str, str, str]] = []

    @rule(kind=st.sampled_from(sorted(IDENTIFIERS)))
    def a_lead_comes(self, kind: str) -> None:
        number = len(self.leads)
        value = f"1700000000{number:09d}"
        lead_id = f"lead-{number}"
        ids: dict[str, Any] = {kind: value}
        self.desk.plant(lead_id, deal=str(5000 + number), **ids)
        self.leads.append((lead_id, IDENTIFIERS[kind], value))
        self._reach(number, "lead_received")

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), stage=st.sampled_from([("qualified", "lead_qualified"), ("sold", "flat_sold")]))
    def its_deal_moves_on(self, data: st.DataObject, stage: tuple[str, str]) -> None:
        number = data.draw(st.integers(0, len(self.leads) - 1))
        lead_id = self.leads[number][0]
        if stage[0] not in self.desk.lead(lead_id).state(self.desk.world.runtime.policy).stages:
            self.desk.enter(lead_id, stage[0])
            self._reach(number, stage[1])

    @rule(mood=st.sampled_from(MOODS))
    def metrica_is_moody(self, mood: dict[str, Any]) -> None:
        self.desk.fault(**mood)

    @rule(minutes=st.sampled_from([1, 15, 70, 130]))
    def time_passes(self, minutes: int) -> None:
        self.desk.pass_time(minutes=minutes)

    @rule()
    def upload(self) -> None:
        with suppress(LeaseHeld):
            self.desk.upload()

    @rule(moment=st.integers(0, 120))
    def upload_and_die(self, moment: int) -> None:
        with self.desk.interrupted(Interrupter.crash(moment)), suppress(Crash, LeaseHeld):
            self.desk.upload()

    @rule(moment=st.integers(0, 30))
    def check_and_die(self, moment: int) -> None:
        with self.desk.interrupted(Interrupter.crash(moment)), suppress(Crash):
            self.desk.check()

    @rule()
    def check(self) -> None:
        self.desk.check()

    @invariant()
    def nothing_is_counted_that_was_not_reached(self) -> None:
        assert self.desk.conversions() <= self.reached
        assert self.desk.counted()["resent_rows"] == []

    def teardown(self) -> None:
        """The moods end and some hours pass: then everything is counted, each once."""
        with self.desk.stand_in.lock:
            self.desk.stand_in.faults.clear()
        self.desk.heal()
        self.desk.upload()
        self.desk.heal()
        refused = [upload for upload in self.desk.uploads() if upload.state == "refused"]
        self.desk.assert_rows_have_a_place()
        assert len(self.desk.conversions()) == len(self.reached) - len(refused)
        assert self.desk.counted()["resent_rows"] == []
        assert set(self.desk.states()) <= {"terminal", "released", "split", "refused"}

    def _reach(self, number: int, target: str) -> None:
        _, kind, value = self.leads[number]
        self.reached.add((kind, value, target, unix(self.desk.now())))


def test_any_history_ends_in_the_right_count(server: MetricaServer) -> None:
    Histories.server = server
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
