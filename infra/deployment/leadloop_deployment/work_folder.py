"""The folder that one run works in: packages, plans, what Terraform downloads."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadloop_deployment.faults import DeploymentRefused


@contextmanager
def alone_in(folder: Path) -> Iterator[Path]:
    """The folder, made if need be, readable by its owner alone, and nobody else's as long as the block lasts.

    Raises ``DeploymentRefused`` while another run is at work in it: it would apply the other's plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DeploymentRefused(f"another run is at work in {folder}; wait until it has ended") from None
    else:
        yield folder
    finally:
        os.close(lock)
