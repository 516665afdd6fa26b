"""Labels of sources: what a tag, a host or a CRM's word is counted under."""

from __future__ import annotations

import re
from functools import lru_cache

NONE = "none"
"""The label of leads whose source is not known; the rule says why."""
LONGEST = 60
_NOT_LABEL = re.compile(r"[\W_]+")
"""A label stands in paths of counters, so of any script only letters and digits stay."""


@lru_cache(maxsize=1024)
def label_of(text: str) -> str:
    """The label of a name as people write it; empty when it holds no letter and no digit."""
    return _NOT_LABEL.sub("_", text.casefold()).strip("_")[:LONGEST].strip("_")
