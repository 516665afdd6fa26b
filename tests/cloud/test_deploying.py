"""``make deploy``, against a gcloud and a terraform that keep one cloud in a file.

That the real programs know the words they are called with is looked up: gcloud's in the table it completes commands by,
Terraform's in its help.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from leadloop_deployment import bundle
from leadloop_deployment.work_folder import alone_in
from support.cloud_owner import ALL, DEPLOY, DESTROY, PROGRAMS, PROJECT, Owner, installed
from support.sayings import ROOT


class TestANewProject:
    def test_four_yeses_bring_every_function_up(self, owner: Owner) -> None:
        code, told = owner.runs(DEPLOY, *ALL)
        assert code == 0, told
        cloud = owner.cloud()
        assert {"capture-lead", "upload-conversions", "keep-dead-letter"} <= set(cloud["services"])
        for address in (
            "capture-lead: https://ll-capture-lead-1a2b3c-ew.a.run.app\n",
            "capture-visit: https://ll-capture-visit-1a2b3c-ew.a.run.app/tag.js\n",
            "receive-crm-event: https://ll-receive-crm-event-1a2b3c-ew.a.run.app/amocrm/<LEADLOOP_HOOK_SECRET of ",
        ):
            assert address in told
        assert "the bundle ll- in acme-leads, europe-west1 gets" in told
        assert "(counter 45000001, amocrm sokol). Write yes to go on" in told
        [(name, bucket)] = cloud["buckets"].items()
        assert (name, bucket["flags"]["location"], bucket["versioning"]) == (
            "acme-leads-ll-state",
            "europe-west1",
            True,
        )
        assert bucket["flags"].keys() >= {"uniform-bucket-level-access", "public-access-prevention"}
        assert cloud["initialised"] == {"bucket": "acme-leads-ll-state", "prefix": "leadloop"}

    def test_every_secret_has_its_value_and_no_word_or_output_holds_one(self, owner: Owner) -> None:
        _, told = owner.runs(DEPLOY, *ALL)
        environment = dict(
            line.partition("=")[::2]
            for line in (owner.folder / ".env").read_text().splitlines()
            if line and not line.startswith("#")
        )
        secrets = owner.cloud()["secrets"]
        assert {"ll-LEADLOOP_HMAC_KEY", "ll-LEADLOOP_AMOCRM_TOKEN", "ll-LEADLOOP_METRICA_TOKEN"} <= set(secrets)
        assert secrets == {id_: [environment[id_.removeprefix("ll-")]] for id_ in secrets}
        written = told + json.dumps(owner.cloud()["ledger"])
        kept = "".join(path.read_text() for path in (owner.folder / "work").rglob("*.json"))
        assert [value for value in environment.values() if value and value in written + kept] == []

    def test_a_policy_that_seals_nothing_needs_no_key_to_unseal(self, running: Owner) -> None:
        assert "mode: hash" in (running.folder / "leadloop.yaml").read_text()
        assert "ll-LEADLOOP_SEAL_PRIVATE_KEY" not in running.cloud()["secrets"]

    @pytest.mark.parametrize("answers", [(), ("no",), ("y",), ("",)])
    def test_without_a_yes_nothing_is_made(self, owner: Owner, answers: tuple[str, ...]) -> None:
        code, told = owner.runs(DEPLOY, *answers)
        assert code == 1
        assert "expected yes, found" in told
        cloud, fresh = owner.cloud(), json.loads((PROGRAMS / "new_project.json").read_text())
        assert {**cloud, "ledger": []} == fresh

    def test_stopped_after_the_secrets_it_goes_on_there(self, owner: Owner) -> None:
        assert owner.runs(DEPLOY, "yes", "yes", "no")[0] == 1
        assert not any(owner.cloud()["secrets"].values())
        code, told = owner.runs(DEPLOY, "yes", "yes")  # the values, then everything else
        assert code == 0, told
        assert all(len(versions) == 1 for versions in owner.cloud()["secrets"].values())

    def test_what_is_applied_is_the_plan_that_was_shown(self, running: Owner) -> None:
        shown = [
            re.sub("^-out=", "", word)
            for call in running.calls("terraform", "plan")
            for word in call
            if "-out=" in word
        ]
        applied = [call[-1] for call in running.calls("terraform", "apply")]
        assert applied == shown
        assert len(applied) == 2
        assert not any(Path(plan).exists() for plan in applied)

    def test_further_variables_lie_beside_the_policy(self, owner: Owner) -> None:
        (owner.folder / "leadloop.tfvars").write_text('alert_email = "owner@acme.example"\n')
        owner.runs(DEPLOY, *ALL)
        for plan in owner.calls("terraform", "plan"):
            assert f"-var-file={owner.folder / 'leadloop.tfvars'}" in plan

    @pytest.mark.parametrize("answers", [ALL[:1], (*ALL[:3], "no"), ALL])
    def test_no_plan_is_left_behind(self, owner: Owner, answers: tuple[str, ...]) -> None:
        owner.runs(DEPLOY, *answers)
        assert list((owner.folder / "work").rglob("plan")) == []
        [work] = (owner.folder / "work").iterdir()
        assert work.stat().st_mode & 0o077 == 0

    def test_a_bucket_whose_making_was_interrupted_is_finished(self, owner: Owner) -> None:
        half = {"flags": {"location": "europe-west1"}, "versioning": False}
        owner.has(buckets={"acme-leads-ll-state": half}, apis=["storage.googleapis.com"])
        owner.runs(DEPLOY, *ALL[1:])
        assert owner.cloud()["buckets"]["acme-leads-ll-state"]["versioning"] is True

    def test_a_value_of_the_shell_is_told_apart(self, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LEADLOOP_METRICA_TOKEN", "y0_another_company")
        _, told = owner.runs(DEPLOY, *ALL[:2])
        assert "LEADLOOP_METRICA_TOKEN (of your shell)" in told
        assert "LEADLOOP_AMOCRM_TOKEN (of your shell)" not in told

    def test_variables_of_terraform_in_the_shell_change_nothing(
        self, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TF_WORKSPACE", "another")
        monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy")
        assert owner.runs(DEPLOY, *ALL)[0] == 0
        assert owner.cloud()["strange"] == []

    def test_names_come_from_make_by_the_environment(self, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PROJECT", PROJECT)
        monkeypatch.setenv("REGION", "europe-west1")
        assert owner.runs(["deploy"], *ALL)[0] == 0

    def test_two_at_once_are_one(self, owner: Owner) -> None:
        with alone_in(owner.folder / "work" / "acme-leads-ll-europe-west1"):
            code, told = owner.runs(DEPLOY, *ALL)
        assert (code, owner.cloud()["ledger"]) == (1, [])
        assert "another run is at work" in told

    def test_ctrl_c_lets_terraform_come_to_its_end(self, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both get the signal, as from a terminal; what was made must be written down, and the lock let go of."""
        monkeypatch.setenv("CLOUD_INTERRUPTED", "apply")
        code, _ = owner.runs(DEPLOY, *ALL)
        assert code == 1
        assert owner.cloud()["secret_ids"]  # it was at work on these, and came to its end
        monkeypatch.delenv("CLOUD_INTERRUPTED")
        assert owner.runs(DEPLOY, *ALL[2:])[0] == 0


