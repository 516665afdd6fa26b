"""The manifest of functions: every mistake in it is told by its place, and the project's own is sound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from cronsim import CronSim
from pydantic import ValidationError

from leadloop import manifest as manifests
from leadloop.manifest import Function, Manifest

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions" / "functions.yaml"


@pytest.fixture(scope="module")
def own() -> Manifest:
    return manifests.load(FUNCTIONS)


def told(text: str, folder: Path) -> str:
    """What loading a manifest of this text says against it."""
    path = folder / "functions.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError) as refused:
        manifests.load(path)
    [fault] = refused.value.errors()
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ": Input should be a valid dictionary"),
        ("functions: {}", "topics: Field required"),
        ("topics: []", "functions: Field required"),
        ("{topics: [], functions: {}, function: {}}", "function: Extra inputs are not permitted"),
        ("{topics: [], functions: {a: {public: true, timout: 5}}}", "functions.a.timout: Extra inputs are not"),
        (
            "{topics: [], functions: {a: {}}}",
            "functions.a: Value error, expected exactly one of topic, schedule, public",
        ),
        ("{topics: [], functions: {a: {schedule: ''}}}", "functions.a: Value error, expected exactly one of"),
        ("{topics: [t], functions: {a: {topic: t, public: true}}}", "found ['topic', 'public']"),
        ("{topics: [t], functions: {a: {topic: t, schedule: '0 * * * *'}}}", "found ['topic', 'schedule']"),
        ("{topics: [leads], functions: {a: {topic: laeds}}}", "a: topic 'laeds' is not among topics ['leads']"),
        ("{topics: [], functions: {a: {public: true, timeout: 541}}}", "functions.a.timeout: Input should be less"),
        ("{topics: [], functions: {a: {public: true, timeout: 0}}}", "functions.a.timeout: Input should be greater"),
        ("{topics: [], functions: {a: {public: true, silence: 130}}}", "a.silence: Input should be a multiple of 60"),
        ("{topics: [], functions: {../../evil: {public: true}}}", "functions.../../evil.[key]: String should match"),
        ("{topics: [], functions: {a: {public: true, cpu: 0.5, concurrency: 2}}}", "found 2 with 0.5; change either"),
        ("{topics: [], functions: {a: {public: true, concurrency: 0}}}", "functions.a.concurrency: Input should be"),
        ("{topics: [], functions: {a: {public: true, concurrency: 1001}}}", "functions.a.concurrency: Input should be"),
        ("{topics: [], functions: {a: {public: true, max_instances: 0}}}", "functions.a.max_instances: Input should"),
        ("{topics: [], functions: {a: {public: true, max_instances: 101}}}", "functions.a.max_instances: Input should"),
        (
            "{topics: [], functions: {a: {public: true, cpu: 0.07}}}",
            "expected 0.08 to 1, or one of 1, 2, 4, 6, 8, found",
        ),
        ("{topics: [], functions: {a: {public: true, cpu: 1.5}}}", "found 1.5"),
        ("{topics: [], functions: {a: {public: true, cpu: .nan}}}", "found nan"),
        (
            "{topics: [], functions: {a: {public: true, cpu: 0.49, memory: 513Mi}}}",
            "functions.a: Value error, memory: expected 128Mi to 512Mi with 0.49 cpu, found 513Mi",
        ),
        ("{topics: [], functions: {a: {public: true, cpu: 0.99, memory: 2Gi}}}", "128Mi to 1024Mi with 0.99 cpu"),
        ("{topics: [], functions: {a: {public: true, cpu: 1, memory: 127Mi}}}", "128Mi to 4096Mi with 1 cpu"),
        ("{topics: [], functions: {a: {public: true, cpu: 4, memory: 1Gi}}}", "2048Mi to 16384Mi with 4 cpu"),
        ("{topics: [], functions: {a: {public: true, memory: 512M}}}", "functions.a.memory: String should match"),
        ("{topics: [], functions: {a: {public: true, secrets: [HOME]}}}", "functions.a.secrets.0: String should match"),
        (
            "{topics: [], functions: {a: {public: true, secrets: ['LEADLOOP_']}}}",
            "functions.a.secrets.0: String should",
        ),
        ("{topics: [Leads], functions: {}}", "topics.0: String should match"),
        ("{topics: [], functions: {}, delivery: {max_attempts: 4}}", "delivery.max_attempts: Input should be greater"),
        ("{topics: [], functions: {}, delivery: {max_attempts: 101}}", "delivery.max_attempts: Input should be less"),
        ("{topics: [], functions: {}, delivery: {min_backoff: 0}}", "delivery.min_backoff: Input should be greater"),
        ("{topics: [], functions: {}, delivery: {max_backoff: 601}}", "delivery.max_backoff: Input should be less"),
        ("{topics: [], functions: {}, delivery: {min_backoff: 60, max_backoff: 5}}", "found 60 and 5"),
    ],
)
def test_every_mistake_is_told_by_its_place(text: str, words: str, tmp_path: Path) -> None:
    assert words in told(text, tmp_path)


def test_a_manifest_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"functions\.yaml"):
        manifests.load(tmp_path / "functions.yaml")


def test_a_lease_outlives_any_call(own: Manifest) -> None:
    """Always: vendor time-out < function time-out <= acknowledgement deadline < lease."""
    for function in own.functions.values():
        assert function.timeout < function.lease_seconds


@pytest.mark.parametrize(
    ("cpu", "memory", "gib"),
    [(0.08, "512Mi", 0.5), (0.5, "1Gi", 1), (1, "4Gi", 4), (2, "128Mi", 0.125), (8, "32Gi", 32)],
)
def test_what_cloud_run_offers_is_admitted_up_to_its_bounds(cpu: float, memory: str, gib: float) -> None:
    assert Function(public=True, cpu=cpu, memory=memory).memory_gib == gib


def test_every_function_of_the_project_says_what_it_gets() -> None:
    """A default would be nobody's decision; the reasons stand in docs/decisions/0013-cpu-and-concurrency.md."""
    written = yaml.safe_load(FUNCTIONS.read_text(encoding="utf-8"))["functions"]
    wanted = {"cpu", "memory", "timeout", "concurrency", "max_instances"}
    assert {name: wanted - set(entry) for name, entry in written.items() if wanted - set(entry)} == {}


