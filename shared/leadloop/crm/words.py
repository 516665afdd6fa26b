"""What a vendor's error may be quoted of: its text often quotes what was sent."""

from __future__ import annotations

import re

from leadloop.json_types import Json


def word_of(value: Json) -> str:
    """A code, a path or a short title, or nothing: anything longer or stranger may quote what was sent."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if re.fullmatch(r"[\w.\- ]{1,80}", text) and not re.search(r"\d{7}", text) else ""
