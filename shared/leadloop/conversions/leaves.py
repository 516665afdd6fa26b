"""Which upload speaks for a row, and which rows an upload has."""

from __future__ import annotations

from collections.abc import Iterator

from leadloop import queries
from leadloop.conversions.ledger import Entry, UploadLedger
from leadloop.conversions.states import State
from leadloop.conversions.upload import Upload
from leadloop.leads.lead import Claim, Lead
from leadloop.numerals import counted
from leadloop.ports.store import Store


class RowsMissing(Exception):
    """The rows found in the leads are not the rows the upload was made of; it must not be sent."""

    def __init__(self, token: str, expected: str, found: str) -> None:
        super().__init__(f"upload {token}: expected {expected}, found {found}; restore the leads from a backup")
        self.token = token


def leaf_of(ledger: UploadLedger, root: str, index: int) -> Entry:
    """The upload that covers a row now: the root, or the half of a half that the search has come to."""
    entry = ledger.read(root)
    while entry.upload.state is State.SPLIT:
        entry = ledger.read(entry.upload.half_with(index))
    return entry


def read_claims(store: Store, upload: Upload) -> Iterator[tuple[Lead, Claim]]:
    """The rows an upload covers with the leads they stand in, in no particular order."""
    cursor: str | None = None
    while True:
        page = store.query(queries.leads_of_upload(upload.root), cursor)
        for lead in map(Lead.of, page.documents):
            for claim in lead.claims.values():
                if claim.token == upload.root and upload.first <= claim.index < upload.end:
                    yield lead, claim
        cursor = page.cursor
        if cursor is None:
            return


def read_lines(store: Store, upload: Upload) -> list[str]:
    """The lines of an upload in the order of their index. Raises ``RowsMissing`` if any is not there."""
    by_index = {claim.index: claim.row for _, claim in read_claims(store, upload)}
    if len(by_index) != upload.count:
        raise RowsMissing(upload.token, counted(upload.count, "row"), f"{len(by_index)}")
    return [by_index[index] for index in range(upload.first, upload.end)]
