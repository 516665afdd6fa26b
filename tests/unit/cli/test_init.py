"""``leadloop init``: a policy and keys for a folder that has neither, and for no other."""

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from leadloop.adapters.system_keys import SystemKeys
from leadloop.cli import main
from leadloop.cli.environment_file import read_environment
from leadloop.cli.new_project import AlreadyThere, Choices, write_project
from leadloop.identity.keys import KeyRing
from leadloop.identity.sealing import seal, unseal
from leadloop.policy.loader import load_policy


def begin(folder: Path, *words: str) -> int:
    return main(["init", "--dir", str(folder), *words])


def everything(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_new_project_passes_its_own_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "sokol", "--origin", "https://www.sokol.ru") == 0
    monkeypatch.chdir(tmp_path / "sokol")
    capsys.readouterr()
    assert main(["check", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    states = {variable["name"]: variable["state"] for variable in answer["environment"]}
    assert states == {
        "LEADLOOP_HMAC_KEY": "set",
        "LEADLOOP_HOOK_SECRET": "set",
        "LEADLOOP_SEAL_PRIVATE_KEY": "set",
        "LEADLOOP_AMOCRM_TOKEN": "missing",
        "LEADLOOP_METRICA_TOKEN": "missing",
    }


def test_private_key_opens_what_the_policy_seals(tmp_path: Path) -> None:
    begin(tmp_path)
    public_key = load_policy(tmp_path / "leadloop.yaml").contacts.public_key
    private_key = read_environment(tmp_path / ".env")["LEADLOOP_SEAL_PRIVATE_KEY"]
    assert unseal(private_key, seal(public_key, "Анна".encode())).decode() == "Анна"


def test_keys_are_fresh_and_named_k1(tmp_path: Path) -> None:
    rings = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        begin(folder)
        ring = read_environment(folder / ".env")["LEADLOOP_HMAC_KEY"]
        assert KeyRing.read(ring).newest == "k1"
        rings.add(ring)
    assert len(rings) == 2


def test_environment_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        begin(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_no_secret_is_printed_or_put_into_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(tmp_path)
    said = capsys.readouterr()
    shown = said.out + said.err + (tmp_path / "leadloop.yaml").read_text(encoding="utf-8")
    secrets = [value for value in read_environment(tmp_path / ".env").values() if value]
    assert len(secrets) == 3
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize("name", ["leadloop.yaml", ".env"])
def test_nothing_is_overwritten_and_nothing_is_added(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("years of work", encoding="utf-8")
    assert begin(tmp_path) == 1
    assert everything(tmp_path) == {name: "years of work"}
    said = capsys.readouterr().err
    assert f"{name} exists already and is never overwritten" in said
    assert "choose another folder with --dir" in said


def test_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")
    assert begin(tmp_path) == 1
    assert not (tmp_path / "elsewhere").exists()


def test_both_files_or_neither(tmp_path: Path) -> None:
    """Someone else writes the policy between the look and the write."""

    class Slow(SystemKeys):
        def hook_secret(self) -> str:
            (tmp_path / "leadloop.yaml").symlink_to(tmp_path / "theirs")
            return super().hook_secret()

    with pytest.raises(AlreadyThere):
        write_project(tmp_path, Choices(), Slow())
    assert not (tmp_path / ".env").exists()


def test_what_is_known_goes_into_the_policy(tmp_path: Path) -> None:
    assert (
        begin(tmp_path, "--origin", "https://жк-сокол.рф", "--counter", "98765432", "--account", "sokol.kommo.com") == 0
    )
    policy = load_policy(tmp_path / "leadloop.yaml")
    assert policy.site.origins == ("https://xn----ktbmbfqbv.xn--p1ai",)
    assert policy.site.counter == "98765432"
    assert policy.crm.host == "sokol.kommo.com"


def test_what_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path, "--counter", "ym1") == 1
    assert "site.counter: expected the number of a Metrica counter" in capsys.readouterr().err
    assert not everything(tmp_path)


@pytest.mark.parametrize(("language", "words"), [("ru", "Секретов здесь нет"), ("en", "There are no secrets here")])
def test_comments_in_the_chosen_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    assert begin(tmp_path, "--lang", language) == 0
    assert words in (tmp_path / "leadloop.yaml").read_text(encoding="utf-8")
    steps = capsys.readouterr().out
    assert f"leadloop check --policy {tmp_path / 'leadloop.yaml'}" in steps
    assert f"leadloop serve --policy {tmp_path / 'leadloop.yaml'}" in steps


@pytest.mark.parametrize(
    ("language", "all_of_it", "the_rest"),
    [
        (
            "en",
            "your own site address, counter, CRM account, pipelines and statuses",
            "your own pipelines and statuses ",
        ),
        ("ru", "свои адрес сайта, счётчик, аккаунт CRM, воронки и статусы", "свои воронки и статусы."),
    ],
)
def test_what_was_given_is_not_asked_for_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, all_of_it: str, the_rest: str
) -> None:
    begin(tmp_path / "asked", "--lang", language)
    assert all_of_it in capsys.readouterr().out
    given = ["--origin", "https://www.sokol.ru", "--counter", "98765432", "--account", "romashka"]
    begin(tmp_path / "given", "--lang", language, *given)
    steps = capsys.readouterr().out
    assert the_rest in steps
    assert 'data-counter="98765432"' in steps
    assert "$" not in steps


def test_answer_for_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert begin(tmp_path, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["written"] == [str(tmp_path / "leadloop.yaml"), str(tmp_path / ".env")]
    assert len(answer["next"]) == 9


class TestSystemKeys:
    def test_public_key_follows_from_the_private_one(self) -> None:
        private_key, public_key = SystemKeys().seal_pair()
        assert SystemKeys().public_key_of(private_key) == public_key

    @pytest.mark.parametrize("key", ["", "hunter2", base64.b64encode(b"k" * 31).decode()])
    def test_malformed_key_is_refused_without_its_value(self, key: str) -> None:
        with pytest.raises(ValueError, match="32 bytes in base64") as refusal:
            SystemKeys().public_key_of(key)
        assert "hunter2" not in str(refusal.value)

    def test_hook_secret_stands_in_a_path(self) -> None:
        first, second = SystemKeys().hook_secret(), SystemKeys().hook_secret()
        assert first.isalnum()
        assert len(first) == 32
        assert first != second
