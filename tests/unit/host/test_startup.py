"""What a host refuses to start with: one message that says what to do, exit code 1, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from leadloop_host import serve
from unit.host.host_driver import FUNCTIONS, POLICY


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLOOP_HOOK_SECRET", "hook-secret-of-the-test")


@pytest.fixture
def refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Start with one thing wrong; what was said."""

    def start(policy: Path = POLICY, data: Path = tmp_path / "data", functions: Path = FUNCTIONS) -> str:
        assert serve(policy, data, port=0, functions=functions) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("leadloop serve cannot start: ")
        return said.err

    return start


def written(folder: Path, addition: str) -> Path:
    """The policy of these tests with one more line."""
    path = folder / "leadloop.yaml"
    path.write_text(POLICY.read_text() + addition)
    return path


def test_a_policy_with_an_unknown_key(refusal: Callable[..., str], tmp_path: Path) -> None:
    assert "leadloop.yaml:13 goal: unknown key" in refusal(policy=written(tmp_path, "goal: {}\n"))


def test_a_policy_that_is_not_there(refusal: Callable[..., str], tmp_path: Path) -> None:
    assert "cannot be read" in refusal(policy=tmp_path / "nothing.yaml")


def test_a_schedule_for_an_unknown_function(refusal: Callable[..., str], tmp_path: Path) -> None:
    said = refusal(policy=written(tmp_path, 'schedules: {run-rund: "0 * * * *"}\n'))
    assert "schedules.run-rund: expected the name of a scheduled function (run-round)" in said


def test_a_missing_secret_with_who_reads_it(refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADLOOP_HOOK_SECRET")
    said = refusal()
    assert "LEADLOOP_HOOK_SECRET is not set" in said
    assert "read by take-lead" in said


def test_a_ring_of_keys_under_which_no_lead_could_be_understood(
    refusal: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLOOP_HMAC_KEY", "k1:abc")
    manifest = (FUNCTIONS / "functions.yaml").read_text().replace("LEADLOOP_HOOK_SECRET", "LEADLOOP_HMAC_KEY")
    (tmp_path / "functions.yaml").write_text(manifest)
    said = refusal(functions=tmp_path)
    assert "LEADLOOP_HMAC_KEY is malformed: expected `id:hex` pairs" in said
    assert "read by take-lead" in said
    assert "abc" not in said


def test_a_data_directory_that_cannot_be_made(refusal: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--data DIR" in refusal(data=tmp_path / "file" / "data")


def test_a_folder_without_a_manifest(refusal: Callable[..., str], tmp_path: Path) -> None:
    assert f"--functions {tmp_path}: expected a folder with functions.yaml" in refusal(functions=tmp_path)


@pytest.mark.parametrize(
    "manifest", ["topics: [", "functions: {take-lead: {}}", "topics: []\nfunctions: {take-lead: {}}"]
)
def test_a_manifest_that_cannot_be_read(refusal: Callable[..., str], tmp_path: Path, manifest: str) -> None:
    (tmp_path / "functions.yaml").write_text(manifest)
    assert f"the manifest {tmp_path}/functions.yaml cannot be used" in refusal(functions=tmp_path)
