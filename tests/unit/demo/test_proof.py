"""The proof holds only when story and stand-ins agree to the last row, and names every difference."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leadloop_host.demo.proof import Proof, prove
from leadloop_host.demo.story import Story
from support.stories import ANNA, SHAMIL, policy, story

YCLID = "7325873983740248019"
STORY = story(
    {"who": "Анна", "client_id": ANNA, "yclid": "7325873983740247041", "counts": ["lead_received", "lead_sold"]},
    {"who": "Полина", "yclid": YCLID, "counts": ["lead_received"]},
    {"who": "Шамиль", "client_id": SHAMIL, "unlinked": {"lead_received": "rounded_client_id"}},
    {"who": "Элла", "unsent": {"lead_received": "no identifier"}},
)
Row = dict[str, object]


def row(id_: str, target: str, linked: bool | None = True, at: int = 1_788_253_200) -> Row:
    return {"id": id_, "target": target, "linked": linked, "datetime": at}


AGREED = [
    row(ANNA, "lead_received"),
    row(ANNA, "lead_sold"),
    row(YCLID, "lead_received"),
    row(SHAMIL, "lead_received", linked=False),
]
LEADS = {"Анна": ["lead-anna"], "Шамиль": ["lead-shamil", "lead-shamil-again"]}
DEALS = {"lead-anna": [1], "lead-shamil": [2]}


def proof_of(rows: Sequence[Row], deals: dict[str, list[int]] | None = None, played: Story = STORY) -> Proof:
    amocrm = {"leads_by_field_value": {"LEADLOOP_ID": DEALS if deals is None else deals}}
    return prove(played, policy(), {"conversions": rows}, amocrm, LEADS)


def test_agreement_is_a_proof() -> None:
    proof = proof_of(AGREED)
    assert proof.holds
    assert proof.differences == ()
    expected = "conversions expected by the hand-written story 4, of them linked 3"
    assert proof.line() == f"{expected}  =  counted by the stand-in 4, linked 3"


def test_the_order_of_rows_does_not_matter() -> None:
    assert proof_of(AGREED[::-1]).holds


@pytest.mark.parametrize(
    ("rows", "differences"),
    [
        (AGREED[1:], ["Анна, lead_received: linked expected 1, found 0"]),
        ([*AGREED, row(ANNA, "lead_meeting")], ["Анна, lead_meeting: linked expected 0, found 1"]),
        (
            [*AGREED, row("1788000000000000000", "lead_received", linked=False)],
            ["1788000000000000000, lead_received: not linked expected 0, found 1"],
        ),
        (
            [*AGREED, row(ANNA, "lead_sold", at=1_788_253_201)],
            ["Анна, lead_sold: linked expected 1, found 2"],
        ),
        (
            [row(ANNA, "lead_received", linked=False), *AGREED[1:]],
            [
                "Анна, lead_received: linked expected 1, found 0",
                "Анна, lead_received: not linked expected 0, found 1",
            ],
        ),
        (
            [*AGREED[:3], row(SHAMIL, "lead_received")],
            [
                "Шамиль, lead_received: linked expected 0, found 1",
                "Шамиль, lead_received: not linked expected 1, found 0",
            ],
        ),
        ([*AGREED[:3], row(SHAMIL, "lead_received", linked=None)], []),
        ([*AGREED[1:], row(ANNA, "lead_sold")], [
            "Анна, lead_received: linked expected 1, found 0",
            "Анна, lead_sold: linked expected 1, found 2",
        ]),
    ],
    ids=[
        "one is missing",
        "one too many",
        "one of nobody",
        "counted twice under another DateTime",
        "not linked though it should be",
        "linked though it cannot be",
        "still in processing is not linked",
        "the sum is right and the rows are not",
    ],
)  # fmt: skip
def test_every_difference_is_named(rows: list[Row], differences: list[str]) -> None:
    proof = proof_of(rows)
    assert list(proof.differences) == differences
    assert proof.holds is not bool(differences)


def test_a_lead_made_twice_in_the_crm_breaks_the_proof_though_the_count_is_right() -> None:
    proof = proof_of(AGREED, {**DEALS, "lead-shamil-again": [3, 4]})
    assert proof.differences == ("Шамиль: lead lead-shamil-again was made 2 times in the CRM",)
    assert proof.line().count("≠") == 1


def test_a_crm_nothing_was_written_to_is_no_difference_of_its_own() -> None:
    assert proof_of(AGREED, {}).holds


def test_a_story_is_proven_under_the_targets_of_its_policy() -> None:
    nobody = story({"who": "Элла", "unsent": {"lead_received": "no identifier"}})
    assert proof_of([], {}, nobody).line() == (
        "conversions expected by the hand-written story 0, of them linked 0  =  counted by the stand-in 0, linked 0"
    )
