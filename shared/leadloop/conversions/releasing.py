"""Giving rows back: an upload that was certainly not sent leaves its rows, frozen as they are, to another one."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.conversions.claiming import LEADS_PER_COMMIT
from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import read_claims
from leadloop.conversions.ledger import Entry, UploadLedger
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.leads.lead import Claim, Lead
from leadloop.leads.writing import decide_and_commit, lead_writes
from leadloop.ports.store import CommitTooLarge, Key, Write


class Releaser:
    """Brings uploads from ``releasing`` to ``released``; may be interrupted anywhere and done again."""

    def __init__(self, context: UploadContext, ledger: UploadLedger) -> None:
        self._context = context
        self._ledger = ledger

    def release(self, entry: Entry, reason: str) -> Entry:
        """Give up an upload that was certainly not sent. Raises ``UploadTaken``."""
        return self.finish(self._ledger.move(entry, State.RELEASING, reason=reason))

    def finish(self, entry: Entry) -> Entry:
        """Give back the rows of an upload that is being released."""
        upload = entry.upload
        lead_ids = sorted({lead.id for lead, _ in read_claims(self._context.store, upload)})
        for start in range(0, len(lead_ids), LEADS_PER_COMMIT):
            self._give_back(upload, lead_ids[start : start + LEADS_PER_COMMIT])
        self._context.log.info("upload_released", upload_token=upload.token, rows=upload.count, reason=upload.reason)
        return self._ledger.settle(upload.token, _released)

    def _give_back(self, upload: Upload, lead_ids: Sequence[str]) -> None:
        store = self._context.store

        def decide() -> list[Write]:
            found = store.get_many([Key("lead", lead_id) for lead_id in lead_ids])
            writes: list[Write] = []
            for document in found:
                if document is not None:
                    lead = _without_token(Lead.of(document), upload)
                    writes += lead_writes(self._context.policy, lead, document.version) if lead else []
            return writes

        try:
            decide_and_commit(store, decide)
        except CommitTooLarge:
            if len(lead_ids) == 1:
                raise
            half = len(lead_ids) // 2
            self._give_back(upload, lead_ids[:half])
            self._give_back(upload, lead_ids[half:])


def _released(upload: Upload) -> Upload | None:
    return upload.to(State.RELEASED) if upload.state is State.RELEASING else None


def _without_token(lead: Lead, upload: Upload) -> Lead | None:
    """The lead with its rows of this upload waiting again; ``None`` if it has none."""
    claims = {goal: _waiting(claim) if _covers(upload, claim) else claim for goal, claim in lead.claims.items()}
    return None if claims == lead.claims else lead.model_copy(update={"claims": claims})


def _covers(upload: Upload, claim: Claim) -> bool:
    return claim.token == upload.root and upload.first <= claim.index < upload.end


def _waiting(claim: Claim) -> Claim:
    return claim.model_copy(update={"token": None, "index": 0})
