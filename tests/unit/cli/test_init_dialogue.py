"""``leadloop init`` at a terminal: what it asks, what it takes, and what it writes."""

from __future__ import annotations

import copy
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadloop.cli import main
from leadloop.cli.environment_file import read_environment
from leadloop.policy import ContactMode, Policy
from leadloop.policy.loader import load_policy
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock
from leadloop_standins.command import running
from support.account_to_set_up import SEED, TOKEN
from support.terminal import Terminal


@pytest.fixture
def amocrm() -> Iterator[tuple[AmoCrmStandIn, dict[str, str]]]:
    """The account, and the environment in which it is found."""
    stand_in = AmoCrmStandIn(Clock(), copy.deepcopy(SEED))
    with running(stand_in) as url:
        yield stand_in, {"LEADLOOP_ENDPOINT_AMOCRM": url}


def begin(folder: Path, *words: str, environment: dict[str, str] | None = None) -> Terminal:
    return Terminal("init", "--dir", str(folder), *words, environment=environment or {})


def written(folder: Path) -> Policy:
    """The policy, which `leadloop check` takes too."""
    assert main(["check", "--policy", str(folder / "leadloop.yaml")]) == 0
    return load_policy(folder / "leadloop.yaml")


def text(folder: Path) -> str:
    return (folder / "leadloop.yaml").read_text(encoding="utf-8")


def answer_about_company(terminal: Terminal, mode: str = "") -> None:
    terminal.answer("Адрес сайта, с которого приходят заявки [https://sokol.example]: ", "www.sokol.ru")
    terminal.answer("Номер счётчика Метрики на сайте [45000001]: ", "98765432")
    terminal.answer("[Europe/Moscow]: ", "Asia/Yekaterinburg")
    terminal.answer("CRM: amocrm (amoCRM, Kommo)", "")
    terminal.answer("Аккаунт amoCRM", "https://romashka.amocrm.ru/")
    assert "152-ФЗ" in terminal.answer("Режим: none, hash или keep [hash]: ", mode)
    terminal.answer("без кода страны [RU]: ", "kz")


def test_everything_is_asked_and_the_account_is_written_as_it_is(
    tmp_path: Path, amocrm: tuple[AmoCrmStandIn, dict[str, str]]
) -> None:
    stand_in, environment = amocrm
    with begin(tmp_path, environment=environment) as terminal:
        terminal.answer("ru or en [ru]: ", "")
        answer_about_company(terminal)
        assert ".env" in terminal.answer("Токен (не виден при вводе; Enter — потом): ", TOKEN)
        seen = terminal.answer("Воронка 7001: ", "70014 thinking")
        assert "Аккаунт ЖК «Сокол»: воронок — 2, причин отказа — 1, полей сделки — " in seen
        assert "70011  Новая заявка" in seen
        assert "70014  Думает" in seen
        assert [line.split("→")[1].strip() for line in seen.splitlines() if "  → " in line] == [
            *("new", "qualified", "meeting", "?", "sold", "lost")
        ]
        assert re.search(r"70014  Думает +→ thinking", terminal.answer("Воронка 7001: ", "143 -"))
        terminal.answer("Воронка 7001: ", "")
        terminal.answer("Воронка 7002: ", "* -")
        terminal.answer("Воронка 7002: ", "142 ?")
        terminal.answer("Воронка 7002: ", "")
        terminal.answer("Создать в CRM поле LEADLOOP_ID", "")
        assert terminal.end() == 0
        assert TOKEN not in terminal.shown
    policy = written(tmp_path)
    assert (policy.site.origins, policy.site.counter) == (("https://www.sokol.ru",), "98765432")
    assert (policy.site.time_zone, policy.site.default_region) == ("Asia/Yekaterinburg", "KZ")
    assert (policy.crm.account, policy.contacts.mode) == ("romashka.amocrm.ru", ContactMode.HASH)
    stages = {"70011": "new", "70012": "qualified", "70013": "meeting", "70014": "thinking", "142": "sold"}
    assert policy.crm.pipelines == {"7001": stages}
    assert policy.crm.ignored == ("7001/143", "7002/70021", "7002/143")
    assert "      70013: meeting  # Показ # объекта\n" in text(tmp_path)
    assert "    # 7002:  # Вторичка\n      # 142: ?  # " in text(tmp_path)
    assert "    - 7002/70021  # Вторичка: В работе\n" in text(tmp_path)
    assert "# В аккаунте есть 4203011 Спам\n" in text(tmp_path)
    assert "  # В аккаунте есть 752902 Рекламный источник\n" in text(tmp_path)
    assert set(policy.goals) == {"lead_received", "lead_qualified", "lead_meeting", "lead_sold"}
    assert read_environment(tmp_path / ".env")["LEADLOOP_AMOCRM_TOKEN"] == TOKEN
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert "LEADLOOP_ID" in {field.code for field in stand_in.account.fields["leads"].all()}
    assert "leadloop init --crm" not in terminal.shown  # it is done
    assert "токен Метрики" in terminal.shown


