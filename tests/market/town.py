"""The town: its people with their telephones and browsers, and the sheet on which each inquiry is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from market.browsers import CARRIERS, Browser, new_browser, new_network
from market.channels import Visit, any_visit
from market.inquiries import Deal, Inquiry, Post
from market.spelling import mistyped, new_email, new_phone, spelt_email, spelt_phone

BEGINNING = datetime(2025, 6, 1, tzinfo=UTC)
LENGTH = timedelta(days=480)
VANITY = ("7777777", "5550555", "1234567", "2002000")


@dataclass
class Person:
    """A human being with what belongs to it. The first of the phones and e-mails is the usual one."""

    name: str
    phones: list[str]
    emails: list[str]
    browsers: list[Browser]
    home: str
    came: int = 0
    """How often it has inquired."""


@dataclass
class Town:
    """Invents people and writes down what they do. All chance comes from one seed."""

    chance: Random
    inquiries: list[Inquiry] = field(default_factory=list)
    people: int = 0

    def moment(self) -> datetime:
        """Some time of a day: mostly of its working hours, in Moscow."""
        hour = self.chance.triangular(4, 21, 11)
        return BEGINNING + timedelta(days=self.chance.randrange(LENGTH.days)) + timedelta(seconds=int(hour * 3600))

    def person(self, home: str | None = None) -> Person:
        chance, self.people = self.chance, self.people + 1
        phones = [new_phone(chance) for _ in range(chance.choices((1, 2, 3), (80, 17, 3))[0])]
        if chance.random() < 0.005:
            phones[0] = phones[0][:4] + chance.choice(VANITY)
        emails = [new_email(chance, self.people * 10 + n) for n in range(chance.choices((1, 2, 3), (80, 17, 3))[0])]
        browsers = [new_browser(chance) for _ in range(chance.choices((1, 2, 3, 4), (55, 30, 11, 4))[0])]
        return Person(f"human{self.people}", phones, emails, browsers, home or new_network(chance))

    def contacts_of(self, person: Person) -> list[str]:
        """What somebody leaves this time: mostly the usual phone, sometimes another, an e-mail, or a wrong number."""
        chance = self.chance
        left = []
        phone = person.phones[0] if chance.random() < 0.85 else chance.choice(person.phones)
        email = person.emails[0] if chance.random() < 0.85 else chance.choice(person.emails)
        what = chance.random()
        if what < 0.9:
            left.append(f"phone:{mistyped(chance, phone) if chance.random() < 0.015 else phone}")
        if what > 0.55:
            left.append(f"email:{email}")
        return left

    def fill_seconds(self) -> float:
        """How long a person sits over a form; a twelfth let the browser fill it in."""
        if self.chance.random() < 0.08:
            return round(self.chance.uniform(2, 4), 1)
        return round(max(4.0, self.chance.lognormvariate(3.2, 0.7)), 1)

    def write(
        self,
        person: Person,
        kind: str,
        at: datetime,
        *,
        contacts: list[str] | None = None,
        visit: Visit | None = None,
        browser: Browser | None = None,
        network: str | None = None,
        seconds: float | None = None,
        more: Mapping[str, str] | None = None,
        deal: Deal | None = None,
    ) -> Inquiry:
        """A person sends a form."""
        chance = self.chance
        contacts = self.contacts_of(person) if contacts is None else contacts
        visit = any_visit(chance) if visit is None else visit
        browser = browser or chance.choice(person.browsers)
        network = network or (chance.choice(CARRIERS) if chance.random() < 0.4 else person.home)
        seconds = self.fill_seconds() if seconds is None else seconds
        name = f"s{len(self.inquiries)}"
        fields = {**visit.fields(chance), **self.spelt(contacts), "submission_id": name, "form": "zayavka"}
        if chance.random() > 0.06:
            fields["ym_client_id"] = browser.client_id
        fields |= {"fill_seconds": str(seconds), **(more or {})}
        post = Post(fields, browser.headers(network, chance))
        written = Inquiry(
            name=name,
            at=at,
            kind=kind,
            human=person.name,
            contacts=frozenset(contacts),
            source=visit.source,
            post=post,
            deal=deal,
            client_id=fields.get("ym_client_id"),
            has_ids="ym_client_id" in fields or visit.has_click,
            times_sent=2 if chance.random() < 0.02 else 1,
        )
        self.inquiries.append(written)
        person.came += 1
        return written

    def spelt(self, contacts: list[str]) -> dict[str, str]:
        """The contacts as they are typed."""
        typed = {}
        for contact in contacts:
            kind, _, value = contact.partition(":")
            typed[kind] = (spelt_phone if kind == "phone" else spelt_email)(self.chance, value)
        return typed
