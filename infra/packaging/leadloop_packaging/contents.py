"""Which files a package holds. Only what is named here enters; nothing is copied because it happens to lie there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from leadloop.manifest import Manifest
from leadloop.policy import Policy
from leadloop_packaging.faults import PackagingRefused
from leadloop_packaging.requirements import Pins, read_pins, staged

_CARRIED = (".py", ".min.js")
_LEFT_OUT = {"cli", "__pycache__"}
"""The command line is never imported by a function."""

_OF_A_FUNCTION = {"main.py", "requirements.txt"}

Files = dict[str, bytes]
"""Path in the package, with ``/`` → content."""


def files_of(function: Path, tested: Pins, shared: Files, settings: Files) -> Files:
    """Everything in one function's package. Raises ``PackagingRefused``."""
    _refuse_strays(function)
    _refuse_links(function.parent, [function / name for name in sorted(_OF_A_FUNCTION)])
    requirements = staged(read_pins(function / "requirements.txt"), tested)
    return {
        **shared,
        **settings,
        "main.py": _content(function / "main.py"),
        "requirements.txt": requirements.encode(),
    }


def shared_files(package: Path) -> Files:
    """The copy of ``leadloop`` that every package carries: the same in each, and without the command line."""
    kept = [path for path in package.rglob("*") if not any(map(_is_left_out, path.relative_to(package).parts))]
    carried = [path for path in kept if path.name.endswith(_CARRIED)]
    _refuse_links(package.parent, [package, *kept])
    _refuse_all_but_files(package.parent, carried)
    return {f"{package.name}/{path.relative_to(package).as_posix()}": path.read_bytes() for path in carried}


def _is_left_out(part: str) -> bool:
    """Folders of no function, and what editors leave behind: no name that could be imported."""
    return part in _LEFT_OUT or not part.split(".")[0].isidentifier()


def _refuse_links(folder: Path, paths: Iterable[Path]) -> None:
    """A link would carry what lies outside the checkout, or leave out what another machine does not have."""
    for path in paths:
        if path.is_symlink():
            where = path.relative_to(folder.parent)
            raise PackagingRefused(f"{where}: expected a file or a folder, found a link; put there what it points to")


def _refuse_all_but_files(folder: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        if not path.is_file():
            where = path.relative_to(folder.parent)
            raise PackagingRefused(f"{where}: expected a file, found a folder; give it another name")


def settings_files(policy: Policy, manifest: Manifest) -> Files:
    """Policy and manifest as the runtime finds them beside main.py: checked, and in JSON, so YAML is not needed."""
    return {
        "leadloop.json": _json(policy),
        "functions.json": _json(manifest),
    }


def _json(settings: Policy | Manifest) -> bytes:
    return settings.model_dump_json(exclude_unset=True, indent=2).encode() + b"\n"


def _refuse_strays(function: Path) -> None:
    """A module or package beside main.py would be missed only in the cloud; no other file there can be imported."""
    beside = [path for path in function.glob("*") if path.name not in _OF_A_FUNCTION and path.name != "__pycache__"]
    stray = sorted(path.name for path in beside if path.is_dir() or path.is_symlink() or path.suffix == ".py")
    if stray:
        raise PackagingRefused(
            f"{function.name}: expected only main.py and requirements.txt to be packaged, found {', '.join(stray)}; "
            "move the code to shared/leadloop"
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise PackagingRefused(f"{path.parent.name}/{path.name} cannot be read ({fault.strerror})") from None
