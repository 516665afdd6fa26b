"""An amoCRM account under contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from contract.crm.at_work import AccountAtWork, Opened, Skill, Trouble
from leadloop.crm import amocrm
from leadloop.crm.port import Crm, HookReading, Status
from leadloop.crm.survey import Survey
from support.crm_desk import STATUS, TOKEN, CrmDesk, crm_desk
from support.oauth_desk import authorise, oauth_account, oauth_policy
from support.policies import PIPELINE, sokol

_CODES = {"client_id": "_YM_UID", "yclid": "YCLID", "utm_source": "UTM_SOURCE", "leadloop_id": "LEADLOOP_ID"}
_FAULTS: dict[Trouble, dict[str, object]] = {
    Trouble.LIMIT: {"fault": "status", "status": 429, "retry_after": 3},
    Trouble.REFUSED_TOKEN: {"fault": "status", "status": 401},
    Trouble.DOWN: {"fault": "status", "status": 502, "html": "<html>502</html>"},
    Trouble.ANSWER_LOST: {"fault": "accept_then_drop"},
    Trouble.ANSWER_CUT: {"fault": "truncate", "keep": 20},
    Trouble.GARBAGE: {"fault": "status", "status": 200, "html": "<html>good day</html>"},
}


class AmoCrmAtWork:
    """See ``AccountAtWork``."""

    skills = frozenset(Skill)
    secret = TOKEN
    unknown_id = "999000111"

    def __init__(self, desk: CrmDesk) -> None:
        self._desk = desk
        self.crm: Crm = amocrm.connect(desk.world.runtime)
        self._heard = 0

    def now(self) -> datetime:
        return self._desk.clock.now()

    def let_pass(self, time: timedelta) -> None:
        self._desk.clock.advance(seconds=time.total_seconds())

    def open(self, about: Opened = Opened()) -> str:  # noqa: B008 - a tuple
        typed = {"client_id": about.client_id, "yclid": about.yclid, "utm_source": about.utm_source}
        fields = {_CODES[name]: text for name, text in typed.items() if text}
        contact = {"phone": about.phone} if about.phone else {}
        return str(self._desk.deal(fields=fields, price=about.price, **contact))

    def open_many(self, count: int) -> Sequence[str]:
        return [self.open() for _ in range(count)]

    def status(self, stage: str) -> Status:
        return Status(PIPELINE, STATUS[stage])

    def move(self, external_id: str, stage: str) -> None:
        self._desk.move(int(external_id), stage)

    def price(self, external_id: str, units: int) -> None:
        self._desk.act("set_price", lead_id=int(external_id), price=units)

    def type_in(self, external_id: str, field: str, text: str) -> None:
        self._desk.act("edit_field", lead_id=int(external_id), field=_CODES[field], value=text)

    def delete(self, external_id: str) -> None:
        self._desk.act("delete", lead_id=int(external_id))

    def befall(self, trouble: Trouble, *, calls: int = 1, on_writing: bool = False) -> None:
        where = {"path": "/leads/complex$"} if on_writing else {}
        self._desk.amocrm.faults.order({**_FAULTS[trouble], **where, "times": calls})

    def hooks(self) -> list[bytes]:
        posted = self._desk.amocrm.deliveries.all[self._heard :]
        self._heard += len(posted)
        return [one.body.encode() if isinstance(one.body, str) else one.body for one in posted]

    def read_hook(self, body: bytes) -> HookReading:
        return amocrm.parse_hook(body)

    def survey(self) -> Survey:
        return amocrm.take_survey(self._desk.world.runtime)

    def shows(self, external_id: str) -> Mapping[str, str]:
        names = {code: name for name, code in _CODES.items()}
        held = self._desk.fields_of(int(external_id))
        return {names[code]: text for code, text in held.items() if code in names}

    def carrying(self, lead_id: str) -> list[str]:
        return [str(deal) for deal in self._desk.deals_of(lead_id)]

    def phones_of(self, external_id: str) -> list[str]:
        account = self._desk.amocrm.account
        contacts = [account.contacts[one] for one in account.leads[int(external_id)].contact_ids]
        held = [item for contact in contacts for item in contact.fields.items()]
        phone = next(field.id for field in account.fields["contacts"].all() if field.code == "PHONE")
        return [str(value.value) for field_id, values in held if field_id == phone for value in values]


@contextmanager
def amocrm_at_work() -> Iterator[AccountAtWork]:
    """An account on its first day."""
    with crm_desk(sokol("keep")) as desk:
        yield AmoCrmAtWork(desk)


@contextmanager
def amocrm_by_oauth() -> Iterator[AccountAtWork]:
    """The same, let in by an integration with single-use refresh tokens."""
    with oauth_account() as account, account.desk(oauth_policy("keep")) as desk:
        authorise(desk)
        yield AmoCrmAtWork(desk)
