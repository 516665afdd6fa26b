"""The CRM side broken at every touch of store, bus and network, and run twice at once at every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from leadloop.crm.marks import Entity, mark, owed
from leadloop.leads.fraud import Gate
from leadloop.messages import CrmEntityTouched, LeadRegistered, VerdictReceived
from leadloop.policy import Policy
from support.crm_desk import ANNA, BORIS, CrmAccount, CrmDesk, crm_account
from support.interruptions import Crash, InterruptedBus, InterruptedHttp, InterruptedStore, Interrupter
from support.policies import sokol
from support.prepared_desk import PreparedDesk

Scene = Callable[[CrmDesk], None]
FORM = {"phone": "+79990000003", "name": "Анна", "client_id": ANNA}


@pytest.fixture(scope="module")
def account() -> Iterator[CrmAccount]:
    with crm_account() as account:
        yield account


def play(desk: CrmDesk, scene: Scene, interrupter: Interrupter) -> None:
    """Play a scene in which every touch of the world can be broken in on; then the process starts anew."""
    runtime = desk.world.runtime
    ports = runtime.store, runtime.bus, runtime.http
    runtime.store = InterruptedStore(ports[0], interrupter)
    runtime.bus = InterruptedBus(ports[1], interrupter)
    runtime.http = InterruptedHttp(ports[2], interrupter)
    try:
        scene(desk)
    except Crash:
        pass
    finally:
        runtime.store, runtime.bus, runtime.http = ports


def moments(prepared: PreparedDesk, scene: Scene) -> range:
    """The moments before each touch in a scene that nothing breaks in on; after one is before the next."""
    count = Interrupter(None, lambda: None)
    with prepared.desk() as desk:
        play(desk, scene, count)
    assert count.passed > 10
    return range(0, count.passed, 2)


def recover(desk: CrmDesk) -> None:
    """Every message again, as a bus may do, and time for what was put off."""
    for published in list(desk.world.memory_bus.published):
        function = {"leads": "deliver-lead", "crm-hints": "read-crm"}.get(published.topic)
        if function:
            assert desk.world.push(function, published.message).status_code == 204
    for _ in range(3):
        desk.clock.advance(minutes=20)
        desk.sync()


def hint(desk: CrmDesk, *deals: int) -> CrmEntityTouched:
    ids = {"lead": tuple(str(deal) for deal in deals)}
    return CrmEntityTouched(event_id="hint", received_at=desk.clock.now(), crm="amocrm", entity_ids=ids)


def only_lead(desk: CrmDesk) -> str:
    return desk.world.the("lead").key.id


def anna_submits(desk: CrmDesk) -> None:
    desk.submit("anna", **FORM)
    desk.world.settle(only=frozenset({"register-lead"}))


def anna_is_delivered(desk: CrmDesk) -> None:
    desk.world.push("deliver-lead", LeadRegistered(event_id="first", lead_id=only_lead(desk)))


def deliver_again(desk: CrmDesk) -> None:
    desk.world.push("deliver-lead", LeadRegistered(event_id="second", lead_id=only_lead(desk)))


def every_deal_is_hinted(desk: CrmDesk) -> None:
    desk.world.push("read-crm", hint(desk, *(lead["id"] for lead in desk.ledger()["leads"])))


def truth(desk: CrmDesk) -> dict[str, object]:
    """What must be the same whatever happened on the way: all but when the CRM was looked at."""
    return {
        "leads": {one.key.id: what_is_known(desk, one.key.id) for one in desk.world.documents("lead")},
        "refs": {
            one.key.id: {name: value for name, value in one.fields.items() if name != "seen_updated_at"}
            for one in desk.world.documents("crm_ref")
        },
        "totals": {one.key.id: one.fields for one in desk.world.documents("daily_total")},
        "marks": desk.marks(),
        "deals": desk.ledger()["leads_by_field_value"],
    }


def what_is_known(desk: CrmDesk, lead_id: str) -> dict[str, object]:
    lead, state = desk.lead(lead_id), desk.state(lead_id)
    return {
        "stages": state.stages,
        "price": state.price,
        "ids": (state.ids, state.key_ids),
        "deals": (state.crm_refs, state.lost),
        "ownership": lead.ownership,
        "counted": lead.counted,
        "fraud": (state.fraud, lead.circumstances.velocity),
        "facts": sorted(fact.kind for fact in lead.facts),
    }


class TestCreatingALead:
    def test_a_crash_anywhere_leaves_one_lead_in_the_crm(self, account: CrmAccount) -> None:
        prepared = PreparedDesk(account, sokol("keep"), anna_submits)
        for moment in moments(prepared, anna_is_delivered):
            with prepared.desk() as desk:
                play(desk, anna_is_delivered, Interrupter.crash(moment))
                desk.forget_hooks()
                recover(desk)
                assert len(desk.deals_of(only_lead(desk))) == 1, f"crash at moment {moment}"
                assert desk.delivery(only_lead(desk)).state == "delivered", f"crash at moment {moment}"
                assert desk.marks() == []

    @pytest.mark.parametrize("meanwhile", [deliver_again, every_deal_is_hinted], ids=["delivery", "reading"])
    def test_another_run_at_any_moment_leaves_one_lead_in_the_crm(self, account: CrmAccount, meanwhile: Scene) -> None:
        prepared = PreparedDesk(account, sokol("keep"), anna_submits)
        for moment in moments(prepared, anna_is_delivered):
            with prepared.desk() as desk:
                play(desk, anna_is_delivered, Interrupter(moment, lambda desk=desk: meanwhile(desk)))  # type: ignore[misc]
                recover(desk)
                [deal] = desk.deals_of(only_lead(desk))
                assert desk.ref(deal).leads.keys() == {only_lead(desk)}, f"at moment {moment}"
                assert desk.delivery(only_lead(desk)).next_try_at is None


def anna_waits(desk: CrmDesk) -> None:
    """Mode hash: the lead is known, the site's integration has created the deal, and it has moved."""
    anna_submits(desk)
    anna_is_delivered(desk)
    deal = desk.deal(contact_name="Анна", phone="89990000003")
    desk.clock.advance(hours=1)
    desk.move(deal, "qualified")
    desk.act("set_price", lead_id=deal, price=9_900_000)
    desk.forget_hooks()


