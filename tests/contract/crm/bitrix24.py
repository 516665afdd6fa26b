"""A Bitrix24 portal under contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from contract.crm.at_work import AccountAtWork, Opened, Skill, Trouble
from leadloop.crm import bitrix24
from leadloop.crm.port import Crm, HookReading, Status
from leadloop.crm.survey import Survey
from support.bitrix24_desk import CODE, CODES, STAGES, Bitrix24Desk, bitrix24_desk, in_portal

_FAULTS: dict[Trouble, dict[str, object]] = {
    Trouble.LIMIT: {"fault": "status", "status": 503},
    Trouble.REFUSED_TOKEN: {"fault": "status", "status": 401},
    Trouble.DOWN: {"fault": "status", "status": 502},
    Trouble.ANSWER_LOST: {"fault": "accept_then_drop"},
    Trouble.ANSWER_CUT: {"fault": "truncate", "keep": 20},
    Trouble.GARBAGE: {"fault": "garbage"},
}


class Bitrix24AtWork:
    """See ``AccountAtWork``. Its leads are deals: what is different with a portal's leads has tests of its own."""

    skills = frozenset(Skill) - {Skill.TELLS_DELETIONS, Skill.REMEMBERS_FIELDS}
    secret = CODE
    unknown_id = "D_999000111"

    def __init__(self, desk: Bitrix24Desk) -> None:
        self._desk = desk
        self.crm: Crm = bitrix24.connect(desk.world.runtime)

    def now(self) -> datetime:
        return self._desk.clock.now()

    def let_pass(self, time: timedelta) -> None:
        self._desk.clock.advance(seconds=time.total_seconds())

    def open(self, about: Opened = Opened()) -> str:  # noqa: B008 - a tuple
        typed = {"client_id": about.client_id, "yclid": about.yclid, "utm_source": about.utm_source}
        fields: dict[str, object] = {CODES[name]: text for name, text in typed.items() if text}
        phones = [about.phone] if about.phone else []
        return self._desk.open(fields={**fields, "OPPORTUNITY": about.price}, phones=phones)

    def open_many(self, count: int) -> Sequence[str]:
        return [self.open() for _ in range(count)]

    def status(self, stage: str) -> Status:
        return Status("0", STAGES[stage])

    def move(self, external_id: str, stage: str) -> None:
        self._desk.move(external_id, stage)

    def price(self, external_id: str, units: int) -> None:
        self._desk.edit(external_id, fields={"OPPORTUNITY": units})

    def type_in(self, external_id: str, field: str, text: str) -> None:
        self._desk.edit(external_id, fields={CODES[field]: text})

    def delete(self, external_id: str) -> None:
        self._desk.delete(external_id)

    def befall(self, trouble: Trouble, *, calls: int = 1, on_writing: bool = False) -> None:
        where = {"path": "crm.item.add", "after": 1} if on_writing else {}  # the contact is made before its deal
        self._desk.portal.faults.order({**_FAULTS[trouble], **where, "times": calls})

    def hooks(self) -> list[bytes]:
        return self._desk.posted()

    def read_hook(self, body: bytes) -> HookReading:
        return bitrix24.parse_hook(body)

    def survey(self) -> Survey:
        return bitrix24.take_survey(self._desk.world.runtime)

    def shows(self, external_id: str) -> Mapping[str, str]:
        names = {code: name for name, code in CODES.items()}
        return {names[code]: text for code, text in self._desk.fields_of(external_id).items()}

    def carrying(self, lead_id: str) -> list[str]:
        return self._desk.carrying(lead_id)

    def phones_of(self, external_id: str) -> list[str]:
        contacts = {f"C_{one}" for one in self._desk.held(external_id)["contact_ids"]}
        held = [row for one in contacts for row in self._desk.held(one)["multifields"]]
        return [row["value"] for row in held if row["type_id"] == "PHONE"]


@contextmanager
def bitrix24_at_work() -> Iterator[AccountAtWork]:
    """A portal on its first day."""
    with bitrix24_desk(in_portal("keep")) as desk:
        yield Bitrix24AtWork(desk)
