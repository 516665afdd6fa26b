"""``leadloop uploads``: every file sent or to be sent, where it is, and what Metrica says of it. Changes nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from leadloop.conversions.linkage import RowLinkage
    from leadloop.conversions.upload import Upload
    from leadloop.json_types import Json
    from leadloop.policy import Policy
    from leadloop.ports.store import Store

NAME = "uploads"
HELP = "list uploads with their states and totals; with a token, the rows of one and why they may not be linked"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, and which upload."""
    opened.add_arguments(parser)
    parser.add_argument("token", nargs="?", help="the upload to look into")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or one upload's rows."""
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.conversions.upload import Upload
    from leadloop.ports.store import Key

    world, _ = opened.open_runtime(arguments)
    zone = world.policy.site.time_zone
    if arguments.token is None:
        uploads = list(_all(world.store))
        listed: list[Json] = [one.fields() | {"token": one.token} for one in uploads]
        print_json(listed) if arguments.json else _tell(uploads, zone)
        return OK
    [document] = world.store.get_many([Key("upload", arguments.token)])
    if document is None:
        print(f"no upload has the token {arguments.token}; `leadloop uploads` lists them")
        return REFUSED
    upload = Upload.of(document)
    rows = list(_rows(world.store, world.policy, upload))
    print_json([_row_json(row) for row in rows]) if arguments.json else _tell_rows(rows, upload, zone)
    return OK


def _all(store: Store) -> Iterable[Upload]:
    from leadloop.conversions.upload import Upload
    from leadloop.queries import every_document, uploads_in_order

    return map(Upload.of, every_document(store, uploads_in_order()))


def _tell(uploads: Sequence[Upload], zone: str) -> None:
    from leadloop.report.tables import table

    vendor = ["Metrica's id", "status", "accepted", "linked"]
    head = ["token", f"created ({zone})", "by", "rows", "state", *vendor, "reason"]
    print(table(head, [_cells(upload, zone) for upload in uploads]))


def _cells(upload: Upload, zone: str) -> list[object]:
    from leadloop.report.moments import minute_of

    totals = [upload.totals.get(name) for name in ("line_quantity", "linked_quantity")]
    told = ["?" if total is None else total for total in totals]
    vendor = [upload.vendor_id or "—", upload.vendor_status or "—"]
    created = minute_of(upload.created_at, zone)
    place = [upload.token, created, upload.identifier_kind, upload.count, upload.state.value]
    return [*place, *vendor, *told, upload.reason or "—"]


def _rows(store: Store, policy: Policy, upload: Upload) -> Iterable[RowLinkage]:
    """The rows in question; before Metrica has processed the file its totals mean nothing, so no cause is told."""
    from leadloop.conversions.linkage import explain_linkage

    rows = explain_linkage(store, policy, upload)
    return rows if _is_processed(upload) else (row._replace(linked=None, causes=()) for row in rows)


def _is_processed(upload: Upload) -> bool:
    from leadloop.conversions.states import State

    return upload.state is State.TERMINAL


def _tell_rows(rows: Sequence[RowLinkage], upload: Upload, zone: str) -> None:
    from leadloop.report.tables import table

    words = {True: "yes", False: "no", None: "not told" if _is_processed(upload) else "?"}
    lines = [
        [
            *(row.claim.index, row.lead_id, row.claim.goal, row.claim.row, words[row.linked]),
            _causes(row, zone) if _is_processed(upload) else "not processed yet",
        ]
        for row in rows
    ]
    print(table(["row", "lead", "goal", "line", "linked", "causes"], sorted(lines, key=lambda line: int(str(line[0])))))


def _causes(row: RowLinkage, zone: str) -> str:
    from leadloop.report.moments import to_the_minute

    causes = (f"{'certain' if one.certain else 'possible'}: {one.reason}" for one in row.causes)
    return to_the_minute("; ".join(causes), zone) or "—"


def _row_json(row: RowLinkage) -> Json:
    causes: list[Json] = [{"rule": one.rule, "reason": one.reason, "certain": one.certain} for one in row.causes]
    claim = row.claim.model_dump(mode="json")
    return {"lead_id": row.lead_id, "linked": row.linked, "claim": claim, "causes": causes}
