"""A test lead that was none: the form post that its code marked becomes a lead, with all that it brought."""

from __future__ import annotations

from datetime import datetime

from leadloop.leads.trials import posted_key, read_posted, without_trial
from leadloop.leads.writing import decide_and_commit
from leadloop.messages import encode
from leadloop.outcomes import outcome_key
from leadloop.ports.store import Delete, Store, Write
from leadloop.spool import spooled


class NotReleased(Exception):
    """A test whose form post is not kept: it became a lead before, or its term is over."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the form post of test {name} is not kept any more; expected one of the last 30 days, once")


def release_trial(store: Store, name: str, now: datetime) -> None:
    """Hand the form post on as any other, under its own event id and with the time it came at; drain-spool publishes.

    It did not end as a test then: what was counted of it goes in the same commit. Raises ``NotReleased`` or
    ``StoreUnavailable``.
    """

    def decide() -> list[Write]:
        [posted] = store.get_many([posted_key(name)])
        if posted is None:
            raise NotReleased(name)
        captured = read_posted(posted)
        submission = captured.submission.model_copy(update={"trial": None})
        message = encode(captured.model_copy(update={"submission": submission})).decode()
        put_back = spooled(captured.event_id, "submissions", message, "a person said that it was no test", now)
        [ended] = store.get_many([outcome_key(captured.event_id)])
        forgotten = without_trial(store, name, now)
        gone = [Delete(one.key, one.version) for one in (posted, ended) if one is not None]
        return [put_back, *gone, *([forgotten] if forgotten is not None else [])]

    decide_and_commit(store, decide)
