"""Leads so large that a hundred of them are more than one commit holds."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadloop.ports.store import MAX_COMMIT_BYTES, CommitTooLarge, Store, Write
from support.metrica_desk import MetricaDesk

LEADS = 23


class TightStore:
    """A store in which five writes are as much as one commit holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refused = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, writes: Sequence[Write]) -> None:
        if len(writes) > 5:
            self.refused += 1
            raise CommitTooLarge(len(writes), MAX_COMMIT_BYTES + 1)
        self._store.commit(writes)


@pytest.fixture
def tight(desk: MetricaDesk) -> TightStore:
    for number in range(LEADS):
        desk.plant(f"lead-{number:02d}", client_id=f"1700000000000000{number:03d}")
    store = TightStore(desk.world.store)
    desk.world.store = store  # type: ignore[assignment]
    return store


def test_they_are_claimed_in_smaller_commits_into_one_upload(desk: MetricaDesk, tight: TightStore) -> None:
    desk.upload()
    assert tight.refused > 0
    assert (len(desk.conversions()), desk.the_upload().count) == (LEADS, LEADS)
    desk.assert_rows_have_a_place()


def test_they_are_given_back_in_smaller_commits(desk: MetricaDesk, tight: TightStore) -> None:
    desk.fault("quota", status=420)
    desk.upload()
    assert desk.states() == ["released"]
    assert all(lead.released() for lead in (desk.lead(f"lead-{number:02d}") for number in range(LEADS)))
    desk.heal()
    assert len(desk.conversions()) == LEADS
    assert desk.counted()["resent_rows"] == []


def test_a_lead_too_large_by_itself_is_said(desk: MetricaDesk, tight: TightStore) -> None:
    class Tighter(TightStore):
        def commit(self, writes: Sequence[Write]) -> None:
            if any(write.key.collection == "lead" for write in writes):
                raise CommitTooLarge(len(writes), MAX_COMMIT_BYTES + 1)
            super().commit(writes)

    desk.world.store = Tighter(desk.world.store)  # type: ignore[assignment]
    with pytest.raises(CommitTooLarge):
        desk.upload()
