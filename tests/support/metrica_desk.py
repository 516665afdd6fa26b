"""An upload desk: the memory world, a Metrica stand-in, and leads with a story.

desk.plant("anna", client_id=ANNA, stages={"sold": desk.now()})
desk.upload(); desk.pass_time(hours=2); desk.check()
desk.conversions()    # what the stand-in counted: the oracle stands outside our code
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from leadloop import timestamps
from leadloop.adapters.requests_http import RequestsHttp
from leadloop.conversions.checking import UploadCheck
from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import leaf_of
from leadloop.conversions.ledger import UploadLedger
from leadloop.conversions.run import UploadRun
from leadloop.conversions.states import State
from leadloop.conversions.summary import Summary
from leadloop.conversions.upload import Upload
from leadloop.crm.deals import Deal
from leadloop.leads import facts_of
from leadloop.leads.crm_refs import ref_key
from leadloop.leads.lead import Lead
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.leases import lease
from leadloop.messages import AdIds, BotSigns, Submission
from leadloop.policy import Policy
from leadloop.ports.clock import Clock
from leadloop.ports.http import Http
from leadloop.ports.store import Key, Write
from leadloop.yandex.metrica import Metrica
from leadloop_standins.clock import Clock as StandInClock
from leadloop_standins.command import running
from leadloop_standins.metrica import MetricaStandIn
from support.interruptions import InterruptedHttp, InterruptedStore, Interrupter
from support.policies import MEETING, PIPELINE, QUALIFIED, WON, sokol
from support.settable_clock import MORNING
from support.stand_in_http import StandInHttp
from support.world import World

COUNTER, TOKEN = "12345678", "an-oauth-token"
ANNA, BORIS, VERA = "1700000000123456789", "1700000000123456790", "1700000000123456791"
YCLID = "16592387498237498237"
STATUS = {"qualified": QUALIFIED, "meeting": MEETING, "sold": WON}
TARGETS = ("lead_received", "lead_qualified", "flat_sold")


class _SharedClock(StandInClock):
    """The stand-in's calendar is the desk's."""

    def __init__(self) -> None:
        super().__init__()
        self.hands: Clock | None = None

    def now(self) -> datetime:
        return MORNING if self.hands is None else self.hands.now()


class MetricaServer:
    """One stand-in served for many tests; each test takes it from the beginning."""

    def __init__(self, stand_in: MetricaStandIn, clock: _SharedClock, url: str) -> None:
        self.stand_in = stand_in
        self.url = url
        self._clock = clock

    def begin(self, hands: Clock) -> None:
        """Forget everything and follow these hands."""
        self._clock.hands = hands
        self.stand_in.reset()


@contextmanager
def metrica_server() -> Iterator[MetricaServer]:
    """Serve a stand-in with the counter of «Сокол», its goals and one token."""
    clock = _SharedClock()
    seed = {
        "counters": [{"id": COUNTER}, {"id": "87654321"}],
        "tokens": [
            {"token": TOKEN},
            {"token": "uploads-only", "scopes": ["metrika:offline_data"]},
            {"token": "stranger", "counters": [87654321]},
        ],
        "goals": [{"target": target, "counter": COUNTER} for target in TARGETS],
        "settings": {"processing_minutes": 60.0},
    }
    stand_in = MetricaStandIn(clock, seed)
    with running(stand_in) as url:
        yield MetricaServer(stand_in, clock, url)


class MetricaDesk:
    """Uploads as the functions do them, on a world whose store and transport a test may exchange."""

    def __init__(self, server: MetricaServer, policy: Policy | None = None, token: str = TOKEN) -> None:
        environment = {"LEADLOOP_ENDPOINT_METRICA": server.url, "LEADLOOP_METRICA_TOKEN": token}
        self.world = World(policy or sokol(), environment=environment)
        self.world.runtime.http = StandInHttp({server.url: server.stand_in}, self.world.clock)
        self.server = server
        self.stand_in = server.stand_in
        self.clock = self.world.clock
        self.log = self.world.log
        server.begin(self.clock)

    # time

    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, **length: float) -> None:
        self.clock.advance(**length)

    # what the functions do

    def context(self, function: str = "upload-conversions") -> UploadContext:
        return UploadContext.of(self.world.runtime, function)

    def upload(self) -> Summary:
        """One run of upload-conversions, lease and all."""
        context = self.context()
        with lease(context.store, context.clock, "upload-conversions", context.entropy.token(), context.lease_seconds):
            return UploadRun(context).run()

    def check(self) -> Summary:
        """One run of check-uploads."""
        return UploadCheck(self.context("check-uploads")).run()

    def heal(self) -> None:
        """The hours after something went wrong: leases end, the list is read, the fence passes, totals come in."""
        for minutes, run in ((20, "upload"), (110, "check"), (15, "check"), (15, "upload"), (70, "check")):
            self.pass_time(minutes=minutes)
            self.upload() if run == "upload" else self.check()

    @contextmanager
    def interrupted(self, interrupter: Interrupter) -> Iterator[None]:
        """Within the block every touch of store and network passes the interrupter."""
        runtime = self.world.runtime
        store = runtime.store
        runtime.store = InterruptedStore(store, interrupter)
        try:
            with self.over(InterruptedHttp(runtime.http, interrupter)):
                yield
        finally:
            runtime.store = store

    @contextmanager
    def over(self, http: Http) -> Iterator[None]:
        """Within the block Metrica is reached by another transport."""
        runtime = self.world.runtime
        usual = runtime.http
        runtime.http = http
        vars(runtime).pop("metrica", None)
        try:
            yield
        finally:
            runtime.http = usual
            vars(runtime).pop("metrica", None)

    # leads

    def plant(
        self,
        lead_id: str,
        *,
        at: datetime | None = None,
        stages: Mapping[str, datetime] | None = None,
        price: int | None = None,
        deal: str | None = None,
        bot_signs: BotSigns | None = None,
        **ids: str,
    ) -> Lead:
        """A lead from the site with ad ids, on a deal of its own that has reached stages."""
        at = at or self.now()
        said = {"ids": AdIds.model_validate(ids), "bot_signs": bot_signs or BotSigns()}
        sent = Submission.model_validate(
            {"lead_id": lead_id, "fingerprint": lead_id, "occurred_at": at, "received_at": at, **said}
        )
        facts = [facts_of.submission(sent)]
        external_id = deal or str(100_000 + sum(map(ord, lead_id)))
        if stages or deal:
            facts.append(facts_of.crm_link("amocrm", external_id, "created", at))
        for stage, entered in (stages or {}).items():
            facts.append(facts_of.stage_entry("amocrm", external_id, PIPELINE, STATUS[stage], entered, exact=True))
        if price is not None:
            facts.append(facts_of.price("amocrm", external_id, price, "RUB", at))
        return self._write(Lead(id=lead_id).with_facts(tuple(facts)), external_id if stages or deal else None, at)

    def enter(self, lead_id: str, stage: str, at: datetime | None = None) -> Lead:
        """A planted lead's deal reaches one more stage."""
        [document] = self.world.store.get_many([Key("lead", lead_id)])
        assert document is not None
        lead = Lead.of(document)
        ref = lead.state(self.world.runtime.policy).crm_ref
        assert ref is not None, "plant the lead with a deal first"
        external_id = ref.removeprefix("amocrm-lead-")
        fact = facts_of.stage_entry("amocrm", external_id, PIPELINE, STATUS[stage], at or self.now(), exact=True)
        return self._write(lead.with_facts((fact,)), None, self.now())

    def come_back(self, lead_id: str, client_id: str, at: datetime) -> Lead:
        """A planted lead's browser is on the site again."""
        [document] = self.world.store.get_many([Key("lead", lead_id)])
        assert document is not None
        return self._write(Lead.of(document).with_facts((facts_of.visit(client_id, at),)), None, at)

    def learn(self, lead_id: str, **ids: str) -> Lead:
        """Ad ids of a planted lead are read from the deal that it was planted on."""
        external_id = self.lead(lead_id).state(self.world.runtime.policy).crm_refs[0].removeprefix("amocrm-lead-")
        fact = facts_of.observed_ids("amocrm", external_id, {**ids}, (), self.now())
        return self._write(self.lead(lead_id).with_facts((fact,)), None, self.now())

    def _write(self, lead: Lead, external_id: str | None, at: datetime) -> Lead:
        policy, store = self.world.runtime.policy, self.world.store

        def decide() -> list[Write]:
            if external_id is None:
                [resting] = store.get_many([lead.key])
                return lead_writes(policy, lead, resting.version if resting else None)
            [held] = store.get_many([ref_key("amocrm", external_id)])
            deal = Deal.read(store, policy, "amocrm", external_id, held)
            deal.fetch([lead.id])
            deal.leads[lead.id] = lead
            deal.ref = deal.ref.with_lead(lead.id, timestamps.to_text(at))
            return deal.writes()

        decide_and_commit(store, decide)
        return self.lead(lead.id)

    def lead(self, lead_id: str) -> Lead:
        [document] = self.world.store.get_many([Key("lead", lead_id)])
        assert document is not None
        return Lead.of(document)

    # what is known afterwards

    def uploads(self) -> list[Upload]:
        return sorted((Upload.of(one) for one in self.world.documents("upload")), key=lambda one: one.created_at)

    def the_upload(self) -> Upload:
        [upload] = self.uploads()
        return upload

    def states(self) -> list[str]:
        return sorted(upload.state.value for upload in self.uploads())

    def assert_rows_have_a_place(self) -> None:
        """Every claim waits, or stands in an upload that covers its index; no two rows share a place."""
        leads = [Lead.of(document) for document in self.world.documents("lead")]
        claims = [claim for lead in leads for claim in lead.claims.values() if claim.token is not None]
        assert len({(claim.token, claim.index) for claim in claims}) == len(claims)
        for claim in claims:
            leaf = leaf_of(self.ledger(), str(claim.token), claim.index).upload
            assert leaf.first <= claim.index < leaf.end
            assert leaf.state is not State.RELEASED

    def ledger(self) -> UploadLedger:
        return UploadLedger(self.context())

    def fault(self, name: str, **instruction: Any) -> None:  # noqa: ANN401 - as the stand-in's orders
        """Order a fault of the stand-in; by default for the next upload."""
        order = {"fault": name, "path": "/upload$", "method": "POST", **instruction}
        with self.stand_in.lock:
            self.stand_in.faults.order(order)

    def counted(self) -> dict[str, Any]:
        """The stand-in's own ledger."""
        with self.stand_in.lock:
            return self.stand_in.ledger()

    def conversions(self) -> set[tuple[str, str, str, int]]:
        """What Metrica counts: (column, identifier, target, moment)."""
        return {(one["kind"], one["id"], one["target"], one["datetime"]) for one in self.counted()["conversions"]}

    def posts(self) -> int:
        """How many files were offered."""
        return sum(entry.method == "POST" and entry.path.endswith("/upload") for entry in self.stand_in.journal.entries)

    def be_impatient(self, seconds: float) -> None:
        """Upload with another time-out, over a connection that can be given up."""
        http = RequestsHttp({}, sleep=lambda _: None)
        self.use_metrica(replace(self.world.runtime.metrica, http=http, upload_timeout=seconds))

    def use_token(self, token: str) -> None:
        self.use_metrica(replace(self.world.runtime.metrica, token=token))

    def use_metrica(self, metrica: Metrica) -> None:
        vars(self.world.runtime)["metrica"] = metrica

    def wait_until_served(self) -> None:
        """Return when the stand-in is through with every request, also those nobody waits for any more."""
        for _ in range(500):
            if all(entry.status is not None for entry in self.stand_in.journal.entries):
                return
            threading.Event().wait(0.01)
        raise AssertionError("the stand-in is still busy after five seconds")


def unix(instant: datetime) -> int:
    return timestamps.to_unix(instant)
