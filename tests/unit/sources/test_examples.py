"""The worked examples of sources: each a policy and leads, resolved as the file says and shown in the guides."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from leadloop.facts import Fact
from leadloop.policy import Policy
from leadloop.policy.yaml_tree import read_tree
from support.crm_sources import shown
from support.guides import LANGUAGES, guides
from support.lead_facts import linked, state_of, submitted
from support.policies import sokol

EXAMPLES = sorted((Path(__file__).parents[2] / "bodies" / "sources").glob("*.yaml"))


class Case(NamedTuple):
    policy: Policy
    facts: tuple[Fact, ...]
    expected: tuple[str, str, str]


def read(example: Path) -> dict[str, Any]:
    tree = read_tree(example.read_text(encoding="utf-8"))
    assert not tree.faults
    assert isinstance(tree.values, dict)
    return tree.values


def cases() -> dict[str, Case]:
    found = {}
    for example in EXAMPLES:
        told = read(example)
        policy = sokol(**told["policy"])
        for name, lead in told["leads"].items():
            label, rule = lead["is"]
            facts = (submitted(**lead["form"]),) if "form" in lead else (linked(), shown(**lead["deal"]))
            found[f"{example.stem}: {name}"] = Case(policy, facts, (label, rule, lead.get("contractor", "")))
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_lead_is_of_the_source_that_the_example_names(case: Case) -> None:
    source = state_of(*case.facts, policy=case.policy).source
    assert (source.label, source.rule, source.contractor) == case.expected
    assert source.reason


def test_all_four_kinds_of_connection_are_shown() -> None:
    seen = {state_of(*case.facts, policy=case.policy).source.connection for case in CASES.values()}
    assert seen - {""} == {"channel_known", "automatic", "crm", "manual"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_the_guide_shows_the_policy_of_the_example(example: Path, language: str) -> None:
    blocks = [block.text for block in guides(language)["policy.md"].blocks if block.language == "yaml"]
    assert read(example)["policy"] in [read_tree(block).values for block in blocks]


def test_contractors_are_one_line_or_several_as_a_person_decides() -> None:
    """The same leads; only `line` was written into both entries."""
    told = read(next(example for example in EXAMPLES if example.stem == "contractors"))["policy"]
    together = yaml.safe_load(yaml.safe_dump(told))
    for label in ("direct_north", "direct_south"):
        together["sources"]["dictionary"][label]["line"] = "yandex_direct"
    for name in ("the first", "the second"):
        case = CASES[f"contractors: {name}"]
        apart = state_of(*case.facts, policy=case.policy).source
        joined = state_of(*case.facts, policy=sokol(**together)).source
        assert (joined.label, joined.contractor) == ("yandex_direct", apart.contractor)
        assert apart.label == f"direct_{apart.contractor}"
        assert joined.reason.endswith(f"{apart.label} is counted with yandex_direct")


def test_examples_say_what_they_show() -> None:
    assert len(EXAMPLES) == 4
    for example in EXAMPLES:
        head = textwrap.dedent(example.read_text(encoding="utf-8").partition("policy:")[0])
        assert head.startswith("# ")
