"""One entity that the CRM cannot answer about holds up no other: it is found by halving and set aside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from leadloop.crm.creating import ACCOUNT_FAULTS
from leadloop.crm.marks import Entity, postponed
from leadloop.crm.port import Crm, Feed
from leadloop.crm.reader import Reader
from leadloop.ports.http import NotSent, Refused, VendorError
from leadloop.ports.store import Document, PreconditionFailed
from leadloop.runtime import Runtime

MOST_IN_VAIN = 3
"""So many entities set aside with none read between them: then it is not the entities."""


class IsolatingReader:
    """Reads marks as ``Reader`` does. Marks are read oldest first, so one that always fails would stop all others."""

    def __init__(self, runtime: Runtime, crm: Crm) -> None:
        self._runtime = runtime
        self._crm = crm
        self._reader = Reader(runtime, crm)
        self._answers = False
        self._in_vain = 0

    def read(self, marks: Sequence[Document]) -> None:
        """Read what some marks are about; what cannot be read though the CRM answers is put off.

        Raises ``VendorError`` when it is the CRM or the account that fails, and ``StoreUnavailable``.
        """
        try:
            self._reader.read(marks)
        except VendorError as failure:
            if not self._is_of_an_entity(failure):
                raise
            self._divide(marks, failure)
        else:
            self._in_vain = 0

    def _is_of_an_entity(self, failure: VendorError) -> bool:
        if isinstance(failure, NotSent) or (isinstance(failure, Refused) and failure.status in ACCOUNT_FAULTS):
            return False
        if not self._answers:
            with suppress(VendorError):  # the failure at hand says more than that of this look
                self._crm.changes(Feed.CHANGED, self._runtime.clock.now(), None)
                self._answers = True
        return self._answers

    def _divide(self, marks: Sequence[Document], failure: VendorError) -> None:
        if len(marks) == 1:
            self._set_aside(marks[0], failure)
            return
        middle = len(marks) // 2
        self.read(marks[:middle])
        self.read(marks[middle:])

    def _set_aside(self, mark: Document, failure: VendorError) -> None:
        self._in_vain += 1
        if self._in_vain > MOST_IN_VAIN:
            raise failure
        due = self._runtime.clock.now() + self._runtime.policy.defaults.pull_period / 2  # before the next tick
        with suppress(PreconditionFailed):  # hinted at again meanwhile: it stays due
            self._runtime.store.commit([postponed(mark, due)])
        entity = Entity.of(mark)
        self._runtime.log.error(
            "crm_entity_unreadable",
            crm=entity.crm,
            kind=entity.kind,
            external_id=entity.external_id,
            reason=str(failure),
            what_to_do="look at it in the CRM; it is asked for again at the next pull, and holds up no other",
        )