def test_enter_alone_writes_the_example_and_says_what_is_not_ones_own(tmp_path: Path) -> None:
    with begin(tmp_path, "--lang", "en") as terminal:
        for question in ("leads come from", "counter on the site", "Time zone", "CRM: ", "amoCRM account"):
            terminal.answer(question, "")
        terminal.answer("Mode: none, hash or keep [hash]: ", "")
        terminal.answer("without a country code [RU]: ", "")
        terminal.answer("Token (not seen as you type; Enter: later): ", "")
        assert terminal.end() == 0
    policy = written(tmp_path)
    assert (policy.site.counter, policy.crm.account) == ("45000001", "sokol")
    assert "There are no secrets here" in text(tmp_path)
    assert "your own site address, counter, CRM account, pipelines and statuses" in terminal.shown
    assert "the tokens of the CRM and Metrica" in terminal.shown


def test_what_is_typed_is_ones_own_even_where_it_is_the_example_s(tmp_path: Path) -> None:
    with begin(tmp_path, "--lang", "en") as terminal:
        terminal.answer("leads come from", "")
        terminal.answer("counter on the site", "45000001")
        for question in ("Time zone", "CRM: "):
            terminal.answer(question, "")
        terminal.answer("amoCRM account", "sokol")
        for question in ("Mode: ", "without a country code [RU]: ", "Token (not seen as you type; Enter: later): "):
            terminal.answer(question, "")
        assert terminal.end() == 0
    assert "your own site address, pipelines and statuses" in terminal.shown


def test_a_wrong_answer_is_asked_again_with_the_reason(
    tmp_path: Path, amocrm: tuple[AmoCrmStandIn, dict[str, str]]
) -> None:
    with begin(tmp_path, environment=amocrm[1]) as terminal:
        terminal.answer("[ru]: ", "de")
        terminal.wait_for("ждали ru или en")
        terminal.answer("[ru]: ", "")
        for question, wrong, expected in [
            ("Адрес сайта", "https://sokol.ru/contacts", "ждали схему и имя без пути"),
            ("Номер счётчика", "ym98765432", "только цифры"),
            ("Часовой пояс", "Москва", "ждали пояс из базы IANA"),
            ("CRM: ", "excel", "ждали одно из имён"),
            ("Аккаунт amoCRM", "Мой Сокол", "ждали имя аккаунта строчными"),
            ("Режим:", "5", "ждали none, hash или keep"),
            ("без кода страны", "Россия", "из двух заглавных латинских букв"),
            ("Токен (не виден", "Bearer токен", "ждали только сам токен"),
        ]:
            terminal.answer(question, wrong)
            terminal.wait_for(expected)
            terminal.answer(question, "keep" if question == "Режим:" else "")
        for question, wrong, expected, right in [
            ("Номер воронки", "Новостройки", "ждали номер воронки", "7001"),
            ("Номер статуса", "-", "ждали номер статуса", "70011"),
        ]:
            terminal.answer(question, wrong)
            terminal.wait_for(expected)
            terminal.answer(question, right)
        assert terminal.end() == 0
    new_lead = written(tmp_path).crm.new_lead
    assert new_lead is not None
    assert (new_lead.pipeline, new_lead.status) == ("7001", "70011")


def test_ctrl_d_writes_nothing(tmp_path: Path) -> None:
    with begin(tmp_path, "--lang", "en") as terminal:
        terminal.answer("leads come from", "")
        terminal.end_input("counter on the site")
        assert terminal.end() == 1
        assert "nothing was written; --yes takes the defaults" in terminal.shown
    assert not list(tmp_path.iterdir())


def test_each_crm_is_asked_for_in_its_own_words(tmp_path: Path) -> None:
    with begin(tmp_path, "--lang", "en") as terminal:
        for question in ("leads come from", "counter on the site", "Time zone"):
            terminal.answer(question, "")
        terminal.answer("CRM: ", "signed")
        terminal.answer("What you call the system that will send webhooks [sokol-sales]: ", "Наша учётная")
        terminal.answer("Mode: ", "keep")
        terminal.wait_for("keep only for a CRM in which leadloop can create deals")
        terminal.answer("Mode: ", "")
        terminal.answer("without a country code [RU]: ", "")
        assert terminal.end() == 0  # there is nobody to be asked with a token
    policy = written(tmp_path)
    assert (policy.crm.kind, policy.crm.account, policy.contacts.mode) == ("signed", "Наша учётная", "hash")
    assert "/receive-crm-event/signed" in terminal.shown


def test_a_crm_that_does_not_go_with_what_was_told_is_asked_for_again(tmp_path: Path) -> None:
    with begin(tmp_path, "--lang", "en", "--account", "romashka", "--contacts", "keep") as terminal:
        for question in ("leads come from", "counter on the site", "Time zone"):
            terminal.answer(question, "")
        for other in ("bitrix24", "signed"):
            terminal.answer("CRM: ", other)
            terminal.wait_for("expected one of the names before the brackets")
        terminal.answer("CRM: ", "amocrm")
        terminal.wait_for("without a country code [RU]: ")


def test_nothing_is_asked_where_nothing_could_be_written(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("years of work", encoding="utf-8")
    with begin(tmp_path) as terminal:
        assert terminal.end() == 1
        assert "exists already and is never overwritten" in terminal.shown
        assert "ru or en" not in terminal.shown
