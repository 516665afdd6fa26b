"""``leadloop what-if``: a month under another rule, before anybody switches it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leadloop.ports.store import Query
from support.command_desk import CommandDesk
from support.policies import sokol
from support.world import World
from unit.leads.test_family import Register, sent

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC) - timedelta(hours=3)
"""In Moscow it begins three hours earlier than in UTC."""
MONTH = ("--month", "2026-10")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> CommandDesk:
    """Anna came in June, August, and at the very beginning of October; Boris only then, and at its very end."""
    desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, World(sokol()))
    Register(desk.world.store).take(
        sent("june", datetime(2026, 6, 1, tzinfo=UTC), "phone-anna"),
        sent("august", datetime(2026, 8, 20, tzinfo=UTC), "phone-anna"),
        sent("anna", OCTOBER, "phone-anna", client_id="1700000000123456789"),
        sent("boris", OCTOBER + timedelta(days=2), "phone-boris"),
        sent("late", OCTOBER + timedelta(days=31) - timedelta(seconds=1), "phone-boris"),
        sent("november", OCTOBER + timedelta(days=31), "phone-boris"),
    )
    return desk


def test_a_shorter_window_makes_leads_of_duplicates(desk: CommandDesk) -> None:
    told = desk.run("what-if", "--json", *MONTH, "--duplicates.window", "30d").json
    assert [told["before"][name] for name in ("leads", "first", "duplicates")] == [3, 1, 2]
    assert [told["after"][name] for name in ("leads", "first", "duplicates")] == [3, 2, 1]
    assert told["changed"].keys() == {"anna"}
    assert "new" not in told["before"]  # a stage may be called so
    assert (told["before"]["goal lead_received"], told["after"]["goal lead_received"]) == (1, 2)


def test_both_stand_side_by_side_for_a_person_and_nothing_is_changed(desk: CommandDesk) -> None:
    before = [(one.key, one.version) for one in desk.world.store.query(Query("lead")).documents]
    told = desk.run("what-if", *MONTH, "--duplicates.window", "30d", "--set", "duplicates.counted_from=first")
    assert told.code == 0
    [line] = [line.split() for line in told.text.splitlines() if line.strip().startswith("duplicates")]
    assert line == ["duplicates", "2", "1", "-1"]
    assert "1 lead fares otherwise" in told.text
    assert [(one.key, one.version) for one in desk.world.store.query(Query("lead")).documents] == before


def test_a_hold_that_another_policy_lets_end_is_over_by_now_in_its_column_alone(desk: CommandDesk) -> None:
    Register(desk.world.store).take(sent("bot", OCTOBER, bot_signs={"honeypot_filled": True}))
    desk.world.clock.set(OCTOBER + timedelta(days=18))
    told = desk.run("what-if", "--json", *MONTH, "--fraud.at_hold_end", "release").json
    assert [told[when]["fraud held"] for when in ("before", "after")] == [1, 0]
    assert told["changed"]["bot"]["after"]["goals"] == ["lead_received"]
    desk.world.clock.advance(seconds=-1)
    assert desk.run("what-if", "--json", *MONTH, "--fraud.at_hold_end", "release").json["changed"] == {}


def test_a_rule_that_changes_nothing_says_so(desk: CommandDesk) -> None:
    assert "No lead fares otherwise." in desk.run("what-if", *MONTH, "--duplicates.window=ever").text


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("fraud.weights.phone_block", "100", "blocks of phones are noted only while fraud.weights.phone_block"),
        ("identity.shared", "[info@sokol.example]", "contacts are kept as keyed hashes alone"),
        ("site.origins", "[https://other.example]", "whether a form came from a page of another site is noted when"),
        ("site.default_region", "KZ", "a form is read when it is taken"),
    ],
)
def test_what_acts_before_facts_are_made_is_said_to_be_untried(
    desk: CommandDesk, setting: str, value: str, why: str
) -> None:
    told = desk.run("what-if", *MONTH, f"--{setting}", value)
    assert told.text.startswith(f"NOT READ YET: {setting}\n  {setting}: {why}")
    assert "No lead fares otherwise, as far as can be told." in told.text
    as_json = desk.run("what-if", "--json", *MONTH, f"--{setting}", value).json
    assert as_json["not_read"] == [setting]
    assert why in as_json["not_kept"][setting]


def test_what_judges_no_lead_says_what_it_does(desk: CommandDesk) -> None:
    told = desk.run("what-if", *MONTH, "--defaults.pull_period", "30m").text
    assert told.startswith("defaults.pull_period judges no lead: it says how leadloop works")
    assert "No lead fares otherwise." in told


def test_a_month_in_which_nobody_came_says_that_instead(desk: CommandDesk) -> None:
    told = desk.run("what-if", "--month", "2026-07", "--duplicates.window", "30d")
    assert told.text == "No lead came in 2026-07, so there is nothing to compare: name a month with leads.\n"
    assert (
        desk.run("what-if", "--json", "--month", "2026-07", "--duplicates.window", "30d").json["before"]["leads"] == 0
    )


@pytest.mark.parametrize("value", ["180d", "4320h"])
def test_a_setting_that_holds_the_value_already_is_remarked(desk: CommandDesk, value: str) -> None:
    words = (*MONTH, "--duplicates.window", value, "--fraud.hold_from", "60", "--goals.lead_received.on=received")
    assert desk.run("what-if", "--json", *words).json["already_held"] == [
        "duplicates.window",
        "goals.lead_received.on",
    ]
    assert desk.run("what-if", *words).text.splitlines()[:2] == [
        "duplicates.window already holds that value: it changes nothing.",
        "goals.lead_received.on already holds that value: it changes nothing.",
    ]


def test_where_nobody_is_judged_nobody_is_told_as_pending(desk: CommandDesk) -> None:
    told = desk.run("what-if", "--json", *MONTH, "--qualification.profile", "cold").json
    names = ("quality not judged", "quality pending")
    assert [told["before"][name] for name in names] == [3, 0]
    assert told["after"]["quality not judged"] == 0
    assert told["changed"]["boris"]["before"]["quality"] == "not judged"


@pytest.mark.parametrize("words", [("--fraud", "5"), ("duplicates.window", "90d"), ("fraud.hold_from=50",)])
def test_what_is_no_setting_is_told_how_one_is_named(desk: CommandDesk, words: tuple[str, ...]) -> None:
    told = desk.run("what-if", *MONTH, "--duplicates.window", "30d", *words)
    assert told.code == 2
    assert f"unrecognized arguments: {' '.join(words)}; a setting of the policy is named with its section" in told.err
    assert "expected --fraud.hold_from 50, or --set fraud.hold_from=50" in told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected at least one setting"),
        (("--duplicates.window", "soon"), "duplicates.window"),
        (("--duplicates.windw", "30d"), "window"),
        (("--set", "duplicates"), "expected a setting and its value"),
        (("--duplicates.window",), "found 'duplicates.window' without a value"),
        (("--duplicates.window", "--json"), "found 'duplicates.window' without a value"),
        (("--fraud.hold_from", "50", "--duplicates.window"), "found 'duplicates.window' without a value"),
        (
            ("--fraud.hold_from", "50", "--fraud.hold_from", "60"),
            "--fraud.hold_from: expected one value, found 50 and 60",
        ),
        (("--fraud.hold_from=50", "--set", "fraud.hold_from=50"), "--fraud.hold_from: expected one value"),
        (("--month", "October", "--duplicates.window", "30d"), "expected a year and a month such as 2026-10"),
    ],
    ids=[
        "nothing",
        "no length",
        "no such setting",
        "no value",
        "no word",
        "an option for a value",
        "the last",
        "twice",
        "twice the same",
        "no month",
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(desk: CommandDesk, words: tuple[str, ...], said: str) -> None:
    told = desk.run("what-if", *MONTH, *words)
    assert told.code == 1
    assert said in told.err


@pytest.mark.parametrize("words", [("--duplicates.keys", "[phone, email]"), ("--fraud.hold_from=60",)])
def test_any_setting_of_the_policy_may_be_tried(desk: CommandDesk, words: tuple[str, ...]) -> None:
    assert desk.run("what-if", *MONTH, *words).code == 0


@pytest.mark.parametrize("most", ["-1", "many", "1.5", "", "²"])
def test_how_many_leads_are_told_is_a_number_of_them(desk: CommandDesk, most: str) -> None:
    told = desk.run("what-if", *MONTH, "--duplicates.window", "30d", "--leads", most)
    assert told.code == 2
    assert f"--leads: expected a whole number such as 20, found {most!r}" in told.err


@pytest.mark.parametrize(("most", "rows", "more"), [("0", 0, 2), ("1", 1, 1), ("2", 2, 0), ("20", 2, 0)])
def test_of_many_leads_so_many_are_told_and_the_others_counted(
    desk: CommandDesk, most: str, rows: int, more: int
) -> None:
    told = desk.run("what-if", *MONTH, "--set", "duplicates.window=1h", "--leads", most).text.splitlines()
    assert "2 leads fare otherwise" in told
    assert sum(line.split()[:1] in (["anna"], ["late"]) for line in told) == rows
    assert [line for line in told if "more" in line] == ([f"  … and {more} more: --leads 2, or --json"] if more else [])


class TestWhatWasNeverRead:
    """Which fields of a deal are filled, and what source they tell, is a fact only of fields that the policy names."""

    WARM = ("--qualification.profile", "warm")
    FIELDS = ("--set", "qualification.fields={location: 501001, budget: 501002}")

    def silent(self, desk: CommandDesk, *words: str) -> list[str]:
        asked = ("what-if", *MONTH, *words)
        found: list[str] = desk.run(asked[0], "--json", *asked[1:]).json["not_read"]
        first = desk.run(*asked).text.splitlines()[0]
        assert first == f"NOT READ YET: {', '.join(found)}" if found else "NOT READ" not in first
        return found

    def test_is_told_first(self, desk: CommandDesk) -> None:
        both = ["qualification.fields.location", "qualification.fields.budget"]
        assert self.silent(desk, *self.WARM, *self.FIELDS) == both
        told = " ".join(desk.run("what-if", *MONTH, *self.WARM, *self.FIELDS).text.split())
        assert "what depends on them cannot be tried" in told
        assert "They begin to be read when the policy names them" in told
        assert self.silent(desk, "--duplicates.window", "180d", *self.WARM, *self.FIELDS) == both

    def test_of_what_the_policy_names_already_nothing_is_told(self, desk: CommandDesk) -> None:
        desk.write_policy(sokol(qualification={"fields": {"location": "501001", "budget": "501002"}}))
        assert self.silent(desk, *self.WARM) == []
        assert self.silent(desk, *self.WARM, *self.FIELDS) == []
        assert self.silent(desk, *self.WARM, "--qualification.fields.budget=501003") == ["qualification.fields.budget"]

    @pytest.mark.parametrize("name", ["source", "called_number", "utm_source", "user_id"])
    def test_fields_that_are_a_sign_of_the_source_too(self, desk: CommandDesk, name: str) -> None:
        assert self.silent(desk, f"--crm.fields.{name}", "501001") == [f"crm.fields.{name}"]

    @pytest.mark.parametrize("name", ["known_ids", "duplicate", "quality", "fraud"])
    def test_fields_that_are_only_written_do_not_matter(self, desk: CommandDesk, name: str) -> None:
        assert self.silent(desk, f"--crm.fields.{name}", "501001") == []

    def test_numbers_that_were_called_rest_only_when_they_are_named(self, desk: CommandDesk) -> None:
        rule = "[{label: poster, called_number: '+74951234567'}]"
        desk.write_policy(sokol(crm={"fields": {"called_number": "501001"}}))
        words = ("--set", "sources.dictionary={poster: {}}", "--set", f"sources.rules={rule}")
        assert self.silent(desk, *words) == ["sources.rules[0].called_number"]
        assert self.silent(desk, "--sources.static_pool", "['+74951234567']") == ["sources.static_pool"]
        named = {"dictionary": {"wall": {}}, "rules": [{"label": "wall", "called_number": "+74951234567"}]}
        desk.write_policy(sokol(crm={"fields": {"called_number": "501001"}}, sources=named))
        assert self.silent(desk, *words) == []


class TestAValueThatThePolicyCannotHold:
    """Its option is named, and not the first line of a file that is in order."""

    def told(self, desk: CommandDesk, *words: str) -> list[str]:
        told = desk.run("what-if", *MONTH, *words)
        assert told.code == 1
        assert "leadloop.yaml:1 " not in told.err
        return told.err.removeprefix("leadloop what-if: ").splitlines()

    @pytest.mark.parametrize(
        "words", [("--duplicates.window", "soon"), ("--set", "duplicates.window=soon"), ("--duplicates.window=soon",)]
    )
    def test_of_no_such_kind(self, desk: CommandDesk, words: tuple[str, ...]) -> None:
        [told] = self.told(desk, *words)
        assert told.startswith("--duplicates.window: expected a length of time such as 180d")
        assert told.endswith("found 'soon'")

    def test_of_no_such_setting(self, desk: CommandDesk) -> None:
        assert self.told(desk, "--duplicates.windw", "30d") == [
            "--duplicates.windw: unknown key; did you mean 'window'?"
        ]

    def test_within_a_list(self, desk: CommandDesk) -> None:
        [told] = self.told(desk, "--duplicates.keys", "[phone, mail]")
        assert told.startswith("--duplicates.keys: duplicates.keys[1]: expected one of phone, email, person, client_id")

    def test_that_is_no_yaml(self, desk: CommandDesk) -> None:
        [told] = self.told(desk, "--set", "duplicates.keys=[phone")
        assert told.startswith("--duplicates.keys: this is not YAML")

    def test_that_lacks_something_beside_it(self, desk: CommandDesk) -> None:
        [told] = self.told(desk, "--qualification.profile", "warm", "--fraud.hold_from", "60")
        assert told.startswith("--qualification.profile: qualification.fields: profile `warm` needs")

    def test_that_goes_not_with_a_line_of_the_file(self, desk: CommandDesk) -> None:
        [told] = self.told(desk, "--set", "crm.ignored=[7001/70012]")
        assert told.startswith("--crm.ignored: crm.ignored[0]: status 7001/70012 cannot be both ignored and the stage")
        [told] = self.told(desk, "--goals.lead_qualified.on", "received")
        assert told.startswith("--goals.lead_qualified.on: leadloop.yaml:")
        assert " goals.lead_qualified.stage: goes only with `on: stage`" in told

    def test_of_two_that_may_have_brought_it_about(self, desk: CommandDesk) -> None:
        statuses = "{'7001': {'70012': hot}}"
        told = self.told(desk, "--set", f"crm.pipelines={statuses}", "--set", "crm.ignored=[]", "--fraud.hold_from=9")
        both = "--crm.pipelines or --crm.ignored or --fraud.hold_from"
        assert [line.partition(": ")[0] for line in told] == [both, both]
