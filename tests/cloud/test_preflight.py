"""Each mistake planted in a copy of the infrastructure is refused, with a message that names the spot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.planted import BUILD, Copy, needed
from leadloop_preflight import house_rules, module_tables
from leadloop_preflight.faults import ToolMissing
from leadloop_preflight.policy_scan import find_checkov, scanned
from leadloop_preflight.provider import served
from leadloop_preflight.steps import Preflight
from leadloop_preflight.terraform import Terraform, find_terraform
from support.sayings import ROOT

OPEN_TO_ALL = """
resource "google_cloud_run_service_iam_member" "door" {
  project  = var.project
  location = var.region
  service  = "ll-upload-conversions"
  role     = "roles/run.invoker"
  member   = "allUsers"
}
"""
EDITOR = """
resource "google_project_iam_member" "helper" {
  project = var.project
  role    = "roles/editor"
  member  = "serviceAccount:helper@acme.iam.gserviceaccount.com"
}
"""
SECRET = """
resource "google_secret_manager_secret_version" "key" {
  secret      = "ll-LEADLOOP_HMAC_KEY"
  secret_data = "rosebud"
}
"""
BINDING = """
resource "google_project_iam_binding" "only_us" {
  project = var.project
  role    = "roles/datastore.user"
  members = []
}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.into(tmp_path)


@pytest.fixture(scope="module")
def provider() -> Iterator[dict[str, str]]:
    preflight = Preflight(ROOT / "infra" / "terraform", BUILD, in_ci=False)
    with served(needed(preflight.schema)) as environment:
        yield environment


@pytest.fixture
def terraform(copy: Copy, provider: dict[str, str], tmp_path: Path) -> Terraform:
    return Terraform(needed(find_terraform), copy.folder, tmp_path / "kept", provider)


def test_the_copy_is_good_before_anything_is_planted(copy: Copy, terraform: Terraform) -> None:
    outcomes = [
        terraform.formatted(),
        terraform.valid(),
        house_rules.kept(copy.folder),
        module_tables.fresh(copy.folder),
    ]
    assert [(one.step, one.verdict, one.findings) for one in outcomes if one.verdict != "passed"] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("modules/bus/main.tf", "ack_deadline_seconds", "ack_deadline", 'An argument named "ack_deadline" is not'),
        ("modules/store/main.tf", "location_id", "project_id", 'The argument "location_id" is required'),
        ("modules/store/main.tf", "= each.value.collection", "= { a = 1 }", 'value for attribute "collection"'),
        ("modules/bus/main.tf", "expiration_policy {", "expired {", 'Blocks of type "expired" are not expected here'),
        ("modules/store/main.tf", '"google_firestore_field"', '"google_firestore_fields"', "google_firestore_fields"),
        ("modules/store/outputs.tf", "documents.name", "documents.nom", "no argument, nested block, or exported"),
        ("modules/store/main.tf", '"OPTIMISTIC"', '"HOPEFUL"', "concurrency_mode: expected one of"),
        ("main.tf", "var.region", "var.land", "An input variable with the name"),
    ],
)
def test_what_does_not_fit_the_providers_schema_is_refused(
    copy: Copy, terraform: Terraform, file: str, old: str, new: str, said: str
) -> None:
    copy.put(file, old, new)
    outcome = terraform.valid()
    assert outcome.verdict == "refused"
    assert said in outcome.findings
    assert f"on {file} line " in outcome.findings


def test_a_line_that_is_not_in_terraforms_format_is_refused(copy: Copy, terraform: Terraform) -> None:
    copy.put("modules/store/main.tf", "location_id  ", "location_id")
    outcome = terraform.formatted()
    assert outcome.verdict == "refused"
    assert "modules/store/main.tf" in outcome.findings
    assert "location_id" in outcome.findings


def test_an_assertion_that_does_not_hold_is_refused_and_so_is_a_folder_without_any(
    copy: Copy, terraform: Terraform
) -> None:
    store = replace(terraform, folder=copy.folder / "modules" / "store")
    assert store.valid().verdict == "passed"
    assert store.tested({}).remark == "no test was run"
    copy.add(
        "modules/store/tests/planted.tftest.hcl",
        """
        mock_provider "google" {}
        variables {
          project = "acme-leads"
          region  = "europe-west1"
          name    = "ll-documents"
          protect = true
          indexes = { collections = [], expiring = [], single = [], composite = [] }
        }
        run "planted" {
          assert {
            condition     = google_firestore_database.documents.location_id == "elsewhere"
            error_message = "it rests where it was not meant to"
          }
        }
        """,
    )
    assert store.valid().verdict == "passed"
    outcome = store.tested({})
    assert outcome.verdict == "refused"
    assert "it rests where it was not meant to" in outcome.findings
    assert "on tests/planted.tftest.hcl line " in outcome.findings


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (OPEN_TO_ALL, "resource google_cloud_run_service_iam_member.door: anyone could call it"),
        (EDITOR, "resource google_project_iam_member.helper: roles/editor is a basic role"),
        (SECRET, "resource google_secret_manager_secret_version.key: the value of a secret would rest in the state"),
        (BINDING, "resource google_project_iam_binding.only_us: it removes the grants of others"),
    ],
)
def test_what_the_house_forbids_is_refused(copy: Copy, planted: str, said: str) -> None:
    copy.add("modules/bus/main.tf", planted)
    outcome = house_rules.kept(copy.folder)
    assert outcome.verdict == "refused"
    assert f"modules/bus/main.tf: {said}" in outcome.findings


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "      THREADS ",
            '      DEBUG_KEY = "y0_rosebud"\n      THREADS ',
            "the variable DEBUG_KEY would rest in the state",
        ),
        ("= var.prefix\n      THREADS", '= "ll-"\n      THREADS', "the variable LEADLOOP_PREFIX is written out"),
        (
            "environment_variables = {",
            "environment_variables = merge({}, local.more)\n    labels = {",
            "cannot be seen",
        ),
    ],
)
def test_a_variable_of_a_function_is_no_place_for_a_secret(copy: Copy, old: str, new: str, said: str) -> None:
    copy.put("modules/functions/main.tf", old, new)
    assert said in house_rules.kept(copy.folder).findings


