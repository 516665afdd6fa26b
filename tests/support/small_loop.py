"""A small loop with everything a report can tell: six people, and one of each fate a conversion may have."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import CrmRef
from leadloop.leads.lead import Lead
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.ports.store import Key, Write
from support.metrica_desk import ANNA, BORIS, STATUS, VERA, MetricaDesk
from support.policies import PIPELINE

ROUNDED = "1788784201729464800"
KNOWN_TO_METRICA = (ANNA, BORIS, VERA)
PHONES = {"Анна": "89990000001", "Борис": "89990000002", "Вера": "89990000003", "Глеб": "89990000004"}


class SmallLoop:
    """Leads come through the site's own functions; ``names`` tells who is who."""

    def __init__(self, desk: MetricaDesk) -> None:
        self.desk = desk
        self.names: dict[str, str] = {}

    def come(self, who: str, form: str = "main", **sent: str) -> str:
        """Somebody sends the form; returns the id of the lead."""
        world = self.desk.world
        phone = {"phone": PHONES[who]} if who in PHONES else {}
        body = {"submission_id": f"{who}-{form}", "form": form, "name": who, **phone, **sent}
        with world.in_force():
            answer = world.client("capture-lead").post("/", json=body)
            world.settle(only=frozenset({"register-lead"}))
        lead_id = str((answer.json or {})["lead_id"])
        self.names[lead_id] = who
        return lead_id

    def sell(self, lead_id: str, deal: str, stages: dict[str, datetime], price: int | None = None) -> None:
        """The lead's deal in the CRM goes through stages and gets a price."""
        at = self.desk.now()
        facts = [facts_of.crm_link("amocrm", deal, "created", at)]
        for stage, entered_at in stages.items():
            facts.append(facts_of.stage_entry("amocrm", deal, PIPELINE, STATUS[stage], entered_at, exact=True))
        if price is not None:
            facts.append(facts_of.price("amocrm", deal, price, "RUB", at))
        policy, store = self.desk.world.runtime.policy, self.desk.world.store

        def decide() -> list[Write]:
            ref = CrmRef(crm="amocrm", external_id=deal).with_lead(lead_id, timestamps.to_text(at))
            held, document = store.get_many([ref.key, Key("lead", lead_id)])
            assert document is not None
            lead = ref.tell(Lead.of(document)).with_facts(tuple(facts))
            return [ref.write(held.version if held else None), *lead_writes(policy, lead, document.version)]

        decide_and_commit(store, decide)

    def know_visits(self) -> None:
        """Everybody whose ClientID came through unspoilt was on the site an hour ago."""
        at = timestamps.to_text(self.desk.now())
        visits = [{"time": at, "counter": "12345678", "client_id": client_id} for client_id in KNOWN_TO_METRICA]
        self.desk.stand_in.apply_seed({"visits": visits})
        self.desk.pass_time(hours=1)

    def play(self) -> SmallLoop:
        """Everything happens; afterwards one upload is processed and one has lost its answer."""
        desk = self.desk
        forgotten = self.come("Дарья", ym_client_id="1788207004118264903", utm_source="vk")
        self.names[forgotten] = "Дарья"
        desk.pass_time(days=22)
        self.know_visits()
        tags = {"utm_source": "yandex", "utm_campaign": "sokol-2k"}
        anna = self.come("Анна", ym_client_id=ANNA, yclid="7325873983740247041", **tags)
        self.come("Глеб", ym_client_id=ROUNDED, referrer="https://ya.ru/")
        self.come("Егор")
        desk.pass_time(minutes=30)
        self.come("Анна", form="callback")
        boris = self.come("Борис", ym_client_id=BORIS, utm_source="vk")
        moments = {"qualified": desk.now() - timedelta(minutes=10), "sold": desk.now()}
        self.sell(anna, "101", moments, price=1_485_000_000)
        self.sell(boris, "102", {"qualified": desk.now()})
        desk.pass_time(hours=1)
        desk.upload()
        desk.pass_time(hours=2)
        desk.check()
        self.come("Вера", ym_client_id=VERA, utm_source="Авито")
        desk.fault("accept_then_drop")
        desk.upload()
        self.sell(boris, "102", {"sold": desk.now()}, price=870_000_000)
        return self