class TestAgain:
    def test_with_nothing_changed_it_asks_nothing(self, running: Owner) -> None:
        before = running.cloud()
        code, told = running.runs(DEPLOY)
        assert code == 0, told
        assert {**running.cloud(), "ledger": []} == {**before, "ledger": []}

    def test_a_changed_policy_is_deployed_after_one_yes(self, running: Owner) -> None:
        before = running.cloud()["services"]
        policy = running.folder / "leadloop.yaml"
        policy.write_text(policy.read_text().replace("45000001", "45000002"))
        assert running.runs(DEPLOY, "yes")[0] == 0
        after = running.cloud()["services"]
        assert after.keys() == before.keys()
        assert after["capture-lead"] != before["capture-lead"]

    def test_a_disabled_value_is_no_value(self, running: Owner) -> None:
        running.has(disabled=["ll-LEADLOOP_METRICA_TOKEN"])
        code, told = running.runs(DEPLOY, "yes")
        assert code == 0
        assert "Values of LEADLOOP_METRICA_TOKEN go from .env" in told
        assert len(running.cloud()["secrets"]["ll-LEADLOOP_METRICA_TOKEN"]) == 2

    def test_a_value_that_is_there_is_never_overwritten(self, running: Owner) -> None:
        before = running.cloud()["secrets"]
        environment = running.folder / ".env"
        environment.write_text(environment.read_text().replace("y0_metrica", "y0_another"))
        running.runs(DEPLOY)
        assert running.cloud()["secrets"] == before

    def test_a_second_bundle_keeps_its_own_state(self, running: Owner) -> None:
        running.has(services={}, secret_ids=[])
        assert running.runs([*DEPLOY, "--prefix", "shop-"], *ALL)[0] == 0
        assert set(running.cloud()["buckets"]) == {"acme-leads-ll-state", "acme-leads-shop-state"}
        assert any(id_.startswith("shop-LEADLOOP_") for id_ in running.cloud()["secrets"])


