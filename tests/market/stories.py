"""What honest people do. Many of them look like bots from afar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from market.browsers import new_browser, new_network
from market.channels import any_call, any_visit
from market.inquiries import NONE, Deal, Inquiry
from market.rules import LISTED_AGENT_PHONES
from market.spelling import new_email, new_phone
from market.town import BEGINNING, LENGTH, Person, Town


def pause(chance: Random) -> timedelta:
    """Until somebody comes again: minutes, days, months, or after half a year and more."""
    lengths = (
        (2, 50),
        (90, 60 * 20),
        (60 * 24, 60 * 24 * 30),
        (60 * 24 * 31, 60 * 24 * 170),
        (60 * 24 * 185, 60 * 24 * 330),
    )
    [(least, most)] = chance.choices(lengths, (25, 10, 30, 22, 13))
    return timedelta(minutes=chance.uniform(least, most))


def come_again(town: Town, person: Person, kind: str, at: datetime, likely: float = 0.52) -> None:
    """Somebody inquires, and perhaps again and again."""
    while at < BEGINNING + LENGTH:
        town.write(person, kind, at)
        if town.chance.random() > likely:
            return
        at += pause(town.chance)


def solitary(town: Town) -> None:
    come_again(town, town.person(), "person", town.moment())


def family(town: Town) -> None:
    """Two or three with one telephone at home, each with one of their own, behind one router."""
    chance, home, phone = town.chance, new_network(town.chance), new_phone(town.chance)
    at = town.moment()
    for _ in range(chance.choice((2, 2, 3))):
        member = town.person(home)
        member.phones = [phone, member.phones[0]] if chance.random() < 0.5 else [member.phones[0], phone]
        come_again(town, member, "family", at + timedelta(hours=chance.uniform(0, 24 * 40)), likely=0.5)


def office(town: Town) -> None:
    """Thirty colleagues who leave the telephone of their reception and mostly an e-mail, some within one day."""
    chance, network, phone = town.chance, new_network(town.chance), new_phone(town.chance)
    for _ in range(30):
        colleague = town.person(network)
        at = town.moment()
        for _ in range(chance.choices((1, 2), (85, 15))[0]):
            contacts = [f"phone:{phone}"] if chance.random() < 0.8 else [f"phone:{colleague.phones[0]}"]
            if chance.random() < 0.85 or contacts != [f"phone:{phone}"]:
                contacts.append(f"email:{colleague.emails[0]}")
            town.write(colleague, "office", at, contacts=contacts, network=network)
            at += timedelta(days=chance.uniform(1, 90))


def agent(town: Town, phone: str, kind: str) -> None:
    """An agent sends the inquiries of twelve clients from his own browser, with his telephone and their e-mails."""
    chance, network = town.chance, new_network(town.chance)
    browser = new_browser(chance)
    for _ in range(12):
        client = town.person(network)
        contacts = [f"phone:{phone}", f"email:{client.emails[0]}"]
        town.write(client, kind, town.moment(), contacts=contacts, browser=browser, network=network)


def listed_agent(town: Town) -> None:
    """His number stands in ``identity.shared``."""
    agent(town, town.chance.choice(LISTED_AGENT_PHONES), "agent_listed")


def unlisted_agent(town: Town) -> None:
    agent(town, new_phone(town.chance), "agent_unlisted")


def kiosk(town: Town) -> None:
    """The tablet of a showroom on one Saturday: one ClientID, one after another, two or three an hour."""
    chance, network = town.chance, new_network(town.chance)
    browser, at = new_browser(chance), town.moment().replace(hour=7)
    while at.hour < 16:
        town.write(town.person(network), "kiosk", at, browser=browser, network=network)
        at += timedelta(minutes=chance.uniform(5, 50))


def school_class(town: Town) -> None:
    """Pupils sign up for an open day within an hour, each on their own telephone, in the network of the school."""
    chance, network, lesson = town.chance, new_network(town.chance), town.moment()
    for _ in range(chance.randrange(14, 28)):
        at = lesson + timedelta(minutes=chance.uniform(0, 55))
        town.write(town.person(network), "school_class", at, network=network)


def retrier(town: Town) -> None:
    """Somebody presses the button, sees nothing happen, loads the page anew and lets the browser fill it in again."""
    chance, person, at = town.chance, town.person(), town.moment()
    contacts, browser, network = town.contacts_of(person), chance.choice(person.browsers), person.home
    for again in range(3):
        seconds = None if again == 0 else round(chance.uniform(1.5, 9), 1)
        town.write(person, "retrier", at, contacts=contacts, browser=browser, network=network, seconds=seconds)
        at += timedelta(seconds=chance.uniform(20, 240))


def caller(town: Town) -> None:
    """Somebody calls, and the manager or the telephony makes a deal; before or after that a form may come."""
    chance, person, at = town.chance, town.person(), town.moment()
    if chance.random() < 0.3:
        town.write(person, "caller", at - pause(chance))
    source, shown = any_call(chance)
    deal = Deal(f"9{len(town.inquiries):06}", shown)
    contacts = frozenset({f"phone:{person.phones[0]}"})
    town.inquiries.append(Inquiry(f"c{len(town.inquiries)}", at, "caller", person.name, contacts, source, deal=deal))
    if chance.random() < 0.25:
        come_again(town, person, "caller", at + pause(chance), likely=0.45)


def client(town: Town) -> None:
    """Somebody buys, and later asks again: for a parking place, or by mistake."""
    chance, person, at = town.chance, town.person(), town.moment()
    sold_at = at + timedelta(days=chance.uniform(5, 60))
    contacts = [f"phone:{person.phones[0]}"]
    town.write(person, "client", at, contacts=contacts, deal=Deal(f"8{len(town.inquiries):06}", sold_at=sold_at))
    town.write(person, "client", sold_at + timedelta(days=chance.uniform(3, 100)), contacts=contacts)


def overwritten(town: Town) -> None:
    """A manager types another source over that of the form, or over what stood in the deal where the form told none."""
    deal = Deal(f"7{len(town.inquiries):06}", {"utm_source": "sarafan"}, overwritten=("yandex", "sarafan"))
    visit = any_visit(town.chance)
    if visit.source == NONE:
        visit = replace(visit, source="yandex_direct")
    town.write(town.person(), "overwritten", town.moment(), visit=visit, deal=deal)


def shared_email(town: Town) -> None:
    """A couple with one mailbox and a telephone each."""
    home, email = new_network(town.chance), new_email(town.chance, town.people * 10 + 9)
    for _ in range(2):
        one = town.person(home)
        one.emails = [email]
        come_again(town, one, "couple", town.moment(), likely=0.5)


HONEST: dict[Callable[[Town], None], float] = {
    solitary: 0.49,
    family: 0.06,
    shared_email: 0.02,
    office: 0.04,
    listed_agent: 0.02,
    unlisted_agent: 0.02,
    kiosk: 0.015,
    school_class: 0.01,
    retrier: 0.03,
    caller: 0.10,
    client: 0.03,
    overwritten: 0.015,
}
"""Each story and its share of all leads; the rest are bots."""
