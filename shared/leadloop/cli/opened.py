"""What a command works on: the policy, the one-machine store and the vendors, as a host would open them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.adapters.memory_log import MemoryLog
    from leadloop.json_types import JsonObject
    from leadloop.ports.store import Document, Key, Store
    from leadloop.runtime import Runtime


class NothingStored(Exception):
    """The folder holds no documents: most likely another one was meant."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: expected the folder a host keeps its data in, found no documents.db; see --data")


class NoSuchDocument(Exception):
    """No document of a list has the id that was asked for."""

    def __init__(self, name: str, id_: str, command: str) -> None:
        super().__init__(f"no {name} has the id {id_!r}; `leadloop {command}` lists those there are; see also --data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the policy and the data are."""
    parser.add_argument(
        "--policy", type=Path, default=Path("leadloop.yaml"), metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder `leadloop serve` works in")
    parser.add_argument("--functions", type=Path, metavar="DIR", help="the folder with functions.yaml")


def open_runtime(arguments: argparse.Namespace) -> tuple[Runtime, MemoryLog]:
    """The runtime of a host on this folder, and its log, kept so that a command may tell it in its own way.

    Raises ``NothingStored``, ``PolicyInvalid``, ``ManifestUnreadable``.
    """
    from leadloop.adapters.memory_log import MemoryLog
    from leadloop.cli.check_report import load_manifest
    from leadloop.cli.environment_file import environment_of
    from leadloop.policy.loader import load_policy
    from leadloop.runtime import Runtime

    if not (arguments.data / "documents.db").is_file():
        raise NothingStored(arguments.data)
    environment = environment_of(arguments.policy, os.environ)
    opened = Runtime({**environment, "LEADLOOP_DATA": str(arguments.data.resolve())})
    opened.policy = load_policy(arguments.policy)
    manifest = load_manifest(arguments.functions)
    if manifest is not None:
        opened.manifest = manifest
    log = MemoryLog()
    opened.log = log
    return opened, log


def one_document(store: Store, key: Key, name: str, command: str) -> Document:
    """The document a person asked for. Raises ``NoSuchDocument``, or ``StoreUnavailable``."""
    [document] = store.get_many([key])
    if document is None:
        raise NoSuchDocument(name, key.id, command)
    return document


def tell_fields(fields: JsonObject) -> None:
    """One document for a person, a line for each field."""
    width = max(map(len, fields))
    for name, value in fields.items():
        print(f"{name.ljust(width)}  {'—' if value is None else value}")
