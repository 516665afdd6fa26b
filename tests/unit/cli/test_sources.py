"""``leadloop sources``: where leads come from, why some have no source, which labels are probably one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadloop import queries
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.cli import main
from leadloop.facts import Fact
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.policy.yaml_tree import read_tree
from leadloop.report.sources import kept_apart, patch
from leadloop.sources.lookalikes import Proposal
from support.crm_sources import overwritten, shown
from support.lead_facts import YCLID, after, linked, submitted
from support.policies import sokol

NOON = after(hours=3)
TAGS = {"google": 5, "ggl": 2, "гугл": 1, "vk": 4, "вк": 1, "mail": 3, "gmail": 2, "blogger": 1}


def cast() -> dict[str, tuple[Fact, ...]]:
    """Leads by id: some tags, a click, and one for each of several causes of none."""
    leads: dict[str, tuple[Fact, ...]] = {
        f"{tag}-{number}": (submitted(lead_id=f"{tag}-{number}", utm={"utm_source": tag, "utm_medium": "cpc"}),)
        for tag, times in TAGS.items()
        for number in range(times)
    }
    leads["click"] = (submitted(lead_id="click", yclid=YCLID),)
    leads["silent"] = (submitted(lead_id="silent"),)
    leads["by-hand"] = (linked("10"), shown("10", created_by="user"))
    leads["wiped"] = (
        submitted(lead_id="wiped", utm={"utm_source": "vk"}),
        linked("11"),
        shown("11", NOON, utm_source="ok"),
        overwritten("utm_source", "vk", "ok", NOON, deal="11"),
    )
    return leads


Run = Callable[..., Any]
Arriving = Callable[[Mapping[str, dict[str, Any]]], Run]


@pytest.fixture
def leadloop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command on a folder with the cast, under ``sources`` written into the policy."""
    return command(tmp_path, capsys, cast())


