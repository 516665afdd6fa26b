"""One image for a whole run, and containers of it."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from container.dockerfile import Context
from container.image import Build, Image
from container.running import Container, running
from container.sandbox import unavailable
from leadloop_packaging.requirements import read_pins
from support.clean_environments import fetch_wheels
from support.sayings import ROOT

FOLDER = ROOT / "infra" / "container"
PINS = read_pins(ROOT / "constraints.txt")
BUILD_TOOLS = {"hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}


def installed_by(requirements: list[str], extra: str = "") -> set[str]:
    """Names of everything that pip installs for requirements."""
    found: set[str] = set()
    ahead = [(Requirement(line), extra) for line in requirements]
    while ahead:
        requirement, of = ahead.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": of}):
            continue
        found.add(name := canonicalize_name(requirement.name))
        inner = [Requirement(line) for line in requires(name) or []]
        for wanted in ("", *requirement.extras):
            new = [(one, wanted) for one in inner if canonicalize_name(one.name) not in found]
            ahead += new
    return found


OF_THE_HOST = installed_by(requires("leadloop") or [], extra="host")
"""What an image holds beside leadloop itself."""


def as_it_is() -> str:
    return (FOLDER / "Dockerfile").read_text(encoding="utf-8")


def context() -> Context:
    return Context(ROOT, (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Image:
    """Built once, shared by the workers of a run. Skips where no container can be made; with CI=true it fails."""
    if reason := unavailable():
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    assert pytestconfig.cache is not None
    wheels = pytestconfig.cache.mkdir("wheels")
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "container"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / "image.pickle"
        if not built.exists():
            fetch_wheels(wheels, sorted(PINS[name] for name in OF_THE_HOST | BUILD_TOOLS))
            built.write_bytes(pickle.dumps(Build(folder, context(), wheels).of(as_it_is())))
        image: Image = pickle.loads(built.read_bytes())
    return image


@pytest.fixture(scope="module")
def container(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The host in a container with a policy, up and healthy."""
    with running(image, tmp_path_factory.mktemp("container")) as container:
        yield container
