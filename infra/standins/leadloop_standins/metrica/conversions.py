"""The independent count: what Metrica would hold after all uploads, whatever the client believes."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .conversion_file import ConversionRow

Key = tuple[int, str, str, str, int]


@dataclass
class Conversion:
    """One conversion by (counter, identifier kind, identifier, target, moment); `linked` None until processed."""

    counter: int
    kind: str
    identifier: str
    target: str
    moment: int
    price: str
    currency: str
    uploads: list[int] = field(default_factory=list)
    linked: bool | None = None
    reason: str = "pending"

    @property
    def key(self) -> Key:
        """What makes a second row an update and not a second conversion."""
        return self.counter, self.kind, self.identifier, self.target, self.moment

    def as_json(self) -> dict[str, Any]:
        """Its fields under the names of the file's columns."""
        frame = {"counter": self.counter, "kind": self.kind, "id": self.identifier, "target": self.target}
        money = {"price": self.price or None, "currency": self.currency or None}
        outcome = {"uploads": list(self.uploads), "linked": self.linked, "reason": self.reason}
        return {**frame, "datetime": self.moment, **money, **outcome}


class Conversions:
    """Conversions by key. A repeated row changes the price, as the vendor's FAQ says, and is remembered as resent."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Conversion] = {}
        self.resent_rows: list[dict[str, Any]] = []

    def upsert(self, counter: int, row: ConversionRow, uploading: int) -> None:
        """Takes in an accepted row."""
        new = Conversion(counter, row.kind, row.identifier, row.target, row.moment, row.price, row.currency)
        known = self._by_key.setdefault(new.key, new)
        if known is not new:
            self._remember_resent(known, row, uploading)
            known.price, known.currency = row.price, row.currency
        known.uploads.append(uploading)

    def settle(self, counter: int, row: ConversionRow, linked: bool, reason: str) -> None:
        """Takes in what the processing found; a conversion once linked stays so."""
        known = self._by_key[counter, row.kind, row.identifier, row.target, row.moment]
        if not known.linked:
            known.linked, known.reason = linked, reason

    def all(self) -> list[Conversion]:
        """In the order in which they were first accepted."""
        return list(self._by_key.values())

    def per_target(self) -> list[dict[str, Any]]:
        """How many moments each (counter, identifier, target) has: more than one may be a doubled conversion."""
        groups: dict[tuple[int, str, str, str], list[int]] = defaultdict(list)
        for counter, kind, identifier, target, moment in self._by_key:
            groups[counter, kind, identifier, target].append(moment)
        return [
            {"counter": counter, "kind": kind, "id": identifier, "target": target}
            | {"distinct_datetimes": len(moments), "datetimes": sorted(moments)}
            for (counter, kind, identifier, target), moments in groups.items()
        ]

    def _remember_resent(self, known: Conversion, row: ConversionRow, uploading: int) -> None:
        frame = {"counter": known.counter, "kind": known.kind, "id": known.identifier, "target": known.target}
        prices = {"price_before": known.price or None, "price_after": row.price or None}
        self.resent_rows.append({**frame, "datetime": known.moment, **prices, "uploads": [*known.uploads, uploading]})
