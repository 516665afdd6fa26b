"""hadolint on the Dockerfile: every finding down to style counts, and it does find what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from container.conftest import as_it_is

HADOLINT = Path(sys.executable).with_name("hadolint")


def findings(dockerfile: str) -> str:
    command = [str(HADOLINT), "--no-color", "--failure-threshold", "style", "-"]
    done = subprocess.run(command, input=dockerfile, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (done.stdout == ""), done
    return done.stdout


def test_nothing_is_found() -> None:
    assert findings(as_it_is()) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        ("FROM python:3.13-slim-bookworm AS base", "FROM python:latest AS base", "DL3007"),
        ("FROM python:3.13-slim-bookworm AS base", "FROM python AS base", "DL3006"),
        ("WORKDIR /src", "WORKDIR src", "DL3000"),
        ('ENTRYPOINT ["leadloop"]', "ENTRYPOINT leadloop", "DL3025"),
        ("USER 10001:10001", "USER root", "DL3002"),
        ("COPY functions", "ADD functions", "DL3020"),
    ],
)
def test_a_planted_mistake_is_found(right: str, wrong: str, rule: str) -> None:
    assert as_it_is().count(right) == 1
    assert rule in findings(as_it_is().replace(right, wrong))
