"""``leadloop doctor`` of a CRM that is heard and not asked: its secret, and what has come."""

from __future__ import annotations

from leadloop.crm import take_survey
from leadloop.doctor.check import Stage, State
from leadloop.doctor.told import told_checks
from support.signed_desk import SECRET, SignedDesk, heard, signed_desk


def found(desk: SignedDesk, *, has_store: bool = True) -> dict[str, tuple[State, str]]:
    checks = list(told_checks(desk.world.runtime, has_store=has_store))
    assert all(check.what_to_do for check in checks if check.state in (State.ERROR, State.WARNING))
    return {check.rule: (check.state, check.found) for check in checks}


def test_a_system_that_speaks_and_is_understood() -> None:
    with signed_desk() as desk:
        desk.tell("D-1", "new")
        desk.clock.advance(hours=30)
        desk.tell("D-2", "won")
        desk.settle()
        assert found(desk) == {
            "crm.account": (State.GOOD, "2 secrets of 1С:УНФ in force"),
            "crm.told": (State.GOOD, "1С:УНФ has told of 2 deals, last at 2026-09-02 15:00 UTC"),
            "crm.statuses": (State.GOOD, "every one of 2 statuses that came has a meaning"),
        }


def test_what_it_told_of_is_where_leads_are_born() -> None:
    with signed_desk() as desk:
        [told] = [one for one in told_checks(desk.world.runtime, has_store=True) if one.rule == "crm.told"]
    assert told.stage is Stage.BORN_IN_CRM


def test_what_came_and_means_nothing() -> None:
    reasons = {"too_expensive": {"title": "Дорого", "loss_reasons": ["дорого"]}}
    with signed_desk(heard(disqualification={"reasons": reasons})) as desk:
        for deal_id, status, reason in (("D-1", "архив", ""), ("D-2", "lost", "дорого"), ("D-3", "lost", "далеко")):
            desk.tell(deal_id, status, loss_reason=reason)
        desk.settle()
        said = found(desk)
    assert said["crm.statuses"] == (State.WARNING, "1 status without a meaning came: sales/архив")
    assert said["crm.loss_reasons"] == (State.WARNING, "1 loss reason without a meaning came: далеко")


def test_a_system_that_has_never_spoken_or_no_longer_does() -> None:
    with signed_desk() as desk:
        assert found(desk)["crm.told"] == (State.WARNING, "1С:УНФ has told of 0 deals, and of none in the last 30 days")
        desk.tell("D-1", "new")
        desk.settle()
        desk.clock.advance(days=31)
        assert found(desk)["crm.told"] == (State.WARNING, "1С:УНФ has told of 1 deal, and of none in the last 30 days")


def test_a_secret_that_is_none() -> None:
    with signed_desk(secret="whsec_short") as desk:
        state, said = found(desk)["crm.account"]
    assert state is State.ERROR
    assert "LEADLOOP_SIGNED_SECRET is malformed" in said
    assert SECRET not in said
    assert "whsec_short" not in said


def test_without_a_store_it_is_not_looked_at() -> None:
    with signed_desk() as desk:
        assert found(desk, has_store=False)["crm.told"][0] is State.NOT_LOOKED_AT


def test_the_survey_lists_what_came() -> None:
    with signed_desk() as desk:
        desk.tell("D-1", "new")
        desk.tell("D-1", "won")
        desk.settle()
        survey = take_survey(desk.world.runtime)
    assert [(one.id, [status.id for status in one.statuses]) for one in survey.pipelines] == [("sales", ["new", "won"])]
    assert survey.account == "1С:УНФ"
