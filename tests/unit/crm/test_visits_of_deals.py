"""A lead that learns its ClientID from the CRM learns of its visits too, whichever came first, or both at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from leadloop.messages import CrmEntityTouched
from support.crm_desk import ANNA, CrmAccount, CrmDesk, crm_account
from support.interruptions import Crash, InterruptedStore, Interrupter
from support.lead_facts import after
from support.policies import NEW, sokol
from support.visit_desk import beacon

CAME_BACK = after(days=1)


@pytest.fixture(scope="module")
def account() -> Iterator[CrmAccount]:
    with crm_account() as account:
        yield account


def anna_called(desk: CrmDesk) -> None:
    """Her form brought no ClientID; the site's own integration wrote one into the deal."""
    lead_id = desk.submit("anna", phone="8 999 000-00-03")
    desk.world.settle(only=frozenset({"register-lead"}))
    desk.deal(fields={"LEADLOOP_ID": lead_id, "_YM_UID": ANNA}, status_id=int(NEW))


def a_deal_of_its_own(desk: CrmDesk) -> None:
    """Nobody sent a form: the lead is born in the CRM, once it has waited for one."""
    desk.deal(fields={"_YM_UID": ANNA}, status_id=int(NEW))
    read(desk)
    desk.clock.advance(minutes=11)


def read(desk: CrmDesk) -> None:
    ids = tuple(str(lead["id"]) for lead in desk.ledger()["leads"])
    hint = CrmEntityTouched(event_id="hint", received_at=desk.clock.now(), crm="amocrm", entity_ids={"lead": ids})
    assert desk.world.push("read-crm", hint.model_copy(update={"event_id": f"hint-{desk.clock.now()}"})).status_code


def come_back(desk: CrmDesk) -> None:
    assert desk.world.push("record-visit", beacon(CAME_BACK)).status_code == 204


def known_visits(desk: CrmDesk) -> tuple[datetime, ...]:
    return desk.state(desk.world.the("lead").key.id).visits


def read_interrupted(desk: CrmDesk, interrupter: Interrupter) -> None:
    store = desk.world.store
    desk.world.store = InterruptedStore(store, interrupter)
    try:
        read(desk)
    except Crash:
        pass
    finally:
        desk.world.store = store


@pytest.fixture(params=[anna_called, a_deal_of_its_own], ids=lambda scene: str(scene.__name__))
def scene(request: pytest.FixtureRequest) -> Callable[[CrmDesk], None]:
    chosen: Callable[[CrmDesk], None] = request.param
    return chosen


def moments(account: CrmAccount, scene: Callable[[CrmDesk], None]) -> range:
    with account.desk(sokol()) as desk:
        scene(desk)
        count = Interrupter(None, lambda: None)
        read_interrupted(desk, count)
        assert known_visits(desk) == ()
    return range(count.passed)


def test_the_visit_first(account: CrmAccount, scene: Callable[[CrmDesk], None]) -> None:
    with account.desk(sokol()) as desk:
        scene(desk)
        come_back(desk)
        read(desk)
        assert known_visits(desk) == (CAME_BACK,)


def test_the_deal_first(account: CrmAccount, scene: Callable[[CrmDesk], None]) -> None:
    with account.desk(sokol()) as desk:
        scene(desk)
        read(desk)
        come_back(desk)
        assert known_visits(desk) == (CAME_BACK,)


def test_the_visit_in_the_middle_of_the_reading(account: CrmAccount, scene: Callable[[CrmDesk], None]) -> None:
    for moment in moments(account, scene):
        with account.desk(sokol()) as desk:
            scene(desk)
            read_interrupted(desk, Interrupter(moment, lambda desk=desk: come_back(desk)))  # type: ignore[misc]
            assert known_visits(desk) == (CAME_BACK,), f"at moment {moment}"


def test_the_reading_dies(account: CrmAccount, scene: Callable[[CrmDesk], None]) -> None:
    for moment in moments(account, scene):
        with account.desk(sokol()) as desk:
            scene(desk)
            come_back(desk)
            read_interrupted(desk, Interrupter.crash(moment))
            for _ in range(2):
                desk.clock.advance(minutes=20)
                desk.sync()
            assert known_visits(desk) == (CAME_BACK,), f"at moment {moment}"
