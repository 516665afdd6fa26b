"""One entity that the CRM cannot answer about holds up no other: it is found by halving and set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from leadloop.crm.creating import ACCOUNT_FAULTS
from leadloop.crm.defects import OF_OURS, NotUnderstood
from leadloop.crm.marks import Entity, mark_key, postponed
from leadloop.crm.port import Crm, Feed
from leadloop.crm.reader import Reader
from leadloop.identity.keys import KeyMalformed
from leadloop.ports.http import NotSent, Refused, VendorError
from leadloop.ports.store import PreconditionFailed
from leadloop.runtime import Runtime

MOST_IN_VAIN = 3
"""So many entities set aside with none read between them: then it is not the entities."""


_LOOK_AT_IT = "look at it in the CRM; it is asked for again at the next pull, and holds up no other"


class IsolatingReader:
    """Reads entities as ``Reader`` does. One that always fails would stop all others, or the pull for ever."""

    def __init__(self, runtime: Runtime, crm: Crm) -> None:
        self._runtime = runtime
        self._crm = crm
        self._reader = Reader(runtime, crm)
        self._answers = False
        self._in_vain = 0

    def read(self, entities: Sequence[Entity]) -> None:
        """Read some entities; what cannot be read though the CRM answers is put off.

        Raises ``VendorError`` when it is the CRM or the account that fails, and ``StoreUnavailable``.
        """
        try:
            self._read(entities)
        except VendorError as failure:
            if not self._is_of_an_entity(failure):
                raise
            self._divide(entities, failure)
        else:
            self._in_vain = 0

    def _read(self, entities: Sequence[Entity]) -> None:
        try:
            self._reader.read(entities)
        except KeyMalformed:
            raise
        except OF_OURS as defect:
            raise NotUnderstood(self._crm.name, defect) from defect

    @property
    def shown(self) -> Mapping[str, datetime]:
        """See ``Reader``."""
        return self._reader.shown

    def _is_of_an_entity(self, failure: VendorError) -> bool:
        if isinstance(failure, NotSent) or (isinstance(failure, Refused) and failure.status in ACCOUNT_FAULTS):
            return False
        if not self._answers:
            with suppress(VendorError):  # the failure at hand says more than that of this look
                self._crm.changes(Feed.CHANGED, self._runtime.clock.now(), None)
                self._answers = True
        return self._answers

    def _divide(self, entities: Sequence[Entity], failure: VendorError) -> None:
        if len(entities) == 1:
            self._set_aside(entities[0], failure)
            return
        middle = len(entities) // 2
        self.read(entities[:middle])
        self.read(entities[middle:])

    def _set_aside(self, entity: Entity, failure: VendorError) -> None:
        self._in_vain += 1
        if self._in_vain > MOST_IN_VAIN:
            raise failure
        due = self._runtime.clock.now() + self._runtime.policy.defaults.pull_period / 2  # before the next tick
        [held] = self._runtime.store.get_many([mark_key(entity)])
        with suppress(PreconditionFailed):  # hinted at again meanwhile: it stays due
            self._runtime.store.commit([postponed(entity, held, due)])
        self._runtime.log.error(
            "crm_entity_unreadable",
            crm=entity.crm,
            kind=entity.kind,
            external_id=entity.external_id,
            reason=str(failure),
            what_to_do=failure.what_to_do if isinstance(failure, NotUnderstood) else _LOOK_AT_IT,
        )
