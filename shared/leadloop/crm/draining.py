"""One leased reader of a CRM at a time: what is found is read at once, or marked; and no mark is stranded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from leadloop import timestamps
from leadloop.crm.isolating import IsolatingReader
from leadloop.crm.marks import Entity, mark
from leadloop.crm.port import Crm
from leadloop.crm.stages import RECHECK
from leadloop.identity.keys import KeyMalformed
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.http import VendorError
from leadloop.ports.store import Document
from leadloop.queries import dirty_marks
from leadloop.runtime import Runtime
from leadloop.secrets import SecretMissing

CRM_UNREADABLE = "nothing if it passes; else see the error: token, payment, rights or address of the account"


class Turn(StrEnum):
    """How a turn at reading ended."""

    TAKEN = "taken"
    HELD = "held by another reader"
    FAILED = "failed"
    """The CRM could not be read, or what was read not keyed; it was logged."""


def read_now(
    runtime: Runtime, crm: Crm, function: str, entities: Sequence[Entity], changed: Mapping[str, datetime] | None = None
) -> Turn:
    """Read entities at once; unless the turn is ``TAKEN``, they were marked instead.

    ``changed``: when the CRM said that deals changed, by their ids. One that it shows as of an earlier time (its
    list and its cards may differ for seconds) is marked to be read again.
    Whoever calls it drains the marks afterwards, unless it failed. ``function`` names whose lease length
    applies. Raises ``StoreUnavailable``.
    """

    def work() -> None:
        reader = IsolatingReader(runtime, crm)
        for start in range(0, len(entities), crm.most_leads_a_call):
            reader.read(entities[start : start + crm.most_leads_a_call])
        shown, told = reader.shown, changed or {}
        behind = [one for one in entities if (at := told.get(one.external_id)) and shown.get(one.external_id, at) < at]
        if behind:
            mark(runtime.store, behind, runtime.clock.now() + RECHECK)

    turn = _as_reader(runtime, crm, function, work)
    if turn is not Turn.TAKEN:
        mark(runtime.store, entities, runtime.clock.now())
    return turn


def drain(runtime: Runtime, crm: Crm, function: str, most: int) -> int:
    """Read marked entities, at most ``most`` of them; returns how many.

    If another reader is at work its lease is held and nothing is done here: whoever gives the lease back looks
    for marks once more, so one that came meanwhile is read by the one or the other. A CRM that cannot be read
    is logged once; marks stay. A single entity that it cannot answer about is set aside.
    """
    done = 0

    def work() -> None:
        nonlocal done
        reader = IsolatingReader(runtime, crm)
        while done < most and (marks := _due(runtime, crm, min(most - done, crm.most_leads_a_call))):
            reader.read([Entity.of(mark) for mark in marks])
            done += len(marks)

    while done < most and _due(runtime, crm, 1):
        if _as_reader(runtime, crm, function, work) is not Turn.TAKEN:
            break
    return done


def _as_reader(runtime: Runtime, crm: Crm, function: str, work: Callable[[], None]) -> Turn:
    """Do some work as the one reader."""
    owner = runtime.entropy.token()
    try:
        with lease(runtime.store, runtime.clock, f"reader-{crm.name}", owner, runtime.lease_seconds(function)):
            work()
    except LeaseHeld:
        return Turn.HELD
    except VendorError as failure:
        runtime.log.error("crm_unreadable", crm=crm.name, reason=str(failure), what_to_do=CRM_UNREADABLE)
        return Turn.FAILED
    except (SecretMissing, KeyMalformed) as fault:
        what_to_do = "put the ring of keys into the variable; what is marked waits"
        runtime.log.error("contacts_not_keyed", reason=str(fault), what_to_do=what_to_do)
        return Turn.FAILED
    return Turn.TAKEN


def _due(runtime: Runtime, crm: Crm, limit: int) -> tuple[Document, ...]:
    now = timestamps.to_text(runtime.clock.now())
    return runtime.store.query(dirty_marks(crm.name, now, limit)).documents
