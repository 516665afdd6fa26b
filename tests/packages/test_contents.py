"""What a package holds: what its function needs, and nothing that only happens to lie there."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from leadloop.manifest import Manifest
from leadloop.packaged import PackageInvalid, read_packaged
from leadloop.policy import Policy
from leadloop.policy.loader import read_policy
from leadloop_packaging.checkout import packages_of
from leadloop_packaging.contents import settings_files
from leadloop_packaging.faults import PackagingRefused
from support.knocks import MANIFEST
from support.packages import FUNCTIONS, files_of
from support.policies import sokol
from support.sayings import ROOT

FULL = """
site:
  origins: [https://sokol.example, "http://жк-сокол.рф"]
  counter: 45000001
  mapped_fields: [город]
contacts: {mode: keep, public_key: CcfJJVRmPWXglfCMY8adAE5csvXN8gudZ4CLjlujAX8=, retention: 1h 30m}
crm:
  account: sokol
  pipelines: {3383152: {33929755: qualified, 142: sold}}
  ignored: [3383152/33929752]
  new_lead: {pipeline: 3383152, status: 33929752}
  fields: {client_id: 771, user_id: USER_ID}
  requests_per_second: 2.5
  oauth: {client_id: 5b1f6a0c-3d2e-4c1b-9a77-0f2d8c4e6b13, redirect_uri: "https://sokol.example/oauth"}
goals:
  lead_received: {on: received, value: 500}
  lead_sold: {on: stage, stage: sold, target: sold_2026, value: price, settle: 45m}
schedules: {sync-crm: "*/5 * * * *"}
defaults: {upload_period: 90s, shared_key_persons: 7}
"""


def checkout(folder: Path) -> Path:
    """What packages are made of, as a checkout of its own."""
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("functions", "shared"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "constraints.txt", folder)
    return folder


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_package_holds_the_function_its_settings_and_leadloop(function: str) -> None:
    files = files_of(function)
    beside = {name for name in files if not name.startswith("leadloop/")}
    assert beside == {"main.py", "requirements.txt", "leadloop.json", "functions.json"}
    assert files["main.py"] == (ROOT / "functions" / function.replace("-", "_") / "main.py").read_bytes()


def test_every_package_carries_the_same_leadloop_without_the_command_line() -> None:
    carried = {name: {path: text for path, text in files_of(name).items() if "/" in path} for name in FUNCTIONS}
    assert all(files == carried["capture-lead"] for files in carried.values())
    sources = {path for path in (ROOT / "shared/leadloop").rglob("*.py") if "cli" not in path.parts}
    expected = {path.relative_to(ROOT / "shared").as_posix() for path in sources}
    assert {path for path in carried["capture-lead"] if path.endswith(".py")} == expected
    assert {path.rpartition(".")[2] for path in carried["capture-lead"]} <= {"py", "js"}


def test_nothing_that_is_carried_imports_the_command_line() -> None:
    for path, text in files_of("capture-lead").items():
        if path.endswith(".py"):
            modules = [node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
            assert not [name for name in modules if name.startswith("leadloop.cli")], path


def test_a_carried_package_does_not_ask_what_is_installed() -> None:
    assert not [path for path, text in files_of("capture-lead").items() if b"importlib.metadata" in text]


@pytest.mark.parametrize("text", [FULL, (ROOT / "examples/real_estate/leadloop.yaml").read_text(encoding="utf-8")])
def test_policy_and_manifest_are_those_of_the_files(text: str, tmp_path: Path) -> None:
    policy = read_policy(text)
    for name, content in settings_files(policy, MANIFEST).items():
        (tmp_path / name).write_bytes(content)
    carried = read_packaged(Policy, tmp_path / "leadloop.json")
    assert carried == policy
    assert repr(carried) == repr(policy)  # a name of the policy is no text that is equal to it
    assert repr(read_packaged(Manifest, tmp_path / "functions.json")) == repr(MANIFEST)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"site": {}}', '{"sote": {}}', "\xff"],
    ids=["empty", "no object", "without all", "without some", "of another version", "no UTF-8"],
)
def test_a_policy_of_another_version_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "leadloop.json").write_text(text, encoding="latin-1")
    with pytest.raises(PackageInvalid, match=r"leadloop\.json: expected the JSON of a package of this version"):
        read_packaged(Policy, tmp_path / "leadloop.json")


def test_what_lies_beside_the_named_files_does_not_enter(tmp_path: Path) -> None:
    root = checkout(tmp_path / "checkout")
    before = packages_of(root, sokol())
    for stray in (
        *("functions/capture_lead/.env", "functions/capture_lead/notes.txt", "functions/.env", ".env"),
        *("shared/leadloop/.env", "shared/leadloop/leads/lead.py.orig", "shared/leadloop/token.json"),
        *("shared/leadloop/__pycache__/leads.cpython-311.pyc", "shared/leadloop/leads/.#lead.py"),
        *("shared/leadloop/leads/lead~.py", "shared/leadloop/leads/lead (copy).py"),
    ):
        (root / stray).parent.mkdir(exist_ok=True)
        (root / stray).write_text("LEADLOOP_HMAC_KEY=k1:0000")
    assert packages_of(root, sokol()) == before


class TestWhatCannotBePackagedIsRefused:
    def test_a_module_beside_main(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (root / "functions/capture_lead/title.py").write_text("")
        with pytest.raises(PackagingRefused, match=r"capture_lead: expected only main\.py .* found title\.py"):
            packages_of(root, sokol())

    def test_a_link_in_the_shared_package(self, tmp_path: Path) -> None:
        """What it points to lies elsewhere, and may be anything."""
        root = checkout(tmp_path)
        (tmp_path / "outside.py").write_text("PASSWORD = 1")
        (root / "shared/leadloop/borrowed.py").symlink_to(tmp_path / "outside.py")
        with pytest.raises(
            PackagingRefused, match=r"shared/leadloop/borrowed\.py: expected a file or a folder, found a link"
        ):
            packages_of(root, sokol())

    def test_modules_behind_a_linked_folder(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "module.py").write_text("")
        (root / "shared/leadloop/linked").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(PackagingRefused, match="shared/leadloop/linked: expected a file or a folder, found a link"):
            packages_of(root, sokol())

    @pytest.mark.parametrize("name", ["main.py", "requirements.txt"])
    def test_a_linked_file_of_a_function(self, tmp_path: Path, name: str) -> None:
        root = checkout(tmp_path)
        own = root / "functions/capture_lead" / name
        own.rename(tmp_path / name)
        own.symlink_to(tmp_path / name)
        with pytest.raises(PackagingRefused, match=r"functions/capture_lead/.*found a link"):
            packages_of(root, sokol())

    def test_a_package_beside_main(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (root / "functions/capture_lead/rules").mkdir()
        with pytest.raises(PackagingRefused, match=r"capture_lead: .*found rules"):
            packages_of(root, sokol())

    def test_a_link_to_nothing(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (root / "shared/leadloop/gone.py").symlink_to(tmp_path / "nowhere.py")
        with pytest.raises(PackagingRefused, match="expected a file or a folder, found a link"):
            packages_of(root, sokol())

    def test_a_folder_named_like_a_module(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (root / "shared/leadloop/folder.py").mkdir()
        with pytest.raises(PackagingRefused, match="expected a file, found a folder"):
            packages_of(root, sokol())

    def test_a_function_whose_name_leads_out_of_the_checkout(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        manifest = root / "functions/functions.yaml"
        manifest.write_text(manifest.read_text().replace("\n  capture-visit:", "\n  ../../evil:"))
        with pytest.raises(PackagingRefused, match="evil"):
            packages_of(root, sokol())

    def test_a_function_without_its_folder(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        shutil.rmtree(root / "functions/sync_crm")
        with pytest.raises(PackagingRefused, match=r"requirements\.txt of sync_crm cannot be read"):
            packages_of(root, sokol())

    def test_a_manifest_that_cannot_be_read(self, tmp_path: Path) -> None:
        root = checkout(tmp_path)
        (root / "functions/functions.yaml").write_text("topics: [")
        with pytest.raises(PackagingRefused, match=r"the manifest functions/functions\.yaml cannot be used"):
            packages_of(root, sokol())
