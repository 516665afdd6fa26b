"""What the host was asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadloop_host.faults import StartRefused


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of ``leadloop serve``. Port 0 means any free port."""

    policy: Path
    data: Path
    host: str
    port: int
    public_host: str
    public_port: int | None
    functions: Path | None

    def functions_folder(self) -> Path:
        """The folder with ``functions.yaml`` and one folder per function. Raises ``StartRefused``."""
        if self.functions is not None:
            return _with_manifest(self.functions)
        for folder in Path(__file__).resolve().parents:
            if (folder / "functions" / "functions.yaml").is_file():
                return folder / "functions"
        raise StartRefused(
            "the folder of functions was not found: expected `functions/functions.yaml` in the checkout this host "
            "runs from, found none; name the folder with --functions DIR"
        )


def _with_manifest(folder: Path) -> Path:
    if not (folder / "functions.yaml").is_file():
        raise StartRefused(
            f"--functions {folder}: expected a folder with functions.yaml in it, found none; "
            "name the `functions` folder of a leadloop checkout"
        )
    return folder.resolve()
