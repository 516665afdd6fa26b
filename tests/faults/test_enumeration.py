"""The enumeration itself: it sees a defect, and what it names can be played again."""

from __future__ import annotations

import pytest

from faults.enumeration import cast_of, play
from faults.plans import read_plan
from faults.storage import in_memory
from faults.touches import Moment
from leadloop.conversions.ledger import UploadLedger
from leadloop.conversions.releasing import Releaser
from leadloop.conversions.states import State
from leadloop.conversions.unknowns import Unknowns

SENT = Moment("upload-conversions", "POST metrica upload_offline_conversions", "after")


def test_rows_that_are_sent_blindly_again_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_back(unknowns: Unknowns) -> int:
        """The defect: a file whose sender has died is taken for one that was never sent."""
        context = unknowns._context
        ledger = UploadLedger(context)
        lost = [entry for entry in ledger.in_state(State.SENDING) if entry.upload.abandoned(context.now())]
        for entry in lost:
            Releaser(context, ledger).release(entry, "nobody answered")
        return len(lost)

    monkeypatch.setattr(Unknowns, "presume", give_back)
    played = play(cast_of("three"), f"only:{SENT}", in_memory)
    assert played.died_at == {SENT: 1}
    assert any(one.startswith("sent twice") for one in played.broken)


@pytest.mark.parametrize(
    "text",
    [
        *("undisturbed", "progressive", "each-once", "each-once:soon", "each-way", "each-way:soon"),
        *("sweep:7", "single:sync-crm:12:3", f"only:{SENT}", f"only:{SENT};capture-lead: before commit create spool"),
    ],
)
def test_a_plan_is_read_as_it_is_told(text: str) -> None:
    assert str(read_plan(text)) == text


@pytest.mark.parametrize("text", ["", "sweep", "single:sync-crm:1", "only:sync-crm", "daily"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_plan(text)
