"""What an answer of Metrica makes of an upload. Pure: each returns the upload one step on, or ``None`` for no change.

They are decided on the upload as it is when the answer is brought in, which another run may have moved meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

from leadloop.conversions.states import TAKEN, State
from leadloop.conversions.upload import StatusSeen, Upload
from leadloop.yandex.uploading import Uploading, lowest_id


def taken(upload: Upload, found: Iterable[Uploading], at: str) -> Upload | None:
    """Metrica has the file under these uploadings; of several the lowest id is adopted and all are kept."""
    by_id = {uploading.id: uploading for uploading in found}
    known = {*by_id, *upload.other_vendor_ids, *([upload.vendor_id] if upload.vendor_id else [])}
    adopted = lowest_id(known)
    others = tuple(sorted(known - {adopted}, key=lambda number: (len(number), number)))
    if upload.state in (State.SENDING, State.UNKNOWN):
        uploading = by_id[adopted]
        state = State.ACCEPTED_PARTIALLY if is_partial(upload, uploading) else State.ACCEPTED
        was_lost = upload.state is State.UNKNOWN
        entered = upload.to(state, accepted_at=at, adopted=was_lost, reason=None)
        return with_status(entered.with_changes(vendor_id=adopted, other_vendor_ids=others), uploading, at)
    ids = (upload.vendor_id, upload.other_vendor_ids)
    return None if ids == (adopted, others) else upload.with_changes(vendor_id=adopted, other_vendor_ids=others)


def reported(upload: Upload, uploading: Uploading, at: str) -> Upload | None:
    """Metrica was asked how far it is. Final totals end the upload."""
    if upload.state not in TAKEN or upload.vendor_id != uploading.id:
        return None
    seen = with_status(upload, uploading, at).with_changes(checked_at=at)
    return seen.to(State.TERMINAL) if uploading.ended else seen


def lost(upload: Upload, attempt: int, reason: str) -> Upload | None:
    """The answer to an attempt did not come, or said nothing."""
    is_ours = upload.state is State.SENDING and upload.attempts == attempt
    return upload.to(State.UNKNOWN, reason=reason) if is_ours else None


def not_sent(upload: Upload, before: Upload, reason: str) -> Upload | None:
    """An attempt certainly did nothing. ``before`` is the upload as it was when the attempt began.

    The first attempt leaves the rows free (a half keeps its own and waits). A later one leaves the upload where it
    was, behind its time fence, so that the same bytes can only ever go under the same token.
    """
    if upload.state is not State.SENDING or upload.attempts != before.attempts + 1:
        return None
    if before.state is State.UNKNOWN:
        return upload.to(State.UNKNOWN, reason=reason, sent_at=before.sent_at, absences=before.absences)
    if upload.is_half:
        return upload.to(State.READY, reason=reason, attempts=before.attempts, sent_at=None)
    return upload.to(State.RELEASING, reason=reason)


def is_partial(upload: Upload, uploading: Uploading) -> bool:
    """Whether Metrica took fewer rows than the upload has."""
    source = uploading.totals.source_quantity
    return uploading.is_partial or (source is not None and source < upload.count)


def with_status(upload: Upload, uploading: Uploading, at: str) -> Upload:
    """The upload with the status and totals Metrica gives, and a line in its history when the status is new."""
    history = upload.status_history
    if not history or history[-1].status != uploading.status:
        history = (*history, StatusSeen(status=uploading.status, at=at))
    totals = {**upload.totals, **{name: n for name, n in uploading.totals.as_json().items() if n is not None}}
    return upload.with_changes(vendor_status=uploading.status, status_history=history, totals=totals)
