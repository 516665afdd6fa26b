"""Whatever share of the webhooks is lost, doubled or late: after the next pull the same documents rest, byte for byte.

Left out of the comparison are marks and deliveries, which say when leadloop itself read and wrote. What only a webhook
tells of, an edit of a contact, does not happen here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from leadloop.facts import FactKind
from leadloop.leads.lead import Lead
from stress.crowd import ELSEWHERE, ELSEWHERE_SHOWN, client_id
from support.crm_desk import HOOKS, CrmAccount, CrmDesk
from support.policies import sokol

PULL = timedelta(minutes=15)
PULLS = 4
DEEDS = (
    *("move", "move", "move", "price", "price", "won and open and won", "elsewhere", "rename"),
    *("delete", "restore", "merge", "come by the site", "walk in"),
)
Fate = Callable[[list[str]], list[str]]
"""Of the bodies of webhooks that were posted of late, those that arrive, in their order."""


def all_arrive(bodies: list[str]) -> list[str]:
    return bodies


def none_arrives(_bodies: list[str]) -> list[str]:
    return []


def some_arrive_twice_and_in_disorder(bodies: list[str]) -> list[str]:
    """Half of them, each perhaps twice. The same for the same number of bodies."""
    chance = Random(len(bodies))
    arriving = [body for body in bodies for _ in range(chance.choice((0, 0, 1, 2)))]
    chance.shuffle(arriving)
    return arriving


@dataclass
class Deed:
    """Something that people do. What it is about is chosen by two numbers among what there is then."""

    at: timedelta
    what: str
    whom: int
    how: int


def draw(seed: int) -> list[Deed]:
    """What is done in an hour, no two deeds within ten seconds."""
    chance = Random(seed)
    moments = sorted(chance.sample(range(1, int(PULLS * PULL.total_seconds() / 10)), chance.randint(8, 16)))
    return [
        Deed(timedelta(seconds=10 * at), chance.choice(DEEDS), chance.randrange(60), chance.randrange(60))
        for at in moments
    ]


class People:
    """Visitors and managers. Which deed is possible the CRM's own records say."""

    def __init__(self, desk: CrmDesk) -> None:
        self._desk = desk
        self._deals: list[int] = []
        self._merged: set[int] = set()
        for _ in range(3):
            self.come_by_the_site()
            desk.carry_hooks()
            desk.clock.advance(minutes=4)

    def do(self, deed: Deed) -> None:
        """The deed, unless nobody could do it now."""
        deal = self._deals[deed.whom % len(self._deals)]
        lead = self._desk.amocrm.account.leads[deal]
        match deed.what:
            case "come by the site":
                self.come_by_the_site()
            case "walk in":
                self._deals.append(self._desk.deal(contact_name="Вера", phone=f"+7 999 100-00-{deed.how}"))
            case "restore" if lead.is_deleted and lead.merged_into is None:
                self._desk.act("restore", lead_id=deal)
            case _ if lead.is_alive:
                self._work_on(deal, deed)

    def come_by_the_site(self) -> None:
        """A form, and seconds later its deal, made by the site's own integration."""
        number = len(self._deals)
        contact = {"phone": f"+7 999 000-00-{number:02d}"}
        self._desk.submit(f"visitor {number}", client_id=client_id(number), **contact)
        self._desk.settle()
        self._desk.clock.advance(seconds=5)
        fields = {"_YM_UID": client_id(number)}
        self._deals.append(self._desk.deal(fields=fields, contact_name=f"visitor {number}", **contact))

    def _work_on(self, deal: int, deed: Deed) -> None:
        desk = self._desk
        match deed.what:
            case "move":
                desk.move(deal, ("qualified", "meeting", "sold", "lost")[deed.how % 4])
            case "won and open and won":
                for stage in ("sold", "meeting", "sold"):
                    desk.move(deal, stage)
                    desk.clock.advance(seconds=2)
            case "elsewhere":
                desk.act("move", lead_id=deal, pipeline_id=int(ELSEWHERE), status_id=int(ELSEWHERE_SHOWN))
            case "price":
                desk.act("set_price", lead_id=deal, price=100_000 * (deed.how % 4))
            case "rename" if deal in self._deals[:3]:  # a first status is told only once the feed has caught up
                desk.act("rename", lead_id=deal, name=f"Сделка {deed.how}")
            case "delete" if self._is_old(deal) and deal not in self._merged:
                desk.act("delete", lead_id=deal)
            case "merge":
                self._merge(deal, deed)

    def _is_old(self, deal: int) -> bool:
        """Whether a pull lies behind it: what comes and goes between two pulls was never there to be read."""
        created = datetime.fromtimestamp(self._desk.amocrm.account.leads[deal].created_at, UTC)
        return created <= self._desk.clock.now() - PULL

    def _merge(self, loser: int, deed: Deed) -> None:
        """Once for each deal: whoever is lost soon after taking over another leaves nothing by which to know it."""
        alive = [one for one in self._deals if self._desk.amocrm.account.leads[one].is_alive]
        winner = alive[deed.how % len(alive)]
        if not {winner, loser} & self._merged and winner != loser and self._is_old(loser):
            self._merged |= {winner, loser}
            self._desk.act("merge", winner=winner, loser=loser)


