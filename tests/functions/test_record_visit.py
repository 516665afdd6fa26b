"""record-visit at its front door: what is acknowledged, what comes again, and where the process may die."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from leadloop.identity.visits import Visit
from leadloop.leads.lead import Lead
from leadloop.messages import Message, VisitCaptured
from leadloop.ports.store import Document, Key, StoreUnavailable, Write
from support.form_desk import FormDesk
from support.interruptions import Crash, InterruptedBus, InterruptedStore, Interrupter
from support.lead_facts import ANNA, after
from support.policies import ORIGIN, sokol
from support.visit_desk import beacon
from support.world import World

FORM = {"phone": "8 999 000-00-03", "submission_id": "s-1", "ym_client_id": ANNA}
NEXT_DAY = after(days=1)


def visits(world: World) -> list[object]:
    return list(Lead.of(world.the("lead")).state(world.runtime.policy).visits)


class TestAVisit:
    def test_is_kept_and_told_to_the_lead_and_starts_nothing_else(self, world: World) -> None:
        captured = FormDesk().captured(FORM)
        world.push("register-lead", captured)
        announced = len(world.memory_bus.published)
        assert world.push("record-visit", beacon(NEXT_DAY, user_id="crm-7")).status_code == 204
        assert visits(world) == [captured.submission.occurred_at, NEXT_DAY]
        assert world.the("visit").fields["weak_ids"] == [f"client_id:{ANNA}", "user_id:crm-7"]
        assert "crm-7" not in str(world.the("lead").fields), "anybody can send a beacon with any UserID"
        assert len(world.memory_bus.published) == announced, "a visit delivers nothing to the CRM"
        assert [one.fields["kind"] for one in world.documents("outcome")] == ["submission"]
        assert world.totals("leads") == 1

    def test_that_comes_before_its_lead_is_the_same(self, world: World) -> None:
        captured = FormDesk().captured(FORM)
        assert world.push("record-visit", beacon(NEXT_DAY)).status_code == 204
        assert world.push("register-lead", captured).status_code == 204
        assert visits(world) == [captured.submission.occurred_at, NEXT_DAY]

    def test_changes_no_deadline_of_what_was_reached_before_it(self, world: World) -> None:
        world.push("register-lead", FormDesk().captured(FORM))
        before = world.the("lead").fields["next_deadline"]
        world.push("record-visit", beacon(after(days=15)))
        assert world.the("lead").fields["next_deadline"] == before

    def test_on_another_topic_by_mistake_is_quarantined(self, world: World) -> None:
        assert world.push("record-visit", FormDesk().captured(FORM)).status_code == 204
        assert "correct the topic" in str(world.the("quarantine").fields["reason"])

    def test_no_lead_can_hold_is_said_and_acknowledged(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.push("register-lead", FormDesk().captured(FORM))
        monkeypatch.setattr("leadloop.facts.MAX_VISITS", 1)
        world.push("record-visit", beacon(after(days=3)))
        assert world.push("record-visit", beacon(after(days=2))).status_code == 204
        [left_out] = [entry for entry in world.log.entries if entry.event == "visit_left_out"]
        assert (left_out.severity, left_out.details["rule"]) == ("WARNING", "lead.too_many_visits")
        assert left_out.details["lead_id"] == world.the("lead").key.id
        assert len(world.documents("visit")) == 2

    def test_a_store_that_cannot_be_reached_brings_it_back(self, world: World) -> None:
        class Locked:
            def get_many(self, keys: list[Key]) -> list[Document | None]:
                raise StoreUnavailable("database is locked")

            def commit(self, writes: list[Write]) -> None:
                raise StoreUnavailable("database is locked")

        world.store = Locked()  # type: ignore[assignment]
        assert world.push("record-visit", beacon()).status_code == 503
        assert world.log.events("WARNING") == ["delivery_put_off"]


class Way:
    """A lead and two beacons on their way through the functions, and a process that dies at one moment."""

    def __init__(self, moment: int | None, bus_is_down: bool) -> None:
        self.world = World()
        self.store, self.bus = self.world.store, self.world.memory_bus
        self.interrupter = Interrupter.crash(moment)
        self.world.store = InterruptedStore(self.store, self.interrupter)
        self.world.bus = InterruptedBus(self.bus, self.interrupter)
        self.bus_is_down = bus_is_down

    def walk(self) -> None:
        with self.world.in_force():
            self.bus.failing = self.bus_is_down
            self.until_done(lambda: self.answered(200, "capture-lead", FORM))
            self.world.clock.advance(days=1)
            for user_id in ("", "crm-7"):
                self.until_done(
                    lambda user_id=user_id: self.answered(204, "capture-visit", {**FORM, "user_id": user_id})  # type: ignore[misc]
                )
            self.bus.failing = False
            self.until_done(lambda: self.expect(200, self.world.client("drain-spool").post("/").status_code))
            for topic, function in (("visits", "record-visit"), ("submissions", "register-lead")):
                for message in self.bus.on(topic):
                    self.until_done(lambda one=message, to=function: self.deliver(to, one))  # type: ignore[misc]

    def until_done(self, step: Callable[[], None]) -> None:
        """A page, a scheduler or the bus tries again when there was no answer."""
        try:
            step()
        except Crash:
            self.world.store, self.world.bus = self.store, self.bus
            self.world.clock.advance(hours=1)
            step()

    def answered(self, status: int, function: str, form: dict[str, str]) -> None:
        fields = {name: value for name, value in form.items() if function == "capture-lead" or name != "phone"}
        answer = self.world.client(function).post("/", data=json.dumps(fields), headers={"Origin": ORIGIN})
        self.expect(status, answer.status_code)

    def deliver(self, function: str, message: Message) -> None:
        self.expect(204, self.world.push(function, message).status_code)

    def expect(self, status: int, found: int) -> None:
        assert found == status


@pytest.mark.parametrize("bus_is_down", [False, True])
def test_dying_at_any_moment_loses_no_visit_and_doubles_none(bus_is_down: bool) -> None:
    undisturbed = Way(None, bus_is_down)
    undisturbed.walk()
    for moment in [None, *range(undisturbed.interrupter.passed)]:
        way = Way(moment, bus_is_down)
        way.walk()
        way.world.store = way.store
        lead = Lead.of(way.world.the("lead"))
        said = {str(message.ids.user_id) for message in way.bus.on("visits") if isinstance(message, VisitCaptured)}
        assert said == {"None", "crm-7"}
        assert [one.user_id for one in Visit.of(way.world.the("visit")).named] == ["crm-7"]
        assert [fact.kind for fact in lead.facts] == ["submitted", "visited"], f"at moment {moment}"
        assert way.world.totals("leads") == 1
        assert way.world.documents("spool") == []
    assert undisturbed.interrupter.passed > 30


CANARIES = ("kanalya", "0000003", "000-00-03", "000 00 03", "Каналья", quote("Каналья"))


@pytest.mark.parametrize("mode", ["none", "hash", "keep"])
@pytest.mark.parametrize("phone", ["+7 (999) 000-00-03", "8 999 000 00 03", "79990000003"])
def test_nothing_personal_rests_travels_or_is_logged(mode: str, phone: str) -> None:
    """A page that puts contacts into every field of a beacon."""
    mail = "kanalya@example.org"
    query = f"?lot=1&phone={quote(phone)}&email={quote(mail)}&name={quote('Каналья')}&utm_campaign={quote(mail)}"
    told = {
        "ym_client_id": ANNA,
        **{"user_id": mail, "yclid": phone, "gclid": mail, "appmetrica_device_id": phone},
        **{"phone": phone, "email": mail, "name": "Каналья", "comment": f"Каналья {phone}", "city": phone},
        **{"utm_source": "vk", "utm_term": phone, "utm_content": mail},
        **{"page": f"{ORIGIN}/u/{quote(mail)}/{query}", "landing": f"{ORIGIN}/{query}&lot={quote(phone)}"},
        "referrer": f"https://mail.example/{quote(phone)}{query}",
        "cookies": f"_ym_uid={phone}; name={quote('Каналья')}",
    }
    world = World(sokol(mode))
    with world.in_force():
        form = {"submission_id": "s-1", "ym_client_id": ANNA}
        world.client("capture-lead").post("/", json=form, headers={"Origin": ORIGIN})
        world.clock.advance(days=1)
        client = world.client("capture-visit")
        for beacon_body in (told, {**told, "user_id": phone}, {**told, "ym_client_id": phone}):
            client.post("/", data=json.dumps(beacon_body), headers={"Origin": ORIGIN})
        client.post("/", data=json.dumps(told)[:-1], headers={"Origin": ORIGIN})
        client.post("/", data=json.dumps(told), headers={"Origin": "https://kanalya.example"})
        world.memory_bus.failing = True
        client.post("/", data=json.dumps({**told, "user_id": "crm-7"}), headers={"Origin": ORIGIN})
        world.memory_bus.failing = False
        world.settle(only=frozenset({"register-lead", "record-visit"}))
    collections = ("lead", "visit", "spool", "outcome", "daily_total", "quarantine")
    seen = {name: [str(document) for document in world.documents(name)] for name in collections}
    seen |= {"messages": [one.message.model_dump_json() for one in world.memory_bus.published]}
    seen |= {"log": [str(entry) for entry in world.log.entries]}
    assert all(seen[where] for where in ("lead", "visit", "spool", "messages", "log"))
    assert "visited" in str(seen["lead"])
    assert [(where, one) for where, texts in seen.items() for one in CANARIES if one in " ".join(texts)] == []
