"""Where two settings, each good alone, contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from leadloop.policy.crm import Crm
    from leadloop.policy.duplicates import Duplicates
    from leadloop.policy.models import Contacts, Goal


class Contradiction(NamedTuple):
    """Where it shows, inside the section that is checked, and what to do about it."""

    path: tuple[str | int, ...]
    text: str
    found: object


def refuse(contradictions: Iterable[Contradiction]) -> None:
    """Raise all of them at once as pydantic's ``ValidationError``; nothing when there is none."""
    errors = [
        InitErrorDetails(
            type=PydanticCustomError("contradiction", "{text}", {"text": text}),
            loc=path,
            input=found,
        )
        for path, text, found in contradictions
    ]
    if errors:
        raise ValidationError.from_exception_data("policy", errors, hide_input=True)


def crm_contradictions(crm: Crm, contacts: Contacts | None) -> Iterator[Contradiction]:
    """What in ``crm`` contradicts itself or ``contacts`` (``None`` when that section is itself at fault)."""
    yield from _new_lead_contradictions(crm, contacts is not None and contacts.mode == "keep")
    yield from crm.misplaced()
    held: dict[str, str] = {}
    for name, place in crm.fields.model_dump().items():
        first = held.setdefault(place, name) if isinstance(place, str) else name
        if first != name:
            text = (
                f"{first} and {name} both live in the field {place!r} and would overwrite each other; give each its own"
            )
            yield Contradiction(("fields", name), text, place)
    for index, status in enumerate(crm.ignored):
        stage = crm.stage_of(*status.split("/"))
        if stage is not None:
            text = f"status {status} cannot be both ignored and the stage {stage!r} of crm.pipelines; remove one"
            yield Contradiction(("ignored", index), text, status)


def _new_lead_contradictions(crm: Crm, is_kept: bool) -> Iterator[Contradiction]:
    if not crm.creates_leads:
        if is_kept:
            text = (
                f"contacts.mode `keep` is for creating leads in the CRM, and a CRM of the kind `{crm.kind}` is not "
                "written to; write `mode: hash` into contacts, or choose another kind"
            )
            yield Contradiction(("kind",), text, crm.kind)
        if crm.new_lead is not None:
            text = f"leads are not created in a CRM of the kind `{crm.kind}`; remove `new_lead`"
            yield Contradiction(("new_lead",), text, crm.new_lead)
    elif is_kept and crm.new_lead is None:
        text = (
            "missing: contacts.mode `keep` creates leads in the CRM; write `new_lead:` with the pipeline and the "
            "status they are created in"
        )
        yield Contradiction(("new_lead",), text, None)


def client_contradictions(
    duplicates: Duplicates, crm: Crm | None, tagged: frozenset[str] = frozenset()
) -> Iterator[Contradiction]:
    """Stages that make somebody a client, or no more one, and that no status and none of ``tagged`` has."""
    for name, stages in (("stages", duplicates.clients.stages), ("left", duplicates.clients.left)):
        for index, stage in enumerate(stages):
            if crm is not None and stage not in crm.stages | tagged:
                yield Contradiction(("clients", name, index), _unknown_stage(stage, crm), stage)


def goal_contradictions(
    goals: Mapping[str, Goal], crm: Crm | None, tagged: frozenset[str] = frozenset()
) -> Iterator[Contradiction]:
    """What in ``goals`` contradicts itself or ``crm`` (``None`` when that section is itself at fault).

    ``tagged``: stages that a tag of the call tracker has.
    """
    owners: dict[str, str] = {}
    for name, goal in goals.items():
        if crm is not None and goal.stage is not None and goal.stage not in crm.stages | tagged:
            yield Contradiction((name, "stage"), _unknown_stage(goal.stage, crm), goal.stage)
        target = goal.target or name
        owner = owners.setdefault(target, name)
        if owner != name:
            text = (
                f"goals {owner} and {name} both have the target {target!r}, so one conversion would count twice; "
                "give each its own target"
            )
            yield Contradiction((name, "target") if goal.target else (name,), text, target)


def _unknown_stage(stage: str, crm: Crm) -> str:
    near = get_close_matches(stage, crm.stages, 1)
    hint = f"did you mean {near[0]!r}?" if near else "map a status to it or choose another"
    return f"no status in crm.pipelines has the stage {stage!r}, only {', '.join(sorted(crm.stages))}; {hint}"
