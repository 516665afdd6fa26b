"""``leadloop cost``: what a bundle costs on Google Cloud, from counted operations and list prices. Offline."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from leadloop.cost.estimate import Estimate, Item, Workload
    from leadloop.cost.prices import PriceTable
    from leadloop.json_types import JsonObject

NAME = "cost"
HELP = "tell what so many leads a day cost on Google Cloud a month, and per 1,000 leads; contacts nobody"

_MOST_LEADS = 1_000_000
_MOST_WARM = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much there is to do, and with what."""
    parser.add_argument("--leads-per-day", type=_leads, required=True, metavar="N", help="0 tells what is paid anyway")
    parser.add_argument(
        "--crm",
        choices=["webhooks", "pull"],
        default="webhooks",
        help="how the CRM tells of changes; default: webhooks",
    )
    parser.add_argument(
        "--warm", type=_warm, default=0, metavar="N", help="instances of each public function kept ready; default: 0"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the policy whose `schedules` count")
    parser.add_argument("--functions", type=Path, metavar="DIR", help="the folder with functions.yaml")


def run(arguments: argparse.Namespace) -> int:
    """Print the bill."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.cli.check_report import ManifestUnreadable, load_manifest
    from leadloop.cost.estimate import Workload, estimate
    from leadloop.cost.operations import load_counted
    from leadloop.cost.prices import load_prices
    from leadloop.cost.schedules import runs_a_day
    from leadloop.policy.loader import load_policy

    manifest = load_manifest(arguments.functions)
    if manifest is None:
        raise ManifestUnreadable("expected functions/functions.yaml here, found none; name its folder with --functions")
    schedules = load_policy(arguments.policy).schedules if arguments.policy else {}
    table, counted = load_prices(), load_counted()
    workload = Workload(arguments.leads_per_day, arguments.crm == "webhooks", arguments.warm)
    found = estimate(manifest, runs_a_day(manifest, schedules), counted, table.prices, workload)
    uncounted = sorted(set(manifest.functions) - counted.functions)
    if arguments.json:
        print_json({"ok": True, **as_json(found, table, workload), "not_counted": [*uncounted]})
    else:
        print("\n".join([*as_text(found, table, workload), f"  no calls counted: {', '.join(uncounted) or 'none'}"]))
    return OK


def as_text(found: Estimate, table: PriceTable, workload: Workload) -> Iterator[str]:
    """The bill in lines for a person."""
    from leadloop.cost.assumptions import told

    how = "with webhooks" if workload.with_webhooks else "by pull alone"
    yield f"{_number(workload.leads_a_day)} leads a day, {_number(found.leads)} a month, {how}; USD"
    yield ""
    yield _table_of(found)
    yield ""
    for name, usd in (("by the list", found.usd), ("with the free tier", found.usd_beyond_free)):
        each = found.per_thousand(usd)
        yield f"{name}: {usd:.2f} a month" + ("" if each is None else f", {each:.3f} per 1,000 leads")
    yield from _dearest(found)
    unsure = sorted({f"{item.name} ({item.price.source})" for item in found.items if item.price.known == "unconfirmed"})
    yield f"look up before you rely on it: {', '.join(unsure)}"
    yield ""
    yield "assumed"
    yield from (f"  {line}" for line in told(table.as_of.isoformat()))


def as_json(found: Estimate, table: PriceTable, workload: Workload) -> JsonObject:
    """The bill for a program; amounts and money are of a month."""
    from leadloop.cost.assumptions import told

    return {
        "leads_a_day": workload.leads_a_day,
        "leads_a_month": found.leads,
        "crm": "webhooks" if workload.with_webhooks else "pull",
        "warm": workload.warm,
        "prices_as_of": table.as_of.isoformat(),
        "usd": {"list": found.usd, "with_free_tier": found.usd_beyond_free},
        "usd_per_1000_leads": {
            "list": found.per_thousand(found.usd),
            "with_free_tier": found.per_thousand(found.usd_beyond_free),
        },
        "dearest": found.dearest.name,
        "items": [_item_json(item) for item in found.items],
        "functions": [
            {"function": one.function, "calls": one.operations.calls, "seconds": one.seconds, "usd": one.usd}
            for one in found.shares
        ],
        "assumed": [*told(table.as_of.isoformat())],
    }


def _item_json(item: Item) -> JsonObject:
    return {
        "name": item.name,
        "amount": item.amount,
        "unit": item.price.unit,
        "price": item.price.model_dump(mode="json"),
        "usd": item.usd,
        "usd_with_free_tier": item.usd_beyond_free,
    }


def _table_of(found: Estimate) -> str:
    from leadloop.report.tables import table

    rows = [
        [
            *(item.name, _number(item.amount), item.price.unit, f"{item.price.usd:g} / {_number(item.price.per)}"),
            *_money(found, item.usd, item.usd_beyond_free),
        ]
        for item in found.items
    ]
    rows.append(["total", "", "", "", *_money(found, found.usd, found.usd_beyond_free)])
    columns = ["list", "per 1,000", "free tier off", "per 1,000"]
    return table(["", "a month", "unit", "price", *columns], rows)


def _money(found: Estimate, *sums: float) -> Iterator[str]:
    for usd in sums:
        each = found.per_thousand(usd)
        yield f"{usd:.2f}"
        yield "?" if each is None else f"{each:.4f}"


def _dearest(found: Estimate) -> Iterator[str]:
    most, worked = found.dearest, sum(share.usd for share in found.shares)
    yield f"most of it by the list: {most.name}, {most.usd / found.usd:.0%}"
    if worked:
        shares = ", ".join(f"{one.function} {one.usd / worked:.0%}" for one in found.shares[:3])
        yield f"of what calls cost: {shares}"


def _number(amount: float) -> str:
    decimals = 0 if amount >= 100 or amount == int(amount) else 2
    return f"{amount:,.{decimals}f}".replace(",", " ")


def _leads(text: str) -> float:
    number = _finite(text)
    if not 0 <= number <= _MOST_LEADS:
        raise argparse.ArgumentTypeError(f"expected 0 to {_MOST_LEADS} leads a day, found {text}")
    return number


def _warm(text: str) -> int:
    number = _finite(text)
    if number not in range(_MOST_WARM + 1):
        raise argparse.ArgumentTypeError(f"expected 0 to {_MOST_WARM} instances, found {text}")
    return int(number)


def _finite(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None
