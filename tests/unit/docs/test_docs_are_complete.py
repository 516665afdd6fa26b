"""The guides keep up with the code, in both languages: whatever can be said, set or asked stands in them."""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import import_module

import pytest

from leadloop.adapters.json_log import JsonLog
from leadloop.cli import COMMANDS
from leadloop.forms.field_names import SPELLINGS, UTM, plain_name
from leadloop.policy.loader import read_policy
from leadloop.policy.settings import settings
from leadloop_host.demo.proof import Proof
from leadloop_host.demo.story import read_story
from support import sayings
from support.guides import LANGUAGES, Guide, every_guide, guides
from support.sayings import ROOT
from support.settable_clock import SettableClock

languages = pytest.mark.parametrize("language", LANGUAGES)

RULES_NOBODY_SEES = {
    *("cron.*", "secret.*"),  # `leadloop check` tells their reason under another rule
    *("phone.*", "email.*", "id.*", "client_id.exact"),  # their reason stands in the lead, without the rule
    *("hook.unknown_path", "stages.feed_lags", "contact.absent", "contact.in_term"),  # decide, and are not told
    *("expired.*", "held.*"),  # put together of documented parts
}
ERRORS_NOBODY_SEES = {
    "ConnectionTest",  # answered "ok"
    "PaceExceeded",  # becomes NotSent
    "ReadingOvertaken",  # the CRM is asked once more
    "VendorTrouble",  # ends a run with the text of another
    "BeaconRefused",  # becomes an answer
    "CallFailed",  # its text is `found` of a documented event
}


def said(language: str) -> set[str]:
    return {word for guide in guides(language).values() for word in guide.words}


def is_said(word: str, words: set[str]) -> bool:
    return any(fnmatch(one, word) for one in words)


class TestEverythingTheCodeSaysIsExplained:
    @languages
    def test_log_events(self, language: str) -> None:
        events = sayings.log_events()
        assert len(events) > 40
        words = guides(language)["troubleshooting.md"].words
        assert {event for event in events if not is_said(event, words)} == set()

    @languages
    def test_error_codes(self, language: str) -> None:
        codes = sayings.error_codes()
        assert {"origin_not_configured", "unavailable"} <= codes
        assert codes - guides(language)["troubleshooting.md"].words == set()

    @languages
    def test_rules(self, language: str) -> None:
        rules = {rule for rule in sayings.rules() if not any(fnmatch(rule, one) for one in RULES_NOBODY_SEES)}
        held = {rule for rule in sayings.rules() if rule.startswith(("held.", "expired.")) and "*" not in rule}
        assert len(rules | held) > 40
        assert (rules | held) - said(language) == set()

    @languages
    def test_errors(self, language: str) -> None:
        errors = sayings.errors() - ERRORS_NOBODY_SEES
        assert len(errors) > 20
        assert errors - guides(language)["troubleshooting.md"].words == set()

    @languages
    def test_alerts_of_the_cloud_where_their_mails_send(self, language: str) -> None:
        text = (ROOT / "infra" / "terraform" / "modules" / "alerts" / "main.tf").read_text(encoding="utf-8")
        named = r'"google_monitoring_alert_policy" "\w+" {.*?display_name +?= "\${var\.prefix}([^"]+)"'
        alerts = {name.replace("${each.key}", "FUNCTION") for name in re.findall(named, text, re.DOTALL)}
        assert {"messages died", "FUNCTION does not run"} <= alerts
        guide = guides(language)["troubleshooting.md"]
        assert alerts - guide.words == set()
        [section] = re.findall(rf"docs/{language}/troubleshooting\.md(?: of leadloop)?, ([^;.]+)", text)
        assert section in guide.headings

    @languages
    def test_environment_variables(self, language: str) -> None:
        text = "".join(guide.text for guide in guides(language).values())
        names = sayings.variables()
        assert {"LEADLOOP_HMAC_KEY", "LEADLOOP_ENDPOINT_", "LEADLOOP_TRACEBACK"} <= names
        assert {name for name in names if name not in text} == set()

    @languages
    def test_collections_of_documents(self, language: str) -> None:
        collections = sayings.collections()
        assert {"lead", "quarantine", "spool"} <= collections
        assert collections - guides(language)["personal-data.md"].words == set()

    @languages
    def test_commands(self, language: str) -> None:
        text = "".join(guide.text for guide in guides(language).values())
        assert {name for name in COMMANDS if not re.search(rf"\b(?:leadloop|make) {name}\b", text)} == set()

    @languages
    def test_field_names_exactly(self, language: str) -> None:
        guide = guides(language)["form-fields.md"]
        written = {
            cells[0].strip("`"): {plain_name(name) for name in re.findall(r"`([^`]+)`", cells[1])}
            for cells in guide.rows(columns=3)
            if cells[0].strip("`") in SPELLINGS
        }
        assert written == {role: set(spellings) for role, spellings in SPELLINGS.items()}
        assert set(UTM) <= guide.words

    def test_what_nobody_sees_still_exists(self) -> None:
        rules = sayings.rules() | {"expired.*", "held.*"}
        assert {one for one in RULES_NOBODY_SEES if not any(fnmatch(rule, one) for rule in rules)} == set()
        assert ERRORS_NOBODY_SEES - sayings.errors() == set()


