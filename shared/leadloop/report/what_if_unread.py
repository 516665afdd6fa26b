"""What another policy would read of a deal and the present one does not: no fact tells of it, so it cannot be tried."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop.policy import Policy

_KEPT = frozenset({"known_ids", "duplicate", "quality", "fraud"})
"""Fields that leadloop writes and does not judge by."""
_POOL = "static_pool"


def unread(now: Policy, then: Policy) -> tuple[str, ...]:
    """The settings of ``then`` that name a field or a called number of which facts taken under ``now`` are silent.

    A name for another field counts too: what is known under that name was read in the field it stood for.
    """
    before = dict(_fields(now))
    fields = (setting for setting, field in _fields(then) if before.get(setting) != field)
    own = {number for _, number in _numbers(now)}
    numbers = (setting for setting, number in _numbers(then) if number not in own)
    return tuple(dict.fromkeys((*fields, *numbers)))


def _fields(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each field of a deal that the policy has read, by the setting that names it."""
    for name, field in policy.qualification.fields.items():
        yield f"qualification.fields.{name}", field
    for name, field in policy.crm.fields.model_dump().items():
        if field is not None and name not in _KEPT:
            yield f"crm.fields.{name}", field


def _numbers(policy: Policy) -> Iterator[tuple[str, str]]:
    """Each called number that may rest; any other rests as ``unlisted``."""
    for number in policy.sources.static_pool:
        yield "sources.static_pool", number
    for place, rule in enumerate(policy.sources.rules):
        if rule.called_number not in (None, _POOL):
            yield f"sources.rules[{place}].called_number", rule.called_number
