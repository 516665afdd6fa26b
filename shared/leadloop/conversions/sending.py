"""Sending one file, and writing down which of the three things happened: nothing, an answer, or nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.conversions import answers
from leadloop.conversions.budget import Budget
from leadloop.conversions.context import UploadContext
from leadloop.conversions.leaves import RowsMissing
from leadloop.conversions.ledger import Entry, UploadLedger
from leadloop.conversions.releasing import Releaser
from leadloop.conversions.rows import write_file
from leadloop.conversions.states import State
from leadloop.conversions.unknowns import Unknowns
from leadloop.conversions.upload import Upload
from leadloop.digests import content_digest
from leadloop.ports.http import NotSent, OutcomeUnknown, Refused, VendorError
from leadloop.ports.store import Create
from leadloop.yandex.metrica_errors import is_row_fault


class VendorTrouble(Exception):
    """Metrica is not to be sent anything more in this run."""


def digest_of(header: str, lines: Sequence[str]) -> str:
    """What identifies a file's bytes."""
    return content_digest([write_file(header, lines)])


class Sender:
    """Sends files, each at most once per commit of ``sending``."""

    def __init__(
        self, context: UploadContext, ledger: UploadLedger, releaser: Releaser, unknowns: Unknowns, budget: Budget
    ) -> None:
        self._context = context
        self._ledger = ledger
        self._releaser = releaser
        self._unknowns = unknowns
        self._budget = budget

    def seal(self, entry: Entry, lines: Sequence[str]) -> Entry:
        """No more rows: fix the digest of the file."""
        return self._ledger.move(entry, State.READY, digest=digest_of(entry.upload.header, lines))

    def send(self, before: Entry, lines: Sequence[str]) -> Entry:
        """Send a file that is ready, or the identical bytes of one that was proven absent.

        Raises ``VendorTrouble`` when the run should stop sending, ``UploadTaken``, and ``RowsMissing`` when the bytes
        are not those whose digest was fixed.
        """
        body = write_file(before.upload.header, lines)
        self._check_digest(before.upload, body)
        sending = self._ledger.move(
            before,
            State.SENDING,
            attempts=before.upload.attempts + 1,
            sent_at=self._context.now_text(),
            until=self._context.lease_end(),
            absences=(),
        )
        self._budget.spend()
        metrica = self._context.metrica.at(before.upload.counter)
        try:
            uploading = metrica.upload_offline_conversions(before.upload.token, body)
        except NotSent as failure:
            raise self._not_sent(before.upload, failure) from None
        except Refused as refusal:
            if is_row_fault(refusal):
                return self._divide(sending, lines, refusal)
            raise self._not_sent(before.upload, refusal) from None
        except OutcomeUnknown as failure:
            return self._look(sending.upload, failure)
        return self._unknowns.adopt(sending.upload, [uploading])

    def _check_digest(self, upload: Upload, body: bytes) -> None:
        found = content_digest([body])
        if found != upload.digest:
            raise RowsMissing(upload.token, f"a file with the digest {upload.digest}", f"{found}")

    def _not_sent(self, before: Upload, failure: VendorError) -> VendorTrouble:
        reason = str(failure)
        after = self._ledger.settle(before.token, lambda upload: answers.not_sent(upload, before, reason))
        if after.upload.state is State.RELEASING:
            self._releaser.finish(after)
        self._context.log.error(
            "upload_not_taken",
            upload_token=before.token,
            rows=before.count,
            reason=reason,
            what_to_do=_what_to_do(failure),
        )
        return VendorTrouble(reason)

    def _look(self, sent: Upload, failure: OutcomeUnknown) -> Entry:
        """The answer was lost. Write that down, then look once whether the file is there."""
        reason = str(failure)
        self._ledger.settle(sent.token, lambda upload: answers.lost(upload, sent.attempts, reason))
        self._context.log.warning("upload_outcome_unknown", upload_token=sent.token, rows=sent.count, reason=reason)
        try:
            self._unknowns.resolve()
        except VendorError as trouble:
            raise VendorTrouble(str(trouble)) from None
        entry = self._ledger.read(sent.token)
        if entry.upload.state is State.UNKNOWN:
            raise VendorTrouble(reason)
        return entry

    def _divide(self, sending: Entry, lines: Sequence[str], refusal: Refused) -> Entry:
        """Metrica will not take some row of the file, and does not say which.

        Every row was judged by our own rules when it was claimed, so only Metrica can tell: it is asked by halves.
        """
        upload = sending.upload
        if upload.count == 1:
            return self._refuse_row(sending, refusal)
        self._context.log.warning(
            "upload_split", upload_token=upload.token, rows=upload.count, error_type=refusal.error_type
        )
        middle, at = upload.middle - upload.first, self._context.now_text()
        halves = [
            upload.half("L", digest_of(upload.header, lines[:middle]), at),
            upload.half("R", digest_of(upload.header, lines[middle:]), at),
        ]
        split = upload.to(State.SPLIT, reason=refusal.error_type)
        return self._ledger.write(sending, split, [Create(half.key, half.fields()) for half in halves])

    def _refuse_row(self, sending: Entry, refusal: Refused) -> Entry:
        self._context.log.error(
            "row_refused",
            upload_token=sending.upload.token,
            error_type=refusal.error_type,
            what_to_do="see the row with `leadloop uploads TOKEN`; a goal missing in Metrica or our clock being "
            "ahead may be the cause; when it is put right, `leadloop upload --refused` offers the row again",
        )
        return self._ledger.move(sending, State.REFUSED, reason=refusal.error_type)


def _what_to_do(failure: VendorError) -> str:
    if isinstance(failure, NotSent):
        return "nothing: the rows wait for the next run; if this goes on, see Metrica's quotas and the network"
    return "check LEADLOOP_METRICA_TOKEN (right to edit the counter), site.counter and the goals; the rows wait"
