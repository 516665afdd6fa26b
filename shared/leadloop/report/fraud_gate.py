"""What the fraud gate did, and how often it was wrong: who was stopped, and qualified by sales all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from leadloop.json_types import JsonObject
from leadloop.leads.fraud import HOLD_ENDED, Gate
from leadloop.leads.lead import Lead
from leadloop.numerals import counted
from leadloop.policy import Policy
from leadloop.report.tables import table

_BY_SALES, _BY_HAND, _BY_SERVICE = "fraud.released_by_sales", "fraud.released_by_hand", "fraud.outside_clean"


@dataclass(slots=True)
class FraudGate:
    """Leads the gate had to do with."""

    stopped: int = 0
    """By signs or an outside service, whatever people, or the service, said afterwards."""
    wrong: int = 0
    """Of those the ones that sales qualified, and did not call a bot's afterwards."""
    gates: Counter[Gate] = field(default_factory=Counter)
    """How leads stand now."""
    released: Counter[str] = field(default_factory=Counter)
    """Why leads were released, by rule."""
    signs: Counter[str] = field(default_factory=Counter)
    """What those that are held now are held for."""

    @property
    def error_rate(self) -> float | None:
        """The share of stopped leads that sales qualified; ``None`` while none was stopped."""
        return self.wrong / self.stopped if self.stopped else None

    @property
    def is_idle(self) -> bool:
        """Whether it never had anything to do."""
        return self.stopped + self.gates[Gate.FRAUD] + self.gates[Gate.RELEASED] == 0

    def as_json(self) -> JsonObject:
        """For a program."""
        return {
            "stopped": self.stopped,
            "held": self.gates[Gate.HELD],
            "fraud": self.gates[Gate.FRAUD],
            "released_by_sales": self.released[_BY_SALES],
            "released_by_hand": self.released[_BY_HAND],
            "released_by_service": self.released[_BY_SERVICE],
            "released_at_hold_end": self.released[HOLD_ENDED],
            "later_qualified": self.wrong,
            "error_rate": self.error_rate,
            "held_for": {**self.signs},
        }

    def text(self) -> Iterator[str]:
        """For a person; nothing while the gate is idle."""
        if self.is_idle:
            return
        rate = "—" if self.error_rate is None else f"{self.error_rate:.1%}"
        ways = {"released by sales": _BY_SALES, "by hand": _BY_HAND, "by a service": _BY_SERVICE, "by time": HOLD_ENDED}
        head = ["stopped", "held now", "fraud", *ways, "error rate"]
        released = [self.released[rule] for rule in ways.values()]
        yield "\nFraud gate: leads that nothing is sent of, and how often it was wrong"
        yield table(head, [[self.stopped, self.gates[Gate.HELD], self.gates[Gate.FRAUD], *released, rate]])
        yield f"  error rate: of {counted(self.stopped, 'lead')} that it stopped, sales qualified {self.wrong}"
        if self.signs:
            yield f"  held for: {', '.join(f'{sign} {count}' for sign, count in self.signs.most_common())}"


def fraud_gate(policy: Policy, leads: Iterable[Lead], now: datetime) -> FraudGate:
    """Sum up what the gate did to these leads, and how they stand ``now``."""
    gate = FraudGate()
    for lead in leads:
        state = lead.state(policy)
        found = state.fraud.as_of(now)
        gate.gates[found.gate] += 1
        is_qualified = any(stage in state.stages for stage in policy.qualification.stages)
        was_stopped = found.is_stopped or found.gate is Gate.RELEASED
        gate.stopped += was_stopped
        # who is fraud though qualified was lost for a reason of fraud since: people agree with the gate
        gate.wrong += was_stopped and is_qualified and found.gate is not Gate.FRAUD
        if found.gate is Gate.RELEASED:
            gate.released[found.verdict.rule] += 1
        if found.gate is Gate.HELD:
            gate.signs.update(sign.rpartition(" ")[0] for sign in found.signs)
    return gate
