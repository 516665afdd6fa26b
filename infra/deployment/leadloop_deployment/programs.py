"""gcloud and terraform as programs: the words they are called with, and nothing of a secret in them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping

from leadloop_deployment.faults import DeploymentRefused, ProgramFailed

_QUIET = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
_NOT_OURS = ("TF_CLI_ARGS", "TF_VAR_", "TF_WORKSPACE", "TF_DATA_DIR", "CLOUDSDK_CORE_PROJECT")
"""Variables of somebody's shell that would have another plan made than the one asked for."""
_TOLD = 2000
"""Letters of what a program said that are repeated in an error."""


class Program:
    """One program on the PATH. Raises ``DeploymentRefused`` when it is not there."""

    def __init__(self, name: str, how_to_get_it: str, environment: Mapping[str, str] | None = None) -> None:
        if shutil.which(name) is None:
            raise DeploymentRefused(f"{name} is not installed here, or not on the PATH: {how_to_get_it}")
        self._name = name
        own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        self._environment = {**own, **_QUIET, **(environment or {})}

    def ask(self, *words: str, standard_input: str | None = None) -> str:
        """What it answers. A secret goes by ``standard_input``: other users can read a program's words.

        Raises ``ProgramFailed`` with what it complained of.
        """
        ended = subprocess.run(  # noqa: S603 - one of two programs, and no shell
            [self._name, *words],
            input=standard_input,
            stdin=None if standard_input is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment,
            check=False,
        )
        if ended.returncode:
            raise ProgramFailed(self._told(words), ended.returncode, ended.stderr.strip()[-_TOLD:])
        return ended.stdout.strip()

    def show(self, *words: str, good: tuple[int, ...] = (0,)) -> int:
        """Run it in sight of the person; how it ended. Raises ``ProgramFailed`` when that is none of ``good``.

        Ctrl-C reaches the program too, from the terminal: it is left to come to its own end, because Terraform writes
        then what it has made, and lets go of its lock.
        """
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            with subprocess.Popen(  # noqa: S603 - one of two programs, and no shell
                [self._name, *words], stdin=subprocess.DEVNULL, env=self._environment
            ) as running:
                code = running.wait()
        finally:
            signal.signal(signal.SIGINT, before)
        if code not in good:
            raise ProgramFailed(self._told(words), code, "")
        return code

    def _told(self, words: tuple[str, ...]) -> str:
        """Which command it was, without its flags."""
        return " ".join([self._name, *(word for word in words if not word.startswith("-"))])