@pytest.mark.parametrize("file", ["variables.tf", "modules/bus/outputs.tf"])
def test_nothing_that_terraform_is_to_hide_passes_through_it(copy: Copy, file: str) -> None:
    copy.put(file, "\n  description =", "\n  sensitive = true\n  description =")
    outcome = house_rules.kept(copy.folder)
    assert outcome.verdict == "refused"
    assert "what is to be hidden does not belong into the state" in outcome.findings
    assert outcome.findings.startswith(f"{file}: ")


def test_the_public_functions_are_those_of_the_manifest_and_no_others(copy: Copy) -> None:
    copy.put(
        "modules/functions/main.tf", "for_each = local.public\n\n  project", "for_each = var.functions\n\n  project"
    )
    assert "anyone could call it" in house_rules.kept(copy.folder).findings


def test_the_scanner_refuses_a_door_open_to_all_and_a_grant_too_wide(copy: Copy) -> None:
    checkov = needed(lambda: find_checkov(BUILD / "checkov"))
    copy.add("modules/bus/main.tf", OPEN_TO_ALL + EDITOR)
    outcome = scanned(checkov, copy.folder)
    assert outcome.verdict == "refused"
    [door] = [line for line in outcome.findings.splitlines() if line.endswith("iam_member.door")]
    assert "modules/bus/main.tf:" in door
    assert "CKV_GCP_102" in door
    wide = [line for line in outcome.findings.splitlines() if line.endswith("google_project_iam_member.helper")]
    assert any("CKV_GCP_117" in line for line in wide)
    assert len(outcome.findings.splitlines()) == 1 + len(wide)


@pytest.mark.parametrize(
    "skip", ["#checkov:skip=CKV_GCP_83", "#checkov:skip=CKV_GCP_83:", "#checkov:skip=CKV_GCP_83:no"]
)
def test_a_skip_without_a_reason_is_refused(copy: Copy, tmp_path: Path, skip: str) -> None:
    copy.add("modules/bus/main.tf", f"{skip}\n")
    outcome = scanned(tmp_path / "never run", copy.folder)
    assert outcome.verdict == "refused"
    assert "modules/bus/main.tf:" in outcome.findings
    assert "CKV_GCP_83 is skipped; say why" in outcome.findings


@pytest.mark.parametrize(("in_ci", "verdict"), [(False, "skipped"), (True, "refused")])
def test_a_tool_that_is_missing_is_named_and_only_ci_fails(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_ci: bool, verdict: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcomes = {one.step: one for one in Preflight(copy.folder, tmp_path / "build", in_ci=in_ci).outcomes()}
    assert outcomes["rules"].verdict == "passed"
    assert {outcomes[step].verdict for step in ("terraform", "policies")} == {verdict}
    assert "install 1.9 or newer" in outcomes["terraform"].remark
    assert "`make preflight`" in outcomes["policies"].remark


def test_a_wheel_that_was_not_loaded_is_named(copy: Copy, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=r"cdktn_provider_google-\S+\.whl in .*; run `make preflight`"):
        Preflight(copy.folder, tmp_path / "build", in_ci=False).schema()


def test_a_stale_table_is_refused_and_written_anew(copy: Copy) -> None:
    copy.add(
        "modules/bus/variables.tf", 'variable "pace" {\n  description = "a | b"\n  type = number\n  default = 3\n}\n'
    )
    outcome = module_tables.fresh(copy.folder)
    assert outcome.verdict == "refused"
    assert outcome.findings == "modules/bus/README.md: not what variables.tf and outputs.tf say\n"
    readme = copy.folder / "modules" / "bus" / "README.md"
    assert module_tables.write(copy.folder) == [readme]
    assert "| `pace` | `number` | `3` | a \\| b |\n" in readme.read_text("utf-8")
    assert module_tables.fresh(copy.folder).verdict == "passed"


def test_a_readme_without_a_place_for_its_tables_is_refused_and_nothing_is_written(copy: Copy) -> None:
    copy.put("README.md", "<!-- outputs -->", "")
    copy.add("modules/bus/outputs.tf", 'output "pace" {\n  description = "new"\n  value = 1\n}\n')
    with pytest.raises(module_tables.MarksMissing, match="expected <!-- outputs -->"):
        module_tables.write(copy.folder)
    assert "pace" not in (copy.folder / "modules" / "bus" / "README.md").read_text("utf-8")
