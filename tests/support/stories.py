"""Stories for the demo, as short as a test needs them."""

from __future__ import annotations

from pathlib import Path

from leadloop.policy import Policy
from leadloop.policy.loader import load_policy
from leadloop_host.demo.story import Story

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "real_estate"
SHORT = ROOT / "tests" / "bodies" / "stories" / "short.yaml"
ANNA, SHAMIL = "1788203411529304178", "1788784201729464800"


def policy() -> Policy:
    """The policy every story of «Сокол» is played under."""
    return load_policy(EXAMPLE / "leadloop.yaml")


def story(*cast: dict[str, object], **told: object) -> Story:
    """A story of two days in Moscow."""
    people = [{"wants": "двушка", **person} for person in cast]
    whole = {"starts": "2026-09-01", "time_zone": "Europe/Moscow", "ends": "3 00:00", "incidents": [], **told}
    return Story.model_validate({**whole, "cast": people})
