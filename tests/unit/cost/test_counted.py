"""The operations that prices are multiplied with are those of the code as it is now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.counting import count
from leadloop import manifest as manifests
from leadloop.cost.operations import Counted, Lives, Operations, Resting, Sample, load_counted
from support.sayings import ROOT


@pytest.fixture(scope="module")
def counted() -> Counted:
    return load_counted()


def test_the_file_is_what_is_counted_today(counted: Counted) -> None:
    """When this fails, the code does more or less for a lead than it did: ``make count``, and look at the bill."""
    today = count()
    assert replace(today, cpu_seconds={}) == replace(counted, cpu_seconds={})
    assert today.cpu_seconds.keys() == counted.cpu_seconds.keys() == counted.functions


def test_every_function_was_called_but_those_for_what_is_rare(counted: Counted) -> None:
    manifest = manifests.load(ROOT / "functions" / "functions.yaml")
    assert set(manifest.functions) - counted.functions == {"keep-dead-letter", "receive-verdict", "record-verdict"}
    scheduled = {name for name, function in manifest.functions.items() if function.schedule}
    assert set(counted.idle) == scheduled


@pytest.mark.parametrize("way", ["pull", "webhooks", "visit"])
def test_a_lead_adds_the_same_to_any_number_of_leads(counted: Counted, way: str) -> None:
    """What is not scheduled shares nothing, and nothing becomes less with more leads."""
    manifest = manifests.load(ROOT / "functions" / "functions.yaml")
    lives: Lives = getattr(counted, way)
    assert set(lives.per_run) == {name for name in lives.few.functions if manifest.functions[name].schedule}
    amounts = [amount for one in lives.per_lead.values() for amount in vars(one).values()]
    amounts += [amount for one in lives.per_run.values() for amount in vars(one).values()]
    assert min(amounts) >= 0


def test_a_life_is_the_one_that_is_promised(counted: Counted) -> None:
    """One form, one deal, three stages; a webhook more is a call of the edge and one of the reader more."""
    per_lead = counted.webhooks.per_lead
    assert per_lead["capture-lead"].calls == per_lead["register-lead"].calls == 1
    assert per_lead["receive-crm-event"].calls == per_lead["read-crm"].calls == 9
    assert "read-crm" not in counted.pull.per_lead
    assert counted.pull.runs("sync-crm") == 4
    assert counted.visit.per_lead["record-visit"].writes == 2


def test_a_sample_is_taken_apart_into_what_a_lead_adds_and_what_a_run_takes() -> None:
    few = Sample(4, {"sync": Operations(calls=2, reads=18)}, Resting(bytes=400))
    many = Sample(12, {"sync": Operations(calls=2, reads=34), "edge": Operations(calls=16)}, Resting(bytes=1200))
    lives = Lives(few, many)
    assert lives.per_lead == {"sync": Operations(reads=2), "edge": Operations(calls=2)}
    assert lives.per_run == {"sync": Operations(calls=1, reads=5)}
    assert lives.rests == Resting(bytes=100)
    assert lives.runs("sync") == 2