def two_deals_were_merged(desk: CrmDesk) -> None:
    desk.settings(group_webhooks=True)
    for who, client_id in (("anna", ANNA), ("anna again", BORIS)):
        desk.submit(who, phone="+79990000003", client_id=client_id)
        desk.settle()
        desk.deal(contact_id=None if who == "anna" else 37054001, contact_name="Анна", fields={"_YM_UID": client_id})
        desk.carry_hooks()
        desk.clock.advance(days=2)
    first, second = (lead["id"] for lead in desk.ledger()["leads"])
    desk.move(first, "qualified")
    desk.carry_hooks()
    desk.act("merge", winner=second, loser=first)
    desk.clock.advance(hours=1)
    desk.move(second, "sold")
    desk.forget_hooks()


def a_deal_nobody_knows(desk: CrmDesk) -> None:
    desk.deal(contact_name="Вера", phone="89990000005", fields={"_YM_UID": BORIS})
    desk.carry_hooks()
    desk.clock.advance(minutes=11)


def a_verdict_waits_for_an_id_that_a_deal_shows(desk: CrmDesk) -> None:
    now = desk.clock.now()
    about = {"event_id": "v", "provider": "guard", "verdict": "fraud", "subject": {"client_id": ANNA}}
    desk.world.push("record-verdict", VerdictReceived(received_at=now, detected_at=now, **about))
    lead_id = desk.submit("anna", phone="+79990000003")
    desk.settle()
    desk.clock.advance(minutes=5)
    desk.deal(fields={"LEADLOOP_ID": lead_id, "_YM_UID": ANNA})
    desk.forget_hooks()


def a_deal_shows_that_two_leads_came_from_one_browser(desk: CrmDesk) -> None:
    desk.submit("anna", **FORM)
    desk.clock.advance(minutes=2)
    lead_id = desk.submit("boris", phone="+79990000004")
    desk.settle()
    desk.clock.advance(minutes=5)
    desk.deal(fields={"LEADLOOP_ID": lead_id, "_YM_UID": ANNA})
    desk.forget_hooks()


def the_crm_is_pulled(desk: CrmDesk) -> None:
    desk.world.client("sync-crm").post("/")


def is_suspect(desk: CrmDesk) -> bool:
    """Whether any lead is held or lost for what was looked for after the commit."""
    leads = [desk.lead(one.key.id) for one in desk.world.documents("lead")]
    return any(desk.state(one.id).fraud.gate is not Gate.OPEN or one.circumstances.velocity for one in leads)


JUDGED, CROWDED = sokol("hash", fraud={"providers": {"guard": {}}}), sokol("hash", fraud={"velocity": {"client_id": 1}})
SCENES = {
    "linking": (sokol("hash"), anna_waits),
    "merging": (sokol("hash"), two_deals_were_merged),
    "born in the CRM": (sokol("hash"), a_deal_nobody_knows),
    "impersonal": (sokol("none"), anna_waits),
    "judged": (JUDGED, a_verdict_waits_for_an_id_that_a_deal_shows),
    "crowded": (CROWDED, a_deal_shows_that_two_leads_came_from_one_browser),
}


@pytest.fixture(scope="module", params=list(SCENES.values()), ids=list(SCENES))
def prepared(request: pytest.FixtureRequest, account: CrmAccount) -> PreparedDesk:
    return PreparedDesk(account, *request.param)


