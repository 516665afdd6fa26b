"""What also happens on the way: the demo's story leaves out what its reader need not see, functions do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from faults import promises
from faults.company import Company
from leadloop.queries import dead_letters, every_document
from leadloop.replay import replay
from leadloop_host.demo.story import Person, Story, StoryMoment


class PlayerOfForms(Protocol):
    """Who knows the people of a story and what they send."""

    story: Story

    def form_of(self, person: Person) -> dict[str, Any]:
        """The person's first form."""
        ...


_GARBAGE = b"\xff\xfe{broken \x00 json"


def prepare(company: Company, player: PlayerOfForms) -> None:
    """Put everything on the company's agenda. Webhooks come when the bus has delivered again what died, or has not."""
    company.change_crm(duplicate_control=False, delay_webhooks_seconds=10)
    for moment, act in _mishaps(company, player):
        company.at(player.story.instant(StoryMoment.read(moment)), act)


def _mishaps(company: Company, player: PlayerOfForms) -> Iterator[tuple[str, Callable[[], None]]]:
    machine = company.machine
    roman = next(person for person in player.story.cast if person.who == "Роман")
    # Whoever creates a deal twice must be seen to; only Светлана's two forms are joined by the CRM itself.
    yield "5 10:55", partial(company.change_crm, duplicate_control=True)
    yield "6 09:00", partial(_stop_joining, company)
    yield "6 13:00", partial(_visit, company, {"ym_client_id": roman.client_id})
    yield "6 13:05", partial(_send, company, player.form_of(roman) | {"gclid": "EAIaIQobChMI"})
    yield "6 13:10", partial(_garbage, company)
    # Алиса sends her form meanwhile.
    yield "11 09:45", partial(setattr, machine, "bus_is_down", True)
    yield "11 10:05", partial(setattr, machine, "bus_is_down", False)
    # Артём sends his; after four hours of attempts it is a dead letter, until somebody has put right what was wrong.
    yield "11 19:25", partial(setattr, machine, "without_store", frozenset({"register-lead"}))
    yield "12 00:25", partial(setattr, machine, "without_store", frozenset())
    yield "12 00:30", partial(put_back, company)


def _stop_joining(company: Company) -> None:
    """The CRM joins no more forms: not before all are delivered, or a repeated one would be another deal."""
    if any(promises.undelivered(company)):
        company.at(company.now + timedelta(hours=1), partial(_stop_joining, company))
    else:
        company.change_crm(duplicate_control=False)


def _send(company: Company, form: Mapping[str, Any]) -> None:
    """A form comes again, as a browser sends it that has kept it, and tells more than it did."""
    company.session.post(f"{company.host}/capture-lead", json=form, timeout=120).raise_for_status()


def _visit(company: Company, beacon: Mapping[str, Any]) -> None:
    """Somebody who left a lead comes back."""
    origin = company.policy.site.origins[0]
    answer = company.session.post(f"{company.host}/capture-visit", json=beacon, headers={"Origin": origin}, timeout=120)
    answer.raise_for_status()


def _garbage(company: Company) -> None:
    """Somebody posts what is no form, and a webhook arrives that names nothing."""
    for path in ("capture-lead", f"receive-crm-event/amocrm/{company.hook_secret}"):
        headers = {"Content-Type": "application/json"}
        answer = company.session.post(f"{company.host}/{path}", data=_GARBAGE, headers=headers, timeout=120)
        answer.raise_for_status()


def put_back(company: Company) -> None:
    """The owner has every dead letter delivered once more."""
    world = company.onlooker()
    for letter in list(every_document(world.store, dead_letters())):
        replay(world, letter, again=False)