class TestWhatStandsInTheWay:
    def test_another_region_than_the_bundle_lives_in(self, running: Owner) -> None:
        before = running.cloud()
        code, said = running.runs([*DEPLOY[:-1], "europe-west4"], "yes")
        assert code == 1
        assert "lives in europe-west1, and its database cannot move" in said
        assert {**running.cloud(), "ledger": []} == {**before, "ledger": []}

    @pytest.mark.parametrize(
        ("state", "told"),
        [
            ({"account": ""}, "gcloud auth login"),
            ({"credentials": False}, "gcloud auth application-default login"),
            ({"project": "another-one"}, "the project acme-leads cannot be seen"),
            ({"billing": False}, "has no billing account"),
        ],
    )
    def test_an_account_that_is_not_ready(self, owner: Owner, state: dict[str, object], told: str) -> None:
        owner.has(**state)
        code, said = owner.runs(DEPLOY, *ALL)
        assert code == 1
        assert told in said
        assert owner.cloud()["apis"] == []
        assert owner.calls("terraform") == []

    @pytest.mark.parametrize("word", ["PROJECT", "Acme Leads", ""])
    def test_a_name_no_project_has(self, owner: Owner, word: str) -> None:
        code, said = owner.runs(["deploy", "--project", word, "--region", "europe-west1"])
        assert (code, owner.cloud()["ledger"]) == (1, [])
        assert "expected the id of a Google Cloud project" in said

    def test_an_environment_file_in_another_encoding(self, owner: Owner) -> None:
        (owner.folder / ".env").write_bytes("LEADLOOP_AMOCRM_TOKEN=x\n# токен\n".encode("cp1251"))
        code, said = owner.runs(DEPLOY, "yes")
        assert (code, owner.cloud()["ledger"]) == (1, [])
        assert ".env:2: expected" in said

    def test_a_policy_at_fault(self, owner: Owner) -> None:
        (owner.folder / "leadloop.yaml").write_text("site: {}\n")
        code, said = owner.runs(DEPLOY, "yes")
        assert (code, owner.cloud()["ledger"]) == (1, [])
        assert "leadloop.yaml" in said

    def test_a_key_that_was_cut(self, owner: Owner) -> None:
        environment = owner.folder / ".env"
        environment.write_text(re.sub(r"(LEADLOOP_HMAC_KEY=\S{12})\S*", r"\1", environment.read_text()))
        code, said = owner.runs(DEPLOY, "yes")
        assert (code, owner.cloud()["ledger"]) == (1, [])
        assert "LEADLOOP_HMAC_KEY expected" in said

    def test_a_token_that_nobody_has_is_asked_for_before_anything_is_made(self, owner: Owner) -> None:
        environment = owner.folder / ".env"
        environment.write_text(environment.read_text().replace("LEADLOOP_METRICA_TOKEN", "# LEADLOOP_METRICA_TOKEN"))
        code, said = owner.runs(DEPLOY, *ALL)
        assert (code, owner.cloud()["secret_ids"]) == (1, [])
        assert "expected values for LEADLOOP_METRICA_TOKEN in .env" in said

    def test_a_program_that_is_not_installed(self, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(installed(owner.folder / "only", "gcloud")))
        code, said = owner.runs(DEPLOY, "yes")
        assert code == 1
        assert "terraform is not installed here" in said


