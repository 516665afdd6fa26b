"""Plays a story: real form posts, real CRM edits, a clock that jumps from scene to scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leadloop.numerals import counted
from leadloop_host.demo.story import Move, Person, Story
from leadloop_host.demo.timeline import (
    DealsJoined,
    FormSent,
    SalesMoved,
    Scene,
    SomethingBroke,
    TimePassed,
    WalkedIn,
    timeline,
)
from leadloop_host.demo.world import World

Say = Callable[[str], None]


@dataclass
class Player:
    """Plays scenes against a world and keeps who became which lead and which deal."""

    world: World
    story: Story
    say: Say
    deals: dict[str, int] = field(default_factory=dict)
    lead_ids: dict[str, list[str]] = field(default_factory=dict)
    _day: int = 0

    def play(self) -> None:
        """Play the whole story, scene by scene, waiting each time until all is quiet."""
        for instant, scene in timeline(self.story):
            self.world.set_clock(instant)
            self._announce(instant, scene)
            self._play(scene)
            self.settle()

    def settle(self) -> None:
        """Let every due webhook be delivered and everything it causes come to rest."""
        self.world.wait_until_quiet()
        if self.world.order(self.world.amocrm, "webhooks/pump", {})["posted"]:
            self.world.wait_until_quiet()

    def _play(self, scene: Scene) -> None:
        match scene:
            case FormSent():
                self._send_form(scene)
            case WalkedIn():
                self._walk_in(scene.person)
            case SalesMoved():
                self._move(scene.person, scene.move)
            case DealsJoined():
                self._join(scene.loser, scene.winner)
            case SomethingBroke():
                self._break(scene)
            case TimePassed():
                pass

    def _announce(self, instant: datetime, scene: Scene) -> None:
        local = instant.astimezone(ZoneInfo(self.story.time_zone))
        day = (local.date() - self.story.starts).days + 1
        if day != self._day:
            self._day = day
            self.say(self._progress(local, day))
        if isinstance(scene, SomethingBroke):
            self.say(f"          {local:%H:%M}  ! {scene.incident.say}")

    def _progress(self, local: datetime, day: int) -> str:
        totals = self.world.ledger(self.world.metrica)["totals"]
        leads = sum(len(ids) for ids in self.lead_ids.values())
        came = f"{counted(leads, 'lead'):<8} · {counted(len(self.deals), 'deal'):<8}"
        received = f"{counted(totals['conversions'], 'conversion'):<15} received by Metrica, {totals['linked']} linked"
        return f"  day {day:>2}  {local:%d.%m}  {came} · {received}"

    def _send_form(self, scene: FormSent) -> None:
        person = scene.person
        visited = self.world.now - timedelta(minutes=5)
        self._visit(person, visited)
        body = self._form_body(person, scene.form)
        for _ in range(scene.times):
            answer = self.world.session.post(self.world.url_of("capture-lead"), json=body, timeout=10)
            answer.raise_for_status()
            lead_id = answer.json()["lead_id"]
            known = self.lead_ids.setdefault(person.who, [])
            if lead_id not in known:
                known.append(lead_id)

    def _form_body(self, person: Person, form: str) -> dict[str, Any]:
        site = self.world.policy.site.origins[0]
        query = f"?yclid={person.yclid}" if person.yclid else ""
        body: dict[str, Any] = {
            "submission_id": f"{person.who}-{form}",
            "form": form,
            "name": person.who,
            "phone": self.story.phone_of(person),
            "comment": person.wants,
            "page": f"{site}/flats/{query}",
            "referrer": person.referrer,
            "ym_client_id": person.client_id,
            "yclid": person.yclid,
        }
        names = ("utm_source", "utm_medium", "utm_campaign")
        return body | dict(zip(names, person.utm.split("/"), strict=False)) if person.utm else body

    def _visit(self, person: Person, at: datetime) -> None:
        client_id = person.true_client_id or person.client_id
        ids = {name: value for name, value in (("client_id", client_id), ("yclid", person.yclid)) if value}
        if ids:
            self.world.order(self.world.metrica, "visits", [{"time": at.isoformat(), **ids}])

    def _walk_in(self, person: Person) -> None:
        new = self.world.policy.crm.new_lead
        assert new is not None  # noqa: S101 - the policy's own rule for mode keep
        contact = {"contact_name": person.who, "phone": self.story.phone_of(person)}
        placed = {"pipeline_id": int(new.pipeline), "status_id": int(new.status), "name": person.wants}
        made = self._act("create_lead", **placed, **contact)
        self.deals[person.who] = int(made["lead_id"])

    def _move(self, person: Person, move: Move) -> None:
        deal = self.deal_of(person)
        if move.stage != "price":
            pipeline, status = self._status_of(move.stage)
            self._act("move", lead_id=deal, pipeline_id=pipeline, status_id=status)
        if move.price:
            self._act("set_price", lead_id=deal, price=move.price)

    def _join(self, loser: Person, winner: str) -> None:
        kept = next(person for person in self.story.cast if person.who == winner)
        self._act("merge", winner=self.deal_of(kept), loser=self.deal_of(loser))

    def _break(self, scene: SomethingBroke) -> None:
        for stand_in, orders in (
            (self.world.amocrm, scene.incident.amocrm),
            (self.world.metrica, scene.incident.metrica),
        ):
            if "settings" in orders:
                self.world.order(stand_in, "settings", orders["settings"])
            if "fault" in orders:
                self.world.order(stand_in, "faults", orders["fault"])

    def _act(self, action: str, **details: object) -> dict[str, Any]:
        done: dict[str, Any] = self.world.order(self.world.amocrm, "actions", {"action": action, **details})
        return done

    def _status_of(self, stage: str) -> tuple[int, int]:
        for pipeline, statuses in self.world.policy.crm.pipelines.items():
            for status, mapped in statuses.items():
                if mapped == stage:
                    return int(pipeline), int(status)
        raise LookupError(f"the policy maps no status to the stage {stage!r}")

    def deal_of(self, person: Person) -> int:
        """The person's deal, found in the CRM by our own id as a manager would."""
        if person.who not in self.deals:
            self._find_deals()
        return self.deals[person.who]

    def _find_deals(self) -> None:
        found = self.world.ledger(self.world.amocrm)["leads_by_field_value"].get("LEADLOOP_ID", {})
        for who, ids in self.lead_ids.items():
            if who not in self.deals and found.get(ids[0]):
                self.deals[who] = int(found[ids[0]][0])
