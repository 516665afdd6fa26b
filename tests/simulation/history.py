"""What people will do in some days, drawn from a seed. Nothing here knows how leadloop works.

A deal is spoken of by its name, ``Anna/main``: the person and the form that began it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import TypeAlias

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
APART = 26 * HOUR
"""What must not race is so far apart: long enough for everything to have been sent, whatever broke meanwhile."""

_NAMES = ("Anna", "Boris", "Vera", "Gleb", "Daria", "Egor", "Zoya")
_FORMS = ("callback", "price", "viewing")


@dataclass(frozen=True)
class Person:
    """A visitor, as the form and the ad systems know them."""

    name: str
    phone: str
    client_id: str | None
    yclid: str | None
    utm_source: str | None


@dataclass(frozen=True)
class FormSent:
    """A form is sent. Sent again with everything the same, it is the same lead."""

    at: timedelta
    person: Person
    form: str
    submission_id: str | None
    knows_client_id: bool = True
    """Whether Metrica's script had loaded when the form was sent."""

    @property
    def deal(self) -> str:
        """The name of the deal that follows from it."""
        return f"{self.person.name}/{self.form}"


@dataclass(frozen=True)
class GarbageSent:
    """Something is posted that is no form."""

    at: timedelta
    body: bytes


@dataclass(frozen=True)
class WalkedIn:
    """A manager types in a deal of somebody the site never saw."""

    at: timedelta
    deal: str
    phone: str
    client_id: str | None
    stage: str | None


@dataclass(frozen=True)
class Moved:
    """A deal is given a price, perhaps, and moved."""

    at: timedelta
    deal: str
    stage: str
    price: int | None = None


@dataclass(frozen=True)
class Joined:
    """Two deals turn out to be one."""

    at: timedelta
    winner: str
    loser: str


@dataclass(frozen=True)
class Deleted:
    """A deal is thrown away."""

    at: timedelta
    deal: str


@dataclass(frozen=True)
class WebhooksFail:
    """No webhook arrives from now on, or they do again."""

    at: timedelta
    fail: bool


@dataclass(frozen=True)
class ClockSetBack:
    """Somebody corrects the clock of every machine."""

    at: timedelta
    by: timedelta


Deed: TypeAlias = FormSent | GarbageSent | WalkedIn | Moved | Joined | Deleted | WebhooksFail | ClockSetBack


@dataclass(frozen=True)
class History:
    """Everything that will be done, in order, and the circumstances."""

    seed: int
    mode: str
    deeds: tuple[Deed, ...]
    crm_switches: dict[str, object] = field(default_factory=dict)
    hooks: tuple[str, ...] = ()
    """Webhooks that the account was set up to send."""

    def lines(self) -> list[str]:
        """The plan, for people."""
        circumstances = f"seed {self.seed}, contacts {self.mode}, CRM {self.crm_switches}, webhooks {self.hooks}"
        return [circumstances, *map(str, self.deeds)]


def draw(seed: int) -> History:
    """The history of a seed."""
    chance = Random(seed)
    mode = chance.choice(("keep", "keep", "hash", "hash", "none"))
    switches = _crm_switches(chance, mode)
    deeds = sorted(_Deeds(chance, mode, may_join=not switches["duplicate_control"]).draw(), key=lambda deed: deed.at)
    hooks = ("add_lead", "delete_lead", *chance.choice((("status_lead",), ("update_lead",), ("update_contact",))))
    return History(seed, mode, tuple(deeds), switches, hooks)


def _crm_switches(chance: Random, mode: str) -> dict[str, object]:
    return {
        "duplicate_control": mode == "keep" and chance.random() < 0.3,
        "events_order": chance.choice(("newest_first", "oldest_first")),
        "filters": chance.choice(("honoured", "honoured", "ignored", "refused")),
        "custom_field_filters": chance.choice(("honoured", "ignored")),
        "short_pages": chance.random() < 0.3,
        "events_lag_seconds": chance.choice((0, 0, 120)),
        "large_ids": chance.random() < 0.2,
    }


