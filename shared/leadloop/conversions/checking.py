"""Reading uploads back until Metrica has processed them: an upload is done only when its totals are known."""

from __future__ import annotations

from datetime import timedelta

from leadloop import timestamps
from leadloop.conversions import answers
from leadloop.conversions.context import UploadContext
from leadloop.conversions.ledger import Entry, UploadLedger
from leadloop.conversions.states import TAKEN, State
from leadloop.conversions.summary import Summary
from leadloop.conversions.unknowns import Unknowns
from leadloop.conversions.upload import Upload
from leadloop.ports.http import OutcomeUnknown, Refused, VendorError
from leadloop.yandex.uploading import Uploading

READS_PER_RUN = 30
OVERDUE_AFTER = timedelta(hours=4)
"""Processing takes up to two hours (https://yandex.ru/dev/metrika/en/management/conversion); twice that is an alarm."""


class UploadCheck:
    """One run of check-uploads."""

    def __init__(self, context: UploadContext) -> None:
        self._context = context
        self._ledger = UploadLedger(context)
        self._unknowns = Unknowns(context, self._ledger)
        self._summary = Summary()

    def run(self) -> Summary:
        """Settle unknown uploads by the list, then ask for the taken ones, those longest not asked for first."""
        self._unknowns.presume()
        try:
            self._summary.uploads["adopted"] += self._unknowns.resolve()
            ends_at = self._context.half_time()
            for entry in self._longest_unchecked():
                if self._context.now() <= ends_at:
                    self._check(entry.upload)
        except VendorError as failure:
            self._summary.stopped = str(failure)
            self._context.log.warning("upload_check_stopped", reason=str(failure))
        for entry in self._ledger.in_state(*sorted(TAKEN)):
            self._watch(entry.upload)
        self._context.log.info("upload_check_finished", **self._summary.as_json())
        return self._summary

    def _longest_unchecked(self) -> list[Entry]:
        taken = self._ledger.in_state(*sorted(TAKEN))
        return sorted(taken, key=lambda entry: entry.upload.checked_at or "")[:READS_PER_RUN]

    def _check(self, upload: Upload) -> None:
        at = self._context.now_text()
        try:
            uploading = self._context.metrica.at(upload.counter).uploading(str(upload.vendor_id))
        except OutcomeUnknown:
            # One that Metrica cannot tell about must not be asked for first, and end the run, every time.
            self._ledger.settle(upload.token, lambda now: now.with_changes(checked_at=at))
            raise
        except Refused as refusal:
            # A new uploading may not be found at once. The alarm for overdue uploads tells if it never is.
            self._context.log.warning("uploading_not_found", upload_token=upload.token, reason=str(refusal))
            self._ledger.settle(upload.token, lambda now: now.with_changes(checked_at=at))
            return
        entry = self._ledger.settle(upload.token, lambda now: answers.reported(now, uploading, at))
        self._summary.count(entry)
        if entry.upload.state is State.TERMINAL:
            self._say_processed(entry.upload, uploading)

    def _say_processed(self, upload: Upload, uploading: Uploading) -> None:
        self._context.log.info(
            "upload_processed",
            upload_token=upload.token,
            vendor_id=upload.vendor_id,
            status=uploading.status,
            rows=upload.count,
            totals={**upload.totals},
        )

    def _watch(self, upload: Upload) -> None:
        """Raise the alarm, once, for an upload that Metrica does not finish."""
        if upload.accepted_at is None or upload.overdue:
            return
        if self._context.now() - timestamps.from_text(upload.accepted_at) < OVERDUE_AFTER:
            return
        self._ledger.settle(upload.token, lambda now: now.with_changes(overdue=True) if now.state in TAKEN else None)
        self._context.log.error(
            "upload_overdue",
            upload_token=upload.token,
            vendor_id=upload.vendor_id,
            status=upload.vendor_status,
            accepted_at=upload.accepted_at,
            what_to_do="look for the uploading in Metrica's interface; if it is stuck there, write to its support",
        )
