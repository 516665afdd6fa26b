"""Rows from the ledger to the bytes of a file, by each way a row takes in production, against Python's own ``csv``.

Nothing waits for a disk or a network here: what is measured is what our code adds to a row.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

from bench.figures import Figure, Gate
from bench.pending import client_id
from bench.sampling import Scale, interleave, ratios_of, spread_of, undisturbed
from leadloop.conversions.goals import Conversion
from leadloop.conversions.identifiers import Identifier
from leadloop.conversions.leaves import read_lines
from leadloop.conversions.rows import FileForm, form_of, freeze, write_file
from leadloop.conversions.sending import digest_of
from leadloop.conversions.upload import Upload
from leadloop.digests import content_digest
from leadloop.leads.lead import Claim
from leadloop.leads.state import Money
from leadloop.ports.store import Document, Key, Page, Query
from leadloop.yandex.multipart import file_part
from support.settable_clock import MORNING

GATE = Gate(50_000, aim=200_000, at_least=True)
TOKEN = "abcdefghijklmnopqrstuvwxyz"
FORM = FileForm("client_id", priced=True)


def measure(scale: Scale) -> Iterator[Figure]:
    """Rows a second of processor time; the ratio is the time a row takes, ours to ``csv``."""
    conversions = [_conversion(number) for number in range(scale.rows)]
    claims = [freeze(*one) for one in conversions]
    lines = [claim.row for claim in claims]
    leads = _Leads(claims)
    ways: dict[str, Callable[[], object]] = {
        "csv": lambda: _by_csv(claims),
        "rows to file, as they are sent": lambda: _as_sent(lines),
        "rows to file, frozen first": lambda: _as_sent([freeze(*one).row for one in conversions]),
        "rows to file, read back from leads": lambda: _as_sent(read_lines(leads, leads.upload)),  # type: ignore[arg-type]
    }
    taken = interleave(scale.rounds, {name: partial(_seconds, way) for name, way in ways.items()})
    for name in list(ways)[1:]:
        yield _figure(name, taken[name], taken["csv"], scale.rows)


def _figure(name: str, ours: list[float], baseline: list[float], rows: int) -> Figure:
    speed = spread_of([rows / seconds for seconds in ours])
    return Figure(
        name,
        "rows/s",
        speed.middle,
        baseline=spread_of([rows / seconds for seconds in baseline]).middle,
        ratio=spread_of(ratios_of(ours, baseline)).middle,
        gate=GATE,
        gated="value",
        spread=(speed.least, speed.largest),
        note=f"{rows:,} rows; processor time",
    )


def _seconds(way: Callable[[], object]) -> float:
    with undisturbed():
        begun = time.process_time()
        way()
        return time.process_time() - begun


def _as_sent(lines: Sequence[str]) -> bytes:
    """What the sender does: the digest is fixed, and compared before the bytes go."""
    fixed = digest_of(FORM.header, lines)
    body = write_file(FORM.header, lines)
    assert content_digest([body]) == fixed
    return file_part(body, TOKEN).body


def _by_csv(claims: Sequence[Claim]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["ClientId", "Target", "DateTime", "Price", "Currency"])
    writer.writerows((one.identifier, one.target, one.date_time, one.price, one.currency) for one in claims)
    return text.getvalue().encode()


def _conversion(number: int) -> tuple[Conversion, Identifier]:
    at = MORNING - timedelta(minutes=number % 10_000)
    money = Money(1_485_000_000 + number, "RUB")
    conversion = Conversion("lead_sold", "lead_sold", at, money, at, at + timedelta(days=20), f"amocrm-lead-{number}")
    return conversion, Identifier("client_id", client_id(number))


class _Leads:
    """Leads that hold the rows of one upload, as a store would hand them over."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.upload = Upload(
            token=TOKEN,
            root=TOKEN,
            counter="1",
            identifier_kind="client_id",
            header=FORM.header,
            end=len(claims),
            created_at="",
            until="",
        )
        self._pages = [
            tuple(_holding(claim, number) for number, claim in enumerate(claims[start : start + 250], start))
            for start in range(0, len(claims), 250)
        ]

    def query(self, _query: Query, cursor: str | None = None) -> Page:
        """See ``Store``."""
        number = int(cursor or 0)
        return Page(self._pages[number], str(number + 1) if number + 1 < len(self._pages) else None)


def _holding(claim: Claim, number: int) -> Document:
    assert form_of(claim) == FORM
    placed = claim.model_copy(update={"token": TOKEN, "index": number})
    return Document(Key("lead", f"lead-{number}"), {"claims": {claim.goal: placed.model_dump(mode="json")}}, "1")
