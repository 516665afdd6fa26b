"""What a valid policy probably gets wrong of its accounts: the CRM and the call tracker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from leadloop.policy.bitrix24 import Bitrix24
from leadloop.policy.findings import Finding, Level
from leadloop.policy.models import ContactMode, GoalEvent, Policy

TRACKER_HOSTS = ("dataapi.comagic.ru", "dataapi.uiscom.ru", "dataapi.novofon.com", "dataapi.callgear.com")
"""Where the Data API of the platform is: https://comagic.github.io/data_api/"""


def review_accounts(policy: Policy) -> Iterator[Finding]:
    """Findings about the CRM and the call tracker."""
    yield from _crm(policy)
    yield from _small_letters(policy)
    yield from _call_tracker(policy)


def review_days(policy: Policy, today: date) -> Iterator[Finding]:
    """Findings about days that have passed."""
    last_day = policy.crm.webhook_expires if isinstance(policy.crm, Bitrix24) else None
    if last_day is not None and date.fromisoformat(last_day) < today:
        text = f"{last_day} has passed, and with it the inbound webhook; make another and correct the day"
        yield Finding(Level.WARNING, "crm.webhook_expired", "crm.webhook_expires", text)


def stages_that_feed(policy: Policy) -> set[str]:
    """Stages that reach some goal."""
    fed = {goal.stage for goal in policy.goals.values() if goal.stage is not None}
    events = {goal.on for goal in policy.goals.values()}
    if GoalEvent.QUALIFIED in events:
        fed |= set(policy.qualification.stages)
    if GoalEvent.DISQUALIFIED in events:
        fed |= set(policy.disqualification.stages)
    return fed


def _crm(policy: Policy) -> Iterator[Finding]:
    crm = policy.crm
    for pipeline in crm.pipelines:
        unsaid = [status for status in crm.ends_of(pipeline) if not crm.knows(pipeline, status)]
        if unsaid:
            text = (
                f"the closing status {' and '.join(unsaid)} has no stage: leads closed there would be unknown; "
                f"map it, or put {pipeline}/{unsaid[0]} into crm.ignored"
            )
            yield Finding(Level.WARNING, "crm.closed_status_unmapped", f"crm.pipelines.{pipeline}", text)
    new = crm.new_lead
    if new is not None and policy.contacts.mode is ContactMode.KEEP and not crm.knows(new.pipeline, new.status):
        text = (
            f"leads are created in {new.pipeline}/{new.status}, a status the policy does not know; "
            "map it in crm.pipelines or put it into crm.ignored"
        )
        yield Finding(Level.WARNING, "crm.new_lead_unknown", "crm.new_lead", text)


def _small_letters(policy: Policy) -> Iterator[Finding]:
    if not isinstance(policy.crm, Bitrix24):
        return
    for pipeline, statuses in policy.crm.pipelines.items():
        for status in statuses:
            if status != status.upper():
                meant = status.upper()
                text = f"Bitrix24 writes its stages in capitals, and {status!r} is another id; did you mean {meant!r}?"
                path = f"crm.pipelines.{pipeline}.{status}"
                yield Finding(Level.WARNING, "crm.status_in_small_letters", path, text)


def _call_tracker(policy: Policy) -> Iterator[Finding]:
    tracker = policy.call_tracker
    if tracker is None:
        return
    if tracker.host not in TRACKER_HOSTS:
        text = f"{tracker.host} is no known host of the Data API; expected one of {', '.join(TRACKER_HOSTS)}"
        yield Finding(Level.WARNING, "call_tracker.unknown_host", "call_tracker.host", text)
    clients = policy.duplicates.clients
    meant = policy.crm.stages | stages_that_feed(policy) | {*clients.stages, *clients.left}
    for tag, stage in tracker.tags.items():
        if stage not in meant:
            near = get_close_matches(stage, meant, 1)
            hint = f"did you mean {near[0]!r}?" if near else "put a goal on it, or remove the tag"
            text = f"no status has the stage {stage!r} and no goal is on it, so the tag does nothing; {hint}"
            yield Finding(Level.WARNING, "call_tracker.stage_without_use", f"call_tracker.tags.{tag}", text)
