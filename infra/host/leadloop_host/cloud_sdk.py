"""Where Google's Cloud SDK and java are installed on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_WELL_KNOWN = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
    "/usr/local/share/google-cloud-sdk",
    "~/google-cloud-sdk",
)

_TO_DO = (
    "run `gcloud components install cloud-firestore-emulator pubsub-emulator`, "
    "or install the packages google-cloud-cli-firestore-emulator and google-cloud-cli-pubsub-emulator"
)


class EmulatorMissing(Exception):
    """An emulator, or the java it runs on, is not installed on this machine; the text says what to install."""


def find_java() -> str:
    """The java of JAVA_HOME or of the PATH. Raises ``EmulatorMissing``."""
    home = os.environ.get("JAVA_HOME")
    java = (shutil.which(str(Path(home) / "bin" / "java")) if home else None) or shutil.which("java")
    if java is None:
        raise EmulatorMissing(
            "Google's emulators need java: expected it in JAVA_HOME or on the PATH, found none; "
            "install a Java runtime, 11 or newer"
        )
    return java


def find_jar(pattern: str) -> Path:
    """A jar below the SDK's folder ``platform``, the newest where the pattern fits several. Raises ``EmulatorMissing``.

    Looks in CLOUDSDK_ROOT, beside ``gcloud``, at well-known places; ``gcloud`` itself is asked last, it takes a second.
    """
    looked: list[str] = []
    for root in _roots():
        if str(root) in looked:
            continue
        looked.append(str(root))
        if found := sorted((root / "platform").glob(pattern), key=_version):
            return found[-1]
    raise EmulatorMissing(
        f"Google's emulator is not installed: expected platform/{pattern} in a Cloud SDK, found none in "
        f"{', '.join(looked)}; {_TO_DO}; a Cloud SDK elsewhere is named by CLOUDSDK_ROOT"
    )


def _version(jar: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", jar.name)]


def _roots() -> Iterator[Path]:
    if named := os.environ.get("CLOUDSDK_ROOT"):
        yield Path(named)
    gcloud = shutil.which("gcloud")
    if gcloud:
        yield Path(gcloud).resolve().parent.parent
    for place in _WELL_KNOWN:
        yield Path(place).expanduser()
    if gcloud and (told := _told_by(gcloud)):
        yield Path(told)


def _told_by(gcloud: str) -> str:
    command = [gcloud, "info", "--format=value(installation.sdk_root)"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip()
