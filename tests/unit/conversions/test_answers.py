"""What an answer makes of an upload, also when another run has moved it meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop import timestamps
from leadloop.conversions import answers
from leadloop.conversions.states import FOLLOWERS, State, StepForbidden
from leadloop.conversions.unknowns import is_absent, with_absence
from leadloop.conversions.upload import Upload
from leadloop.policy.models import Defaults
from leadloop.yandex.uploading import Totals, Uploading
from support.settable_clock import MORNING

NOON = timestamps.to_text(MORNING + timedelta(hours=3))
TIMEOUT = timedelta(seconds=90)
DEFAULTS = Defaults()


def upload(state: State, **changes: object) -> Upload:
    at = timestamps.to_text(MORNING)
    held = Upload(
        token="k3p9",
        root="k3p9",
        counter="12345678",
        identifier_kind="client_id",
        header="ClientId,Target,DateTime",
        end=3,
        state=state,
        created_at=at,
        until=at,
    )
    return held.with_changes(**changes)


def uploading(number: str, status: str = "UPLOADED", lines: int | None = 3, source: int | None = 3) -> Uploading:
    return Uploading(number, "k3p9", status, Totals(source, lines))


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
@pytest.mark.parametrize(
    ("lines", "source", "becomes"),
    [
        (3, 3, State.ACCEPTED),
        (None, None, State.ACCEPTED),
        (2, 3, State.ACCEPTED_PARTIALLY),
        (2, 2, State.ACCEPTED_PARTIALLY),
    ],
)
def test_a_file_that_was_taken(state: State, lines: int | None, source: int | None, becomes: State) -> None:
    taken = answers.taken(upload(state), [uploading("7", lines=lines, source=source)], NOON)
    assert taken is not None
    assert (taken.state, taken.vendor_id, taken.accepted_at) == (becomes, "7", NOON)
    assert taken.adopted == (state is State.UNKNOWN)


def test_of_two_uploadings_the_lower_id_is_adopted_and_both_are_kept() -> None:
    taken = answers.taken(upload(State.UNKNOWN), [uploading("10"), uploading("9")], NOON)
    assert taken is not None
    assert (taken.vendor_id, taken.other_vendor_ids) == ("9", ("10",))


def test_a_late_double_is_kept_beside_the_adopted_one() -> None:
    held = upload(State.ACCEPTED, vendor_id="9")
    later = answers.taken(held, [uploading("9"), uploading("10")], NOON)
    assert later is not None
    assert (later.state, later.vendor_id, later.other_vendor_ids) == (State.ACCEPTED, "9", ("10",))
    assert answers.taken(later, [uploading("9"), uploading("10")], NOON) is None, "nothing new"


def test_an_answer_that_did_not_come_says_nothing_about_a_later_attempt() -> None:
    assert answers.lost(upload(State.SENDING, attempts=2), 1, "cut") is None
    assert answers.lost(upload(State.ACCEPTED, attempts=1), 1, "cut") is None
    lost = answers.lost(upload(State.SENDING, attempts=1), 1, "cut")
    assert lost is not None
    assert lost.state is State.UNKNOWN


def test_a_first_attempt_that_did_nothing_frees_the_rows() -> None:
    before = upload(State.READY)
    released = answers.not_sent(upload(State.SENDING, attempts=1), before, "quota")
    assert released is not None
    assert released.state is State.RELEASING


def test_a_half_that_was_not_sent_keeps_its_rows_and_waits() -> None:
    before = upload(State.READY, token="k3p9L")
    waiting = answers.not_sent(upload(State.SENDING, token="k3p9L", attempts=1), before, "quota")
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == (State.READY, 0)


def test_a_repetition_that_was_not_sent_stays_behind_its_fence() -> None:
    before = upload(State.UNKNOWN, attempts=1, sent_at="then", absences=("a", "b"))
    back = answers.not_sent(upload(State.SENDING, attempts=2, sent_at="now"), before, "quota")
    assert back is not None
    assert (back.state, back.sent_at, back.absences) == (State.UNKNOWN, "then", ("a", "b"))


def test_not_sent_says_nothing_once_another_run_took_over() -> None:
    before = upload(State.READY)
    assert answers.not_sent(upload(State.UNKNOWN, attempts=1), before, "quota") is None
    assert answers.not_sent(upload(State.SENDING, attempts=2), before, "quota") is None


def test_the_history_holds_each_status_once() -> None:
    held = upload(State.ACCEPTED, vendor_id="7")
    for status in ("UPLOADED", "UPLOADED", "MATCHED", "PROCESSED"):
        seen = answers.reported(held, uploading("7", status), NOON)
        assert seen is not None
        held = seen
    assert [one.status for one in held.status_history] == ["UPLOADED", "MATCHED", "PROCESSED"]
    assert held.state is State.TERMINAL
    assert answers.reported(held, uploading("7", "UPLOADED"), NOON) is None, "final is final"


def test_totals_once_told_are_not_forgotten_by_an_answer_without_them() -> None:
    held = answers.with_status(upload(State.ACCEPTED), uploading("7"), NOON)
    again = answers.with_status(held, uploading("7", lines=None, source=None), NOON)
    assert (again.totals["line_quantity"], again.totals["source_quantity"]) == (3, 3)


@pytest.mark.parametrize(
    ("minutes", "absences"),
    [
        ([121.5], 0),  # exactly the fence: two hours and the time-out
        ([121.6], 1),
        ([121.6, 131.5], 1),
        ([121.6, 131.6], 2),
        ([60.0, 119.0, 121.6], 1),
        ([121.6, 125.0, 131.6], 2),
        ([121.6, 131.6, 200.0], 2),
    ],
)
def test_absence_is_proven_by_two_listings_apart_behind_the_fence(minutes: list[float], absences: int) -> None:
    held = upload(State.UNKNOWN, sent_at=timestamps.to_text(MORNING), attempts=1)
    for minute in minutes:
        held = with_absence(DEFAULTS, TIMEOUT, held, MORNING + timedelta(minutes=minute)) or held
    assert len(held.absences) == absences
    assert is_absent(DEFAULTS, held) == (absences == 2)


def test_an_upload_that_is_not_unknown_is_never_absent() -> None:
    held = upload(State.ACCEPTED, sent_at=timestamps.to_text(MORNING), attempts=1)
    assert with_absence(DEFAULTS, TIMEOUT, held, MORNING + timedelta(hours=9)) is None


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("wanted", State)
def test_only_the_drawn_steps_can_be_taken(state: State, wanted: State) -> None:
    if wanted in FOLLOWERS[state]:
        assert upload(state).to(wanted).state is wanted
    else:
        with pytest.raises(StepForbidden, match=str(state)):
            upload(state).to(wanted)


def test_what_was_sent_can_never_become_free_again_by_itself() -> None:
    """From unknown and from accepted no way leads to giving rows back."""
    reached, frontier = set(), {State.UNKNOWN, State.ACCEPTED, State.ACCEPTED_PARTIALLY}
    while frontier:
        state = frontier.pop()
        reached.add(state)
        # A repetition behind the fence is `sending` again; its own refusals are judged by `answers.not_sent`.
        frontier |= FOLLOWERS[state] - reached - {State.SENDING}
    assert not reached & {State.RELEASING, State.RELEASED, State.READY, State.FILLING}


@given(st.integers(2, 1000), st.data())
def test_halves_cover_their_parent_and_nothing_else(count: int, data: st.DataObject) -> None:
    parent = upload(State.SENDING, end=count)
    left, right = (parent.half(side, "digest", NOON) for side in "LR")
    assert (left.first, left.end, right.end) == (parent.first, right.first, parent.end)
    assert left.count >= 1
    assert right.count >= 1
    assert {left.token, right.token} == {"k3p9L", "k3p9R"}
    index = data.draw(st.integers(0, count - 1))
    owner = left if parent.half_with(index) == left.token else right
    assert owner.first <= index < owner.end
