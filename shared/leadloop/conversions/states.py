"""The states of an upload, and which may follow which.

filling ──► ready ──► sending ──► accepted, accepted_partially ──► terminal
   │          │          ├──► refused ──(by hand)──► releasing
   ▼          ▼          ├──► split      its rows go on in two halves
releasing ──► released   └──► unknown ──► accepted …, or sending again behind the time fence

``sending`` rests in the store before the request leaves, so a crash at any moment leaves one of three truths: nothing
was sent (filling, ready), it may have been (sending, which becomes unknown), or the answer is known.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an upload is."""

    FILLING = "filling"
    """Rows are being claimed into it."""
    READY = "ready"
    """Its rows are complete and their digest is fixed."""
    SENDING = "sending"
    """The request may be on its way."""
    ACCEPTED = "accepted"
    """Metrica has it, under a known id."""
    ACCEPTED_PARTIALLY = "accepted_partially"
    """Metrica has it but for some rows; it is never sent again."""
    TERMINAL = "terminal"
    """Metrica has processed it and the totals are final."""
    UNKNOWN = "unknown"
    """Metrica may have it."""
    REFUSED = "refused"
    """Metrica will not take its only row."""
    SPLIT = "split"
    """Metrica will not take some row; the halves look for it."""
    RELEASING = "releasing"
    """Certainly not sent; its rows are being given back."""
    RELEASED = "released"
    """Certainly not sent; its rows wait for another upload."""


TAKEN = frozenset({State.ACCEPTED, State.ACCEPTED_PARTIALLY})
"""Metrica has the file and is working on it."""

FOLLOWERS: dict[State, frozenset[State]] = {
    State.FILLING: frozenset({State.READY, State.RELEASING}),
    State.READY: frozenset({State.SENDING, State.RELEASING}),
    State.SENDING: frozenset({*TAKEN, State.REFUSED, State.SPLIT, State.UNKNOWN, State.RELEASING, State.READY}),
    State.UNKNOWN: frozenset({*TAKEN, State.SENDING}),
    State.ACCEPTED: frozenset({State.TERMINAL}),
    State.ACCEPTED_PARTIALLY: frozenset({State.TERMINAL}),
    State.REFUSED: frozenset({State.RELEASING}),
    State.RELEASING: frozenset({State.RELEASED}),
    State.SPLIT: frozenset(),
    State.RELEASED: frozenset(),
    State.TERMINAL: frozenset(),
}


class StepForbidden(Exception):
    """An upload was asked to go where its state does not lead: a defect, or two runs that did not see each other."""

    def __init__(self, token: str, state: State, wanted: State) -> None:
        allowed = ", ".join(sorted(FOLLOWERS[state])) or "nothing"
        super().__init__(f"upload {token} is {state}: it may become {allowed}, not {wanted}")
