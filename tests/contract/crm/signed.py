"""A system that is only heard, under contract: it keeps books of its own, and posts a whole deal at every change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from contract.crm.at_work import AccountAtWork, Opened, Skill, Trouble
from leadloop.crm import signed
from leadloop.crm.port import LEAD, Crm, HookReading, Status
from leadloop.crm.signed.body import read_deal
from leadloop.crm.signed.members import DealUnclear
from leadloop.crm.survey import Survey
from support.signed_desk import SECRET, SignedDesk, signed_desk

STATUSES = {"new": "new", "qualified": "в работе", "sold": "won", "lost": "lost"}


class SignedAtWork:
    """See ``AccountAtWork``."""

    skills = frozenset({Skill.MOVES_ANYWHERE, Skill.PRICES, Skill.SENDS_HOOKS})
    secret = SECRET
    unknown_id = "D-999000111"

    def __init__(self, desk: SignedDesk) -> None:
        self._desk = desk
        self.crm: Crm = signed.connect(desk.world.runtime)
        self._deals: dict[str, dict[str, object]] = {}
        self._posted: list[bytes] = []

    def now(self) -> datetime:
        return self._desk.clock.now()

    def let_pass(self, time: timedelta) -> None:
        self._desk.clock.advance(seconds=time.total_seconds())

    def open(self, about: Opened = Opened()) -> str:  # noqa: B008 - a tuple
        deal_id, now = f"D-{len(self._deals) + 1}", self.now().isoformat()
        ids = {"client_id": about.client_id, "yclid": about.yclid}
        self._deals[deal_id] = {
            "deal_id": deal_id,
            "created_at": now,
            "status": self._entered("new"),
            "ids": {name: text for name, text in ids.items() if text},
            "source": {"utm_source": about.utm_source} if about.utm_source else {},
            "price": {"amount": about.price} if about.price else None,
            "contact": {"phone": about.phone} if about.phone else None,
        }
        self._post(deal_id)
        return deal_id

    def open_many(self, count: int) -> Sequence[str]:
        return [self.open() for _ in range(count)]

    def status(self, stage: str) -> Status:
        return Status("sales", STATUSES[stage])

    def move(self, external_id: str, stage: str) -> None:
        self._change(external_id, status=self._entered(stage))

    def price(self, external_id: str, units: int) -> None:
        self._change(external_id, price={"amount": units})

    def type_in(self, external_id: str, field: str, text: str) -> None:
        self._change(external_id, source={field: text})

    def delete(self, external_id: str) -> None:
        self._change(external_id, deleted=True)

    def befall(self, trouble: Trouble, *, calls: int = 1, on_writing: bool = False) -> None:
        raise NotImplementedError

    def hooks(self) -> list[bytes]:
        posted, self._posted = self._posted, []
        return posted

    def read_hook(self, body: bytes) -> HookReading:
        try:
            told = read_deal(body, self._desk.world.runtime.policy, None, self.now())
        except DealUnclear as fault:
            return HookReading(unreadable=str(fault))
        return HookReading({LEAD: (str(told.deal["deal_id"]),)})

    def survey(self) -> Survey:
        return signed.take_survey(self._desk.world.runtime)

    def shows(self, external_id: str) -> Mapping[str, str]:
        raise NotImplementedError

    def carrying(self, lead_id: str) -> list[str]:
        raise NotImplementedError

    def phones_of(self, external_id: str) -> list[str]:
        raise NotImplementedError

    def _entered(self, stage: str) -> dict[str, str]:
        return {"pipeline": "sales", "status": STATUSES[stage], "entered_at": self.now().isoformat()}

    def _change(self, external_id: str, **members: object) -> None:
        self._deals[external_id] |= members
        self._post(external_id)

    def _post(self, external_id: str) -> None:
        body = json.dumps({**self._deals[external_id], "updated_at": self.now().isoformat()}).encode()
        self._posted.append(body)
        answer = self._desk.post(body)
        assert answer.status_code == 200, answer.text
        self._desk.settle()


@contextmanager
def signed_at_work() -> Iterator[AccountAtWork]:
    """A system on the first day that it is heard."""
    with signed_desk() as desk:
        yield SignedAtWork(desk)
