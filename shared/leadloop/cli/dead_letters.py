"""``leadloop dead-letters``: messages that failed every delivery, and putting them back."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from leadloop.cli import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leadloop.json_types import Json, JsonObject
    from leadloop.ports.store import Document
    from leadloop.runtime import Runtime
    from leadloop.verdict import Verdict

NAME = "dead-letters"
HELP = "list messages that failed every delivery; with an id, all about one; with --replay, put one or all back"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data are, which letter to look at, which to put back."""
    opened.add_arguments(parser)
    parser.add_argument("id", nargs="?", metavar="ID", help="the letter to look at")
    parser.add_argument(
        "--replay", metavar="ID|all", help="put it back under its own event id; drain-spool publishes it"
    )
    parser.add_argument("--again", action="store_true", help="with --replay: also what was put back before")


def run(arguments: argparse.Namespace) -> int:
    """Print the list or one letter, or put letters back. Raises ``NoSuchDocument``."""
    from leadloop.cli.answer import OK, USAGE, print_json

    if (arguments.id and arguments.replay) or (arguments.again and not arguments.replay):
        print("leadloop dead-letters: give an id to look at, or --replay ID|all [--again]", file=sys.stderr)
        return USAGE
    world, _ = opened.open_runtime(arguments)
    if arguments.replay:
        return _replay(world, arguments)
    if arguments.id:
        told = _told(_letter(world, arguments.id))
        print_json({"ok": True, "dead_letter": told}) if arguments.json else opened.tell_fields(told)
        return OK
    letters = _letters(world)
    print_json({"ok": True, "dead_letters": [_told(one) for one in letters]}) if arguments.json else _tell(letters)
    return OK


def _letter(world: Runtime, id_: str) -> Document:
    from leadloop.ports.store import Key

    return opened.one_document(world.store, Key("dead_letter", id_), "dead letter", NAME)


def _letters(world: Runtime) -> list[Document]:
    from leadloop.queries import dead_letters, every_document

    return list(every_document(world.store, dead_letters()))


def _told(letter: Document) -> JsonObject:
    """All but sealed content."""
    return {"id": letter.key.id, **{name: value for name, value in letter.fields.items() if name != "body_sealed"}}


def _tell(letters: Sequence[Document]) -> None:
    from leadloop.report.tables import table

    head = ["id", "died", "function", "attempts", "type", "event id", "put back", "reason"]
    print(table(head, [_cells(letter.key.id, letter.fields) for letter in letters]))


def _cells(id_: str, told: JsonObject) -> list[object]:
    what = [told["source"] or "—", told["attempts"] or "?", told["type"] or "not ours", told["event_id"] or "—"]
    return [id_, _minute(told["received_at"]), *what, _minute(told.get("replayed_at")), told["reason"]]


def _minute(at: Json) -> str:
    return str(at)[:16] if at else "—"


def _replay(world: Runtime, arguments: argparse.Namespace) -> int:
    """Say what will be done, do it, say what came of it; 1 when the one that was named is left."""
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.numerals import counted
    from leadloop.replay import judge, replay

    is_all = arguments.replay == "all"
    letters = _letters(world) if is_all else [_letter(world, arguments.replay)]
    ready = sum(judge(world.manifest, letter, arguments.again).ok for letter in letters)
    if not arguments.json:
        told = counted(ready, "message")
        print(f"will put back {told} under the same event ids; drain-spool publishes within five minutes")
    ended = [(letter, replay(world, letter, arguments.again)) for letter in letters]
    if arguments.json:
        print_json({"ok": is_all or ended[0][1].ok, "letters": [_ending(*one) for one in ended]})
    else:
        _tell_endings(ended)
    return OK if is_all or ended[0][1].ok else REFUSED


def _ending(letter: Document, verdict: Verdict) -> JsonObject:
    said: JsonObject = {"put_back": verdict.ok, "rule": verdict.rule, "reason": verdict.reason}
    return {"id": letter.key.id, "event_id": letter.fields["event_id"], **said}


def _tell_endings(ended: Sequence[tuple[Document, Verdict]]) -> None:
    for letter, verdict in ended:
        print(f"  {letter.key.id} {'put back' if verdict else 'left'}: {verdict.reason} [{verdict.rule}]")
    put_back = sum(verdict.ok for _, verdict in ended)
    print(f"put back: {put_back}; left: {len(ended) - put_back}")