class _Deeds:
    """Draws the deeds of one history."""

    def __init__(self, chance: Random, mode: str, *, may_join: bool) -> None:
        """``may_join``: a CRM that joins repeated forms by itself leaves nothing to a manager."""
        self._chance = chance
        self._mode = mode
        self._may_join = may_join
        self._deeds: list[Deed] = []
        self._moments: set[int] = set()
        self._over: dict[str, timedelta] = {}
        """Deal → when its last move was."""

    def draw(self) -> list[Deed]:
        people = [self._person(place) for place in range(self._chance.randint(2, 4))]
        for person in people:
            self._forms(person)
        if self._mode != "none" and self._chance.random() < 0.4:
            self._conflict(*people[:2])
        if self._chance.random() < 0.6:
            self._walk_in()
        for deal in sorted(self._over):
            self._moves(deal)
        if self._may_join:
            self._end_some()
        if self._chance.random() < 0.3:
            self._deeds.append(GarbageSent(self._moment(0, 5), b"\xff\xfe{broken \x00 json" * 3))
        if self._chance.random() < 0.4:
            begins = self._moment(0, 6)
            self._deeds += [WebhooksFail(begins, True), WebhooksFail(begins + 30 * HOUR, False)]
        if self._chance.random() < 0.2:
            self._deeds.append(ClockSetBack(self._moment(1, 6), timedelta(minutes=3)))
        return self._deeds

    def _person(self, place: int) -> Person:
        chance = self._chance
        client_id = str(chance.randrange(10**18, 18 * 10**18)) if chance.random() < 0.75 else None
        yclid = str(chance.randrange(10**17, 10**19)) if chance.random() < 0.5 else None
        phone = f"+7 9{chance.randrange(10, 70)} {chance.randrange(200, 900)}-{place}7-{chance.randrange(10, 99)}"
        return Person(_NAMES[place], phone, client_id, yclid, chance.choice((None, "vk", "newsletter")))

    def _forms(self, person: Person) -> None:
        """A first form; perhaps it comes twice; perhaps another one within the hour, or days later."""
        chance = self._chance
        first = FormSent(self._moment(0, 4), person, _FORMS[0], self._submission_id(person, 0), chance.random() < 0.7)
        self._send(first)
        if chance.random() < 0.5:
            self._again(first)
        if chance.random() < 0.35:
            later = first.at + timedelta(minutes=chance.randint(3, 50))
            self._send(FormSent(later, person, _FORMS[1], self._submission_id(person, 1)))
        if chance.random() < 0.25:
            self._send(FormSent(self._moment(6, 9), person, _FORMS[2], self._submission_id(person, 2)))

    def _submission_id(self, person: Person, number: int) -> str | None:
        # The mode `none` has nothing else by which a lead without ad ids could meet its deal.
        without = self._mode != "none" and self._chance.random() < 0.25
        return None if without else f"{person.name.lower()}-{number}"

    def _send(self, sent: FormSent) -> None:
        self._deeds.append(sent)
        self._over[sent.deal] = max(sent.at, self._over.get(sent.deal, sent.at))

    def _again(self, first: FormSent) -> None:
        """The same form comes again: a double click, or an impatient visitor whose ClientID is known by now."""
        if first.submission_id is None:
            self._send(FormSent(first.at, first.person, first.form, None, first.knows_client_id))
            return
        later = first.at + self._chance.choice((timedelta(0), timedelta(minutes=2), 5 * HOUR, 2 * DAY))
        # Without contacts another ClientID is another visitor of a cached page.
        knows = first.knows_client_id if self._mode == "none" else True
        self._send(FormSent(later, first.person, first.form, first.submission_id, knows))

    def _conflict(self, one: Person, other: Person) -> None:
        """A cached page gives two people one submission id."""
        for person in (one, other):
            self._send(FormSent(self._moment(0, 5), person, "cached", "page-17"))

    def _walk_in(self) -> None:
        chance = self._chance
        phone = f"+7 495 {chance.randrange(200, 900)}-11-{chance.randrange(10, 99)}"
        client_id = str(chance.randrange(10**18, 18 * 10**18)) if chance.random() < 0.5 else None
        stage = "qualified" if chance.random() < 0.3 else None
        walked = WalkedIn(self._moment(0, 5), "Walk-in", phone, client_id, stage)
        self._deeds.append(walked)
        self._over[walked.deal] = walked.at

    def _moves(self, deal: str) -> None:
        """A day later at the earliest: the deal is there by then, however much trouble its creation met."""
        chance = self._chance
        at = self._over[deal] + APART
        for stage in ("qualified", "meeting", "sold"):
            if chance.random() < 0.35:
                return
            if chance.random() < 0.8:
                at = self._unused(at + timedelta(minutes=chance.randint(1, 40 * 60)))
                price = chance.randrange(1, 20) * 500_000 if stage == "sold" and chance.random() < 0.8 else None
                self._deeds.append(Moved(at, deal, stage, price))
                self._over[deal] = at
            if stage == "qualified" and chance.random() < 0.2:  # back and forth: only the first time counts
                self._deeds.append(Moved(self._unused(at + HOUR), deal, "meeting"))
                self._deeds.append(Moved(self._unused(at + 2 * HOUR), deal, "qualified"))
                self._over[deal] = at = self._unused(at + 3 * HOUR)

    def _end_some(self) -> None:
        """Some deals are joined with another, and perhaps moved on; some are thrown away."""
        chance = self._chance
        deals = sorted(self._over)
        chance.shuffle(deals)
        if chance.random() < 0.5:  # of two deals that sent nothing yet the earlier lead is the owner
            moved = {deed.deal for deed in self._deeds if isinstance(deed, Moved)}
            deals.sort(key=lambda deal: deal in moved)
        if len(deals) > 1 and chance.random() < 0.5 and deals[0].partition("/")[0] != deals[1].partition("/")[0]:
            winner, loser = deals[:2]
            at = self._unused(max(self._over[winner], self._over[loser]) + APART)
            self._deeds.append(Joined(at, winner, loser))
            if chance.random() < 0.7:
                self._deeds.append(Moved(self._unused(at + APART), winner, "sold", 7_000_000))
        elif chance.random() < 0.3 and not deals[-1].endswith("/cached"):
            self._delete(deals[-1])

    def _delete(self, deal: str) -> None:
        """Only a deal whose person sends no form afterwards: a lead that lost its deal may be given the next one's."""
        at = self._over[deal] + APART
        sent = [deed.at for deed in self._deeds if isinstance(deed, FormSent) and deal.startswith(deed.person.name)]
        if all(earlier < at for earlier in sent):
            self._deeds.append(Deleted(self._unused(at), deal))

    def _moment(self, first_day: int, last_day: int) -> timedelta:
        seconds = self._chance.randrange(first_day * 86_400, last_day * 86_400)
        return self._unused(timedelta(seconds=seconds))

    def _unused(self, at: timedelta) -> timedelta:
        """No two deeds in one minute, so that their order is never in doubt."""
        minute = int(at.total_seconds()) // 60
        while minute in self._moments:
            minute += 1
        self._moments.add(minute)
        return timedelta(minutes=minute, seconds=int(at.total_seconds()) % 60)
