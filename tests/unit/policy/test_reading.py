"""What an owner writes and what is understood."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadloop.policy import GoalEvent, Policy, PolicyInvalid
from leadloop.policy.durations import read_duration, write_duration
from leadloop.policy.loader import PolicySource, load_policy, read_policy
from leadloop.policy.origins import read_origin

SOKOL = """\
site:
  origins: [https://sokol.example]
  counter: 45000001
contacts:
  public_key: "e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM="
crm:
  account: sokol
  pipelines:
    3383152:
      33929755: qualified
      142: sold
goals:
  lead_received:
    on: received
  lead_sold:
    on: stage
    stage: sold
    value: price
"""


def sokol(**replaced: str) -> Policy:
    """The policy with a piece of its text replaced: ``sokol(counter='"7"')`` replaces the line of the counter."""
    lines = [
        f"{line.partition(key + ':')[0]}{key}: {text}" if line.strip().startswith(f"{key}:") else line
        for line in SOKOL.splitlines()
        for key, text in (replaced or {"": ""}).items()
    ]
    return read_policy("\n".join(lines))


def test_ids_are_text_with_quotes_and_without() -> None:
    policy = sokol()
    assert policy.site.counter == "45000001"
    assert policy.crm.pipelines == {"3383152": {"33929755": "qualified", "142": "sold"}}
    assert sokol(counter='"45000001"') == policy


def test_zeros_at_the_head_of_an_id_stay() -> None:
    assert sokol(counter="0045").site.counter == "0045"


def test_the_key_on_is_a_word() -> None:
    assert sokol().goals["lead_received"].on is GoalEvent.RECEIVED


@pytest.mark.parametrize("word", ["NO", "no", "off", "Yes", "12:30", "2026-09-01", "1_000", "0x1F", "+79990000001"])
def test_words_that_older_yaml_would_change_stay_words(word: str) -> None:
    assert sokol(counter=f"45000001\n  url_params: [{word}]").site.url_params == (word,)


def test_country_norway_is_no_boolean() -> None:
    assert sokol(counter="45000001\n  default_region: NO").site.default_region == "NO"


def test_anchors_and_merges_are_written_out() -> None:
    policy = read_policy(
        SOKOL.replace("  lead_sold:\n", "  lead_sold: &money\n")
        + "  lead_sold_twice:\n    <<: *money\n    target: second\n    value: 500\n"
    )
    twice = policy.goals["lead_sold_twice"]
    assert (twice.on, twice.stage, twice.target, twice.value) == (GoalEvent.STAGE, "sold", "second", 500)


def test_later_merges_give_way_to_earlier_ones() -> None:
    text = SOKOL + "  a: &a {on: received, target: first}\n  b: &b {on: received, target: second, value: 7}\n"
    goal = read_policy(text + "  c: {<<: [*a, *b], target: third}\n").goals["c"]
    assert (goal.target, goal.value) == ("third", 7)


def test_byte_order_mark_of_windows_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "leadloop.yaml"
    path.write_text(SOKOL.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert load_policy(path) == sokol()


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match=r"absent\.yaml: cannot be read .* write a new one with `leadloop init`"):
        load_policy(tmp_path / "absent.yaml")


def test_standards_hold_where_nothing_is_written() -> None:
    policy = sokol()
    assert policy.site.time_zone == "Europe/Moscow"
    assert policy.defaults.visit_window == timedelta(days=21)
    assert policy.settle_of("lead_sold") == timedelta(minutes=30)
    assert policy.settle_of("lead_received") == timedelta(0)


class TestLines:
    source = PolicySource.of_text(SOKOL)

    @pytest.mark.parametrize(
        ("path", "line"),
        [("site.counter", 3), ("site.origins[0]", 2), ("crm.pipelines.3383152.142", 11), ("goals.lead_sold", 15)],
    )
    def test_line_of_a_setting(self, path: str, line: int) -> None:
        assert self.source.line_of(path) == line

    def test_citation(self) -> None:
        assert self.source.cite("goals.lead_sold.stage") == "leadloop.yaml:17 goals.lead_sold.stage"

    def test_citation_of_what_is_not_written(self) -> None:
        assert self.source.cite("defaults.settle_delay") == "leadloop.yaml defaults.settle_delay (standard)"

    def test_merged_setting_cites_the_line_it_came_from(self) -> None:
        merged = PolicySource.of_text(SOKOL.replace("lead_sold:", "lead_sold: &m") + "  again: {<<: *m, target: b}\n")
        assert merged.line_of("goals.again.value") == 18


class TestOrigins:
    @pytest.mark.parametrize(
        ("written", "sent_by_browsers"),
        [
            ("https://sokol.example", "https://sokol.example"),
            ("HTTPS://Sokol.Example", "https://sokol.example"),
            ("https://sokol.example:443", "https://sokol.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://жк-сокол.рф", "https://xn----ktbmbfqbv.xn--p1ai"),
        ],
    )
    def test_is_kept_as_browsers_send_it(self, written: str, sent_by_browsers: str) -> None:
        assert read_origin(written) == sent_by_browsers

    @pytest.mark.parametrize(
        "written",
        [
            *["", "*", "null", "//a.example", "ftp://a.example", "https://", "https://a b.example"],
            *["https://u:p@a.example", "https://a.example/", "https://a.example?x=1", "https://a.example\n"],
            *["https://a..example", "https://a:x"],
        ],
    )
    def test_what_is_no_origin_is_refused(self, written: str) -> None:
        with pytest.raises(ValueError, match="an origin such as https://sokol"):
            read_origin(written)


class TestDurations:
    @given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3650)))
    def test_what_is_written_is_read_back_to_the_second(self, length: timedelta) -> None:
        assert read_duration(write_duration(length)) == length - timedelta(microseconds=length.microseconds)

    @given(st.text(max_size=20) | st.integers() | st.none() | st.booleans())
    def test_anything_else_is_refused_by_name(self, written: object) -> None:
        assume(not isinstance(written, str) or not written.strip()[-1:].isalpha())
        with pytest.raises(ValueError, match="expected a length of time"):
            read_duration(written)

    @pytest.mark.parametrize("written", ["99999999999999999999d", "3651d"])
    def test_slip_of_the_pen(self, written: str) -> None:
        with pytest.raises(ValueError, match="at most 3650d"):
            read_duration(written)


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    with pytest.raises(PolicyInvalid) as refusal:
        read_policy(text)
    assert refusal.value.faults


def test_importing_the_policy_imports_nothing_heavy() -> None:
    script = "import sys, leadloop.policy; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"requests", "flask", "functions_framework", "sqlite3", "nacl", "phonenumbers"}