def live(account: CrmAccount, mode: str, seed: int, fate: Fate) -> Iterator[dict[str, str]]:
    """What rests after each pull of an hour that is drawn from a seed."""
    with account.desk(sokol(mode)) as desk:
        contacts = {"add_contact", "update_contact"}
        [webhook] = desk.amocrm.subscriptions.by_destination.values()
        webhook.settings = [hook for hook in HOOKS if hook not in contacts]
        people = People(desk)
        desk.clock.advance(minutes=15)
        desk.sync()
        begins, posted = desk.clock.now(), len(desk.amocrm.deliveries.all)
        deeds = draw(seed)
        for number in range(1, PULLS + 1):
            while deeds and deeds[0].at < number * PULL:
                deed = deeds.pop(0)
                desk.clock.set(max(desk.clock.now(), begins + deed.at))
                people.do(deed)
                bodies = [one.body for one in desk.amocrm.deliveries.all[posted:]]
                posted += len(bodies)
                for body in fate(bodies):
                    desk.hook(body)
                desk.settle()
            desk.clock.set(begins + number * PULL)
            desk.sync()
            yield resting(desk)


def resting(desk: CrmDesk) -> dict[str, str]:
    """Every document that is to be the same, as its bytes."""
    return {
        key: json.dumps(fields, sort_keys=True, ensure_ascii=False)
        for key, fields in desk.resting().items()
        if not key.startswith(("delivery/", "dirty_mark/"))
    }


@pytest.mark.parametrize("seed", range(10))
def test_the_documents_are_the_same_after_every_pull(account: CrmAccount, seed: int) -> None:
    with_all = list(live(account, "hash", seed, all_arrive))
    for fate in (none_arrives, some_arrive_twice_and_in_disorder):
        assert list(live(account, "hash", seed, fate)) == with_all, fate.__name__


def test_these_hours_are_not_dull(account: CrmAccount) -> None:
    """Otherwise the test above would prove little: every kind of fact that a deal can give comes in them."""
    kinds: set[str] = set()
    for seed in range(10):
        *_, end = live(account, "hash", seed, none_arrives)
        leads = [json.loads(text) for key, text in end.items() if key.startswith("lead/")]
        kinds |= {fact.kind for lead in leads for fact in Lead.model_validate({**lead, "id": "one"}).facts}
    assert kinds >= {
        *(FactKind.STAGE_ENTERED, FactKind.PRICE_OBSERVED, FactKind.DEAL_OBSERVED, FactKind.IDS_OBSERVED),
        *(FactKind.CRM_ENTITY_LOST, FactKind.CRM_ENTITY_RESTORED, FactKind.CRM_LINKED),
    }


def test_before_the_pull_nothing_is_known(account: CrmAccount) -> None:
    """Nor would it if the webhooks had arrived after all."""
    with account.desk(sokol("hash")) as desk:
        people = People(desk)
        before = resting(desk)
        for what in ("move", "price", "delete"):
            people.do(Deed(timedelta(0), what, 1, 2))
            desk.clock.advance(seconds=10)
        desk.forget_hooks()
        assert resting(desk) == before
        desk.sync()
        assert resting(desk) != before
