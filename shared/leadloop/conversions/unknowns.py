"""Uploads of which nobody knows whether Metrica has them: adopted when found, sent again only behind a time fence.

The list of uploadings may lag. That a file is absent is sure only when the time of sending, the time-out and
``listing_grace`` have passed, and since then two complete listings, ``listing_gap`` apart, lacked its token.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from leadloop import timestamps
from leadloop.conversions import answers
from leadloop.conversions.context import UploadContext
from leadloop.conversions.ledger import Entry, UploadLedger, UploadTaken
from leadloop.conversions.states import TAKEN, State
from leadloop.conversions.upload import Upload
from leadloop.json_types import JsonObject, json_list
from leadloop.policy.models import Defaults
from leadloop.ports.http import Refused
from leadloop.yandex.listing import Listing
from leadloop.yandex.uploading import Uploading

DEADLINE_NEAR = timedelta(hours=6)
"""A lost upload whose first deadline is so close may have to be settled by a person."""


class Unknowns:
    """Looks for lost uploads in Metrica's list."""

    def __init__(self, context: UploadContext, ledger: UploadLedger) -> None:
        self._context = context
        self._ledger = ledger

    def presume(self) -> int:
        """Uploads whose sender is gone are unknown from now on; returns how many."""
        now = self._context.now()
        abandoned = [entry.upload for entry in self._ledger.in_state(State.SENDING) if entry.upload.abandoned(now)]
        for upload in abandoned:
            self._presume(upload)
        return len(abandoned)

    def resolve(self) -> int:
        """Read the list and adopt what is in it, or note its absence; returns how many were adopted.

        Without an upload to look for nothing is read. Raises ``NotSent`` or ``OutcomeUnknown`` when the list
        cannot be read to the end.
        """
        sought = [*self._ledger.in_state(State.UNKNOWN), *self._sent_twice()]
        adopted = 0
        for counter in sorted({entry.upload.counter for entry in sought}):
            looked_at = self._context.now()
            listing = self._list(counter)
            if listing is not None:
                concerned = [entry.upload for entry in sought if entry.upload.counter == counter]
                adopted += sum(self._compare(upload, listing, looked_at) for upload in concerned)
        return adopted

    def _list(self, counter: str) -> Listing | None:
        """The counter's uploadings; ``None`` when the token may not read them, which must not stop new uploads."""
        try:
            return self._context.metrica.at(counter).uploadings()
        except Refused as refusal:
            what_to_do = "give the token the right to read the counter; until then lost uploads stay unknown"
            self._context.log.error("list_refused", counter=counter, reason=str(refusal), what_to_do=what_to_do)
            return None

    def adopt(self, before: Upload, found: Sequence[Uploading]) -> Entry:
        """Metrica has the file; more than one uploading under a token is a double and is said loudly."""
        at = self._context.now_text()
        entry = self._ledger.settle(before.token, lambda upload: answers.taken(upload, found, at))
        if before.state not in (*TAKEN, State.TERMINAL):
            self._say_taken(entry.upload)
        if entry.upload.other_vendor_ids != before.other_vendor_ids:
            self._context.log.error(
                "upload_taken_twice",
                upload_token=before.token,
                vendor_ids=json_list([str(entry.upload.vendor_id), *entry.upload.other_vendor_ids]),
                what_to_do="the rows are identical, so Metrica counts each once; compare its report to be sure",
            )
        return entry

    def _say_taken(self, upload: Upload) -> None:
        details: JsonObject = {"upload_token": upload.token, "vendor_id": upload.vendor_id, "rows": upload.count}
        if upload.state is State.ACCEPTED_PARTIALLY:
            lines, what_to_do = upload.totals.get("line_quantity"), "the rest is not sent again; see `leadloop uploads`"
            self._context.log.error("upload_accepted_partially", **details, lines=lines, what_to_do=what_to_do)
        else:
            self._context.log.info("upload_accepted", **details)

    def proven_absent(self) -> list[Entry]:
        """Uploads that Metrica certainly does not have; their bytes may go again under the same token."""
        defaults = self._context.policy.defaults
        return [entry for entry in self._ledger.in_state(State.UNKNOWN) if is_absent(defaults, entry.upload)]

    def _presume(self, upload: Upload) -> None:
        reason = "the run that sent it ended before an answer was written down"
        self._ledger.settle(upload.token, lambda now: answers.lost(now, upload.attempts, reason))
        self._context.log.warning("upload_outcome_unknown", upload_token=upload.token, rows=upload.count, reason=reason)

    def _sent_twice(self) -> list[Entry]:
        return [entry for entry in self._ledger.in_state(*sorted(TAKEN)) if entry.upload.attempts > 1]

    def _compare(self, upload: Upload, listing: Sequence[Uploading], looked_at: datetime) -> bool:
        found = [uploading for uploading in listing if uploading.comment == upload.token]
        if found:
            self.adopt(upload, found)
            return upload.state is State.UNKNOWN
        if upload.state is State.UNKNOWN:
            self._note_absence(upload, looked_at)
        return False

    def _note_absence(self, upload: Upload, looked_at: datetime) -> None:
        timeout = timedelta(seconds=self._context.metrica.upload_timeout)
        self._warn_near_deadline(upload)
        try:
            self._ledger.settle(
                upload.token,
                lambda now: with_absence(self._context.policy.defaults, timeout, now, looked_at),
            )
        except UploadTaken:
            return  # somebody else is at it; the listing after this one will do

    def _warn_near_deadline(self, upload: Upload) -> None:
        soon = timestamps.to_text(self._context.now() + DEADLINE_NEAR)
        if upload.deadline is None or upload.deadline > soon:
            return
        self._context.log.error(
            "unknown_upload_near_deadline",
            upload_token=upload.token,
            rows=upload.count,
            deadline=upload.deadline,
            what_to_do="look for the comment in Metrica's list; the file is not sent again before it is surely absent",
        )


def fence_of(defaults: Defaults, timeout: timedelta, upload: Upload) -> datetime | None:
    """The instant from which a listing may prove an upload absent."""
    return None if upload.sent_at is None else timestamps.from_text(upload.sent_at) + timeout + defaults.listing_grace


def with_absence(defaults: Defaults, timeout: timedelta, upload: Upload, looked_at: datetime) -> Upload | None:
    """The upload after one more complete listing lacked it; ``None`` if that proves nothing new."""
    fence = fence_of(defaults, timeout, upload)
    if upload.state is not State.UNKNOWN or fence is None or looked_at <= fence or is_absent(defaults, upload):
        return None
    seen = timestamps.to_text(looked_at)
    if not upload.absences:
        return upload.with_changes(absences=(seen,))
    if looked_at - timestamps.from_text(upload.absences[0]) < defaults.listing_gap:
        return None
    return upload.with_changes(absences=(upload.absences[0], seen))


def is_absent(defaults: Defaults, upload: Upload) -> bool:
    """Whether two complete listings far enough apart have proven that Metrica does not have the file."""
    if len(upload.absences) < 2:
        return False
    first, last = map(timestamps.from_text, (upload.absences[0], upload.absences[-1]))
    return last - first >= defaults.listing_gap
