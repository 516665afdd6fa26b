"""One atomic commit for a lead and its totals, decided anew as long as others get in first."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from leadloop.adapters.memory_store import MemoryStore
from leadloop.leads.lead import Lead
from leadloop.leads.writing import ATTEMPTS, decide_and_commit, lead_writes, merge_increments
from leadloop.ports.store import (
    Create,
    Delete,
    Increment,
    Key,
    PreconditionFailed,
    StoreUnavailable,
    Update,
    Write,
)
from support.lead_facts import POLICY, entered, lead_of, linked, submitted
from support.policies import QUALIFIED

DAY, NEXT_DAY = Key("daily_total", "2026-09-01--vk"), Key("daily_total", "2026-09-02--vk")


class ContestedStore(MemoryStore):
    """Somebody else writes the lead just before each of the first so many commits."""

    def __init__(self, conflicts: int) -> None:
        super().__init__()
        self.conflicts = conflicts
        self.commits = 0

    def commit(self, writes: Sequence[Write]) -> None:
        self.commits += 1
        if self.commits <= self.conflicts:
            super().commit([Increment(Key("lead", "anna"), {"written_by_others": 1})])
        super().commit(writes)


class TestLeadWrites:
    def test_a_new_lead_is_created_with_what_it_adds(self) -> None:
        create, total = lead_writes(POLICY, lead_of(submitted()), None)
        assert isinstance(create, Create)
        assert create.fields["counted"] == {"2026-09-01--none": {"leads": 1}}
        assert total == Increment(
            Key("daily_total", "2026-09-01--none"), {"leads": 1}, {"day": "2026-09-01", "source": "none"}
        )

    def test_a_known_lead_is_updated_with_what_changed(self) -> None:
        store = MemoryStore()
        store.commit(lead_writes(POLICY, lead_of(submitted()), None))
        [document] = store.get_many([Key("lead", "anna")])
        assert document is not None
        grown = Lead.of(document).with_facts((linked(), entered(QUALIFIED)))
        update, total = lead_writes(POLICY, grown, document.version)
        assert isinstance(update, Update)
        assert update.version == document.version
        assert isinstance(total, Increment)
        assert total.amounts == {"stages.qualified": 1}

    def test_a_lead_that_counts_as_before_touches_no_total(self) -> None:
        counted = lead_of(submitted()).model_copy(update={"counted": {"2026-09-01--none": {"leads": 1}}})
        assert len(lead_writes(POLICY, counted, "1")) == 1


class TestMergeIncrements:
    def test_each_total_is_written_once(self) -> None:
        """A store takes one write a document; two leads of one day and source meet in one total."""
        writes = [
            Increment(DAY, {"leads": 1, "stages.sold": 1}, {"day": "2026-09-01"}),
            Increment(NEXT_DAY, {"leads": 1}),
            Increment(DAY, {"leads": 1, "stages.sold": -1}, {"source": "vk"}),
        ]
        assert merge_increments(writes) == [
            Increment(DAY, {"leads": 2, "stages.sold": 0}, {"day": "2026-09-01", "source": "vk"}),
            Increment(NEXT_DAY, {"leads": 1}),
        ]

    def test_other_writes_stay_as_they_are_and_in_order(self) -> None:
        others: list[Write] = [Create(Key("lead", "anna"), {}), Delete(Key("key", "k")), Update(DAY, {}, "1")]
        total = Increment(NEXT_DAY, {"leads": 1})
        assert merge_increments([others[0], total, *others[1:]]) == [*others, total]
        assert merge_increments([]) == []


class TestDecideAndCommit:
    def test_a_conflict_is_decided_anew_from_what_is_there_now(self) -> None:
        store, decided = ContestedStore(conflicts=3), list[str | None]()

        def decide() -> list[Write]:
            [held] = store.get_many([Key("lead", "anna")])
            decided.append(held.version if held else None)
            return lead_writes(POLICY, lead_of(submitted()), held.version if held else None)

        decide_and_commit(store, decide)
        assert len(decided) == len(set(decided)) == 4
        assert decided[0] is None
        [total] = store.get_many([Key("daily_total", "2026-09-01--none")])
        assert total is not None
        assert total.fields["leads"] == 1

    def test_it_gives_up_with_the_last_conflict_and_nothing_written(self) -> None:
        store = ContestedStore(conflicts=ATTEMPTS)
        with pytest.raises(PreconditionFailed, match=r"lead/anna: expected .*, found .*; read again and decide again"):
            decide_and_commit(store, lambda: lead_writes(POLICY, lead_of(submitted()), None))
        assert store.commits == ATTEMPTS
        assert store.get_many([Key("daily_total", "2026-09-01--none")]) == [None]

    def test_the_last_attempt_may_still_succeed(self) -> None:
        store = ContestedStore(conflicts=ATTEMPTS - 1)

        def decide() -> list[Write]:
            [held] = store.get_many([Key("lead", "anna")])
            return lead_writes(POLICY, lead_of(submitted()), held.version if held else None)

        decide_and_commit(store, decide)
        assert store.commits == ATTEMPTS

    def test_nothing_to_do_commits_nothing(self) -> None:
        store = ContestedStore(conflicts=0)
        decide_and_commit(store, lambda: [])
        assert store.commits == 0

    def test_a_decision_that_finds_its_work_done_after_a_conflict_is_an_end(self) -> None:
        store = ContestedStore(conflicts=1)
        decisions = iter([lead_writes(POLICY, lead_of(submitted()), None), []])
        decide_and_commit(store, lambda: next(decisions))
        assert store.commits == 1

    def test_another_failure_is_not_a_conflict(self) -> None:
        class Locked(MemoryStore):
            def commit(self, writes: Sequence[Write]) -> None:
                raise StoreUnavailable("database is locked")

        attempts: list[int] = []

        def decide() -> list[Write]:
            attempts.append(1)
            return [Delete(Key("lead", "anna"))]

        with pytest.raises(StoreUnavailable):
            decide_and_commit(Locked(), decide)
        assert len(attempts) == 1

    def test_many_at_once_lose_nothing(self) -> None:
        store = MemoryStore()
        gate = threading.Barrier(6)
        key = Key("lead", "anna")

        def add(number: int) -> None:
            fact = submitted(form=f"form {number}")

            def decide() -> list[Write]:
                [held] = store.get_many([key])
                lead = Lead.of(held) if held else Lead(id="anna")
                return lead_writes(POLICY, lead.with_facts((fact,)), held.version if held else None)

            gate.wait()
            decide_and_commit(store, decide)

        threads = [threading.Thread(target=add, args=(number,), daemon=True) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        [document] = store.get_many([key])
        assert document is not None
        assert len(Lead.of(document).facts) == 6
        [total] = store.get_many([Key("daily_total", "2026-09-01--none")])
        assert total is not None
        assert total.fields["leads"] == 1
