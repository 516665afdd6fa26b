"""Google's emulators: found, started, ended; and what is said where they are not installed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from leadloop_host.cloud_sdk import EmulatorMissing, find_jar, find_java
from leadloop_host.emulators import EmulatorDidNotStart, pubsub_emulator
from support import emulators as installed

PUBSUB = "pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"


def install(sdk: Path, *versions: str) -> None:
    """A Cloud SDK with Pub/Sub emulators that do nothing."""
    folder = sdk / "platform" / "pubsub-emulator" / "lib"
    folder.mkdir(parents=True)
    for version in versions:
        (folder / f"cloud-pubsub-emulator-{version}-all.jar").touch()


def install_java(home: Path, says: str) -> None:
    """A java that says something and ends."""
    (home / "bin").mkdir(parents=True)
    java = home / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{says}'\nexit 1\n")
    java.chmod(0o755)


def test_the_sdk_that_is_named_goes_before_every_other_with_its_newest_emulator(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(tmp_path, "0.8.9", "0.8.20")
    monkeypatch.setenv("CLOUDSDK_ROOT", str(tmp_path))
    assert find_jar(PUBSUB).name == "cloud-pubsub-emulator-0.8.20-all.jar"


def test_an_sdk_is_found_beside_gcloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(tmp_path / "sdk", "0.8.20")
    (tmp_path / "sdk" / "bin").mkdir()
    gcloud = tmp_path / "sdk" / "bin" / "gcloud"
    gcloud.write_text("#!/bin/sh\n")
    gcloud.chmod(0o755)
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "gcloud").symlink_to(gcloud)
    monkeypatch.delenv("CLOUDSDK_ROOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_jar(PUBSUB).is_relative_to(tmp_path)


def test_a_missing_emulator_is_reported_with_where_it_was_looked_for_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLOUDSDK_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorMissing, match="gcloud components install cloud-firestore-emulator") as missing:
        find_jar("no-such-emulator/*.jar")
    assert f"expected platform/no-such-emulator/*.jar in a Cloud SDK, found none in {tmp_path}" in str(missing.value)


def test_a_missing_java_is_reported_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmulatorMissing, match="expected it in JAVA_HOME or on the PATH, found none; install a Java"):
        find_java()


def test_an_emulator_that_ends_at_once_is_reported_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(tmp_path / "sdk", "0.8.20")
    install_java(tmp_path / "jre", "UnsupportedClassVersionError")
    monkeypatch.setenv("CLOUDSDK_ROOT", str(tmp_path / "sdk"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jre"))
    with (
        pytest.raises(EmulatorDidNotStart, match=r"pubsub-emulator: .* it said: UnsupportedClassVersionError"),
        pubsub_emulator(tmp_path),
    ):
        pass


def test_an_emulator_answers_in_the_block_and_is_gone_after_it(tmp_path: Path) -> None:
    installed.pubsub_emulator()  # skips where there is none
    with pubsub_emulator(tmp_path) as address:
        host, _, port = address.partition(":")
        socket.create_connection((host, int(port))).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    assert (tmp_path / "pubsub-emulator.log").read_text()
