"""What becomes of a CRM's webhook once it is off the bus: a reading or marks, and an outcome that says how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.crm.draining import Turn, read_now
from leadloop.crm.marks import Entity, mark, mark_key, readable
from leadloop.crm.port import Crm, Listening
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import CrmEntityTouched, DealTold, HintUnreadable, MessageUnreadable
from leadloop.outcomes import Outcome, outcome, outcome_key
from leadloop.ports.store import PreconditionFailed, Write
from leadloop.quarantine import quarantined
from leadloop.runtime import Runtime
from leadloop.verdict import Verdict

_READ = Verdict(True, "hint.read", "what it names was read")
_MARKED = Verdict(True, "hint.marked", "what it names is marked to be read")
_NOTHING = Verdict(True, "hint.nothing_to_read", "it names no lead or contact that leadloop reads")


def take_hint(runtime: Runtime, crm: Crm, said: CrmEntityTouched | DealTold, function: str, most: int) -> Turn:
    """Read what a hint names, or mark it if that cannot be done now or it names more than ``most``; repeatable.

    What a deal's system told itself is kept first, and then read like a hint.
    Returns how the turn at reading ended; unless it failed, marks are to be drained now. Raises
    ``StoreUnavailable`` or ``PreconditionFailed``.
    """
    hint = _kept(crm, said) if isinstance(said, DealTold) else said
    [ended] = runtime.store.get_many([outcome_key(hint.event_id)])
    if ended is not None:
        return Turn.TAKEN
    entities = [
        Entity(hint.crm, kind, external_id)
        for kind, ids in hint.entity_ids.items()
        if readable(runtime.policy, kind)
        for external_id in ids
    ]
    turn, verdict = _take(runtime, crm, entities, function, most)
    try:
        about = mark_key(entities[0]).id if entities else None
        ended_now = outcome(hint.event_id, "hint", Outcome.APPLIED, verdict, runtime.clock.now(), about)
        runtime.store.commit([ended_now])
    except PreconditionFailed as conflict:
        if conflict.key != outcome_key(hint.event_id):
            raise  # the same delivery twice at once is no conflict: the other one has done the same
    return turn


def _kept(crm: Crm, told: DealTold) -> CrmEntityTouched:
    if not isinstance(crm, Listening):
        raise MessageUnreadable(f"a deal told by {told.crm}, which is asked and not heard; nothing is read")
    return crm.keep(told)


def _take(runtime: Runtime, crm: Crm, entities: Sequence[Entity], function: str, most: int) -> tuple[Turn, Verdict]:
    if not entities:
        return Turn.TAKEN, _NOTHING
    if len(entities) > most:
        mark(runtime.store, entities, runtime.clock.now())
        return Turn.TAKEN, _MARKED
    turn = read_now(runtime, crm, function, entities)
    return turn, _READ if turn is Turn.TAKEN else _MARKED


def keep_unreadable(runtime: Runtime, hint: HintUnreadable) -> None:
    """Keep a webhook that could not be understood, and count it. Raises as ``take_hint`` does."""

    def decide() -> list[Write]:
        [ended] = runtime.store.get_many([outcome_key(hint.event_id)])
        if ended is not None:
            return []
        verdict = Verdict(False, "hint.unreadable", hint.reason)
        kept = quarantined(
            runtime.policy,
            hint.event_id,
            "hint",
            hint.reason,
            hint.body_sealed,
            hint.received_at,
            crm=hint.crm,
            size=hint.size,
        )
        return [kept, outcome(hint.event_id, "hint", Outcome.QUARANTINED, verdict, runtime.clock.now())]

    decide_and_commit(runtime.store, decide)
    runtime.log.warning(
        "hint_quarantined",
        event_id=hint.event_id,
        crm=hint.crm,
        reason=hint.reason,
        size=hint.size,
        what_to_do="see `leadloop quarantine`; if it is not the CRM's, change the secret in the webhook's path",
    )
