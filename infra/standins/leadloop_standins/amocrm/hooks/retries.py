"""When a delivery is tried again and when a webhook is switched off.

Source: https://www.amocrm.ru/developers/content/crm_platform/webhooks-format, the table at its end.
"""

from collections.abc import Sequence

_PAUSES = (300, 900, 900, 3600)
"""Seconds before attempts 2, 3, 4 and 5, counted from the attempt before."""

_PATIENT_FROM = 2
"""From this pause on only answers that blame the server are tried again."""

_SWITCH_OFF_WINDOW = 2 * 3600
_MOST_FAILURES = 100


def is_accepted(code: int) -> bool:
    """100 to 299; the body does not matter."""
    return 100 <= code <= 299


def pause_before_next(attempts_made: int, code: int) -> int | None:
    """Seconds until the next attempt after a failed one with that code; None when it was the last."""
    place = attempts_made - 1
    if place >= len(_PAUSES):
        return None
    blames_server = code == 499 or 500 <= code <= 599
    return _PAUSES[place] if place < _PATIENT_FROM or blames_server else None


def must_switch_off(failures: Sequence[int], now: int) -> bool:
    """More than 100 invalid answers within the last two hours; asked after an invalid one."""
    return sum(1 for at in failures if now - at <= _SWITCH_OFF_WINDOW) > _MOST_FAILURES
