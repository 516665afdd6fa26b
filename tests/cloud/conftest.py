"""An owner before and after the first deployment."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from leadloop_deployment.__main__ import main
from support.cloud_owner import ALL, DEPLOY, Owner, prepare


@pytest.fixture
def owner(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Owner:
    """A new project with billing, gcloud signed in, a policy from ``leadloop init`` and the vendors' tokens."""
    prepare(tmp_path, monkeypatch)
    capfd.readouterr()
    return Owner(tmp_path, capfd, monkeypatch)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The owner's folder after the first deployment."""
    folder = tmp_path_factory.mktemp("deployed")
    with pytest.MonkeyPatch.context() as patch:
        prepare(folder, patch)
        patch.setattr("sys.stdin", io.StringIO("yes\n" * len(ALL)))
        assert main([*DEPLOY, "--policy", f"{folder / 'leadloop.yaml'}", "--work", f"{folder / 'work'}"]) == 0
    return folder


@pytest.fixture
def running(deployed: Path, owner: Owner) -> Owner:
    """The owner, with that deployment."""
    shutil.copytree(deployed, owner.folder, dirs_exist_ok=True)
    return owner
