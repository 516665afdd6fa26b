"""The lines of an upload file. A line is made once, when its conversion is claimed, and never again.

Columns, spelling and number formats: https://yandex.com/dev/metrika/ru/management/offline-conv.md
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from leadloop import timestamps
from leadloop.conversions.goals import Conversion
from leadloop.conversions.identifiers import Identifier, is_sendable
from leadloop.leads.lead import Claim
from leadloop.leads.state import Money
from leadloop.verdict import Verdict

_QUOTED = frozenset('"\r\n')
_COLUMN = {"client_id": "ClientId", "user_id": "UserId", "yclid": "Yclid"}


class FileForm(NamedTuple):
    """What all rows of a file share: the kind of identifier, and whether they have a price.

    Rows with and without a price go in separate files, because whether a cell of a named column may be left
    empty is documented for the identifiers only.
    """

    identifier_kind: str
    priced: bool

    @property
    def header(self) -> str:
        """The first line of the file."""
        names = [_COLUMN[self.identifier_kind], "Target", "DateTime"]
        return _line([*names, "Price", "Currency"] if self.priced else names)


def form_of(claim: Claim) -> FileForm:
    """The form of the file this row belongs in."""
    return FileForm(claim.identifier_kind, claim.price is not None)


def freeze(conversion: Conversion, identifier: Identifier) -> Claim:
    """Fix everything that is sent for a conversion. ``DateTime`` is the vendor's transition time, never now."""
    date_time = timestamps.to_unix(conversion.occurred_at)
    money = [] if conversion.value is None else [write_price(conversion.value), conversion.value.currency]
    price, currency = money or (None, None)
    return Claim(
        goal=conversion.goal,
        identifier_kind=identifier.kind,
        identifier=identifier.value,
        target=conversion.target,
        date_time=date_time,
        price=price,
        currency=currency,
        deadline=timestamps.to_text(conversion.deadline),
        crm_ref=conversion.crm_ref,
        row=_line([identifier.value, conversion.target, str(date_time), *money]),
    )


def write_price(value: Money) -> str:
    """A decimal with a dot, from hundredths. Raises ``ValueError`` on a negative amount."""
    if value.amount < 0:
        raise ValueError("a conversion's value cannot be negative")
    return f"{value.amount // 100}.{value.amount % 100:02d}"


def judge_row(claim: Claim, now: datetime) -> Verdict:
    """Whether Metrica could take the row now; what it is sure to refuse is not sent."""
    if claim.date_time > timestamps.to_unix(now):
        reason = f"happens at {timestamps.to_text(timestamps.from_unix(claim.date_time))}, which is in the future"
        return Verdict(False, "held.in_the_future", f"{reason}; check the clocks of the CRM and of this machine")
    if not is_sendable(claim.identifier_kind, claim.identifier):
        return Verdict(False, "held.identifier_malformed", f"{claim.identifier_kind} has a form Metrica does not take")
    return Verdict(True, "row.in_form", "has the form Metrica takes")


def write_file(header: str, lines: Sequence[str]) -> bytes:
    """The file: UTF-8 without a byte order mark, lines ended by LF."""
    return "\n".join([header, *lines, ""]).encode()


def _line(cells: Sequence[str]) -> str:
    plain = ",".join(cells)
    if plain.count(",") == len(cells) - 1 and _QUOTED.isdisjoint(plain):
        return plain
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
