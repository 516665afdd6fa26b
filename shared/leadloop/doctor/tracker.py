"""What the call tracker's account says: its key, its zone, its tags, and how much it may be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leadloop.crm import comagic
from leadloop.doctor.check import Check, Stage, State
from leadloop.doctor.token_form import token_checks
from leadloop.numerals import counted
from leadloop.policy import Policy
from leadloop.policy.call_tracker import CallTracker
from leadloop.ports.http import VendorError
from leadloop.secrets import COMAGIC_TOKEN

if TYPE_CHECKING:
    from leadloop.crm.comagic.survey import TrackerSurvey
    from leadloop.runtime import Runtime

NEEDED_A_DAY = 96 * 7
"""Calls that a day of pulls may cost: each is one list, and three reports of what changed and of what waits."""


def tracker_checks(world: Runtime) -> Iterator[Check]:
    """Ask the account, if the policy names one. One that does not answer is a finding."""
    tracker = world.policy.call_tracker
    if tracker is None:
        return
    if faults := list(token_checks(Stage.BORN_IN_CRM, "call_tracker.account", world.secrets, COMAGIC_TOKEN)):
        yield from faults
        return
    try:
        survey = comagic.look_at(world)
    except VendorError as failure:
        yield _check("account", State.ERROR, str(failure), "what the reason says; the key stands in .env")
        return
    yield _check("account", State.GOOD, f"{tracker.kind} {tracker.host} answers: {survey.account}")
    yield _reports(survey)
    yield _zone(world.policy, tracker, survey, world.clock.now())
    yield from _tags(tracker, survey)
    yield _quota(survey)


def _reports(survey: TrackerSurvey) -> Check:
    if survey.refusals:
        return _check("reports", State.ERROR, "; ".join(survey.refusals), "what the reason says")
    return _check("reports", State.GOOD, "the key may read every report that the policy wants, ids included")


def _zone(policy: Policy, tracker: CallTracker, survey: TrackerSurvey, now: datetime) -> Check:
    chosen = tracker.time_zone or policy.site.time_zone
    try:
        offset = now.astimezone(ZoneInfo(survey.time_zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        said = f"the account does not tell its zone; times of its reports are read as {chosen}"
        return _check("time_zone", State.NOT_LOOKED_AT, said, "compare the time of a call in `leadloop explain` once")
    if offset == now.astimezone(ZoneInfo(chosen)).utcoffset():
        return _check("time_zone", State.GOOD, f"times of its reports are read as {chosen}, as the account has it")
    said = f"the account is in {survey.time_zone}, and times of its reports are read as {chosen}"
    return _check("time_zone", State.ERROR, said, f"write `time_zone: {survey.time_zone}` into call_tracker")


def _tags(tracker: CallTracker, survey: TrackerSurvey) -> Iterator[Check]:
    listed = {tag.id: tag.name for tag in survey.tags}
    gone = [tag_id for tag_id in tracker.tags if tag_id not in listed]
    if gone:
        others = ", ".join(f"{tag_id} ({name})" for tag_id, name in sorted(listed.items())) or "none"
        said = f"the account has no tag {', '.join(gone)}; it has {others}"
        yield _check("tags", State.ERROR, said, "correct call_tracker.tags")
    elif not tracker.tags:
        yield _check("tags", State.NOT_LOOKED_AT, "the policy gives no tag a stage", "name tags in call_tracker.tags")
    else:
        mapped = ", ".join(f"{listed[tag_id]} → {stage}" for tag_id, stage in sorted(tracker.tags.items()))
        yield _check("tags", State.GOOD, f"{mapped}; of {counted(len(listed), 'tag')} of the account")


def _quota(survey: TrackerSurvey) -> Check:
    if survey.calls_a_day is None or survey.calls_left is None:
        return _check("quota", State.NOT_LOOKED_AT, "the account does not tell how much it may be asked")
    said = f"{survey.calls_left} of {survey.calls_a_day} calls of the day are left"
    if survey.calls_a_day < NEEDED_A_DAY:
        return _check("quota", State.WARNING, f"{said}, and up to {NEEDED_A_DAY} are needed", "pull it less often")
    if survey.calls_left < survey.calls_a_day // 10:
        return _check("quota", State.WARNING, said, "see which other integration spends them")
    return _check("quota", State.GOOD, said)


def _check(what: str, state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.BORN_IN_CRM, f"call_tracker.{what}", state, found, what_to_do)
