"""The composition root: nothing is paid for before it is used, and what is missing is named."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadloop.adapters.file_clock import set_file_clock
from leadloop.adapters.system_clock import SystemClock
from leadloop.messages import LeadRegistered
from leadloop.ports.store import Create, Key
from leadloop.runtime import Runtime, SettingMissing, SettingsConflict, runtime, using
from leadloop.secrets import SecretMissing

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = ROOT / "functions/functions.yaml"
HEAVY = ("sqlite3", "requests", "flask", "functions_framework", "nacl", "phonenumbers", "urllib3", "cronsim")


def test_importing_the_runtime_pays_for_no_adapter() -> None:
    """An edge function's cold start holds no store and no HTTP client unless it uses one."""
    look = f"import sys, leadloop.runtime; print([name for name in {HEAVY!r} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_bus_is_opened_without_a_store_and_without_http(tmp_path: Path) -> None:
    environment = {"LEADLOOP_DATA": str(tmp_path), "LEADLOOP_MANIFEST": str(MANIFEST)}
    look = (
        f"import sys; from leadloop.runtime import Runtime; Runtime({environment!r}).bus;"
        "print([name for name in ('requests', 'leadloop.adapters.sqlite_store') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
    assert not (tmp_path / "documents.db").exists()


@pytest.mark.parametrize(("project", "found"), [("acme", "[] True True"), ("", "[] False True")])
def test_the_collector_rests_while_clients_are_imported_and_works_again_on_what_comes_later(
    project: str, found: str
) -> None:
    look = (
        "import gc; from leadloop.runtime import preload; begun = [];"
        "gc.callbacks.append(lambda phase, _: begun.append(phase)); preload(store=True, bus=True, http=True);"
        "gc.callbacks.clear(); print(begun, gc.get_freeze_count() > 10_000, gc.isenabled())"
    )
    around = {**os.environ, "LEADLOOP_PROJECT": project}
    told = subprocess.run([sys.executable, "-c", look], env=around, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == found


@pytest.mark.parametrize(
    ("port", "variable"),
    [
        ("policy", "LEADLOOP_POLICY"),
        ("manifest", "LEADLOOP_MANIFEST"),
        ("store", "LEADLOOP_DATA"),
        ("bus", "LEADLOOP_DATA"),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_setting_that_is_missing_is_named(port: str, variable: str, value: str | None) -> None:
    empty = Runtime({} if value is None else {variable: value})
    with pytest.raises(SettingMissing, match=rf"variable {variable} is not set; `leadloop serve` sets it") as missing:
        getattr(empty, port)
    assert missing.value.name == variable


def test_a_project_of_google_stands_for_its_store_and_bus_and_nothing_is_asked_of_it_yet() -> None:
    look = (
        "import sys; from leadloop.runtime import Runtime;"
        f"world = Runtime({{'LEADLOOP_PROJECT': 'acme', 'LEADLOOP_MANIFEST': {str(MANIFEST)!r}}});"
        "bus = world.bus; print('google.cloud.firestore_v1' in sys.modules, type(bus).__name__);"
        "print(type(world.store).__name__, 'sqlite3' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "PubsubBus", "FirestoreStore", "False"]


@pytest.mark.parametrize("port", ["store", "bus"])
def test_one_machine_and_a_cloud_at_once_are_refused(port: str, tmp_path: Path) -> None:
    both = Runtime({"LEADLOOP_DATA": str(tmp_path), "LEADLOOP_PROJECT": "acme", "LEADLOOP_MANIFEST": str(MANIFEST)})
    with pytest.raises(SettingsConflict, match="expected one of LEADLOOP_DATA"):
        getattr(both, port)


def test_metrica_without_its_token_names_the_token() -> None:
    with pytest.raises(SecretMissing, match="LEADLOOP_METRICA_TOKEN"):
        _ = Runtime({}).metrica


def test_everything_opens_from_an_environment_alone(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    set_file_clock(clock, datetime(2026, 9, 1, 9, tzinfo=UTC))
    opened = Runtime(
        {
            "LEADLOOP_POLICY": str(ROOT / "examples/real_estate/leadloop.yaml"),
            "LEADLOOP_MANIFEST": str(MANIFEST),
            "LEADLOOP_DATA": str(tmp_path),
            "LEADLOOP_CLOCK_FILE": str(clock),
            "LEADLOOP_METRICA_TOKEN": "y0_abc",
            "LEADLOOP_ENDPOINT_METRICA": "http://127.0.0.1:9000/",
        }
    )
    assert opened.clock.now() == datetime(2026, 9, 1, 9, tzinfo=UTC)
    opened.store.commit([Create(Key("lead", "anna"), {"at": "now"})])
    assert opened.bus.publish("leads", LeadRegistered(event_id="e-1", lead_id="anna"))
    assert (opened.metrica.counter, opened.metrica.endpoint) == ("45000001", "http://127.0.0.1:9000")
    assert opened.lease_seconds("upload-conversions") == 600
    assert len(opened.entropy.token()) == 26
    assert opened.store is opened.store


def test_without_a_clock_file_the_system_tells_the_time() -> None:
    assert isinstance(Runtime({}).clock, SystemClock)


def test_a_runtime_is_never_shown_with_its_environment() -> None:
    assert "y0_abc" not in repr(Runtime({"LEADLOOP_METRICA_TOKEN": "y0_abc"}))


def test_worlds_nest_and_end_in_order_even_when_they_look_alike() -> None:
    outer, inner = Runtime({}), Runtime({})
    with using(outer):
        with using(inner):
            assert runtime() is inner
        assert runtime() is outer
        with pytest.raises(ZeroDivisionError), using(inner):
            raise ZeroDivisionError
        assert runtime() is outer
