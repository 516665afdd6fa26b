"""Every function's package, unpacked and compiled as the buildpack leaves it, and what it is called with."""

from __future__ import annotations

import base64
import compileall
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import SERVED, NotServed, environment
from bench.vendor import refusing_vendor
from support import package_probe
from support.firestore_server import firestore_server
from support.knocks import SETTINGS, Knock, knock_of
from support.packages import FUNCTIONS, unpack
from support.publisher_server import publisher_server

MODULES = {
    "Pub/Sub": "google.pubsub_v1",
    "Firestore": "google.cloud.firestore_v1",
    "HTTP": "leadloop.adapters.requests_http",
}


@dataclass(frozen=True)
class Packaged:
    """A function in a folder of its own, ready to be served."""

    name: str
    target: str
    folder: Path
    clients: tuple[str, ...]
    """Which of ``MODULES`` its first call loads."""
    knock: Knock
    """A call that it answers 200 or 204."""

    @property
    def main(self) -> Path:
        """The source that functions-framework is given."""
        return self.folder / "main.py"


@contextmanager
def cloud() -> Iterator[dict[str, str]]:
    """The environment of a deployment: a Firestore that is empty and a Pub/Sub that takes everything, over gRPC.

    The vendors refuse every token: a function says so, and answers 200 all the same.
    """
    with publisher_server("id-1") as publisher, firestore_server() as firestore, refusing_vendor() as vendor:
        yield environment(
            **SETTINGS,
            LEADLOOP_PROJECT="demo-bench",
            PUBSUB_EMULATOR_HOST=publisher.address,
            FIRESTORE_EMULATOR_HOST=firestore.address,
            LEADLOOP_ENDPOINT_AMOCRM=vendor,
            LEADLOOP_ENDPOINT_METRICA=vendor,
            BENCH_VENDOR=vendor,
        )


def packaged(folder: Path, around: dict[str, str], names: list[str]) -> list[Packaged]:
    """Unpack, compile, and find out what each loads. Raises ``NotServed``."""
    return [_packaged(name, folder, around) for name in names]


def every_function() -> list[str]:
    """The names of the manifest, without those that have nothing to do under the policy of the packages.

    That is receive-verdict: it names no antifraud service. It does what receive-crm-event does, and loads the same.
    """
    return [name for name in FUNCTIONS if knock_of(name).status in SERVED]


def _packaged(name: str, folder: Path, around: dict[str, str]) -> Packaged:
    unpacked = unpack(name, folder)
    compileall.compile_dir(unpacked, quiet=1)
    knock = knock_of(name)
    told = {
        "folder": str(unpacked),
        "entry_point": name.replace("-", "_"),
        "path": knock.path,
        "content_type": knock.content_type,
        "headers": dict(knock.headers),
        "body": base64.b64encode(knock.body).decode(),
    }
    command = [sys.executable, "-I", str(package_probe.__file__)]
    run = subprocess.run(command, input=json.dumps(told), env=around, capture_output=True, text=True, check=False)
    if run.returncode:
        raise NotServed(run.stderr[-2000:])
    found = json.loads(run.stdout.splitlines()[-1])
    if not found["leadloop"].startswith(str(unpacked)):
        raise NotServed(f"{name} ran leadloop from elsewhere, not from its package")
    clients = tuple(one for one, module in MODULES.items() if module in found["called"])
    return Packaged(name, name.replace("-", "_"), unpacked, clients, knock)