class TestWhatIsTold:
    def test_a_plain_phone_would_be_dropped(self, owner: Owner) -> None:
        dropped = "phones and e-mails that come as they are will be dropped"
        assert dropped in owner.runs(DEPLOY)[1]
        policy = owner.folder / "leadloop.yaml"
        policy.write_text(policy.read_text().replace("mode: hash", "mode: hash\n  transit: allowed"))
        code, told = owner.runs(DEPLOY)
        assert code == 1
        assert "yes" in told
        assert dropped not in told

    def test_warnings_of_the_policy(self, owner: Owner) -> None:
        assert "warning: https://sokol.example" in owner.runs(DEPLOY)[1]

    def test_whether_further_variables_were_found(self, owner: Owner) -> None:
        assert "nobody is told when something breaks" in owner.runs(DEPLOY)[1]
        (owner.folder / "leadloop.tfvars").write_text("")
        assert f"further variables: {owner.folder / 'leadloop.tfvars'}" in owner.runs(DEPLOY)[1]


@pytest.mark.parametrize("pattern", [bundle.PROJECT, bundle.REGION, bundle.PREFIX])
def test_names_are_those_that_terraform_takes(pattern: re.Pattern[str]) -> None:
    assert f'regex("^{pattern.pattern}$"' in (ROOT / "infra" / "terraform" / "variables.tf").read_text()


def test_the_real_gcloud_knows_every_word(running: Owner) -> None:
    found = shutil.which("gcloud", path=os.defpath + os.pathsep + os.environ["PATH"].partition(os.pathsep)[2])
    if found is None:
        pytest.skip("gcloud is not installed: its table of commands cannot be read")
    table = Path(found).resolve().parents[1] / "data" / "cli" / "gcloud_completions.py"
    tree = runpy.run_path(str(table))["STATIC_COMPLETION_CLI_TREE"]
    running.runs(DESTROY)
    for words in running.calls("gcloud"):
        command = tree
        for word in words:
            command = command["commands"].get(word, command)
        assert not command["commands"], words  # all the way down to a command
        known = {*command["flags"], *tree["flags"], "--versioning"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, words


def test_the_real_terraform_knows_every_flag(running: Owner) -> None:
    found = shutil.which("terraform", path=os.environ["PATH"].partition(os.pathsep)[2])
    if found is None:
        pytest.skip("terraform is not installed: its help cannot be read")
    running.runs(DESTROY)
    quiet = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    helps = {
        command: subprocess.run([found, command, "-help"], capture_output=True, text=True, env=quiet, check=True).stdout
        for command in ("init", "plan", "apply", "output")
    }
    for words in running.calls("terraform"):
        _, command, *rest = words
        for flag in {word.partition("=")[0] for word in rest if word.startswith("-")}:
            assert re.search(rf"^\s+{flag}\b", helps[command], re.MULTILINE), (command, flag)