class TestReading:
    def test_a_crash_anywhere_ends_in_the_same_state(self, prepared: PreparedDesk) -> None:
        for scene in (every_deal_is_hinted, the_crm_is_pulled):
            undisturbed = self.ending(prepared, Interrupter(None, lambda: None), scene)
            for moment in moments(prepared, scene):
                ending = self.ending(prepared, Interrupter.crash(moment), scene)
                assert ending == undisturbed, f"crash at {moment} of {scene.__name__}"

    def test_two_readings_at_once_end_in_the_same_state(self, prepared: PreparedDesk) -> None:
        undisturbed = self.ending(prepared, Interrupter(None, lambda: None))
        for moment in moments(prepared, every_deal_is_hinted):
            assert self.ending(prepared, moment) == undisturbed, f"second reading at {moment}"

    def ending(
        self, prepared: PreparedDesk, interruption: Interrupter | int, scene: Scene = every_deal_is_hinted
    ) -> dict[str, object]:
        with prepared.desk() as desk:
            if isinstance(interruption, int):
                interruption = Interrupter(interruption, lambda: every_deal_is_hinted(desk))
            play(desk, scene, interruption)
            recover(desk)
            if isinstance(interruption, Interrupter) and not interruption.is_dead:
                assert is_suspect(desk) is (desk.world.runtime.policy in (JUDGED, CROWDED))
            return truth(desk)


@pytest.mark.parametrize(("policy", "prepare"), SCENES.values(), ids=SCENES.keys())
def test_a_prepared_desk_is_the_one_that_was_prepared(account: CrmAccount, policy: Policy, prepare: Scene) -> None:
    def told(desk: CrmDesk) -> tuple[object, ...]:
        every_deal_is_hinted(desk)
        recover(desk)
        return truth(desk), desk.resting(), desk.ledger(), desk.clock.now(), desk.world.memory_bus.published

    prepared = PreparedDesk(account, policy, prepare)
    with account.desk(policy) as desk:
        prepare(desk)
        played = told(desk)
    for _ in range(2):
        with prepared.desk() as desk:
            assert told(desk) == played


def test_what_a_dead_reading_owes_is_done_also_if_its_mark_was_renewed_or_put_off(account: CrmAccount) -> None:
    prepared = PreparedDesk(account, JUDGED, a_verdict_waits_for_an_id_that_a_deal_shows)
    was_owed = 0
    for moment in moments(prepared, every_deal_is_hinted):
        with prepared.desk() as desk:
            play(desk, every_deal_is_hinted, Interrupter.crash(moment))
            held = desk.world.documents("dirty_mark")
            was_owed += any(owed(one) for one in held)
            mark(desk.world.store, [Entity.of(one) for one in held], desk.clock.now())
            desk.break_next("status", status=500, path="/api/v4/leads")
            recover(desk)
            assert is_suspect(desk), f"crash at {moment}"
            assert desk.marks() == []
    assert was_owed > 1


def test_a_reader_that_stalled_cannot_put_an_old_answer_over_a_newer_one(account: CrmAccount) -> None:
    """Its lease runs out while it holds an answer; meanwhile the deal moves on and another reader reads it."""

    def world_moves_on(desk: CrmDesk) -> None:
        desk.clock.advance(minutes=10)
        [deal] = [lead["id"] for lead in desk.ledger()["leads"]]
        desk.act("set_price", lead_id=deal, price=7_000_000)
        desk.move(deal, "sold")
        every_deal_is_hinted(desk)

    prepared = PreparedDesk(account, sokol("hash"), anna_waits)
    for moment in moments(prepared, every_deal_is_hinted):
        with prepared.desk() as desk:
            play(desk, every_deal_is_hinted, Interrupter(moment, lambda desk=desk: world_moves_on(desk)))  # type: ignore[misc]
            desk.forget_hooks()
            recover(desk)
            state = desk.state(only_lead(desk))
            assert list(state.stages) == ["qualified", "sold"], f"at moment {moment}"
            assert state.price is not None
            assert state.price.amount == 700_000_000, f"at moment {moment}"
            assert desk.marks() == []


def test_a_mark_renewed_while_its_deal_is_read_is_read_again(account: CrmAccount) -> None:
    """A move that happens and is hinted at between the CRM's answer and the commit is not lost."""

    def hinted(desk: CrmDesk) -> None:
        [deal] = [lead["id"] for lead in desk.ledger()["leads"]]
        desk.clock.advance(seconds=5)
        desk.move(deal, "meeting")
        for delivery in desk.amocrm.deliveries.all[-2:]:
            desk.hook(delivery.body)
        for published in list(desk.world.memory_bus.published):
            if published.topic == "crm-hints":
                desk.world.push("read-crm", published.message)

    prepared = PreparedDesk(account, sokol("hash"), anna_waits)
    for moment in moments(prepared, every_deal_is_hinted):
        with prepared.desk() as desk:
            play(desk, every_deal_is_hinted, Interrupter(moment, lambda desk=desk: hinted(desk)))  # type: ignore[misc]
            assert desk.marks() == [], f"at moment {moment}"
            assert list(desk.state(only_lead(desk)).stages) == ["qualified", "meeting"], f"at moment {moment}"
