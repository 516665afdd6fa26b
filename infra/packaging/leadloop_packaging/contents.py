"""Which files a package holds. Only what is named here enters; nothing is copied because it happens to lie there."""

from __future__ import annotations

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
    requirements = staged(read_pins(function / "requirements.txt"), tested)
    return {
        **shared,
        **settings,
        "main.py": _content(function / "main.py"),
        "requirements.txt": requirements.encode(),
    }


def shared_files(package: Path) -> Files:
    """The copy of ``leadloop`` that every package carries: the same in each, and without the command line."""
    carried = [
        path
        for path in package.rglob("*")
        if path.name.endswith(_CARRIED) and not any(map(_is_left_out, path.relative_to(package).parts))
    ]
    for path in carried:
        _refuse_all_but_files(path, package)
    return {f"{package.name}/{path.relative_to(package).as_posix()}": path.read_bytes() for path in carried}


def _is_left_out(part: str) -> bool:
    """Folders of no function, and what editors leave behind: no name that could be imported."""
    return part in _LEFT_OUT or not part.split(".")[0].isidentifier()


def _refuse_all_but_files(path: Path, package: Path) -> None:
    """A link would carry what lies outside the checkout, and another machine would not have it."""
    on_the_way = [path, *(parent for parent in path.parents if parent.is_relative_to(package))]
    if path.is_file() and not any(one.is_symlink() for one in on_the_way):
        return
    where = path.relative_to(package.parent)
    raise PackagingRefused(
        f"shared/{where}: expected a file, found a link or a folder; remove it or put the file there"
    )


def settings_files(policy: Policy, manifest: Manifest) -> Files:
    """Policy and manifest as the runtime finds them beside main.py: checked, and in JSON, so YAML is not needed."""
    return {
        "leadloop.json": _json(policy),
        "functions.json": _json(manifest),
    }


def _json(settings: Policy | Manifest) -> bytes:
    return settings.model_dump_json(exclude_unset=True, indent=2).encode() + b"\n"


def _refuse_strays(function: Path) -> None:
    """A module beside main.py would be missed only in the cloud; anything else there has no business in a package."""
    stray = sorted(path.name for path in function.glob("*.py") if path.name not in _OF_A_FUNCTION)
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
