"""What a valid policy probably gets wrong, or leaves unsaid: findings, each under a stable rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches

from leadloop.manifest import Manifest
from leadloop.policy.account_review import review_accounts, stages_that_feed
from leadloop.policy.chapters import told_of
from leadloop.policy.crons import check_cron
from leadloop.policy.findings import Finding, Level
from leadloop.policy.models import GoalEvent, Policy
from leadloop.policy.origins import is_local
from leadloop.policy.verdict_review import review_verdicts

LINKED_FOR = timedelta(days=21)
"""Metrica links an offline conversion to a visit not older than this."""


def review(policy: Policy) -> Iterator[Finding]:
    """Findings about the policy alone."""
    yield from _site(policy)
    yield from _forms(policy)
    yield from review_accounts(policy)
    yield from _sources(policy)
    yield from _goals(policy)
    yield from _windows(policy)
    yield from _identity(policy)
    yield from _quality(policy)
    yield from review_verdicts(policy)


def review_schedules(policy: Policy, manifest: Manifest) -> Iterator[Finding]:
    """Findings about schedules, which only the manifest can judge."""
    scheduled = {name: function.schedule for name, function in manifest.functions.items() if function.schedule}
    for name in policy.schedules:
        if name not in scheduled:
            near = get_close_matches(name, scheduled, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(scheduled)}"
            text = f"no function with a schedule has the name {name!r}; {hint}"
            yield Finding(Level.ERROR, "schedules.unknown_function", f"schedules.{name}", text)
    for name, cron in scheduled.items():
        verdict = check_cron(cron)
        if not verdict:
            text = f"functions.yaml gives {name} the schedule {cron!r}: {verdict.reason}; correct it there"
            yield Finding(Level.ERROR, "schedules.manifest_cron", f"schedules.{name}", text)
    for name, cron in policy.schedules.items():
        if name in scheduled and cron != scheduled[name] and manifest.functions[name].silence is not None:
            text = (
                f"in the cloud nobody is told when {name} does not run: how long its silence may be is known only for "
                f"{scheduled[name]!r}; its runs that fail are told all the same"
            )
            yield Finding(Level.NOTE, "schedules.silence_untold", f"schedules.{name}", text)


def _site(policy: Policy) -> Iterator[Finding]:
    for index, origin in enumerate(policy.site.origins):
        path = f"site.origins[{index}]"
        if origin.startswith("http://") and not is_local(origin):
            text = f"{origin} sends contacts and ids unencrypted; use https"
            yield Finding(Level.WARNING, "site.insecure_origin", path, text)
        if origin.endswith(".example"):
            text = f"{origin} is an example that nobody can own; put the site's own origin here"
            yield Finding(Level.WARNING, "site.example_origin", path, text)


def _forms(policy: Policy) -> Iterator[Finding]:
    from leadloop.forms.field_names import plain_name  # functions review nothing, and some read no form

    written: dict[str, str] = {}
    for name in policy.forms.fields:
        first = written.setdefault(plain_name(name), name)
        if first != name:
            text = (
                f"{first!r} and {name!r} are one name: letter case, spaces and signs mean nothing; remove one of them"
            )
            yield Finding(Level.ERROR, "forms.same_field", f"forms.fields.{name}", text)


def _sources(policy: Policy) -> Iterator[Finding]:
    for index, rule in enumerate(policy.sources.rules):
        if rule.called_number is not None and policy.crm.fields.called_number is None:
            text = (
                "no deal tells which number was called, so no lead is of this rule; "
                "write `called_number:` into crm.fields with the id of the field it stands in"
            )
            yield Finding(Level.WARNING, "sources.number_not_read", f"sources.rules[{index}].called_number", text)


def _goals(policy: Policy) -> Iterator[Finding]:
    if all(goal.value == "none" for goal in policy.goals.values()):
        text = "no goal sends a value, so Direct cannot learn what a sale is worth; give the sale `value: price`"
        yield Finding(Level.WARNING, "goals.no_price", "goals", text)
    fed = stages_that_feed(policy)
    for pipeline, statuses in policy.crm.pipelines.items():
        for status, stage in statuses.items():
            # A lost deal usually feeds nothing: saying so every time would teach people not to read.
            if stage not in fed and status not in policy.crm.ends_of(pipeline)[1:]:
                fed.add(stage)
                text = f"the stage {stage!r} feeds no goal; it is counted in reports and nothing is sent"
                yield Finding(Level.NOTE, "goals.stage_without_goal", f"crm.pipelines.{pipeline}.{status}", text)


def _quality(policy: Policy) -> Iterator[Finding]:
    profile, disqualification = policy.qualification.profile, policy.disqualification
    lost = policy.crm.stages & set(disqualification.stages)
    for name, goal in policy.goals.items():
        if goal.on is GoalEvent.QUALIFIED and profile is None:
            text = "nobody is ever qualified: write `qualification:` with a profile, or put the goal on a stage"
            yield Finding(Level.WARNING, "goals.qualified_without_profile", f"goals.{name}.on", text)
        if goal.on is GoalEvent.DISQUALIFIED and not lost:
            text = (
                f"nobody is ever lost: no status in crm.pipelines has the stage {' or '.join(disqualification.stages)}"
            )
            yield Finding(Level.WARNING, "goals.disqualified_without_stage", f"goals.{name}.on", text)
    for name in disqualification.suppressing:
        if not told_of(policy, name):
            text = (
                "nothing tells advertisements whom to avoid: write a goal `on: disqualified` without `reasons`, or add "
                f"{name} to those of one"
            )
            path = f"disqualification.reasons.{name}.suppress"
            yield Finding(Level.WARNING, "disqualification.suppress_without_goal", path, text)
    if profile is not None and lost and not disqualification.reasons:
        text = "why leads are lost is not said; map the CRM's loss reasons, at most 12, in `disqualification.reasons`"
        yield Finding(Level.NOTE, "disqualification.no_reasons", "disqualification", text)
    for name, reason in disqualification.reasons.items():
        if not reason.loss_reasons:
            text = "no loss reason of the CRM means this one, so nobody is ever lost for it; write `loss_reasons`"
            yield Finding(
                Level.WARNING, "disqualification.reason_never_chosen", f"disqualification.reasons.{name}", text
            )


def _identity(policy: Policy) -> Iterator[Finding]:
    from leadloop.identity.shared_contacts import read_contact  # phonenumbers is heavy, and functions review nothing

    for index, listed in enumerate(policy.identity.shared):
        if not read_contact(listed, policy.site.default_region):
            text = (
                "expected a phone or an e-mail of an agent or an office; what stands here is neither, and does nothing"
            )
            yield Finding(Level.ERROR, "identity.not_a_contact", f"identity.shared[{index}]", text)


def _windows(policy: Policy) -> Iterator[Finding]:
    window, margin = policy.defaults.visit_window, policy.defaults.visit_margin
    if window > LINKED_FOR:
        text = "Metrica links no conversion later than 21d after the last visit; longer only hides what is lost"
        yield Finding(Level.WARNING, "defaults.visit_window_too_long", "defaults.visit_window", text)
    if margin >= window:
        text = "the margin eats the whole window, so no conversion can be in time; make it shorter"
        yield Finding(Level.WARNING, "defaults.visit_margin_too_long", "defaults.visit_margin", text)
