"""``leadloop what-if``: what another rule would have made of the leads of a month, before it is switched on."""

from __future__ import annotations

import argparse
import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from leadloop.cli import opened, tried_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leadloop.json_types import JsonObject
    from leadloop.report.what_if import Comparison, Fate

NAME = "what-if"
HELP = "judge a month's leads by a changed policy, such as --duplicates.window 90d, beside the present; changes nothing"

_MONTH = re.compile(r"(?P<year>20[0-9]{2})-(?P<month>0[1-9]|1[0-2])")
_SHOWN = 20


class NotAMonth(Exception):
    """A period was asked for that is no month."""

    def __init__(self, found: str) -> None:
        super().__init__(f"--month: expected a year and a month such as 2026-10, found {found!r}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, which month, and what is to be otherwise."""
    opened.add_arguments(parser)
    parser.set_defaults(about_strays=tried_settings.HOW_TO_NAME)
    parser.add_argument("--month", required=True, metavar="YYYY-MM", help="leads of this month, in the site's zone")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SETTING=VALUE", dest="changes",
        help="a setting of the policy; --duplicates.window 90d says the same as --set duplicates.window=90d",
    )  # fmt: skip
    parser.add_argument(
        "--leads", type=_how_many, default=_SHOWN, metavar="N", help="changed leads told; default: %(default)s"
    )


def _how_many(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number such as {_SHOWN}, found {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Print both columns, and the leads that fare otherwise.

    Raises ``NothingChanged``, ``NotAMonth``, ``NotASetting``, ``SettingGivenTwice``, or ``PolicyInvalid`` for a value
    that the policy cannot hold.
    """
    from leadloop.cli.answer import OK, print_json
    from leadloop.json_types import json_list
    from leadloop.leads.lead import Lead
    from leadloop.queries import every_document, leads_in_order
    from leadloop.report.what_if import compare
    from leadloop.report.what_if_settings import not_kept, without_verdict
    from leadloop.report.what_if_unread import unread

    changes = tried_settings.read_changes(arguments.changes)
    world, _ = opened.open_runtime(arguments)
    other = tried_settings.policy_with(arguments.policy, changes)
    since, until = _month(arguments.month, world.policy.site.time_zone)
    leads = [Lead.of(document) for document in every_document(world.store, leads_in_order())]
    comparison = compare(world.policy, other, leads, since, until, world.clock.now())
    told = _Remarks(
        unread(world.policy, other),
        not_kept(world.policy, other),
        without_verdict(world.policy, other),
        tried_settings.already_held(world.policy, other, list(changes)),
    )
    if arguments.json:
        remarks: JsonObject = {"not_read": json_list([*told.not_read, *told.not_kept]), "not_kept": {**told.not_kept}}
        remarks |= {"no_verdict": {**told.no_verdict}, "already_held": json_list(told.held)}
        print_json({"ok": True, "month": arguments.month, **remarks, **_as_json(comparison)})
    else:
        print("\n".join([*_remarks(told), _text(comparison, arguments, told)]))
    return OK


class _Remarks(NamedTuple):
    """Settings that are not to be believed, or change nothing."""

    not_read: tuple[str, ...]
    not_kept: Mapping[str, str]
    no_verdict: Mapping[str, str]
    held: tuple[str, ...]


def _remarks(told: _Remarks) -> Iterator[str]:
    """Why what hangs on some settings is not to be believed, and which are as they were."""
    if told.not_read:
        yield f"NOT READ YET: {', '.join(told.not_read)}"
        yield "  Fields and called numbers of a deal are read only once the policy names them. It does not name these,"
        yield "  so no fact tells what they hold, and what depends on them cannot be tried: do not trust it below."
        yield "  They begin to be read when the policy names them, those of each deal at its next change."
        yield ""
    if told.not_kept:
        yield f"NOT READ YET: {', '.join(told.not_kept)}"
        yield from (f"  {setting}: {why}." for setting, why in told.not_kept.items())
        yield "  So what depends on it cannot be tried on the leads that are here: do not trust it below."
        yield "  It holds for the leads that come once it stands in the policy."
        yield ""
    yield from (f"{setting} judges no lead: {why}." for setting, why in told.no_verdict.items())
    yield from (f"{setting} already holds that value: it changes nothing." for setting in told.held)
    if told.no_verdict or told.held:
        yield ""


def _as_json(comparison: Comparison) -> JsonObject:
    changed: JsonObject = {
        lead_id: {"before": _fate(before), "after": _fate(after)}
        for lead_id, (before, after) in comparison.changed.items()
    }
    return {"before": {**comparison.before}, "after": {**comparison.after}, "changed": changed}


def _fate(fate: Fate) -> JsonObject:
    return {**fate._asdict(), "goals": list(fate.goals)}


def _month(text: str, zone: str) -> tuple[datetime, datetime]:
    from zoneinfo import ZoneInfo

    found = _MONTH.fullmatch(text)
    if found is None:
        raise NotAMonth(text)
    year, month = int(found["year"]), int(found["month"])
    first = datetime(year, month, 1, tzinfo=ZoneInfo(zone))
    return first, first.replace(year=year + month // 12, month=month % 12 + 1)


def _text(comparison: Comparison, arguments: argparse.Namespace, remarks: _Remarks) -> str:
    from leadloop.report.tables import table

    if not comparison.before["leads"]:
        return f"No lead came in {arguments.month}, so there is nothing to compare: name a month with leads."
    rows = [
        [name, count, comparison.after[name], f"{comparison.after[name] - count:+d}"]
        for name, count in comparison.before.items()
        if count or comparison.after[name]
    ]
    told = [table(["", "now", f"with {', '.join(arguments.changes)}", "change"], rows)]
    changed = len(comparison.changed)
    if not changed:
        is_whole = not (remarks.not_read or remarks.not_kept)
        return "\n".join([*told, "", f"No lead fares otherwise{'' if is_whole else ', as far as can be told'}."])
    told += ["", f"{changed} {'lead fares' if changed == 1 else 'leads fare'} otherwise"]
    lines = [[lead_id, *_difference(*fates)] for lead_id, fates in list(comparison.changed.items())[: arguments.leads]]
    told += [table(["lead", "now", "then"], lines)] if lines else []
    told += [f"  … and {changed - len(lines)} more: --leads {changed}, or --json"] if changed > len(lines) else []
    return "\n".join(told)


def _difference(now: Fate, then: Fate) -> tuple[str, str]:
    apart = [name for name in now._fields if getattr(now, name) != getattr(then, name)]
    return tuple(", ".join(f"{name} {_word(getattr(fate, name))}" for name in apart) for fate in (now, then))  # type: ignore[return-value]


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(value) or "none"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
