"""The proof: what the story says must be counted, against what the stand-in counted by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from leadloop.policy import Policy
from leadloop_host.demo.story import Story

Counted: TypeAlias = tuple[str, str]
"""An identifier and a Metrica target."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether story and stand-in agree, and every difference in words."""

    expected: int
    expected_linked: int
    counted: int
    linked: int
    differences: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True only when nothing at all differs."""
        return not self.differences

    def line(self) -> str:
        """The proof in one line."""
        sign = "=" if self.holds else "≠"
        expected = f"expected by the hand-written story {self.expected}, of them linked {self.expected_linked}"
        return f"conversions {expected}  {sign}  counted by the stand-in {self.counted}, linked {self.linked}"


def prove(
    story: Story,
    policy: Policy,
    metrica: Mapping[str, Any],
    amocrm: Mapping[str, Any],
    lead_ids: Mapping[str, list[str]],
) -> Proof:
    """Compare the story's hand-written oracle with both ledgers."""
    names = _names(story)
    linked = _expected(story, policy, "counts")
    unlinked = _expected(story, policy, "unlinked")
    seen = [((row["id"], row["target"]), row["linked"] is True) for row in metrica["conversions"]]
    counted = Counter(identity for identity, _ in seen)
    differences = [
        *_unequal("linked", linked, Counter(identity for identity, is_linked in seen if is_linked), names),
        *_unequal("not linked", unlinked, Counter(identity for identity, is_linked in seen if not is_linked), names),
        *_doubled_deals(amocrm, lead_ids),
    ]
    return Proof(
        expected=(linked + unlinked).total(),
        expected_linked=linked.total(),
        counted=counted.total(),
        linked=sum(is_linked for _, is_linked in seen),
        differences=tuple(differences),
    )


def _expected(story: Story, policy: Policy, which: str) -> Counter[Counted]:
    return Counter(
        (person.client_id or person.yclid or "", policy.target_of(goal))
        for person in story.cast
        for goal in getattr(person, which)
    )


def _names(story: Story) -> dict[str, str]:
    return {person.client_id or person.yclid or "": person.who for person in story.cast}


def _unequal(what: str, expected: Counter[Counted], found: Counter[Counted], names: Mapping[str, str]) -> list[str]:
    words = []
    for identifier, target in sorted((expected - found) + (found - expected)):
        wanted, got = expected[identifier, target], found[identifier, target]
        words.append(f"{names.get(identifier, identifier)}, {target}: {what} expected {wanted}, found {got}")
    return words


def _doubled_deals(amocrm: Mapping[str, Any], lead_ids: Mapping[str, list[str]]) -> list[str]:
    by_lead = amocrm["leads_by_field_value"].get("LEADLOOP_ID", {})
    return [
        f"{who}: lead {lead_id} was made {len(by_lead[lead_id])} times in the CRM"
        for who, ids in lead_ids.items()
        for lead_id in ids
        if len(by_lead.get(lead_id, ())) > 1
    ]