class TestBothLanguagesStandEqual:
    def test_the_same_guides(self) -> None:
        assert guides("en").keys() == guides("ru").keys()

    @pytest.mark.parametrize("name", guides("en"))
    def test_the_same_sections_and_tables(self, name: str) -> None:
        english, russian = guides("en")[name], guides("ru")[name]
        assert len(english.headings) == len(russian.headings)
        assert len(re.findall(r"^\|", english.prose, re.MULTILINE)) == len(
            re.findall(r"^\|", russian.prose, re.MULTILINE)
        )

    @pytest.mark.parametrize("name", guides("en"))
    def test_the_same_commands(self, name: str) -> None:
        assert [plain(block.text) for block in guides("en")[name].blocks] == [
            plain(block.text) for block in guides("ru")[name].blocks
        ]


class TestWhatIsWrittenCanBeFollowed:
    @pytest.mark.parametrize("guide", every_guide(), ids=lambda guide: str(guide.path.relative_to(ROOT)))
    def test_links(self, guide: Guide) -> None:
        assert [link for link in guide.links if not leads_somewhere(guide, link)] == []

    @pytest.mark.parametrize("guide", every_guide(), ids=lambda guide: str(guide.path.relative_to(ROOT)))
    def test_commands(self, guide: Guide) -> None:
        targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        for words in commands(guide):
            if words[0] == "make":
                assert words[1] in targets, words
            else:
                assert_is_asked_rightly(words[1:])

    @languages
    def test_the_search_of_the_log_finds_what_is_written_there(self, language: str) -> None:
        searches = [search for guide in guides(language).values() for search in log_searches(guide)]
        assert len(searches) == 2  # every day, and when something is wrong
        stream = io.StringIO()
        log = JsonLog(SettableClock(), stream)
        for say in (log.info, log.warning, log.error):
            say("lead_captured")
        for search in searches:
            found = subprocess.run(search, input=stream.getvalue(), capture_output=True, text=True, check=True).stdout
            assert [entry["severity"] for entry in map(json.loads, found.splitlines())] == ["WARNING", "ERROR"]

    @languages
    def test_policy_snippets(self, language: str) -> None:
        example = (ROOT / "examples" / "real_estate" / "leadloop.yaml").read_text(encoding="utf-8")
        snippets = [block.text for block in guides(language)["getting-started.md"].blocks if block.language == "yaml"]
        assert snippets
        for snippet in snippets:
            read_policy(example + snippet)

    @languages
    def test_nginx_as_in_the_example(self, language: str) -> None:
        example = (ROOT / "examples" / "one-server" / "nginx.conf").read_text(encoding="utf-8")
        [quoted] = [block.text for block in guides(language)["getting-started.md"].blocks if block.language == "nginx"]
        assert quoted in example


@pytest.mark.parametrize("name", ["README.md", "README.ru.md"])
def test_the_example_ends_with_the_count_of_its_own_story(name: str) -> None:
    folder = ROOT / "examples" / "real_estate"
    cast = read_story(folder / "story.yaml").cast
    linked = sum(len(person.counts) for person in cast)
    counted = linked + sum(len(person.unlinked) for person in cast)
    proof = Proof(counted, linked, counted, linked, ())
    [output] = [block.text for block in Guide(folder / name).blocks if block.language == "text"]
    assert output.endswith(f"PROVEN: {proof.line()}\n")


def plain(block: str) -> str:
    """A block without what may differ between languages: comments, and the language asked for."""
    return re.sub(r"[ ]*#(?!!).*$| --lang en", "", block, flags=re.MULTILINE) if "\n" in block else block


def leads_somewhere(guide: Guide, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (guide.path.parent / path).resolve() if path else guide.path
    return target.exists() and (not anchor or anchor in Guide(target).anchors)


def log_searches(guide: Guide) -> Iterator[list[str]]:
    """What a reader is told to find in the log with ``grep``, word by word."""
    lines = [line for block in guide.blocks if block.language == "sh" for line in block.text.splitlines()]
    for line in lines:
        if line.startswith("journalctl") and "| grep" in line:
            yield shlex.split(line.partition("| ")[2])


def commands(guide: Guide) -> Iterator[list[str]]:
    """Every ``make X`` and ``leadloop X`` that a reader is told to type, word by word."""
    lines = [line for block in guide.blocks if block.language == "sh" for line in block.text.splitlines()]
    for line in [*lines, *guide.words]:
        found = re.match(r"(?:.*/bin/)?((?:make|leadloop) [a-z].*)", line.partition(" #")[0].strip())
        if found:
            yield shlex.split(found[1])


def assert_is_asked_rightly(words: list[str]) -> None:
    name = words[0]
    assert name in COMMANDS, f"there is no command {name}"
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    parser.add_argument("--json")
    import_module(f"leadloop.cli.{name.replace('-', '_')}").add_arguments(parser)
    known = {option for action in parser._actions for option in action.option_strings}
    if "--set" in known:
        known |= {f"--{setting.name}" for setting in settings()}
    assert {word for word in words[1:] if word.startswith("--")} <= known, words
