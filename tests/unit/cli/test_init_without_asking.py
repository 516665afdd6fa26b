"""``leadloop init`` where nobody can be asked: it never waits for an answer, and takes what it was told."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.cli import main
from leadloop.cli.crm_kinds import KINDS
from leadloop.cli.dialogue import words_of
from leadloop.cli.environment_file import read_environment
from leadloop.cli.new_project import Choices, policy_text
from leadloop.cli.pipelines import IGNORED, OPEN, PipelineChosen, StatusChosen, guess
from leadloop.policy import Policy
from leadloop.policy.loader import load_policy, read_policy
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.bitrix24.stand_in import Bitrix24StandIn
from leadloop_standins.clock import Clock
from leadloop_standins.command import running
from support.account_to_set_up import SEED, TOKEN
from support.bitrix24_desk import SEED as PORTAL
from support.bitrix24_desk import WEBHOOK
from support.terminal import Terminal

PUBLIC_KEY = "A" * 43 + "="
EVERYTHING = [
    *("--lang", "en", "--origin", "https://www.sokol.ru", "--counter", "98765432", "--time-zone", "Asia/Omsk"),
    *("--crm-kind", "amocrm", "--account", "romashka", "--contacts", "keep", "--region", "KZ"),
]


@pytest.fixture
def amocrm(monkeypatch: pytest.MonkeyPatch) -> Iterator[AmoCrmStandIn]:
    """The account, found by the environment, where its token is too."""
    stand_in = AmoCrmStandIn(Clock(), copy.deepcopy(SEED))
    with running(stand_in) as url:
        monkeypatch.setenv("LEADLOOP_ENDPOINT_AMOCRM", url)
        monkeypatch.setenv("LEADLOOP_AMOCRM_TOKEN", TOKEN)
        yield stand_in


def begin(folder: Path, *words: str) -> int:
    return main(["init", "--dir", str(folder), *words])


def written(folder: Path) -> Policy:
    return load_policy(folder / "leadloop.yaml")


@pytest.mark.parametrize("words", [EVERYTHING, ["--yes"], ["--json"]], ids=["everything told", "yes", "json"])
def test_nothing_is_asked_at_a_terminal_either(tmp_path: Path, words: list[str]) -> None:
    with Terminal("init", "--dir", str(tmp_path), *words, environment={}) as terminal:
        assert terminal.end() == 0
        assert "]: " not in terminal.shown
    assert written(tmp_path)


def test_every_question_has_an_option(tmp_path: Path) -> None:
    assert begin(tmp_path, *EVERYTHING, "--pipeline", "7001", "--status", "70011") == 0
    policy = written(tmp_path)
    assert (policy.site.origins, policy.site.counter) == (("https://www.sokol.ru",), "98765432")
    assert (policy.site.time_zone, policy.site.default_region) == ("Asia/Omsk", "KZ")
    assert (policy.crm.account, policy.contacts.mode) == ("romashka", "keep")
    assert policy.crm.new_lead is not None
    assert (policy.crm.new_lead.pipeline, policy.crm.new_lead.status) == ("7001", "70011")


@pytest.mark.usefixtures("amocrm")
def test_with_a_token_in_the_environment_the_account_is_read_and_the_token_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path, "--json", "--contacts", "keep") == 0
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err
    answer = json.loads(said.out)
    assert (answer["ok"], answer["crm_read"], answer["field_created"]) == (True, True, False)
    assert any("leadloop init --crm" in step for step in answer["next"])
    policy = written(tmp_path)
    assert policy.crm.pipelines["7001"] == {
        **{"70011": "new", "70012": "qualified", "70013": "meeting"},
        **{"142": "sold", "143": "lost"},
    }
    assert policy.crm.ignored == ()
    text = (tmp_path / "leadloop.yaml").read_text(encoding="utf-8")
    assert "      # 70014: ?  # Думает\n" in text
    assert policy.crm.new_lead is not None
    assert (policy.crm.new_lead.pipeline, policy.crm.new_lead.status) == ("7001", "70011")
    assert read_environment(tmp_path / ".env")["LEADLOOP_AMOCRM_TOKEN"] == TOKEN


@pytest.mark.usefixtures("amocrm")
def test_deals_begin_in_the_first_status_of_the_pipeline_that_was_told(tmp_path: Path) -> None:
    assert begin(tmp_path, "--contacts", "keep", "--pipeline", "7002") == 0
    new_lead = written(tmp_path).crm.new_lead
    assert new_lead is not None
    assert (new_lead.pipeline, new_lead.status) == ("7002", "70021")


@pytest.mark.usefixtures("amocrm")
def test_what_a_status_means_may_be_told(tmp_path: Path) -> None:
    assert begin(tmp_path, "--stage", "7001/70014=thinking", "--stage", "7002/70021=-", "--stage", "7001/143=?") == 0
    policy = written(tmp_path)
    assert policy.crm.stage_of("7001", "70014") == "thinking"
    assert (policy.crm.knows("7002", "70021"), policy.crm.knows("7001", "143")) == (True, False)


def test_stages_may_be_told_without_the_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert begin(tmp_path, "--stage", "7001/70011=new", "--stage", "7001/142=sold") == 0
    policy = written(tmp_path)
    assert policy.crm.pipelines == {"7001": {"70011": "new", "142": "sold"}}
    assert set(policy.goals) == {"lead_received", "lead_sold"}
    assert "свои адрес сайта, счётчик, аккаунт CRM." in capsys.readouterr().out


@pytest.mark.usefixtures("amocrm")
@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("70014=thinking", "expected PIPELINE/STATUS=STAGE"),
        ("7001/70014", "expected PIPELINE/STATUS=STAGE"),
        ("7001/999=new", "expected a pipeline and a status that the account has"),
        ("7001/70014=Думает", "expected a stage name of small Latin letters"),
    ],
)
def test_a_stage_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], told: str, expected: str
) -> None:
    assert begin(tmp_path, "--stage", told) == 1
    assert expected in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_account_that_cannot_be_read_is_told_and_the_files_are_written(
    tmp_path: Path, amocrm: AmoCrmStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADLOOP_AMOCRM_TOKEN", "some-other-token-of-nobody")
    assert begin(tmp_path, "--create-field") == 1
    said = capsys.readouterr()
    assert said.err.count("leadloop init: amocrm ") == 2  # reading, and creating the field
    assert "some-other-token" not in said.out + said.err
    assert written(tmp_path).crm.account == "sokol"
    assert "свои адрес сайта, счётчик, аккаунт CRM, воронки и статусы." in said.out


def test_the_field_is_created_where_that_is_told(tmp_path: Path, amocrm: AmoCrmStandIn) -> None:
    assert "LEADLOOP_ID" not in {field.code for field in amocrm.account.fields["leads"].all()}
    assert begin(tmp_path) == 0
    assert "LEADLOOP_ID" not in {field.code for field in amocrm.account.fields["leads"].all()}
    assert begin(tmp_path / "again", "--create-field") == 0
    assert "LEADLOOP_ID" in {field.code for field in amocrm.account.fields["leads"].all()}


def test_an_account_of_which_no_name_says_anything_leaves_the_example(
    tmp_path: Path, amocrm: AmoCrmStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = [f"{pipeline}/{status}=?" for pipeline in ("7001", "7002") for status in ("142", "143")]
    stages += ["7001/70011=?", "7001/70012=?", "7001/70013=?"]
    assert begin(tmp_path, *[word for stage in stages for word in ("--stage", stage)]) == 0
    assert set(written(tmp_path).crm.pipelines) == {"3383152"}
    assert "воронки и статусы" in capsys.readouterr().out


class TestEveryKindOfCrm:
    @pytest.mark.parametrize("kind", KINDS)
    def test_its_files_pass_the_check_in_both_languages(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
    ) -> None:
        for language in ("ru", "en"):
            assert begin(tmp_path / language, "--crm-kind", kind, "--lang", language, "--json") == 0
            capsys.readouterr()
            assert main(["check", "--policy", str(tmp_path / language / "leadloop.yaml"), "--json"]) == 0
            told = json.loads(capsys.readouterr().out)
            assert "crm.requests_per_second" not in {one["path"] for one in told["changed"]}
            states = {one["name"]: one["state"] for one in told["environment"]}
            assert {name for name, state in states.items() if state == "missing"} == self.asked_of_others(kind)
        russian, english = written(tmp_path / "ru"), written(tmp_path / "en")
        assert (russian.crm, russian.goals) == (english.crm, english.goals)
        assert russian.crm.kind == kind

    @staticmethod
    def asked_of_others(kind: str) -> set[str]:
        """What only the vendors can give."""
        crm = {"amocrm": {"AMOCRM_TOKEN"}, "bitrix24": {"BITRIX24_WEBHOOK", "BITRIX24_APPLICATION_TOKEN"}}.get(kind)
        return {f"LEADLOOP_{name}" for name in {"METRICA_TOKEN", *(crm or set())}}

    @pytest.mark.parametrize("kind", KINDS)
    def test_there_are_words_for_its_questions(self, kind: str) -> None:
        words = words_of("ru")
        assert f"account_{kind}" in words
        assert (f"token_{kind}" in words) == (f"create_field_{kind}" in words) == KINDS[kind].is_read

    def test_nothing_is_kept_for_a_system_that_is_not_written_to(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert begin(tmp_path, "--crm-kind", "signed", "--contacts", "keep") == 1
        assert "a CRM of the kind `signed` is not written to" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())

    def test_a_portal_is_read_and_written_as_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seed = copy.deepcopy(PORTAL)
        seed["user_fields"] += [{"kind": kind, "code": "BUDGET", "label": "Бюджет"} for kind in ("deal", "lead")]
        portal = Bitrix24StandIn(Clock(), seed)
        with running(portal) as url:
            monkeypatch.setenv("LEADLOOP_ENDPOINT_BITRIX24", url)
            monkeypatch.setenv("LEADLOOP_BITRIX24_WEBHOOK", WEBHOOK)
            assert begin(tmp_path, "--crm-kind", "bitrix24", "--contacts", "keep", "--stage", "1/C1:NEW=-") == 0
        policy = written(tmp_path)
        text = (tmp_path / "leadloop.yaml").read_text(encoding="utf-8")
        told = [line for line in text.splitlines() if line.startswith("  # В аккаунте есть")]
        assert "  # В аккаунте есть UF_CRM_BUDGET Бюджет" in told
        assert all("UF_CRM_" in line and line == line.rstrip() for line in told)
        assert policy.crm.pipelines["1"] == {"C1:PREPARATION": "meeting", "C1:WON": "sold", "C1:LOSE": "lost"}
        assert policy.crm.ignored == ("1/C1:NEW",)
        assert policy.crm.stage_of("0", "WON") == "sold"
        assert read_environment(tmp_path / ".env")["LEADLOOP_BITRIX24_WEBHOOK"] == WEBHOOK

    @pytest.mark.parametrize(("language", "words"), [("en", "application token"), ("ru", "токен приложения")])
    def test_a_portal_s_application_token_is_asked_for_before_the_start(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, words: str
    ) -> None:
        assert begin(tmp_path, "--crm-kind", "bitrix24", "--lang", language, "--json") == 0
        steps = json.loads(capsys.readouterr().out)["next"]
        [at] = [number for number, step in enumerate(steps) if words in step]
        [start] = [number for number, step in enumerate(steps) if "leadloop serve" in step]
        assert at < start
        assert "LEADLOOP_BITRIX24_APPLICATION_TOKEN" in steps[at]
        assert [step for step in steps if "/receive-crm-event/bitrix24/" in step] == [steps[at]]

    @pytest.mark.parametrize("language", ["ru", "en"])
    def test_a_call_tracker_needs_only_its_hashes_taken_away(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
    ) -> None:
        assert begin(tmp_path, "--lang", language) == 0
        assert "call_tracker" in capsys.readouterr().out
        before, behind = (tmp_path / "leadloop.yaml").read_text(encoding="utf-8").split("# call_tracker:\n")
        hidden = itertools.takewhile(lambda line: line.startswith("#"), behind.splitlines())
        uncommented = "".join(f"{line.removeprefix('#')}\n" for line in hidden)
        tracker = read_policy(f"{before}call_tracker:\n{uncommented}{behind}").call_tracker
        assert tracker is not None
        assert tracker.tags == {"101": "qualified"}
        assert "LEADLOOP_COMAGIC_TOKEN=" in (tmp_path / ".env").read_text(encoding="utf-8")


class TestWords:
    def test_both_languages_ask_the_same(self) -> None:
        english, russian = words_of("en"), words_of("ru")
        assert english.keys() == russian.keys()
        for name, word in english.items():
            assert word.keys() == russian[name].keys(), name
            for part, text in word.items():
                assert _names(text) == _names(russian[name][part]), (name, part)

    def test_every_question_says_what_was_expected(self) -> None:
        yes_or_no = {f"create_field_{kind}" for kind, one in KINDS.items() if one.is_read}
        no_questions = {"begin", "token_at_hand", "unread", "read", "no_stage", *yes_or_no}
        assert {name for name, word in words_of("ru").items() if "wrong" not in word} == no_questions


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        *[("Новая заявка", "new"), ("Первичный контакт", "new"), ("Необработанная", "new")],
        *[("Квалифицирована", "qualified"), ("Целевой", "qualified"), ("Qualified", "qualified")],
        *[("Не квалифицирован", OPEN), ("Нецелевой", OPEN), ("Unqualified", OPEN)],
        *[("Встреча назначена", "meeting"), ("Показ", "meeting"), ("Demo", "meeting")],
        *[("Успешно реализовано", "sold"), ("Closed - won", "sold")],
        *[("Закрыто и не реализовано", "lost"), ("Closed - lost", "lost"), ("Отказ", "lost")],
        *[("Сделка успешна", "sold"), ("Сделка провалена", "lost"), ("Анализ причины провала", "lost")],
        *[("Ожидает оплаты", OPEN), ("Думает", OPEN), ("", OPEN), ("Возобновлён", OPEN)],
    ],
)
def test_guesses(name: str, stage: str) -> None:
    assert guess(name) == stage


@given(st.lists(st.tuples(st.text(), st.sampled_from(["new", "sold", IGNORED, OPEN])), min_size=1), st.text())
def test_whatever_people_call_their_statuses_the_policy_says_what_was_chosen(
    statuses: list[tuple[str, str]], name: str
) -> None:
    chosen = tuple(StatusChosen(str(number), *status) for number, status in enumerate(statuses, start=70011))
    used = PipelineChosen("7002", "", (StatusChosen("142", "", "sold"),))
    text = policy_text(Choices(pipelines=(PipelineChosen("7001", name, chosen), used)), PUBLIC_KEY)
    policy = read_policy(text)
    stages = {one.id: one.stage for one in chosen if one.is_stage}
    assert policy.crm.pipelines == {**({"7001": stages} if stages else {}), "7002": {"142": "sold"}}
    assert policy.crm.ignored == tuple(f"7001/{one.id}" for one in chosen if one.stage == IGNORED)
    assert all(re.search(rf"(?m)^ *# {one.id}: \?", text) for one in chosen if one.stage == OPEN)
