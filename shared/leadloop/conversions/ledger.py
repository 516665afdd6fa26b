"""The ledger of uploads: each step is one commit under the version that was read, or it is not made at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from leadloop import queries
from leadloop.conversions.context import UploadContext
from leadloop.conversions.rows import FileForm
from leadloop.conversions.states import State
from leadloop.conversions.upload import OFFLINE_CONVERSIONS, Upload
from leadloop.leads.writing import ATTEMPTS, merge_increments
from leadloop.ports.store import Create, Document, Key, PreconditionFailed, Update, Write


class Entry(NamedTuple):
    """An upload and the version it was read at."""

    upload: Upload
    version: str

    @classmethod
    def of(cls, document: Document) -> Entry:
        """Read an entry from its document."""
        return cls(Upload.of(document), document.version)


class UploadTaken(Exception):
    """Another run has moved an upload on; this one has no more say in it."""

    def __init__(self, token: str) -> None:
        super().__init__(f"upload {token} was moved on by another run")
        self.token = token


class UploadLedger:
    """Uploads in the store."""

    def __init__(self, context: UploadContext) -> None:
        self._context = context
        self._store = context.store

    def open(self, form: FileForm) -> Entry:
        """A new empty upload under a fresh token."""
        token = self._context.entropy.token()
        upload = Upload(
            token=token,
            root=token,
            counter=self._context.metrica.counter,
            identifier_kind=form.identifier_kind,
            header=form.header,
            created_at=self._context.now_text(),
            until=self._context.lease_end(),
        )
        self._store.commit([Create(upload.key, upload.fields())])
        return self._as_written(upload)

    def read(self, token: str) -> Entry:
        """An upload as it is now. Raises ``UploadTaken`` if there is none: it was there when its token was learnt."""
        [document] = self._store.get_many([Key("upload", token)])
        if document is None:
            raise UploadTaken(token)
        return Entry.of(document)

    def in_state(self, *states: State) -> list[Entry]:
        """All uploads in the given states, oldest first."""
        entries = [Entry.of(document) for state in states for document in self._in_state(state)]
        return sorted(entries, key=lambda entry: (entry.upload.created_at, entry.upload.token))

    def move(self, entry: Entry, state: State, **changes: object) -> Entry:
        """One step on. Raises ``UploadTaken`` if the upload is not what it was when read, ``StepForbidden``."""
        return self.write(entry, entry.upload.to(state, **changes))

    def write(self, entry: Entry, upload: Upload, also: Sequence[Write] = ()) -> Entry:
        """Replace the upload, together with other writes; see ``write_all``."""
        [written] = self.write_all([(entry, upload)], also)
        return written

    def write_all(self, changes: Sequence[tuple[Entry, Upload]], also: Sequence[Write] = ()) -> list[Entry]:
        """Replace uploads in one commit with other writes that only make sense together with them.

        Raises ``UploadTaken``, or ``PreconditionFailed`` when it was one of the other writes that could not be done.
        """
        writes: list[Write] = [Update(upload.key, upload.fields(), entry.version) for entry, upload in changes]
        try:
            self._store.commit(merge_increments([*writes, *also]))
        except PreconditionFailed as conflict:
            if conflict.key.collection == "upload":
                raise UploadTaken(conflict.key.id) from None
            raise
        return [self._as_written(upload) for _, upload in changes]

    def settle(self, token: str, decide: Callable[[Upload], Upload | None]) -> Entry:
        """Bring in something learnt about an upload whatever has happened to it meanwhile; ``None`` changes nothing.

        Reads and decides again on a conflict; raises ``UploadTaken`` after too many.
        """
        for _ in range(ATTEMPTS):
            entry = self.read(token)
            upload = decide(entry.upload)
            if upload is None:
                return entry
            try:
                return self.write(entry, upload)
            except UploadTaken:
                continue
        raise UploadTaken(token)

    def _in_state(self, state: State) -> Iterator[Document]:
        cursor: str | None = None
        while True:
            page = self._store.query(queries.uploads_in_state(OFFLINE_CONVERSIONS, state), cursor)
            yield from page.documents
            cursor = page.cursor
            if cursor is None:
                return

    def _as_written(self, upload: Upload) -> Entry:
        """The version of what was just written; if somebody has already written over it, it is theirs."""
        entry = self.read(upload.token)
        if entry.upload != upload:
            raise UploadTaken(upload.token)
        return entry
