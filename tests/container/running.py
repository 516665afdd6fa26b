"""The host in a container: set up as the guide says, asked from inside, stopped as an engine stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from container.dockerfile import health_check_of
from container.image import Image
from container.sandbox import Mount, Setting, command, inside
from support.knocks import SETTINGS

READY_WITHIN = 240.0
CONFIGURED = ("leadloop", "init", "--dir", "/etc/leadloop", "--lang", "en", "--origin", "https://sokol.example")


@dataclass
class Container:
    """A process 1 and what it writes."""

    image: Image
    setting: Setting
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Process 1 of the container, as this machine numbers it. Raises ``ValueError`` while there is none."""
        parent = self.process.pid
        return int(Path(f"/proc/{parent}/task/{parent}/children").read_text())

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside process 1."""
        return subprocess.run(
            inside(self.pid, self.setting, words), capture_output=True, text=True, check=False, timeout=240
        )

    def is_healthy(self) -> bool:
        """Whether the image's own check says so."""
        return self.run(*health_check_of(self.image.stage).command).returncode == 0

    def stop(self) -> int:
        """Send process 1 the image's signal to stop; its exit code."""
        os.kill(self.pid, signal.Signals[self.image.stage.last("STOPSIGNAL")])
        return self.process.wait(240)

    def kill(self) -> None:
        """End it at once, whatever it does. Process 1 itself: a change of user has untied it from its parent."""
        if self.process.poll() is not None:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ValueError:
            self.process.kill()
        self.process.wait(240)

    def said(self) -> str:
        """Everything it wrote."""
        return self.log.read_text(encoding="utf-8")


def configure(image: Image, folder: Path) -> None:
    """A policy and its secrets, made by ``leadloop init`` in a container of its own."""
    folder.mkdir()
    os.chown(folder, *owner_of(image))
    setting = replace(image.setting, mounts=[Mount(folder, "/etc/leadloop", writable=True)])
    subprocess.run(command(image.root, setting, CONFIGURED), check=True, capture_output=True)
    with (folder / ".env").open("a", encoding="utf-8") as secrets:
        secrets.writelines(f"{name}={value}\n" for name, value in SETTINGS.items() if name.endswith("_TOKEN"))


def owner_of(image: Image) -> tuple[int, int]:
    """The user and group that processes of the image have."""
    user, group = image.setting.user.split(":")
    return int(user), int(group)


def volume(image: Image, folder: Path) -> Mount:
    """A new volume: it takes over owner and mode of the folder of the image that it is laid on."""
    target = image.stage.last("VOLUME")
    like = (image.root / target[1:]).stat()
    folder.mkdir()
    os.chown(folder, like.st_uid, like.st_gid)
    folder.chmod(like.st_mode & 0o7777)
    return Mount(folder, target, writable=True)


@contextmanager
def running(image: Image, folder: Path, words: Sequence[str] = ()) -> Iterator[Container]:
    """The entry point with the usual command, or other words, on a read-only root; ended at the end."""
    configure(image, folder / "policy")
    mounts = [Mount(folder / "policy", "/etc/leadloop"), volume(image, folder / "volume")]
    setting = replace(image.setting, read_only=True, mounts=mounts)
    asked = [*image.stage.listed("ENTRYPOINT"), *(words or image.stage.listed("CMD"))]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command(image.root, setting, asked), stdout=output, stderr=output)
    container = Container(image, setting, process, log)
    try:
        _wait_until_healthy(container)
        yield container
    finally:
        container.kill()


def _wait_until_healthy(container: Container) -> None:
    given_up_at = time.monotonic() + READY_WITHIN
    while not _is_up(container):
        assert container.process.poll() is None, container.said()
        assert time.monotonic() < given_up_at, container.said()
        time.sleep(0.05)


def _is_up(container: Container) -> bool:
    try:
        return container.is_healthy()
    except ValueError:  # no process 1 yet
        return False
