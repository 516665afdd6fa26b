"""``leadloop quarantine``: what could not be understood, and why; changes nothing."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadloop.json_types import JsonObject
    from leadloop.ports.store import Document
    from leadloop.runtime import Runtime

NAME = "quarantine"
HELP = "list what could not be understood, and why; with an id, all about one body; with --open, the body itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, which body, and whether to open it."""
    opened.add_arguments(parser)
    parser.add_argument("id", nargs="?", metavar="ID", help="the body to look at")
    parser.add_argument(
        "--open",
        action="store_true",
        help="write its bytes to standard output, with LEADLOOP_SEAL_PRIVATE_KEY; they may be personal data",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or what is known of one body, or its bytes. Raises ``NoSuchDocument``."""
    from leadloop.cli.answer import OK, USAGE, print_json
    from leadloop.ports.store import Key
    from leadloop.queries import every_document, quarantined

    if arguments.open and arguments.id is None:
        print("leadloop quarantine: --open needs the id of one body; see the list without it", file=sys.stderr)
        return USAGE
    world, _ = opened.open_runtime(arguments)
    if arguments.id is None:
        bodies = list(every_document(world.store, quarantined()))
        print_json({"ok": True, "bodies": [_told(body) for body in bodies]}) if arguments.json else _tell_list(bodies)
        return OK
    body = opened.one_document(world.store, Key("quarantine", arguments.id), "quarantined body", NAME)
    if arguments.open:
        _open(world, body, as_json=arguments.json)
    else:
        print_json({"ok": True, "body": _told(body)}) if arguments.json else opened.tell_fields(_told(body))
    return OK


def _told(body: Document) -> JsonObject:
    """All but the content."""
    return {"id": body.key.id, **{name: value for name, value in body.fields.items() if name != "body_sealed"}}


def _tell_list(bodies: Sequence[Document]) -> None:
    from leadloop.report.tables import table

    rows = [
        [body.key.id, str(told["received_at"])[:16], told["kind"], told.get("size", "?"), told["reason"]]
        for body, told in ((body, body.fields) for body in bodies)
    ]
    print(table(["id", "received", "kind", "size", "reason"], rows))


def _open(world: Runtime, body: Document, *, as_json: bool) -> None:
    """Write the bytes as they came; in JSON as base64.

    Raises ``SecretMissing``, ``KeyMalformed`` or ``SealUnreadable``.
    """
    import base64

    from leadloop.cli.answer import print_json
    from leadloop.identity.sealing import unseal
    from leadloop.secrets import SEAL_PRIVATE_KEY

    content = unseal(world.secrets.get(SEAL_PRIVATE_KEY), str(body.fields["body_sealed"]))
    if as_json:
        print_json({"ok": True, "body": {**_told(body), "content_base64": base64.b64encode(content).decode()}})
    else:
        sys.stdout.buffer.write(content)
    size = body.fields.get("size")
    if isinstance(size, int) and size > len(content):
        print(f"leadloop quarantine: of {size} bytes the first {len(content)} were kept", file=sys.stderr)
