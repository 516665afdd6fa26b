"""How many documents a lead costs from the form to the sale: three stages, two conversions.

What is written once a run or a file (leases, cursors, uploads) is shared by the leads that are in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bench.bill import Bill
from bench.figures import Figure, Gate, counted
from bench.life import lives
from bench.sampling import Scale

GATE = Gate(14, aim=10)


def measure(scale: Scale) -> Iterator[Figure]:
    """By the periodic pull alone, and with the CRM's webhooks on top. Counts do not vary, so one round is enough.

    A webhook makes a change known sooner and is never needed; it costs its outcome, and the reader's lease twice.
    """
    for name, with_hooks, gate in (("by pull", False, GATE), ("with webhooks", True, None)):
        with lives(scale.lives, with_hooks=with_hooks) as people:
            bill = people.play()
        yield from _figures(name, bill, scale.lives, gate)


def _figures(name: str, bill: Bill, leads: int, gate: Gate | None) -> Iterator[Figure]:
    note = f"{leads} leads; by collection: {_shares(bill.by_collection, leads)}"
    by_function = bill.of("writes") + bill.of("deletes")
    yield counted(f"writes a lead, {name}", "", [by_function.total() / leads], gate, note)
    for function, writes in sorted(by_function.items()):
        yield counted(f"  by {function}", "", [writes / leads])
    reads = bill.of("reads")
    note = f"by function: {_shares(reads, leads)}"
    yield counted(f"reads a lead, {name}", "", [reads.total() / leads], note=note)


def _shares(counts: Counter[str], leads: int) -> str:
    return ", ".join(f"{name} {count / leads:g}" for name, count in counts.most_common())
