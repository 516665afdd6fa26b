"""A history played on a company, and the chronicle of what came of it as seen from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from simulation.history import (
    ClockSetBack,
    Deed,
    Deleted,
    FormSent,
    GarbageSent,
    History,
    Joined,
    Moved,
    Person,
    WalkedIn,
    WebhooksFail,
)
from simulation.world import Company
from support.policies import MEETING, NEW, ORIGIN, QUALIFIED, WON

STATUS = {"qualified": QUALIFIED, "meeting": MEETING, "sold": WON}


@dataclass(frozen=True)
class Posted:
    """A form post that was answered 2xx."""

    deal: str
    person: Person
    at: datetime
    client_id: str | None
    yclid: str | None
    lead_id: str


class WalkIn(NamedTuple):
    """A deal that a manager typed in, and the ClientID he was told, if any."""

    deal_id: int
    client_id: str | None


@dataclass
class Chronicle:
    """What anybody could have noted who stood between the site, the CRM and leadloop."""

    posts: list[Posted] = field(default_factory=list)
    site_deals: dict[str, int] = field(default_factory=dict)
    """Deals that the site's own integration created, by name (modes ``none`` and ``hash``)."""
    walk_ins: dict[str, WalkIn] = field(default_factory=dict)
    garbage: list[bytes] = field(default_factory=list)

    def lead_of(self, deal: str) -> str:
        """Our id of the lead that a deal began with."""
        return next(post.lead_id for post in self.posts if post.deal == deal)


class Player:
    """Plays deeds in their order."""

    def __init__(self, company: Company, history: History) -> None:
        self.company = company
        self.chronicle = Chronicle()
        self._history = history
        self._begins = company.clock.now()

    def play(self) -> Chronicle:
        """All of it, until nothing more can happen."""
        self.company.vendors.set("amocrm", **self._history.crm_switches)
        self.company.vendors.subscribe(self._history.hooks)
        deeds = self._history.deeds
        for deed, following in zip(deeds, (*deeds[1:], None), strict=True):
            self.company.clock.set(max(self.company.clock.now(), self._begins + deed.at))
            self._do(deed)
            ends = self._begins + following.at if following is not None else self.company.clock.now()
            self.company.live(seconds=max(0.0, (ends - self.company.clock.now()).total_seconds()))
        self.company.run_out()
        return self.chronicle

    def _do(self, deed: Deed) -> None:
        self.company.note(str(deed))
        match deed:
            case FormSent():
                self._send(deed)
            case GarbageSent():
                self._send_garbage(deed.body)
            case WalkedIn():
                self._walk_in(deed)
            case Moved():
                self._move(deed)
            case Joined():
                self._join(deed)
            case Deleted():
                self._delete(deed.deal)
            case WebhooksFail():
                self.company.loses_webhooks = deed.fail
            case ClockSetBack():
                self.company.clock.advance(seconds=-deed.by.total_seconds())

    def _send(self, sent: FormSent) -> None:
        person = sent.person
        client_id = person.client_id if sent.knows_client_id else None
        if self._history.mode != "keep":
            self._integrate(sent, client_id)
        answer = self.company.send_form(**_fields(sent, client_id))
        assert answer.lead_id is not None, "a form was taken for something unreadable"
        now = self.company.clock.now()
        self.chronicle.posts.append(Posted(sent.deal, person, now, client_id, person.yclid, answer.lead_id))

    def _integrate(self, sent: FormSent, client_id: str | None) -> None:
        """The site tells its CRM by itself, once for each form, with what it knows."""
        if sent.deal in self.chronicle.site_deals:
            return
        known = {"_YM_UID": client_id, "YCLID": sent.person.yclid, "SUBMISSION_ID": sent.submission_id}
        made = self.company.act(
            "create_lead",
            name=sent.deal,
            contact_name=sent.person.name,
            phone=sent.person.phone,
            fields={code: text for code, text in known.items() if text},
            status_id=int(NEW),
        )
        self.chronicle.site_deals[sent.deal] = int(made["lead_id"])

    def _send_garbage(self, body: bytes) -> None:
        self.chronicle.garbage.append(body)
        self.company.send_bytes(body, "application/json")

    def _walk_in(self, walked: WalkedIn) -> None:
        fields = {"_YM_UID": walked.client_id} if walked.client_id else {}
        status = int(STATUS.get(walked.stage or "", NEW))
        contact = {"contact_name": walked.deal, "phone": walked.phone}
        made = self.company.act("create_lead", name=walked.deal, fields=fields, status_id=status, **contact)
        self.chronicle.walk_ins[walked.deal] = WalkIn(int(made["lead_id"]), walked.client_id)

    def _move(self, moved: Moved) -> None:
        deal = self._deal(moved.deal)
        if deal is None:
            return
        if moved.price is not None:
            self.company.act("set_price", lead_id=deal, price=moved.price)
        self.company.act("move", lead_id=deal, status_id=int(STATUS[moved.stage]))

    def _join(self, joined: Joined) -> None:
        winner, loser = self._deal(joined.winner), self._deal(joined.loser)
        if winner is not None and loser is not None and winner != loser:
            self.company.act("merge", winner=winner, loser=loser)

    def _delete(self, name: str) -> None:
        deal = self._deal(name)
        if deal is not None:
            self.company.act("delete", lead_id=deal)

    def _deal(self, name: str) -> int | None:
        """The live deal of that name, as a manager would find it; ``None`` when there is none (any more)."""
        book = self.company.vendors.crm_book()
        deal = deal_of(self.chronicle, book, name)
        deals = {one["id"]: one for one in book["leads"]}
        while deal is not None and deals[deal]["merged_into"]:
            deal = int(deals[deal]["merged_into"])
        if deal is None or deals[deal]["is_deleted"]:
            self.company.note(f"    there is no deal {name}")
            return None
        return deal


def deal_of(chronicle: Chronicle, book: dict[str, Any], name: str) -> int | None:
    """The id under which a deal was created in the CRM."""
    if name in chronicle.walk_ins:
        return chronicle.walk_ins[name].deal_id
    if name in chronicle.site_deals:
        return chronicle.site_deals[name]
    if all(post.deal != name for post in chronicle.posts):
        return None
    created = book["leads_by_field_value"].get("LEADLOOP_ID", {}).get(chronicle.lead_of(name), [])
    return int(created[0]) if created else None


def _fields(sent: FormSent, client_id: str | None) -> dict[str, object]:
    person = sent.person
    known = {
        "submission_id": sent.submission_id,
        "ym_client_id": client_id,
        "yclid": person.yclid,
        "utm_source": person.utm_source,
    }
    given = {"form": sent.form, "name": person.name, "phone": person.phone, "page": f"{ORIGIN}/flats"}
    return {**given, **{name: text for name, text in known.items() if text}}


def second(at: datetime) -> int:
    """Whole Unix seconds."""
    return int(at.timestamp())
