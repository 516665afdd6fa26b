"""leadloop between a site, a CRM and Metrica, all in one simulated time.

The host is a process of its own, which can be killed. Both vendors are served by the test's: they are spoken to over
HTTP all the same, and nothing of leadloop runs beside them. In the demo they are processes, too.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from journeys.visitors import Visitor
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.policy import ContactMode
from leadloop.ports.store import Document, Query
from leadloop_host.demo import world as worlds
from leadloop_host.demo.processes import HOST, Processes
from leadloop_standins.clock import Clock
from leadloop_standins.command import read_seed, running

EXAMPLE = Path(__file__).parents[2] / "examples" / "real_estate"
MORNING = datetime(2026, 9, 1, 6, 10, tzinfo=UTC)
WITHIN = 240.0
"""Seconds of patience; what is waited for is looked for again and again, and is mostly there at once."""


class Loop:
    """The whole system. Vendors run for as long as ``vendors`` does; the host may be killed in between."""

    def __init__(self, folder: Path, mode: ContactMode = ContactMode.KEEP) -> None:
        self.world = worlds.prepare(folder, EXAMPLE, worlds.free_port(), MORNING, mode)
        self.processes = Processes(folder)
        self.data = folder / "data"

    @contextmanager
    def vendors(self) -> Iterator[None]:
        """Serve both stand-ins."""
        arguments = worlds.stand_in_arguments(self.world)
        with ExitStack() as served:
            worlds.point_at(
                self.world, {name: served.enter_context(_stand_in(name, given)) for name, given in arguments.items()}
            )
            yield

    def start(self, **environment: str) -> Self:
        """Start the host between the vendors."""
        self.start_host(**environment)
        worlds.subscribe(self.world)
        return self

    def start_host(self, **environment: str) -> None:
        """Start ``leadloop serve``; ``environment`` is put right (or wrong) from here on."""
        self.world.environment |= environment
        arguments = ["serve", *worlds.host_arguments(self.world)]
        self.processes.start_host("leadloop.cli", arguments, self.world.environment, self.world.host, self.data)

    def kill_host(self) -> None:
        """``kill -9``."""
        self.processes.kill(HOST)

    def stop_host(self) -> None:
        assert self.processes.stop(HOST) == 0

    def restart_host(self, **environment: str) -> None:
        self.stop_host()
        self.start_host(**environment)

    def edit_policy(self, section: str, **keys: object) -> None:
        """Change the policy file; the next start of the host reads it."""
        policy = yaml.safe_load(self.world.policy_file.read_text())
        policy[section] |= keys
        self.world.policy_file.write_text(yaml.safe_dump(policy, allow_unicode=True))

    # Visitors

    def visit(self, visitor: Visitor) -> None:
        """Metrica sees the visitor on the site."""
        self.order("metrica", "visits", [{"time": self.now.isoformat(), "client_id": visitor.client_id}])

    def post_form(self, visitor: Visitor, **fields: str) -> requests.Response:
        """The form leaves once, whatever comes of it. A connection of its own: any thread may call this."""
        return requests.post(f"{self.world.host}/capture-lead", json=visitor.form | fields, timeout=WITHIN)

    def send_form(self, visitor: Visitor, **fields: str) -> str:
        """Visit the site and leave a lead, ``fields`` other than usual; its id."""
        self.visit(visitor)
        answer = self.post_form(visitor, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["lead_id"])

    # Sales

    def create_deal(self, visitor: Visitor, **fields: str) -> int:
        """What the site's own integration does: a deal with a contact, and whatever ids it passes on."""
        act = {"action": "create_lead", "name": "Заявка", "fields": fields}
        made = self.order("amocrm", "actions", act | {"contact_name": visitor.name, "phone": visitor.phone})
        return int(made["lead_id"])

    def deal_of(self, lead_id: str) -> int:
        """The one deal that carries our id."""
        [deal] = self.deals()[lead_id]
        return deal

    def deals(self) -> dict[str, list[int]]:
        """Every LEADLOOP_ID that a request brought into the CRM, with the deals created under it."""
        found: dict[str, list[int]] = self.ledger("amocrm")["leads_by_field_value"].get("LEADLOOP_ID", {})
        return found

    def deal(self, number: int) -> dict[str, Any]:
        """A deal as the CRM holds it."""
        return next(deal for deal in self.ledger("amocrm")["leads"] if deal["id"] == number)

    def move(self, deal: int, stage: str, price: int | None = None, **when: str) -> None:
        """Sales move a deal; ``at`` may say that the CRM's clock shows another time."""
        pipelines = self.world.policy.crm.pipelines.items()
        pipeline, status = next((p, s) for p, stages in pipelines for s, name in stages.items() if name == stage)
        order = {"action": "move", "lead_id": deal, "pipeline_id": int(pipeline), "status_id": int(status)}
        self.order("amocrm", "actions", order | when)
        if price is not None:
            self.order("amocrm", "actions", {"action": "set_price", "lead_id": deal, "price": price})

    # Time

    @property
    def now(self) -> datetime:
        return self.world.now

    def pass_time(self, **span: float) -> None:
        """Move the clock of everybody and wait until all that this causes is done."""
        self.world.set_clock(self.now + timedelta(**span))
        self.settle()

    def settle(self) -> None:
        """Deliver every due webhook, and wait until nothing is due any more."""
        self.world.wait_until_quiet()
        self.order("amocrm", "webhooks/pump", {})
        self.world.wait_until_quiet()

    def run(self, function: str) -> dict[str, Any]:
        """Trigger a scheduled function by hand; its answer."""
        answer = requests.post(f"{self.world.host}/{function}", timeout=WITHIN)
        assert answer.status_code == 200, answer.text
        summary: dict[str, Any] = answer.json()
        return summary

    # What can be seen

    def order(self, vendor: str, path: str, body: object) -> Any:  # noqa: ANN401 - whatever the stand-in answers
        """Give an order to a stand-in."""
        return self.world.order(getattr(self.world, vendor), path, body)

    def repair(self, vendor: str) -> None:
        """Take back every fault."""
        requests.delete(f"{getattr(self.world, vendor)}/_stand_in/faults", timeout=WITHIN).raise_for_status()

    def ledger(self, vendor: str) -> dict[str, Any]:
        """What a stand-in counted by itself."""
        return self.world.ledger(getattr(self.world, vendor))

    def counted(self) -> Counter[tuple[str, str]]:
        """How often Metrica counted each goal of each visitor."""
        return Counter((row["id"], row["target"]) for row in self.ledger("metrica")["conversions"])

    def fired(self, vendor: str) -> int:
        """How often a stand-in committed the faults ordered of it."""
        answer = self.world.session.get(f"{getattr(self.world, vendor)}/_stand_in/faults", timeout=WITHIN)
        return sum(int(fault["fired"]) for fault in answer.json()["faults"])

    def documents(self, collection: str) -> list[Document]:
        """What rests in the host's store."""
        with closing(SqliteStore(self.data / "documents.db")) as store:
            return list(store.query(Query(collection, limit=1000)).documents)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What the host logged under a name, whichever of its lives it was in."""
        return [line for line in self._log() if line.get("message") == event]

    def _log(self) -> Iterator[dict[str, Any]]:
        for line in (self.world.folder / "host.log").read_text().splitlines():
            if line.startswith("{"):  # what is told to people stands between
                yield json.loads(line)


@contextmanager
def living(
    folder: Path,
    mode: ContactMode = ContactMode.KEEP,
    policy: Mapping[str, Mapping[str, object]] | None = None,
    **environment: str,
) -> Iterator[Loop]:
    """A loop that is started; all of it is ended with the block.

    ``policy`` (section → keys) and ``environment`` are the owner's settings, right or wrong; no vendor knows of them.
    """
    loop = Loop(folder, mode)
    for section, keys in (policy or {}).items():
        loop.edit_policy(section, **keys)
    with loop.vendors(), loop.processes, closing(loop.world.session):
        yield loop.start(**environment)


@contextmanager
def _stand_in(vendor: str, arguments: Sequence[str]) -> Iterator[str]:
    """Serve a stand-in as its command line would; its base URL."""
    command = import_module(f"leadloop_standins.{vendor}.__main__")
    given = command.parser().parse_args(arguments)
    with running(command.build(given, Clock(given.clock_file), read_seed(given.seed))) as url:
        yield url


def wait_until(reached: Callable[[], bool], what: str) -> None:
    """Return as soon as the condition holds; fail when it does not come to hold."""
    given_up_at = time.monotonic() + WITHIN
    while not reached():
        assert time.monotonic() < given_up_at, f"{what}: not reached within {WITHIN:.0f} s"
        time.sleep(0.02)


def wait_until_fired(loop: Loop, vendor: str, times: int = 1) -> None:
    """Return once the stand-in has committed so many faults: the host is in the middle of that very call."""
    wait_until(lambda: loop.fired(vendor) >= times, f"{vendor} commits the fault")


def assert_told(loop: Loop, event: str, *words: str) -> None:
    """The host logged an error under that name, and its last one holds all of the words."""
    lines = loop.logged(event)
    assert lines, f"nothing was logged as {event}"
    assert {line["severity"] for line in lines} == {"ERROR"}
    said = " ".join(str(value) for value in lines[-1].values())
    assert [word for word in words if word not in said] == []
