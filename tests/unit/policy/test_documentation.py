"""docs/*/policy.md: every setting with its default, every secret, every remark, in both languages."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadloop import secrets
from leadloop.policy.loader import read_policy
from leadloop.policy.settings import Setting, settings, settings_of_kinds
from leadloop.policy.yaml_tree import read_tree

ROOT = Path(__file__).resolve().parents[3]
GUIDES = {language: (ROOT / "docs" / language / "policy.md").read_text(encoding="utf-8") for language in ("en", "ru")}
EXAMPLE = (ROOT / "examples" / "real_estate" / "leadloop.yaml").read_text(encoding="utf-8")
REQUIRED = {"en": "required", "ru": "обязательно"}
SETTINGS = [*settings(), *settings_of_kinds()]
VALUES = [setting for setting in SETTINGS if not setting.is_section]

languages = pytest.mark.parametrize("language", GUIDES)


def rows(guide: str) -> dict[str, list[str]]:
    """First cell of every table row, in backticks → the other cells."""
    found = re.findall(r"^\| `([^`]+)` \| (.+) \|$", guide, re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in found}


@languages
@pytest.mark.parametrize("setting", VALUES, ids=lambda setting: setting.title)
def test_setting_is_documented_with_its_default(language: str, setting: Setting) -> None:
    row = rows(GUIDES[language]).get(setting.title)
    assert row is not None, f"{setting.title} has no row in docs/{language}/policy.md"
    assert row[0] == (REQUIRED[language] if setting.standard is None else f"`{setting.standard}`")
    assert len(row[1]) > 10


@languages
@pytest.mark.parametrize("setting", [found for found in SETTINGS if found.is_section], ids=lambda found: found.title)
def test_section_is_introduced(language: str, setting: Setting) -> None:
    assert f"`{setting.name}`" in GUIDES[language]


@languages
def test_nothing_is_documented_that_does_not_exist(language: str) -> None:
    sections = tuple(f"{setting.path[0]}." for setting in SETTINGS if len(setting.path) == 1)
    documented = {name for name in rows(GUIDES[language]) if name.startswith(sections)}
    assert documented - rules() == {setting.title for setting in VALUES if len(setting.path) > 1}


@languages
def test_every_secret_is_documented(language: str) -> None:
    names = {value for value in vars(secrets).values() if isinstance(value, str) and value.startswith("LEADLOOP_")}
    assert names
    assert names <= rows(GUIDES[language]).keys()


@languages
def test_every_remark_is_documented(language: str) -> None:
    assert len(rules()) > 10
    assert rules() <= rows(GUIDES[language]).keys()


@languages
def test_snippets_are_understood(language: str) -> None:
    """Each snippet is laid over the example and read by the real reader."""
    snippets = re.findall(r"```yaml\n(.*?)```", GUIDES[language], re.DOTALL)
    assert len(snippets) >= 5
    for snippet in snippets:
        read_policy(yaml.safe_dump(laid_over(plain(EXAMPLE), plain(snippet)), allow_unicode=True))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.title)
def test_setting_promises_something_in_the_code(setting: Setting) -> None:
    assert setting.meaning.endswith(".")


def rules() -> set[str]:
    """Every rule that a remark of ``leadloop check`` may have."""
    sources = ("policy/review.py", "policy/account_review.py", "policy/verdict_review.py", "cli/check_report.py")
    text = "".join((ROOT / "shared/leadloop" / name).read_text(encoding="utf-8") for name in sources)
    return set(re.findall(r"Finding\(\s*(?:Level\.[A-Z]+|level),\s*\"([a-z._]+)\"", text))


def plain(text: str) -> dict[str, Any]:
    """Every value as the real reader takes it."""
    values = read_tree(text).values
    assert isinstance(values, dict)
    return values


def laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = below.get(key)
        merged[key] = laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
