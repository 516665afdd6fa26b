"""A CoMagic account under contract: requests of the site stand for leads, and their tags for stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from contract.crm.at_work import AccountAtWork, Opened, Skill, Trouble
from leadloop.crm import comagic
from leadloop.crm.comagic.rows import TAGS, UNTAGGED
from leadloop.crm.port import Crm, HookReading, Status
from leadloop.crm.survey import Survey
from support.tracker_desk import COMAGIC_TOKEN, TrackerAccounts, TrackerDesk
from support.tracker_desk import TAGS as TAG_IDS

_STAGES = {"qualified": "target", "sold": "sold"}
_FAULTS: dict[Trouble, dict[str, object]] = {
    Trouble.LIMIT: {"fault": "rpc_error", "mnemonic": "limit_exceeded"},
    Trouble.REFUSED_TOKEN: {"fault": "rpc_error", "mnemonic": "access_token_invalid"},
    Trouble.DOWN: {"fault": "status", "status": 502},
    Trouble.ANSWER_CUT: {"fault": "truncate", "keep": 20},
    Trouble.GARBAGE: {"fault": "garbage"},
}


class CoMagicAtWork:
    """See ``AccountAtWork``. Nobody deletes a communication, gives it a price or takes it back to an earlier stage."""

    skills = frozenset({Skill.LISTS_CHANGES, Skill.CONTACTS, Skill.ASKED_OVER_A_NETWORK, Skill.SENDS_HOOKS})
    secret = COMAGIC_TOKEN
    unknown_id = "request-999000111"

    def __init__(self, desk: TrackerDesk) -> None:
        self._desk = desk
        self.crm: Crm = comagic.connect(desk.world.runtime)
        self._heard = 0

    def now(self) -> datetime:
        return self._desk.clock.now()

    def let_pass(self, time: timedelta) -> None:
        self._desk.clock.advance(seconds=time.total_seconds())

    def open(self, about: Opened = Opened()) -> str:  # noqa: B008 - a tuple
        came = {
            "ym_client_id": about.client_id or None,
            "yclid": about.yclid or None,
            "marks": {"utm_source": about.utm_source} if about.utm_source else {},
        }
        session = self._desk.visit(**came)
        return f"request-{self._desk.request('anna', session, phone=about.phone or None)}"

    def open_many(self, count: int) -> Sequence[str]:
        return [self.open() for _ in range(count)]

    def status(self, stage: str) -> Status:
        return UNTAGGED if stage == "new" else Status(TAGS, str(TAG_IDS[_STAGES[stage]]))

    def move(self, external_id: str, stage: str) -> None:
        self._desk.tag(int(external_id.removeprefix("request-")), _STAGES[stage])

    def price(self, external_id: str, units: int) -> None:
        raise NotImplementedError

    def type_in(self, external_id: str, field: str, text: str) -> None:
        raise NotImplementedError

    def delete(self, external_id: str) -> None:
        raise NotImplementedError

    def befall(self, trouble: Trouble, *, calls: int = 1, on_writing: bool = False) -> None:
        del on_writing  # nothing is written
        self._desk.comagic.faults.order({**_FAULTS[trouble], "times": calls})

    def hooks(self) -> list[bytes]:
        due = self._desk.comagic.deliveries.due(self._desk.comagic.unix_now())
        posted = [one for one in due if one.id > self._heard]
        self._heard = max([self._heard, *(one.id for one in posted)])
        return [one.written.body.encode() for one in posted if one.written is not None]

    def read_hook(self, body: bytes) -> HookReading:
        return comagic.parse_hook(body)

    def survey(self) -> Survey:
        return comagic.take_survey(self._desk.world.runtime)

    def shows(self, external_id: str) -> Mapping[str, str]:
        raise NotImplementedError

    def carrying(self, lead_id: str) -> list[str]:
        raise NotImplementedError

    def phones_of(self, external_id: str) -> list[str]:
        raise NotImplementedError


@contextmanager
def comagic_at_work() -> Iterator[AccountAtWork]:
    """An account on its first day."""
    with TrackerAccounts().desk() as desk:
        yield CoMagicAtWork(desk)
