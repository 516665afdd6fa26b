"""compose.yaml fits the image: its port, its volume, its user, the host's own times."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from container.conftest import as_it_is
from container.dockerfile import Stage, stages_of
from leadloop_host.host import GRACE
from support.sayings import ROOT

FILE = ROOT / "examples" / "one-server" / "compose.yaml"


@pytest.fixture
def service() -> dict[str, Any]:
    service: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]["leadloop"]
    return service


@pytest.fixture
def image() -> Stage:
    return stages_of(as_it_is())[-1]


def test_it_builds_our_dockerfile(service: dict[str, Any]) -> None:
    context = (FILE.parent / service["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / service["build"]["dockerfile"]).is_file()


def test_only_the_public_port_is_published_and_only_to_this_machine(service: dict[str, Any], image: Stage) -> None:
    public = image.last("EXPOSE")
    assert service["ports"] == [f"127.0.0.1:{public}:{public}"]
    command = image.listed("CMD")
    assert command[command.index("--public-port") + 1] == public
    assert "--host" not in command


def test_what_is_kept_lies_on_the_volume_and_the_policy_is_not_written(service: dict[str, Any], image: Stage) -> None:
    command = image.listed("CMD")
    data, policy = (command[command.index(option) + 1] for option in ("--data", "--policy"))
    assert data == image.last("VOLUME")
    assert f"data:{data}" in service["volumes"]
    folder = policy.rpartition("/")[0]
    assert f"{folder}:{folder}:ro" in service["volumes"]


def test_it_has_no_right_it_does_not_need(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_engine_waits_for_the_host_longer_than_the_host_for_its_requests(service: dict[str, Any]) -> None:
    assert float(service["stop_grace_period"].removesuffix("s")) >= GRACE + 5
