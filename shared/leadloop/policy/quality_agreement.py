"""Where what a policy says of good and bad leads contradicts itself, or the rest of the policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from leadloop.policy.agreement import Contradiction
from leadloop.policy.quality import LOST, MOST_REASONS, QUALIFIED, REQUIRED_OF, Disqualification, Qualification, Reason

if TYPE_CHECKING:
    from leadloop.policy.crm import Crm
    from leadloop.policy.models import Goal
    from leadloop.policy.value_types import Written

NO_REASON = frozenset({"unmapped", "missing"})
"""What a report calls a loss reason that the policy does not map, and one that nobody chose."""


def qualification_contradictions(
    qualification: Qualification, crm: Crm | None, tagged: frozenset[str] = frozenset()
) -> Iterator[Contradiction]:
    """What in ``qualification`` contradicts itself or ``crm`` (``None`` when that section is itself at fault).

    ``tagged``: stages that a tag of the call tracker has.
    """
    yield from _profile(qualification)
    if crm is None:
        return
    stages = crm.stages | tagged
    if qualification.stage not in stages and (qualification.profile or qualification.stage != QUALIFIED):
        yield Contradiction(("stage",), _unknown_stage(qualification.stage, crm), qualification.stage)
    for index, stage in enumerate(qualification.later):
        if stage not in stages:
            yield Contradiction(("later", index), _unknown_stage(stage, crm), stage)
    for name, field in qualification.fields.items():
        yield from _misspelt(("fields", name), field, crm.field_form)


def disqualification_contradictions(
    disqualification: Disqualification,
    qualification: Qualification | None,
    crm: Crm | None,
    tagged: frozenset[str] = frozenset(),
) -> Iterator[Contradiction]:
    """What in ``disqualification`` contradicts itself or the sections it speaks of."""
    for index, stage in enumerate(disqualification.stages):
        if crm is not None and stage not in crm.stages | tagged and disqualification.stages != (LOST,):
            yield Contradiction(("stages", index), _unknown_stage(stage, crm), stage)
        if qualification is not None and qualification.profile and stage in qualification.stages:
            text = f"the stage {stage!r} means qualified in `qualification`, so it cannot mean lost; remove one"
            yield Contradiction(("stages", index), text, stage)
    yield from _reasons(disqualification.reasons)
    if crm is None:
        return
    for name, reason in disqualification.reasons.items():
        for index, loss_reason in enumerate(reason.loss_reasons):
            yield from _misspelt(("reasons", name, "loss_reasons", index), loss_reason, crm.id_form)


def goal_reason_contradictions(
    goals: Mapping[str, Goal], disqualification: Disqualification
) -> Iterator[Contradiction]:
    """Reasons that goals ask for and ``disqualification`` does not know."""
    for name, goal in goals.items():
        for index, reason in enumerate(goal.reasons):
            if reason not in disqualification.reasons:
                text = f"no reason in disqualification.reasons has the name {reason!r}; "
                text += _hint(reason, disqualification.reasons) or "write it there, or remove it here"
                yield Contradiction(("goals", name, "reasons", index), text, reason)


def _profile(qualification: Qualification) -> Iterator[Contradiction]:
    profile, fields = qualification.profile, qualification.fields
    if profile == "own" and not qualification.required:
        text = "missing: profile `own` needs the names of the fields that must be filled in; profile `cold` needs none"
        yield Contradiction(("required",), text, None)
    if profile != "own" and qualification.required:
        wants = ", ".join(REQUIRED_OF.get(profile or "", ())) or "no field"
        found = f"profile `{profile}` asks for {wants}" if profile else "no profile is chosen"
        text = f"goes only with profile `own`, and {found}; write `profile: own`, or remove `required`"
        yield Contradiction(("required",), text, qualification.required)
    missing = [name for name in qualification.needed if name not in fields]
    if profile == "warm" and missing:
        named = " and ".join(f"`{name}:`" for name in missing)
        text = f"profile `warm` needs the CRM's field of {' and of '.join(missing)}; write {named} with the field's id"
        yield Contradiction(("fields",), text, None)
    for index, name in enumerate(qualification.required if profile == "own" else ()):
        if name not in fields:
            what_to_do = _hint(name, fields) or "write it there with the id of the field"
            text = f"qualification.fields has no {name!r}; {what_to_do}"
            yield Contradiction(("required", index), text, name)


def _reasons(reasons: Mapping[str, Reason]) -> Iterator[Contradiction]:
    if len(reasons) > MOST_REASONS:
        text = (
            f"expected at most {MOST_REASONS} reasons, found {len(reasons)}: from a long list people choose at random; "
            "put several loss reasons of the CRM under one reason"
        )
        yield Contradiction(("reasons",), text, None)
    owners: dict[str, str] = {}
    for name, reason in reasons.items():
        if name in NO_REASON:
            text = f"reports call a lead without a reason {name!r}; give this reason another name"
            yield Contradiction(("reasons", name), text, name)
        if reason.fraud and reason.warm_up:
            text = "is a reason of `fraud: true`, and nobody warms up a bot; remove one of the two"
            yield Contradiction(("reasons", name, "warm_up"), text, True)
        for index, loss_reason in enumerate(reason.loss_reasons):
            owner = owners.setdefault(loss_reason, name)
            if owner != name:
                text = f"the loss reason {loss_reason} stands under {owner!r} already; leave it in one place"
                yield Contradiction(("reasons", name, "loss_reasons", index), text, loss_reason)


def _misspelt(path: tuple[str | int, ...], name: str, form: Written) -> Iterator[Contradiction]:
    """An id that no CRM of the policy's kind gives."""
    if not form.fits(name):
        yield Contradiction(path, f"expected {form.expected}, found {name!r}", name)


def _unknown_stage(stage: str, crm: Crm) -> str:
    hint = _hint(stage, crm.stages) or "map a status to it or choose another"
    return f"no status in crm.pipelines has the stage {stage!r}, only {', '.join(sorted(crm.stages))}; {hint}"


def _hint(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, sorted(known), 1)
    return f"did you mean {near[0]!r}?" if near else ""