def test_whoever_somebody_waits_for_gets_a_whole_processor(own: Manifest) -> None:
    """amoCRM waits two seconds for a webhook, and a start is paid in processor time."""
    assert {name: one.cpu for name, one in own.functions.items() if one.public and one.cpu < 1} == {}


def test_what_holds_a_lease_runs_once(own: Manifest) -> None:
    assert {name for name, one in own.functions.items() if one.schedule and one.max_instances > 1} == set()


def test_every_topic_of_the_project_has_a_reader(own: Manifest) -> None:
    """A topic without a subscription loses messages."""
    assert own.subscriptions() == {
        "submissions": ("register-lead",),
        "visits": ("record-visit",),
        "leads": ("deliver-lead",),
        "crm-hints": ("read-crm",),
        "verdicts": ("record-verdict",),
        "dead-letters": ("keep-dead-letter",),
    }


def test_only_the_doors_to_the_outside_are_public(own: Manifest) -> None:
    public = {name for name, one in own.functions.items() if one.public}
    assert public == {"capture-lead", "capture-visit", "receive-crm-event", "receive-verdict"}


def test_visits_need_no_secret(own: Manifest) -> None:
    assert own.functions["capture-visit"].secrets == own.functions["record-visit"].secrets == ()


def test_conversions_are_uploaded_every_two_hours_exactly(own: Manifest) -> None:
    cron = own.functions["upload-conversions"].schedule
    assert cron == "0 */2 * * *"
    times = CronSim(cron, datetime(2026, 9, 1, 9, 30, tzinfo=UTC))
    fired = [next(times) for _ in range(25)]
    assert fired[0] == datetime(2026, 9, 1, 10, tzinfo=UTC)
    assert {later - earlier for earlier, later in pairwise(fired)} == {timedelta(hours=2)}
