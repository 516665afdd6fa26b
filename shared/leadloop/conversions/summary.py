"""What a run did, as it is answered, logged and shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadloop.conversions.ledger import Entry
from leadloop.json_types import JsonObject


@dataclass
class Summary:
    """Counts of one run. ``stopped`` names what ended it early."""

    stopped: str | None = None
    uploads: Counter[str] = field(default_factory=Counter)
    """Files by the state they came to in this run."""
    rows: Counter[str] = field(default_factory=Counter)
    """Their rows by that state."""
    withheld: Counter[str] = field(default_factory=Counter)
    """Conversions not sent, by the rule that says why."""
    near_deadline: Counter[str] = field(default_factory=Counter)
    """Those of them whose deadline is near, by rule."""
    put_off: int = 0
    """Rows left for the next run because this one had sent all the files it may."""

    def count(self, entry: Entry) -> None:
        """An upload came to rest in a state."""
        self.uploads[entry.upload.state.value] += 1
        self.rows[entry.upload.state.value] += entry.upload.count

    def as_json(self) -> JsonObject:
        """The answer of the function."""
        return {
            "stopped": self.stopped,
            "uploads": dict(sorted(self.uploads.items())),
            "rows": dict(sorted(self.rows.items())),
            "withheld": dict(sorted(self.withheld.items())),
            "near_deadline": dict(sorted(self.near_deadline.items())),
            "put_off": self.put_off,
        }
