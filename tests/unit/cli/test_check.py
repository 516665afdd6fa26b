"""``leadloop check``: what is understood, how the environment stands, what is wrong."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from leadloop.cli import main
from leadloop.cli.new_project import Choices, policy_text
from support.policies import HMAC_KEY, ORIGIN, SEAL_PRIVATE_KEY, SEAL_PUBLIC_KEY

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "real_estate" / "leadloop.yaml"
GOOD = {
    "LEADLOOP_HMAC_KEY": HMAC_KEY,
    "LEADLOOP_SEAL_PRIVATE_KEY": SEAL_PRIVATE_KEY,
    "LEADLOOP_HOOK_SECRET": "sokol-hook-secret-2026",
    "LEADLOOP_AMOCRM_TOKEN": "eyJ0eXAi.hunter2-crm",
    "LEADLOOP_METRICA_TOKEN": "y0_hunter2-metrica",
}


class Owner:
    """Someone with a policy, an environment and a terminal."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.policy = folder / "leadloop.yaml"
        example = EXAMPLE.read_text(encoding="utf-8").replace(ORIGIN, "https://www.sokol.ru")
        own_key = "CcfJJVRmPWXglfCMY8adAE5csvXN8gudZ4CLjlujAX8="
        assert own_key in example
        self.policy.write_text(example.replace(own_key, SEAL_PUBLIC_KEY), encoding="utf-8")
        self._monkeypatch, self._capsys = monkeypatch, capsys
        for name, value in GOOD.items():
            self.sets(name, value)

    def sets(self, name: str, value: str) -> None:
        self._monkeypatch.setenv(name, value)

    def unsets(self, name: str) -> None:
        self._monkeypatch.delenv(name)

    def writes(self, old: str, new: str) -> None:
        text = self.policy.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.policy.write_text(text.replace(old, new), encoding="utf-8")

    def adds(self, line: str) -> None:
        self.policy.write_text(f"{self.policy.read_text(encoding='utf-8')}{line}\n", encoding="utf-8")

    def checks(self, *words: str) -> tuple[int, str, str]:
        code = main(["check", "--policy", str(self.policy), *words])
        said = self._capsys.readouterr()
        assert "hunter2" not in said.out + said.err, "a secret was shown"
        return code, said.out, said.err

    def checks_as_json(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, out, _ = self.checks("--json", *words)
        answer: dict[str, Any] = json.loads(out)
        return code, answer

    def environment(self) -> dict[str, tuple[str, str]]:
        _, answer = self.checks_as_json()
        return {variable["name"]: (variable["state"], variable["reason"]) for variable in answer["environment"]}

    def rules(self) -> set[tuple[str, str]]:
        _, answer = self.checks_as_json()
        return {(finding["level"], finding["rule"]) for finding in answer["findings"]}


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Owner:
    return Owner(tmp_path, monkeypatch, capsys)


def test_good_policy_is_told_back_in_plain_words(owner: Owner) -> None:
    code, out, err = owner.checks()
    assert code == 0
    assert err == ""
    for words in (
        "forms on https://www.sokol.ru may send leads",
        "Metrica counter 45000001; days are days of Europe/Moscow",
        "Contacts: mode hash",
        "no name, phone or e-mail is stored, logged or queued in clear",
        "CRM: amocrm, sokol.amocrm.ru",
        "33929755 → qualified",
        "lead_sold: a deal reaches 'sold' → Metrica goal 'lead_sold', the deal's price, waits 30m for its price",
        "a conversion links to a visit of the last 21d; our own deadline is 3h earlier",
        "site.thank_you: /spasibo (standard /)",
        "upload-conversions: 0 */2 * * *",
        "LEADLOOP_HMAC_KEY: set; read by capture-lead",
        "leadloop.yaml is understood: 1 note",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("mode", "meaning"),
    [
        ("none", "nothing personal is accepted from forms or read from the CRM"),
        ("keep", "rest sealed, and are removed 90d after the last stage"),
        ("keep", "leadloop creates deals 'Заявка с сайта' in 3383152/33929752"),
    ],
)
def test_mode_of_contacts_is_explained(owner: Owner, mode: str, meaning: str) -> None:
    owner.writes("mode: hash", f"mode: {mode}")
    code, out, _ = owner.checks()
    assert code == 0
    assert meaning in out


def test_what_differs_from_the_standard_is_listed(owner: Owner) -> None:
    owner.policy.write_text(
        owner.policy.read_text(encoding="utf-8") + "defaults: {settle_delay: 1h, pull_period: 15m}\n"
    )
    _, answer = owner.checks_as_json()
    assert {"path": "defaults.settle_delay", "value": "1h", "standard": "30m"} in answer["changed"]
    assert "defaults.pull_period" not in {change["path"] for change in answer["changed"]}


def test_schedule_of_the_policy_stands_in_place_of_the_manifests(owner: Owner) -> None:
    owner.adds('schedules: {sync-crm: "*/5 * * * *"}')
    code, out, _ = owner.checks()
    assert code == 0
    assert "sync-crm: */5 * * * * (policy)" in out


def test_schedule_of_no_function_is_an_error_with_its_line(owner: Owner) -> None:
    owner.adds('schedules: {sync-crms: "*/5 * * * *"}')
    last = len(owner.policy.read_text(encoding="utf-8").splitlines())
    code, out, _ = owner.checks()
    assert code == 1
    assert f"error: leadloop.yaml:{last} schedules.sync-crms: no function" in out
    assert "did you mean 'sync-crm'?" in out
    assert "leadloop.yaml is not ready: 1 error, 1 note" in out


def test_faulty_policy_goes_to_standard_error(owner: Owner) -> None:
    owner.writes("counter: 45000001", "counter: none")
    code, out, err = owner.checks()
    assert code == 1
    assert out == ""
    assert "leadloop.yaml:10 site.counter: expected the number of a Metrica counter" in err
    assert err.endswith("leadloop.yaml is not valid: 1 fault\n")


def test_faulty_policy_for_a_program(owner: Owner) -> None:
    owner.writes("stage: sold", "stage: soled")
    code, answer = owner.checks_as_json()
    assert code == 1
    assert answer["ok"] is False
    assert [fault["path"] for fault in answer["faults"]] == ["goals.lead_sold.stage"]


def test_answer_for_a_program_holds_the_whole_policy(owner: Owner) -> None:
    code, answer = owner.checks_as_json()
    assert code == 0
    assert answer["ok"] is True
    assert answer["understood"]["defaults"]["visit_window"] == "21d"
    assert answer["schedules"]["sync-crm"] == "*/15 * * * *"


class TestEnvironment:
    def test_all_set(self, owner: Owner) -> None:
        assert {state for state, _ in owner.environment().values()} == {"set"}

    @pytest.mark.parametrize("name", [name for name in GOOD if name != "LEADLOOP_SEAL_PRIVATE_KEY"])
    def test_missing_is_a_warning(self, owner: Owner, name: str) -> None:
        owner.unsets(name)
        assert owner.environment()[name] == ("missing", "")
        assert ("warning", "environment.missing") in owner.rules()
        code, out, _ = owner.checks()
        assert code == 0
        [line] = [line for line in out.splitlines() if f"{name} is not set" in line]
        assert "neither `leadloop serve` nor `make deploy` does without it" in line

    def test_a_secret_of_verdicts_is_needed_only_where_services_are_named(self, owner: Owner) -> None:
        assert "LEADLOOP_VERDICT_SECRET" not in owner.environment()
        owner.writes("goals:", "fraud: {providers: {adjust: {}}}\ngoals:")
        assert owner.environment()["LEADLOOP_VERDICT_SECRET"] == ("missing", "")
        for secret, state in (("whsec_" + "A" * 32, "set"), ("whsec_short", "malformed")):
            owner.sets("LEADLOOP_VERDICT_SECRET", secret)
            assert owner.environment()["LEADLOOP_VERDICT_SECRET"][0] == state

    def test_the_key_of_a_sender_is_needed_only_where_the_policy_asks_for_it(self, owner: Owner) -> None:
        assert not [name for name in owner.environment() if "TILDA" in name]
        owner.writes("goals:", "forms: {tilda_key: Api-Key}\ngoals:")
        assert owner.environment()["LEADLOOP_TILDA_KEY"] == ("missing", "")
        for secret, state in (("long-enough", "set"), ("long-enough,short", "malformed")):
            owner.sets("LEADLOOP_TILDA_KEY", secret)
            assert owner.environment()["LEADLOOP_TILDA_KEY"][0] == state

    def test_private_key_is_needed_only_where_contacts_are_kept(self, owner: Owner) -> None:
        owner.unsets("LEADLOOP_SEAL_PRIVATE_KEY")
        assert ("note", "environment.missing") in owner.rules()
        assert "will not start" not in owner.checks()[1]
        owner.writes("mode: hash", "mode: keep")
        assert ("warning", "environment.missing") in owner.rules()

    @pytest.mark.parametrize(
        "ring",
        [
            *["hunter2", "ab" * 32, "k1:" + "ab" * 31, "k1:" + "zz" * 32, "k1:" + "a" * 65],
            *[f"{HMAC_KEY},k1:{'cd' * 32}", f"{HMAC_KEY},k0:hunter2"],
        ],
    )
    def test_malformed_hmac_key(self, owner: Owner, ring: str) -> None:
        owner.sets("LEADLOOP_HMAC_KEY", ring)
        state, reason = owner.environment()["LEADLOOP_HMAC_KEY"]
        assert state == "malformed"
        assert "expected id:hex with at least 32 bytes" in reason
        assert owner.checks()[0] == 1

    def test_two_hmac_keys_while_one_is_replaced(self, owner: Owner) -> None:
        owner.sets("LEADLOOP_HMAC_KEY", f"k2:{'cd' * 32}, {HMAC_KEY}")
        assert owner.environment()["LEADLOOP_HMAC_KEY"][0] == "set"

    @pytest.mark.parametrize("key", ["hunter2", base64.b64encode(b"hunter2" * 4).decode(), "!" * 44])
    def test_malformed_private_key(self, owner: Owner, key: str) -> None:
        owner.sets("LEADLOOP_SEAL_PRIVATE_KEY", key)
        state, reason = owner.environment()["LEADLOOP_SEAL_PRIVATE_KEY"]
        assert state == "malformed"
        assert "32 bytes in base64" in reason

    def test_private_key_of_another_pair(self, owner: Owner) -> None:
        owner.sets("LEADLOOP_SEAL_PRIVATE_KEY", base64.b64encode(b"another owner's private key 32 b").decode())
        state, reason = owner.environment()["LEADLOOP_SEAL_PRIVATE_KEY"]
        assert state == "malformed"
        assert "not the other half of contacts.public_key" in reason
        assert owner.checks()[0] == 1

    @pytest.mark.parametrize(
        "secret", ["short", "has spaces in the middle", "slash/in/the/middle/of/it", "good-enough-2026-1,x"]
    )
    def test_hook_secret_that_cannot_stand_in_a_path(self, owner: Owner, secret: str) -> None:
        owner.sets("LEADLOOP_HOOK_SECRET", secret)
        assert owner.environment()["LEADLOOP_HOOK_SECRET"][0] == "malformed"

    @pytest.mark.parametrize("name", ["LEADLOOP_AMOCRM_TOKEN", "LEADLOOP_METRICA_TOKEN"])
    @pytest.mark.parametrize("prefix", ["Bearer ", "OAuth "])
    def test_token_with_its_scheme(self, owner: Owner, name: str, prefix: str) -> None:
        owner.sets(name, f"{prefix}hunter2")
        assert owner.environment()[name][0] == "malformed"

    def test_endpoint_that_leads_elsewhere_is_named(self, owner: Owner) -> None:
        owner.sets("LEADLOOP_ENDPOINT_METRICA", "http://127.0.0.1:9001/hunter2")
        assert owner.checks_as_json()[1]["endpoints"] == ["LEADLOOP_ENDPOINT_METRICA"]

    def test_file_beside_the_policy_completes_the_environment(self, owner: Owner) -> None:
        owner.unsets("LEADLOOP_AMOCRM_TOKEN")
        lines = ["# secrets", "", "export LEADLOOP_AMOCRM_TOKEN='hunter2'", "LEADLOOP_HOOK_SECRET=short"]
        owner.policy.with_name(".env").write_text("\n".join(lines), encoding="utf-8")
        found = owner.environment()
        assert found["LEADLOOP_AMOCRM_TOKEN"][0] == "set"
        assert found["LEADLOOP_HOOK_SECRET"][0] == "set", "the environment wins over the file"

    def test_file_that_is_no_environment(self, owner: Owner) -> None:
        owner.policy.with_name(".env").write_text("LEADLOOP_AMOCRM_TOKEN=x\nLEADLOOP_METRICA_TOKEN hunter2\n")
        code, _, err = owner.checks()
        assert code == 1
        assert ".env:2: expected NAME=value" in err


class TestManifest:
    def test_folder_by_name(self, owner: Owner, tmp_path: Path) -> None:
        (tmp_path / "functions.yaml").write_text("topics: []\nfunctions: {sync-crm: {schedule: '0 0 30 2 *'}}\n")
        code, out, _ = owner.checks("--functions", str(tmp_path))
        assert code == 1
        assert "functions.yaml gives sync-crm the schedule '0 0 30 2 *': no such day ever comes" in out

    def test_folder_without_manifest(self, owner: Owner, tmp_path: Path) -> None:
        code, _, err = owner.checks("--functions", str(tmp_path))
        assert code == 1
        assert "functions.yaml cannot be read (No such file or directory); name its folder with --functions" in err

    def test_faulty_manifest(self, owner: Owner, tmp_path: Path) -> None:
        (tmp_path / "functions.yaml").write_text("topics: []\nfunctions: {sync-crm: {}}\n")
        code, _, err = owner.checks("--functions", str(tmp_path))
        assert code == 1
        assert "functions.sync-crm" in err
        assert "expected exactly one of topic, schedule, public" in err


def test_a_day_that_has_passed_is_told(owner: Owner) -> None:
    owner.sets("LEADLOOP_BITRIX24_WEBHOOK", "https://sokol.bitrix24.ru/rest/11/hunter2hunter2/")
    owner.sets("LEADLOOP_BITRIX24_APPLICATION_TOKEN", "hunter2-application")
    owner.policy.write_text(policy_text(Choices().of_kind("bitrix24"), SEAL_PUBLIC_KEY), encoding="utf-8")
    assert "crm.webhook_expired" not in owner.checks()[1]
    owner.writes("  kind: bitrix24\n", "  kind: bitrix24\n  webhook_expires: 2024-02-29\n")
    code, out, _ = owner.checks()
    assert (code, "crm.webhook_expires: 2024-02-29 has passed" in out) == (0, True)
