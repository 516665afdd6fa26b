"""The visits Metrica has seen, and the rules by which a conversion finds one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..clock import format_time, parse_time
from ..faults import InstructionRefused
from .accounts import Accounts, check_known
from .conversion_file import ConversionRow

# https://yandex.ru/dev/metrika/en/management/conversion - counted from the visitor's last visit to the processing.
LINKAGE_WINDOW = timedelta(days=21)

_ID_FIELDS = {"client_id": "ClientId", "user_id": "UserId", "yclid": "Yclid", "purchase_id": "PurchaseId"}
_SEED_KEYS = ("counter", "time", *_ID_FIELDS)


@dataclass(frozen=True)
class Visit:
    """One visit: when it began and the identifiers recorded in it, by kind."""

    counter: int
    time: datetime
    ids: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """As it was planted."""
        return {"counter": self.counter, "time": format_time(self.time)} | {
            field: self.ids[kind] for field, kind in _ID_FIELDS.items() if kind in self.ids
        }


@dataclass(frozen=True)
class Linkage:
    """Whether a row found a visit; `reason` is linked, user_not_found, outside_window or before_first_visit."""

    linked: bool
    reason: str


class Visits:
    """All known visits, found by counter and identifier."""

    def __init__(self) -> None:
        self.all: list[Visit] = []
        self._by_id: dict[tuple[int, str, str], list[Visit]] = defaultdict(list)

    def plant(self, row: Mapping[str, Any], accounts: Accounts) -> None:
        """Seed row: time, at least one of client_id, user_id, yclid, purchase_id, and counter if there are several."""
        check_known(row, _SEED_KEYS, "visit")
        ids = {kind: row[field] for field, kind in _ID_FIELDS.items() if row.get(field) is not None}
        if not ids or not all(isinstance(value, str) and value for value in ids.values()):
            raise InstructionRefused(
                f"A visit has at least one of {', '.join(_ID_FIELDS)}, each text: numbers lose digits."
            )
        try:
            time = parse_time(row["time"])
        except (KeyError, TypeError, ValueError) as problem:
            raise InstructionRefused(f"A visit has a time such as 2026-09-01T09:00:00Z: {problem}.") from problem
        self._add(Visit(accounts.counter_of_row(row, "visit"), time, ids))

    def _add(self, visit: Visit) -> None:
        self.all.append(visit)
        for kind, identifier in visit.ids.items():
            self._by_id[visit.counter, kind, identifier].append(visit)

    def link(self, counter: int, row: ConversionRow, processed_at: datetime) -> Linkage:
        """The visit with the row's identifier that immediately precedes its moment, if the visitor was seen lately."""
        own = self._known(counter, row.kind, row.identifier, processed_at)
        if not own:
            return Linkage(False, "user_not_found")
        if processed_at - self._last_visit(counter, own, processed_at) > LINKAGE_WINDOW:
            return Linkage(False, "outside_window")
        if min(visit.time for visit in own) > datetime.fromtimestamp(row.moment, UTC):
            return Linkage(False, "before_first_visit")
        return Linkage(True, "linked")

    def _known(self, counter: int, kind: str, identifier: str, until: datetime) -> list[Visit]:
        return [visit for visit in self._by_id.get((counter, kind, identifier), ()) if visit.time <= until]

    def _last_visit(self, counter: int, own: list[Visit], until: datetime) -> datetime:
        clients = {visit.ids["ClientId"] for visit in own if "ClientId" in visit.ids}
        visitors = [visit for client in clients for visit in self._known(counter, "ClientId", client, until)]
        return max(visit.time for visit in (*own, *visitors))