@pytest.fixture
def arriving(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Arriving:
    """The same with the leads of these form posts and no others."""
    return lambda posts: command(
        tmp_path, capsys, {lead_id: (submitted(lead_id=lead_id, **said),) for lead_id, said in posts.items()}
    )


def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], leads: Mapping[str, tuple[Fact, ...]]) -> Run:
    """``leadloop sources`` on a folder with these leads."""
    (tmp_path / "data").mkdir()
    store = SqliteStore(tmp_path / "data" / "documents.db")
    for lead_id, facts in leads.items():
        store.commit(lead_writes(sokol(), Lead(id=lead_id).with_facts(facts), None))

    def run(*words: str, sources: dict[str, object] | None = None, as_json: bool = True) -> Any:  # noqa: ANN401
        written = sokol(sources=sources or {}).model_dump(mode="json", exclude_unset=True)
        (tmp_path / "leadloop.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
        where = ["--policy", str(tmp_path / "leadloop.yaml"), "--data", str(tmp_path / "data")]
        assert main(["sources", *where, *words, *(["--json"] if as_json else [])]) == 0
        told = capsys.readouterr().out
        return json.loads(told) if as_json else told

    return run


def counts(told: dict[str, Any]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in told["sources"]:
        found[line["source"]] += line["leads"]
    return dict(found)


def moved(before: dict[str, Any], after_it: dict[str, Any]) -> int:
    """Leads that are counted under another label than before."""
    return sum((Counter(counts(before)) - Counter(counts(after_it))).values())


def connections(told: dict[str, Any]) -> set[str]:
    return {line["connection"] for line in told["sources"]}


class TestList:
    def test_every_label_is_counted_and_nothing_is_dropped(self, leadloop: Run) -> None:
        told = leadloop()
        assert counts(told) == {**TAGS, "vk": 5, "yandex_direct": 1}
        causes = {rule: cause["leads"] for rule, cause in told["without_source"].items()}
        assert causes == {"none.never_captured": 1, "none.entered_by_hand": 1}
        assert sum(counts(told).values()) + sum(causes.values()) == len(cast())

    def test_leads_of_one_label_and_several_channels_have_a_line_for_each(self, leadloop: Run) -> None:
        lines = [line for line in leadloop()["sources"] if line["source"] == "vk"]
        assert [(line["channel"], line["leads"]) for line in lines] == [("cpc", 4), ("", 1)]
        text = leadloop(as_json=False)
        assert [line.split()[1:4] for line in text.splitlines() if " vk " in line] == [
            ["vk", "—", "cpc"],
            ["vk", "—", "—"],
        ]

    def test_the_largest_source_stands_first_with_all_its_lines(self, leadloop: Run) -> None:
        told = [line["source"] for line in leadloop()["sources"] if line["source"] != "yandex_direct"]
        assert told == ["google", "vk", "vk", "mail", "ggl", "gmail", "blogger", "вк", "гугл"]

    def test_contractors_who_are_one_line_are_told_apart(self, leadloop: Run) -> None:
        dictionary = {
            "north": {"names": ["ggl"], "contractor": "north", "line": "google"},
            "south": {"names": ["гугл"], "contractor": "south", "line": "google"},
        }
        told = leadloop(sources={"dictionary": {"google": {"contractor": "own"}, **dictionary}})["sources"]
        lines = [(line["contractor"], line["leads"]) for line in told if line["source"] == "google"]
        assert lines == [("own", 5), ("north", 2), ("south", 1)]

    def test_each_cause_shows_leads_to_look_at(self, leadloop: Run) -> None:
        told = leadloop()
        assert told["without_source"]["none.entered_by_hand"]["such_as"] == ["by-hand"]
        assert told["otherwise_in_crm"] == {"none.overwritten": {"leads": 1, "such_as": ["wiped"]}}

    def test_the_dictionary_says_what_is_known(self, leadloop: Run) -> None:
        entry = {"title": "Блогеры", "channel": "influencers", "contractor": "north", "names": ["blogger"]}
        [told] = [
            line for line in leadloop(sources={"dictionary": {"blogs": entry}})["sources"] if line["source"] == "blogs"
        ]
        assert told == {
            "source": "blogs",
            "title": "Блогеры",
            "channel": "influencers",
            "connection": "channel_known",
            "contractor": "north",
            "leads": 1,
            "known": True,
        }

    def test_a_person_reads_the_same(self, leadloop: Run) -> None:
        text = leadloop(as_json=False)
        assert "channel_known  yandex_direct  Яндекс Директ  context" in text
        assert "none.entered_by_hand" in text
        assert "none.overwritten" in text


class TestReview:
    def test_look_alikes_are_proposed_and_traps_are_not(self, leadloop: Run) -> None:
        told = leadloop("review")
        assert {one["into"]: one["labels"] for one in told["proposals"]} == {
            "google": {"ggl": 2, "гугл": 1},
            "vk": {"вк": 1},
        }
        assert told["new"] == {"mail": 3, "gmail": 2, "blogger": 1}

    def test_the_patch_is_understood_and_settles_the_matter(self, leadloop: Run) -> None:
        patch = leadloop("review")["patch"]
        sources = yaml.safe_load(patch)["sources"]
        after_it = leadloop("review", sources=sources)
        assert (after_it["proposals"], after_it["patch"]) == ([], None)
        assert counts(leadloop(sources=sources))["google"] == 8

    def test_the_patch_keeps_the_names_that_stand_there(self, leadloop: Run) -> None:
        patch = leadloop("review", sources={"dictionary": {"google_ads": {"names": ["google", "Гугл Реклама"]}}})[
            "patch"
        ]
        google = yaml.safe_load(patch)["sources"]["dictionary"]["google_ads"]
        assert google == {"names": ["google", "Гугл Реклама", "ggl", "гугл"]}

    @pytest.mark.parametrize(
        ("built_in", "click", "plain", "other"),
        [
            ("yandex_direct", "yclid", "yandex", "яндекс"),
            ("google_ads", "gclid", "google", "гугл"),
            ("vk_ads", "rb_clickid", "vk", "вк"),
            ("facebook", "fbclid", "fb", "facebok"),
        ],
    )
    def test_as_many_leads_move_as_the_review_says_where_a_click_id_is_among_them(
        self, built_in: str, click: str, plain: str, other: str, arriving: Arriving
    ) -> None:
        leadloop = arriving(
            {f"tag-{n}": {"utm": {"utm_source": plain}} for n in range(3)}
            | {f"click-{n}": {"page": {"host": "sokol.example", "params": {click: YCLID}}} for n in range(2)}
            | {"slip": {"utm": {"utm_source": other}}}
        )
        [proposed] = leadloop("review")["proposals"]
        assert proposed == {"into": built_in, "labels": {plain: 3, other: 1}, "leads": 4}
        before = leadloop()
        sources = yaml.safe_load(leadloop("review")["patch"])["sources"]
        after_it = leadloop(sources=sources)
        assert moved(before, after_it) == proposed["leads"]
        assert counts(after_it) == {built_in: 6}
        assert connections(after_it) == {line["connection"] for line in before["sources"] if line["source"] == built_in}

    def test_clicks_move_with_the_built_in_label_that_the_dictionary_gives_to_another(self, arriving: Arriving) -> None:
        leadloop = arriving(
            {"tag": {"utm": {"utm_source": "яндекс"}}} | {f"click-{n}": {"yclid": YCLID} for n in range(2)}
        )
        own = {"dictionary": {"yandex": {"title": "Яндекс", "names": ["яндекс"]}}}
        told = leadloop("review", sources=own)
        assert [(one["into"], one["leads"]) for one in told["proposals"]] == [("yandex", 2)]
        merged = yaml.safe_load(told["patch"])["sources"]
        assert moved(leadloop(sources=own), leadloop(sources=merged)) == 2
        assert counts(leadloop(sources=merged)) == {"yandex": 3}

    def test_what_is_kept_apart_is_asked_no_more(self, leadloop: Run) -> None:
        told = leadloop("review", sources={"apart": [["vk", "вк"], ["google", "ggl", "гугл"]]})
        assert told["proposals"] == []
        assert {"vk", "вк", "google"} <= told["new"].keys()

    def test_a_person_reads_the_patch_and_how_to_refuse_it(self, leadloop: Run) -> None:
        text = leadloop("review", as_json=False)
        assert "ggl (2), гугл (1)" in text
        assert "    google:\n      names: [ggl, гугл]\n" in text
        assert "`sources.apart: [[google, ggl]]`" in text

    def test_nothing_is_changed(self, leadloop: Run, tmp_path: Path) -> None:
        before = SqliteStore(tmp_path / "data" / "documents.db")
        counted = {document.key: document.version for document in _all(before)}
        leadloop("review")
        leadloop()
        assert {document.key: document.version for document in _all(before)} == counted


def _all(store: SqliteStore) -> list[Any]:
    asked = (queries.leads_in_order(), queries.daily_totals())
    return [document for query in asked for document in queries.every_document(store, query)]


# Texts that PyYAML (1.1) or the policy's reader (1.2) would read as something else.
OTHERWISE = (
    *("1e3", "1E3", "2e10", "0x1f", "0o17", "017", "1_000", "12", "1.5", ".5", "1.", "+1", "12:30"),
    *("true", "True", "no", "off", "yes", "on", "y", "N", "null", "~", "2026-01-01", "<<", "="),
    *("2gis", "a b", "a: b", "гугл #2"),
)
LABELS = st.one_of(st.sampled_from(OTHERWISE), st.from_regex(r"[0-9a-zа-яё_]{1,8}", fullmatch=True))


@given(st.dictionaries(LABELS, st.lists(LABELS, min_size=1, max_size=3), min_size=1, max_size=3))
@example({word: [word] for word in OTHERWISE})
@settings(deadline=None)
def test_every_yaml_reads_the_patch_as_the_same_texts(labels: dict[str, list[str]]) -> None:
    text = patch(sokol(), [Proposal(into, tuple(names), 1) for into, names in labels.items()])
    meant = {"sources": {"dictionary": {into: {"names": names} for into, names in labels.items()}}}
    assert yaml.safe_load(text) == meant, "YAML 1.1"
    assert read_tree(text).values == meant, "YAML 1.2"


@pytest.mark.parametrize("word", ["1e3", "0o17", "y", "N", "true", "null", "no", "2026-01-01", "12:30", "1_000"])
def test_what_any_yaml_would_take_for_something_else_is_in_quotes(word: str) -> None:
    assert patch(sokol(), [Proposal(word, (word, "ggl"), 3)]).splitlines() == [
        "sources:",
        "  dictionary:",
        f"    '{word}':",
        f"      names: ['{word}', ggl]",
    ]


def test_many_names_stay_on_one_line() -> None:
    names = tuple(f"spelling_{number}" for number in range(30))
    assert patch(sokol(), [Proposal("google", names, 3)]).splitlines()[3:] == [f"      names: [{', '.join(names)}]"]


def test_what_is_kept_apart_is_in_quotes_too() -> None:
    assert kept_apart(Proposal("1e3", ("no", "ggl"), 3)) == "sources.apart: [['1e3', 'no']]"
