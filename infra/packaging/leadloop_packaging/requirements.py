"""What a package has installed beside it: its direct requirements, and the pins of everything those need in turn.

pip in the cloud resolves nothing by itself then: a cold cache next year installs what was tested today. The pins stand
in requirements.txt itself and not in a constraints file beside it, because Google's buildpack keys its cache of
installed dependencies by the requirements file (https://github.com/GoogleCloudPlatform/buildpacks, pkg/python).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from leadloop_packaging.faults import PackagingRefused

PYTHONS = ("3.11", "3.12", "3.13")
"""What Cloud Run functions may run leadloop on. A package carries what any of them needs."""

_LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}

_EXACT = re.compile(r"==[^,*]+")

Pins = dict[str, str]
"""Normalised name → the line that pins it, such as ``Flask==3.1.3``."""


def read_pins(path: Path) -> Pins:
    """The pins of a requirements or constraints file. Raises ``PackagingRefused`` for a line that is no pin."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise PackagingRefused(f"{path.name} of {path.parent.name} cannot be read ({fault.strerror})") from None
    written = (line.partition("#")[0].strip() for line in lines)
    return {_pinned(line, path): line for line in written if line}


def staged(direct: Pins, tested: Pins) -> str:
    """The requirements.txt of a package. Raises ``PackagingRefused`` when a pin is missing or is not the tested one."""
    for name, line in direct.items():
        if tested.get(name, "").lower() != line.lower():
            expected = tested.get(name, "a pin of it")
            raise PackagingRefused(f"{line}: expected {expected}, as in constraints.txt; make the two agree")
    needed = sorted(_closure(direct) - set(direct))
    missing = [name for name in needed if name not in tested]
    if missing:
        raise PackagingRefused(f"no pin of {', '.join(missing)} in constraints.txt; add what `pip freeze` says")
    return (
        "\n".join(
            [
                "# Imported by main.py and leadloop",
                *direct.values(),
                "# What those need",
                *(tested[name] for name in needed),
            ]
        )
        + "\n"
    )


def _closure(roots: Iterable[str]) -> set[str]:
    found: set[tuple[str, frozenset[str]]] = set()
    ahead = [(name, frozenset[str]()) for name in roots]
    while ahead:
        wanted = ahead.pop()
        if wanted not in found:
            found.add(wanted)
            ahead.extend(_needs(*wanted))
    return {name for name, _ in found}


@cache
def _needs(name: str, extras: frozenset[str]) -> frozenset[tuple[str, frozenset[str]]]:
    try:
        lines = distribution(name).requires or ()
    except PackageNotFoundError:
        raise PackagingRefused(f"{name} is not installed, so what it needs is unknown; use `make package`") from None
    needed = filter(lambda one: _applies(one, extras), map(Requirement, lines))
    return frozenset((canonicalize_name(one.name), frozenset(one.extras)) for one in needed)


def _applies(needed: Requirement, extras: frozenset[str]) -> bool:
    if needed.marker is None:
        return True
    environments = (
        {**_LINUX, "python_version": python, "python_full_version": f"{python}.0", "extra": extra}
        for python in PYTHONS
        for extra in ("", *extras)
    )
    return any(needed.marker.evaluate(environment) for environment in environments)


def _pinned(line: str, path: Path) -> str:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        requirement = None
    if requirement is None or not _EXACT.fullmatch(str(requirement.specifier)):
        place = f"{path.parent.name}/{path.name}"
        raise PackagingRefused(f"{place}: expected lines such as pydantic==2.14.3, found {line!r}; write an exact pin")
    return canonicalize_name(requirement.name)
