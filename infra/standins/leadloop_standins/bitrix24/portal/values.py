"""Values of fields as the portal keeps them, and how they are read from what a caller or a person wrote.

Reading follows PHP's casts, as Bitrix24 does: what is no number is 0, and an empty text empties the field.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from .fields import REFERENCE_TYPES

Value = int | str | bool | Decimal | None
"""Numbers and ids are int, money and doubles Decimal, `char` bool, times Unix seconds, dates `YYYY-MM-DD` text."""

_NUMBERS = REFERENCE_TYPES | {"integer", "enumeration"}
_FLAGS = frozenset(("char", "boolean"))


def read_value(type_: str, raw: object, offset: timedelta) -> Value:
    """The value of a field of that type; `offset` is the server's, for times that name none."""
    if type_ in _FLAGS:
        return str(raw).upper() in ("Y", "1", "TRUE")
    if raw is None or raw == "" or raw is False:
        return None
    if type_ in _NUMBERS:
        return whole(raw)
    if type_ == "double":
        return decimal(raw)
    if type_ == "datetime":
        return read_moment(str(raw), offset)
    if type_ == "date":
        moment = read_moment(str(raw), offset)
        return None if moment is None else (datetime.fromtimestamp(moment, UTC) + offset).date().isoformat()
    return str(raw)


def whole(raw: object) -> int:
    """The number a text begins with; 0 when it begins with none."""
    found = re.match(r"\s*([+-]?\d+)", str(int(raw)) if isinstance(raw, bool | float) else str(raw))
    return int(found[1]) if found else 0


def decimal(raw: object) -> Decimal:
    """A number with a fraction; 0 for what is none."""
    try:
        return Decimal(str(raw))
    except InvalidOperation:
        return Decimal(0)


def read_moment(text: str, offset: timedelta) -> int | None:
    """Unix seconds of an ISO time, a day or a `DD.MM.YYYY`; None for anything else."""
    russian = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d{4})(.*)", text.strip())
    iso = f"{russian[3]}-{russian[2]}-{russian[1]}{russian[4]}" if russian else text.strip()
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC) - offset
    return int(moment.timestamp())


def moment_text(seconds: int, offset: timedelta) -> str:
    """An ISO time with the server's offset."""
    local = datetime.fromtimestamp(seconds, UTC) + offset
    return local.strftime("%Y-%m-%dT%H:%M:%S") + offset_text(offset)


def date_text(day: str, offset: timedelta) -> str:
    """A day as answers tell it: midnight of UTC on the server's clock, hence `T03:00:00+03:00`."""
    minutes = max(int(offset.total_seconds()) // 60, 0)
    return f"{day}T{minutes // 60:02}:{minutes % 60:02}:00{offset_text(offset)}"


def offset_text(offset: timedelta) -> str:
    """`+03:00`."""
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def start_of_day(seconds: int, offset: timedelta) -> str:
    """The server's day at that moment."""
    return (datetime.fromtimestamp(seconds, UTC) + offset).date().isoformat()
