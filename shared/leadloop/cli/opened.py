"""What a command works on: the policy, the store and the vendors, as the host or the deployed functions open them."""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadloop.adapters.memory_log import MemoryLog
    from leadloop.json_types import JsonObject
    from leadloop.ports.store import Document, Key, Store
    from leadloop.runtime import Runtime

_PLACES = frozenset({"LEADLOOP_DATA", "LEADLOOP_PROJECT", "LEADLOOP_PREFIX", "LEADLOOP_DATABASE"})
"""Variables that say where documents and messages are: a command is told so by its words alone."""


class NothingStored(Exception):
    """The folder holds no documents: most likely another one was meant."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: expected the folder a host keeps its data in, found no documents.db; see --data")


class GoogleMissing(Exception):
    """A cloud's store is asked for, and Google's clients are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "--project needs Google's clients, and they are not installed here: "
            "pip install --constraint constraints.txt --editable '.[google]', in the folder of leadloop"
        )


class NoSuchDocument(Exception):
    """No document of a list has the id that was asked for."""

    def __init__(self, name: str, id_: str, command: str) -> None:
        super().__init__(
            f"no {name} has the id {id_!r}; `leadloop {command}` lists those there are; see also --data and --project"
        )


def add_arguments(parser: argparse.ArgumentParser, *, needs_data: bool = True) -> None:
    """Where the policy and the data are; the data may be left out where ``needs_data`` is not set."""
    parser.add_argument(
        "--policy", type=Path, default=Path("leadloop.yaml"), metavar="FILE", help="default: %(default)s"
    )
    where = parser.add_mutually_exclusive_group(required=needs_data)
    where.add_argument("--data", type=Path, metavar="DIR", help="one machine: the folder `leadloop serve` works in")
    where.add_argument(
        "--project", metavar="ID", help="the cloud: the Google Cloud project of the bundle, with your own credentials"
    )
    parser.add_argument(
        "--prefix", default="ll-", help="with --project: what the names of the bundle begin with; default: %(default)s"
    )
    parser.add_argument("--functions", type=Path, metavar="DIR", help="the folder with functions.yaml")


def open_runtime(arguments: argparse.Namespace) -> tuple[Runtime, MemoryLog]:
    """The runtime of a host or of a deployed bundle, and its log, kept so that a command may tell it in its own way.

    It has no store where the words name none. Raises ``NothingStored``, ``GoogleMissing``, ``PolicyInvalid``,
    ``ManifestUnreadable``.
    """
    from leadloop.adapters.memory_log import MemoryLog
    from leadloop.cli.check_report import load_manifest
    from leadloop.cli.environment_file import environment_of
    from leadloop.policy.loader import load_policy
    from leadloop.runtime import Runtime

    place = _place(arguments)
    around = environment_of(arguments.policy, os.environ)
    opened = Runtime({**{name: value for name, value in around.items() if name not in _PLACES}, **place})
    opened.policy = load_policy(arguments.policy)
    manifest = load_manifest(arguments.functions)
    if manifest is not None:
        opened.manifest = manifest
    log = MemoryLog()
    opened.log = log
    return opened, log


def _place(arguments: argparse.Namespace) -> dict[str, str]:
    if arguments.data:
        return _one_machine(arguments.data)
    return _cloud(arguments.project, arguments.prefix) if arguments.project else {}


def _one_machine(folder: Path) -> dict[str, str]:
    if not (folder / "documents.db").is_file():
        raise NothingStored(folder)
    return {"LEADLOOP_DATA": str(folder.resolve())}


def _cloud(project: str, prefix: str) -> dict[str, str]:
    """The settings that infra/terraform gives its functions."""
    if not _is_installed("google.cloud.firestore_v1"):
        raise GoogleMissing
    return {"LEADLOOP_PROJECT": project, "LEADLOOP_PREFIX": prefix, "LEADLOOP_DATABASE": f"{prefix}documents"}


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that it would be in
        return False


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
