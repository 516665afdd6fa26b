"""What Pub/Sub's answers mean to a publisher, and what to do about them.

The words of an answer are left out: those of a failed sign-in quote what was sent to the token server.
"""

from __future__ import annotations

from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ServiceUnavailable,
    Unauthenticated,
)
from google.auth.exceptions import GoogleAuthError

_MEANINGS: tuple[tuple[type[Exception], str, str], ...] = (
    (
        NotFound,
        "Pub/Sub has no such topic",
        "apply infra/terraform, or correct LEADLOOP_PROJECT and LEADLOOP_PREFIX",
    ),
    (
        PermissionDenied,
        "Pub/Sub does not let this account publish there",
        "give the function's service account roles/pubsub.publisher on the topic, and enable the Pub/Sub API",
    ),
    (Unauthenticated, "Pub/Sub does not accept the credentials", "correct the function's service account"),
    (GoogleAuthError, "no credentials were found or accepted", "give the function a service account"),
    (ResourceExhausted, "the project's Pub/Sub quota is used up", "publish it again later, or ask Google for more"),
    (InvalidArgument, "Pub/Sub calls the request wrong", "correct the names of project, prefix and topic"),
    (ServiceUnavailable, "Pub/Sub, or signing in to it, could not be reached", "publish it again later"),
)


def meaning_of(failure: GoogleAPICallError | GoogleAuthError, topic_path: str, waited: float) -> str:
    """What happened, what was found, what to do; without any word of the server's."""
    if isinstance(failure, DeadlineExceeded):
        return (
            f"expected an answer of Pub/Sub within {waited:g} s, found none, so it may be there all the same; "
            "publish it again later under the same event id, by which consumers tell doubles apart"
        )
    for kind, what, to_do in _MEANINGS:
        if isinstance(failure, kind):
            return f"{what} ({topic_path}: {type(failure).__name__}); {to_do}"
    return f"Pub/Sub failed ({topic_path}: {type(failure).__name__}); publish it again later"
