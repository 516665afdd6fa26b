"""The settings that ``leadloop what-if`` tries: as they are written, and as the policy would be with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from leadloop.policy import Policy

HOW_TO_NAME = (
    "a setting of the policy is named with its section and a dot, and a section alone is none: "
    "expected --fraud.hold_from 50, or --set fraud.hold_from=50"
)


class NothingChanged(Exception):
    """No setting was named, so there is nothing to compare."""

    def __init__(self) -> None:
        super().__init__(
            "expected at least one setting of the policy with another value, such as --duplicates.window 90d or "
            "--set 'duplicates.keys=[phone]'; found none"
        )


class NotASetting(Exception):
    """A change was not written as a setting and its value."""

    def __init__(self, found: str) -> None:
        super().__init__(
            "expected a setting and its value, such as --duplicates.window 90d or --set duplicates.window=90d; "
            f"found {found!r} without a value"
        )


class SettingGivenTwice(Exception):
    """One setting was given several values, and a policy holds one."""

    def __init__(self, setting: str, values: Sequence[str]) -> None:
        super().__init__(
            f"--{setting}: expected one value, found {' and '.join(values)}; name the setting once, and try each value "
            "with a command of its own"
        )


def read_changes(written: Sequence[str]) -> dict[str, str]:
    """Each setting and the value it is given, in their order.

    Raises ``NothingChanged``, ``NotASetting``, ``SettingGivenTwice``.
    """
    if not written:
        raise NothingChanged
    changes: dict[str, str] = {}
    for one in written:
        setting, equals, value = one.partition("=")
        if not equals or not setting:
            raise NotASetting(one)
        if setting in changes:
            raise SettingGivenTwice(setting, (changes[setting], value))
        changes[setting] = value
    return changes


def policy_with(path: Path, changes: dict[str, str]) -> Policy:
    """The policy of the file with other values. Raises ``PolicyInvalid``."""
    from leadloop.policy.loader import PolicySource

    source = PolicySource.of_file(path)
    for setting, value in changes.items():
        source = source.with_value(setting, value)
    return source.policy


def already_held(now: Policy, then: Policy, settings: Sequence[str]) -> tuple[str, ...]:
    """Those of the settings that have the same value in both policies, whether it is written or a default."""
    return tuple(one for one in settings if _value(now, one) == _value(then, one))


def _value(policy: Policy, setting: str) -> object:
    """What a setting holds; ``None`` where its section is left out."""
    found: object = policy.model_dump()
    for step in setting.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
