"""Claiming: conversions become rows of an upload, with their leads, in one commit or not at all.

Such a commit also writes the upload itself, under its version. So no row can get into an upload that another run has
given up meanwhile, and the rows of an upload are exactly those its ``end`` counts. A deal's reference is not written:
whatever changes who owns a deal writes every lead whose part in it changes, so the lead's version guards the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from leadloop.conversions.context import UploadContext
from leadloop.conversions.ledger import Entry, UploadLedger
from leadloop.conversions.rows import FileForm, form_of
from leadloop.conversions.selection import Choice, Selection
from leadloop.conversions.upload import Upload
from leadloop.leads.lead import Claim, Lead
from leadloop.leads.writing import ATTEMPTS, lead_writes
from leadloop.ports.store import CommitTooLarge, DocumentTooLarge, PreconditionFailed, Write

LEADS_PER_COMMIT = 100
"""As a rule far below the 10 MiB that a commit holds; of leads with very many facts it is divided."""


@dataclass
class Filling:
    """An upload being filled, and the lines claimed into it."""

    entry: Entry
    lines: list[str] = field(default_factory=list)


@dataclass
class _Batch:
    """What one commit would do."""

    uploads: dict[FileForm, Upload] = field(default_factory=dict)
    lines: dict[FileForm, list[str]] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    crowded_out: set[str] = field(default_factory=set)
    put_off: int = 0


class Claimer:
    """Fills uploads, one for each form of file."""

    def __init__(
        self, context: UploadContext, ledger: UploadLedger, selection: Selection, may_open: Callable[[int], bool]
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._selection = selection
        self._may_open = may_open
        self.fillings: dict[FileForm, Filling] = {}
        self.put_off = 0
        """Rows left for the next run, because this one may not send more files."""

    def claim(self, choices: Sequence[Choice]) -> list[Choice]:
        """Write the claims and expiries; returns the leads that still have rows for a file that is now full.

        On a conflict each lead is read and decided on again by itself; more than one commit holds is claimed in
        halves. Raises ``UploadTaken``.
        """
        batch = self._place(choices)
        try:
            self._commit(batch)
        except (PreconditionFailed, DocumentTooLarge):
            again = [choice.lead for choice in choices]
            return [left for lead in again for left in self._claim_alone(lead)]
        except CommitTooLarge:
            if len(choices) == 1:
                raise
            half = len(choices) // 2
            return [*self.claim(choices[:half]), *self.claim(choices[half:])]
        return self.read_again(choice.lead for choice in choices if choice.lead.id in batch.crowded_out)

    def read_again(self, leads: Iterable[Lead]) -> list[Choice]:
        """Decide anew on leads as they are now."""
        keys = [lead.key for lead in leads]
        found = self._context.store.get_many(keys) if keys else []
        return self._selection.read(self._context.store, [document for document in found if document is not None])

    def take_full(self) -> Filling | None:
        """Hand over an upload that can take no more rows; ``None`` when there is none."""
        full = [form for form, filling in self.fillings.items() if not self._room(filling.entry.upload)]
        return self.fillings.pop(min(full)) if full else None

    def take_any(self) -> Filling | None:
        """Hand over an upload that was begun; ``None`` when there is none."""
        return self.fillings.pop(min(self.fillings)) if self.fillings else None

    def _claim_alone(self, lead: Lead) -> list[Choice]:
        for _ in range(ATTEMPTS):
            choices = self.read_again([lead])
            batch = self._place(choices)
            try:
                self._commit(batch)
            except PreconditionFailed:
                continue
            except DocumentTooLarge as fault:
                what_to_do = "the lead has too many facts; it needs a person"
                self._context.log.error("lead_too_large", lead_id=lead.id, reason=str(fault), what_to_do=what_to_do)
                return []
            return self.read_again([lead]) if batch.crowded_out else []
        return []  # somebody keeps writing this lead; the next run finds it again

    def _place(self, choices: Sequence[Choice]) -> _Batch:
        batch = _Batch()
        for choice in choices:
            self._place_lead(batch, choice)
        return batch

    def _place_lead(self, batch: _Batch, choice: Choice) -> None:
        claims, expired = dict(choice.lead.claims), dict(choice.lead.expired)
        for sendable in choice.sendable:
            claim = self._place_row(batch, choice.lead.id, sendable.claim)
            if claim is not None:
                claims[claim.goal] = claim
        for expiry in choice.expiries:
            expired[expiry.goal] = expiry
            claims.pop(expiry.goal, None)
        lead = choice.lead.model_copy(update={"claims": claims, "expired": expired})
        if lead != choice.lead:
            batch.writes += lead_writes(self._context.policy, lead, choice.version)

    def _place_row(self, batch: _Batch, lead_id: str, claim: Claim) -> Claim | None:
        form = form_of(claim)
        upload = batch.uploads.get(form) or self._upload(form)
        if upload is None:
            batch.put_off += 1
            return None
        if not self._room(upload):
            batch.crowded_out.add(lead_id)
            return None
        placed = claim.model_copy(update={"token": upload.token, "index": upload.end})
        deadline = min(upload.deadline or claim.deadline, claim.deadline)
        batch.uploads[form] = upload.with_changes(end=upload.end + 1, deadline=deadline)
        batch.lines.setdefault(form, []).append(claim.row)
        return placed

    def _upload(self, form: FileForm) -> Upload | None:
        filling = self.fillings.get(form)
        if filling is None:
            if not self._may_open(len(self.fillings)):
                return None
            filling = self.fillings[form] = Filling(self._ledger.open(form))
        return filling.entry.upload

    def _room(self, upload: Upload) -> int:
        return self._context.policy.defaults.rows_per_upload - upload.count

    def _commit(self, batch: _Batch) -> None:
        if batch.writes:
            changes = [(self.fillings[form].entry, upload) for form, upload in batch.uploads.items()]
            written = self._ledger.write_all(changes, batch.writes)
            for form, entry in zip(batch.uploads, written, strict=True):
                self.fillings[form].entry = entry
        for form, lines in batch.lines.items():
            self.fillings[form].lines += lines
        self.put_off += batch.put_off
