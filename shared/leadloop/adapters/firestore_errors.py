"""Firestore's failures, in words that say what to do.

Google's own texts are left out: they may quote a document, a link with a project in it, or what a token endpoint said.
"""

from __future__ import annotations

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError

from leadloop.ports.store import StoreUnavailable

_CREDENTIALS = (
    "did not accept who asks: expected a service account (in the cloud), or the credentials that "
    "`gcloud auth application-default login` leaves (elsewhere), or FIRESTORE_EMULATOR_HOST; give it one of these"
)
_ADVICE: tuple[tuple[type[Exception], str], ...] = (
    (GoogleAuthError, _CREDENTIALS),
    (exceptions.Unauthenticated, _CREDENTIALS),
    (
        exceptions.Forbidden,
        "is closed to this account: expected the role roles/datastore.user, and the API firestore.googleapis.com "
        "switched on in the project; apply infra/terraform, or grant and switch on by hand",
    ),
    (
        exceptions.NotFound,
        "is not there: expected a database in native mode of this name; create it, or correct LEADLOOP_PROJECT and "
        "LEADLOOP_DATABASE",
    ),
    (
        exceptions.FailedPrecondition,
        "cannot answer this query: expected its index, found it missing or still being built; "
        "apply infra/terraform (leadloop.indexes lists what is needed) and wait until it is built",
    ),
    (
        exceptions.InvalidArgument,
        "does not take this request: expected the names of a project and of one of its databases; "
        "correct LEADLOOP_PROJECT and LEADLOOP_DATABASE",
    ),
    (
        exceptions.ResourceExhausted,
        "has no quota left: expected less than the day's free reads and writes, or billing switched on; "
        "nothing is known to be written; see the quotas of the project",
    ),
    (
        exceptions.Aborted,
        "was too busy with the same documents: expected a turn in time, found other writers throughout; "
        "nothing was written; try again",
    ),
    (
        exceptions.DeadlineExceeded,
        "did not answer in time; nothing is known to be written; try again",
    ),
)
_UNREACHABLE = (
    "could not be reached or failed: nothing is known to be written; try again, and if it stays so, see the network "
    "(or FIRESTORE_EMULATOR_HOST) and https://status.cloud.google.com"
)


def unavailable(error: Exception, place: str) -> StoreUnavailable:
    """The error to raise for what Google's client said of the database ``place``."""
    if isinstance(error, exceptions.RetryError) and isinstance(error.cause, Exception):
        error = error.cause
    advice = next((advice for kind, advice in _ADVICE if isinstance(error, kind)), _UNREACHABLE)
    return StoreUnavailable(f"Firestore {place} {advice} ({type(error).__name__})")
