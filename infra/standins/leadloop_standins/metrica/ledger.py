"""What the stand-in counted, as JSON for tests and as tables for a person."""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..clock import format_time
from ..page import Table
from .conversions import Conversion
from .uploadings import Uploading

if TYPE_CHECKING:
    from .stand_in import MetricaStandIn


def ledger_of(metrica: "MetricaStandIn") -> dict[str, Any]:
    """Everything counted. `totals` sums it up; `conversions` is the count to hold a client's own books against."""
    return {
        "totals": _totals(metrica),
        "uploadings": [_uploading(uploading) for uploading in metrica.uploadings.all],
        "conversions": [conversion.as_json() for conversion in metrica.conversions.all()],
        "resent_rows": metrica.conversions.resent_rows,
        "per_target": metrica.conversions.per_target(),
        "counters": [counter.as_json() for counter in metrica.accounts.counters.values()],
        "goals": {str(counter): metrica.goals.of_counter(counter) for counter in metrica.accounts.counters},
        "visits": [visit.as_json() for visit in metrica.visits.all],
        "most_parallel_requests": metrica.limits.most_parallel,
    }


def _totals(metrica: "MetricaStandIn") -> dict[str, int]:
    uploadings, conversions = metrica.uploadings.all, metrica.conversions.all()
    outcomes = Counter(conversion.linked for conversion in conversions)
    return {
        "uploadings": len(uploadings),
        "rows_received": sum(uploading.source_quantity for uploading in uploadings),
        "rows_accepted": sum(len(uploading.rows) for uploading in uploadings),
        "conversions": len(conversions),
        "linked": outcomes[True],
        "not_linked": outcomes[False],
        "pending": outcomes[None],
        "resent_rows": len(metrica.conversions.resent_rows),
    }


def _uploading(uploading: Uploading) -> dict[str, Any]:
    return {**uploading.as_json(), "counter": uploading.counter, "sha256": uploading.digest}


def tables_of(metrica: "MetricaStandIn") -> list[Table]:
    """The ledger as tables, the outcome first."""
    totals = _totals(metrica)
    doubled = [group for group in metrica.conversions.per_target() if group["distinct_datetimes"] > 1]
    return [
        Table("Totals", [name.replace("_", " ") for name in totals], [list(totals.values())]),
        _uploadings_table(metrica),
        Table("Conversions", _CONVERSION_COLUMNS, [_conversion_row(c) for c in metrica.conversions.all()]),
        Table(
            "Resent rows",
            ("id", "target", "price before", "price after", "uploadings"),
            [
                (row["id"], row["target"], row["price_before"], row["price_after"], _joined(row["uploads"]))
                for row in metrica.conversions.resent_rows
            ],
            "The same identifier, target and moment again: an update, not a second conversion.",
        ),
        Table(
            "Several moments for one identifier and target",
            ("id", "target", "moments"),
            [(g["id"], g["target"], ", ".join(map(_moment, g["datetimes"]))) for g in doubled],
            "Each counts as a conversion of its own; a retry with a new moment would show here.",
        ),
        _visits_table(metrica),
        _goals_table(metrica),
    ]


_CONVERSION_COLUMNS = ("kind", "id", "target", "moment", "price", "currency", "linked", "reason", "uploadings")


def _conversion_row(conversion: Conversion) -> tuple[object, ...]:
    linked = {True: "yes", False: "no", None: "not yet"}[conversion.linked]
    identity = (conversion.kind, conversion.identifier, conversion.target, _moment(conversion.moment))
    return *identity, conversion.price, conversion.currency, linked, conversion.reason, _joined(conversion.uploads)


def _uploadings_table(metrica: "MetricaStandIn") -> Table:
    columns = ("id", "created", "comment", "status", "rows", "accepted", "linked", "user not found", "goal not found")
    rows = [_uploading_row(uploading) for uploading in metrica.uploadings.all]
    return Table("Uploadings", columns, rows)


def _uploading_row(uploading: Uploading) -> tuple[object, ...]:
    frame = (uploading.id, format_time(uploading.created_at), uploading.comment, uploading.status)
    found = (uploading.linked, uploading.user_not_found, uploading.goal_not_found)
    return *frame, uploading.source_quantity, len(uploading.rows), *found


def _visits_table(metrica: "MetricaStandIn") -> Table:
    columns = ("counter", "time", "client id", "user id", "yclid", "purchase id")
    kinds = ("ClientId", "UserId", "Yclid", "PurchaseId")
    rows = [(v.counter, format_time(v.time), *(v.ids.get(kind, "") for kind in kinds)) for v in metrica.visits.all]
    return Table("Visits", columns, rows)


def _goals_table(metrica: "MetricaStandIn") -> Table:
    rows = [
        (counter, goal["id"], goal["name"], goal["type"], ", ".join(c["url"] for c in goal["conditions"]))
        for counter in metrica.accounts.counters
        for goal in metrica.goals.of_counter(counter)
    ]
    return Table("Goals", ("counter", "id", "name", "type", "conditions"), rows)


def _joined(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _moment(seconds: int) -> str:
    return format_time(datetime.fromtimestamp(seconds, UTC))
