"""The uploaded CSV, read as strictly as the vendor's page on offline conversions describes it."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

ID_KINDS = ("ClientId", "UserId", "Yclid", "PurchaseId")
_COLUMNS = {name.lower(): name for name in (*ID_KINDS, "Target", "DateTime", "Price", "Currency")}
_PRICE = re.compile(r"\d+(\.\d+)?", re.ASCII)

# The vendor does not publish its list; another currency drops both amount and currency, as the help page says.
CURRENCIES = frozenset({"RUB", "USD", "EUR", "BYN", "KZT", "UAH", "TRY", "CHF", "GBP", "CNY"})


class FileInvalid(Exception):
    """The file breaks a rule; the text names the line, counted from 1 with the header."""


@dataclass(frozen=True)
class ConversionRow:
    """A valid row. `moment` is Unix seconds; price and currency are as given, or empty."""

    line: int
    kind: str
    identifier: str
    target: str
    moment: int
    price: str
    currency: str


@dataclass(frozen=True)
class ConversionFile:
    """What was read: the valid rows, the invalid ones' problems, and what was odd but tolerated."""

    columns: tuple[str, ...]
    rows: tuple[ConversionRow, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def source_quantity(self) -> int:
        """Rows in the file, valid or not."""
        return len(self.rows) + len(self.problems)

    @property
    def client_id_type(self) -> str | None:
        """The vendor's name of the file's only identifier kind; None when it mixes kinds or uses another."""
        kinds = {row.kind for row in self.rows}
        names = {"ClientId": "CLIENT_ID", "UserId": "USER_ID", "Yclid": "YCLID"}
        return names.get(kinds.pop()) if len(kinds) == 1 else None


def read_conversion_file(content: bytes, now: int) -> ConversionFile:
    """Reads header and rows; FileInvalid when the file as a whole cannot be read. `now` is Unix seconds."""
    table = _table(content)
    warnings: list[str] = []
    columns = _columns(table[0], warnings)
    rows: list[ConversionRow] = []
    problems: list[str] = []
    for line, fields in enumerate(table[1:], start=2):
        try:
            rows.append(_row(line, columns, fields, now, warnings))
        except FileInvalid as problem:
            problems.append(str(problem))
    return ConversionFile(columns, tuple(rows), tuple(problems), tuple(dict.fromkeys(warnings)))


def _table(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise FileInvalid("The file is not in UTF-8.") from problem
    if text.startswith("\ufeff"):
        raise FileInvalid("Line 1: the file starts with a byte order mark.")
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise FileInvalid(f"The file is not CSV: {problem}.") from problem
    if len(table) < 2:
        raise FileInvalid("The file has no rows below its header.")
    return table


def _columns(header: list[str], warnings: list[str]) -> tuple[str, ...]:
    columns = tuple(_COLUMNS.get(name.lower(), "") for name in header)
    if "" in columns:
        raise FileInvalid(f"Line 1: unknown column {header[columns.index('')]!r}.")
    if len(set(columns)) < len(columns):
        raise FileInvalid("Line 1: a column is repeated.")
    missing = [name for name in ("Target", "DateTime") if name not in columns]
    if missing or not set(columns) & set(ID_KINDS):
        raise FileInvalid(f"Line 1: required columns are missing: {', '.join(missing) or 'one of the identifiers'}.")
    warnings.extend(
        f"column {given} is spelt {canonical} on the API page"
        for given, canonical in zip(header, columns, strict=True)
        if given != canonical
    )
    return columns


def _row(line: int, columns: tuple[str, ...], fields: list[str], now: int, warnings: list[str]) -> ConversionRow:
    if len(fields) != len(columns):
        raise FileInvalid(f"Line {line}: {len(columns)} fields are expected, found {len(fields)}.")
    cells = dict(zip(columns, fields, strict=True))
    kind, identifier = _identifier(line, cells, warnings)
    if not cells["Target"]:
        raise FileInvalid(f"Line {line}: Target is empty.")
    moment = _moment(line, cells["DateTime"], now)
    price, currency = _money(line, cells, warnings)
    return ConversionRow(line, kind, identifier, cells["Target"], moment, price, currency)


def _identifier(line: int, cells: Mapping[str, str], warnings: list[str]) -> tuple[str, str]:
    given = [(kind, cells[kind]) for kind in ID_KINDS if cells.get(kind)]
    if not given:
        raise FileInvalid(f"Line {line}: no identifier.")
    if len(given) > 1:
        warnings.append(
            f"a row carries several identifiers, {given[0][0]} was taken: the vendor does not say which wins"
        )
    return given[0]


def _moment(line: int, text: str, now: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise FileInvalid(f"Line {line}: DateTime is not a whole number of Unix seconds.")
    if int(text) > now:
        raise FileInvalid(f"Line {line}: DateTime is in the future.")
    return int(text)


def _money(line: int, cells: Mapping[str, str], warnings: list[str]) -> tuple[str, str]:
    price, currency = cells.get("Price", ""), cells.get("Currency", "")
    if price and not _PRICE.fullmatch(price):
        raise FileInvalid(f"Line {line}: Price is not a decimal number with a dot.")
    if currency and currency not in CURRENCIES:
        warnings.append(f"currency {currency} is not supported: amount and currency are dropped")
        return "", ""
    return price, currency
