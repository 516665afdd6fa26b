"""What the CRM's account says: its token and currency, its funnels and its fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from leadloop import crm
from leadloop.crm.survey import Listed, Survey
from leadloop.crm.token_expiry import TokenEnd
from leadloop.doctor.check import Check, Stage, State
from leadloop.doctor.hook import hook_check
from leadloop.doctor.token_form import token_checks
from leadloop.numerals import counted
from leadloop.policy import Policy
from leadloop.ports.http import VendorError
from leadloop.secrets import SecretMissing

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

EXPIRY_WORTH_A_LOOK = timedelta(days=30)


def account_checks(world: Runtime, *, has_store: bool = False) -> Iterator[Check]:
    """Ask the account. One that does not answer is a finding. Raises ``StoreUnavailable``, where there is a store."""
    if faults := list(token_checks(Stage.FUNNELS, "crm.account", world.secrets, world.policy.crm.credential)):
        yield from faults
        return
    try:
        survey = crm.take_survey(world)
    except (VendorError, SecretMissing) as failure:
        yield _funnel("crm.account", State.ERROR, str(failure), "what the reason says; the token stands in .env")
        return
    yield from _of_funnels(world.policy, survey, world.clock.now())
    yield from _fields(world.policy, survey)
    yield hook_check(world, survey, has_store=has_store)


def _of_funnels(policy: Policy, survey: Survey, now: datetime) -> Iterator[Check]:
    """The account itself, and whether every status and reason of loss means something, on purpose."""
    yield _funnel("crm.account", State.GOOD, f"{policy.crm.kind} {policy.crm.host} answers: {survey.account}")
    yield _token(survey.token_end, now)
    yield _currency(policy, survey.currency)
    yield from _statuses(policy, survey)
    yield from _reasons(policy, survey.loss_reasons)


def _token(end: TokenEnd | None, now: datetime) -> Check:
    rule = "crm.token"
    if end is None:
        return _funnel(rule, State.GOOD, "the token is valid; it does not tell when it ends")
    if end.at <= now:
        return _funnel(rule, State.ERROR, f"the token ended on {end.at:%Y-%m-%d}", end.what_to_do)
    until = f"the token ends on {end.at:%Y-%m-%d}"
    if end.at - now < EXPIRY_WORTH_A_LOOK:
        days = counted((end.at - now).days, "day")
        return _funnel(rule, State.WARNING, f"{until}, in {days}", end.what_to_do)
    return _funnel(rule, State.GOOD, until)


def _currency(policy: Policy, found: str) -> Check:
    rule, wanted = "crm.currency", policy.site.currency
    if found in ("", wanted):
        return _funnel(rule, State.GOOD if found else State.NOT_LOOKED_AT, f"prices of deals are in {found or wanted}")
    said = f"prices of deals are in {found}, and the policy says {wanted}: every price would be sent as {wanted}"
    return _funnel(rule, State.ERROR, said, f"write `currency: {found}` into site, and check that of the counter")


def _statuses(policy: Policy, survey: Survey) -> Iterator[Check]:
    rule = "crm.statuses"
    listed = {one.id: {status.id for status in one.statuses} for one in survey.pipelines}
    written = [(pipeline, status) for pipeline, statuses in policy.crm.pipelines.items() for status in statuses]
    written += [(pipeline, status) for pipeline, _, status in (one.partition("/") for one in policy.crm.ignored)]
    gone = [f"{pipeline}/{status}" for pipeline, status in written if status not in listed.get(pipeline, ())]
    if gone:
        said = f"the account has no status {', '.join(gone)} (or its pipeline is archived)"
        what_to_do = "correct crm.pipelines and crm.ignored; the account's own are listed in the next check, if any"
        yield _funnel(rule, State.ERROR, said, what_to_do)
    unknown = [
        f"{pipeline.id}/{status.id} ({pipeline.name}: {status.name})"
        for pipeline in survey.pipelines
        for status in pipeline.statuses
        if not policy.crm.knows(pipeline.id, status.id)
    ]
    if unknown:
        said = f"{counted(len(unknown), 'status', 'statuses')} without a meaning: {'; '.join(unknown)}"
        yield _funnel(rule, State.WARNING, said, "give each a stage in crm.pipelines, or name it in crm.ignored")
    if not gone and not unknown:
        total = sum(len(one.statuses) for one in survey.pipelines)
        yield _funnel(rule, State.GOOD, f"every one of {total} statuses has a stage or is ignored on purpose")


def _reasons(policy: Policy, listed: Sequence[Listed]) -> Iterator[Check]:
    rule, reasons = "crm.loss_reasons", policy.disqualification.reasons
    if not reasons:
        yield _funnel(rule, State.NOT_LOOKED_AT, "the policy has no disqualification.reasons")
        return
    mapped = {id_ for reason in reasons.values() for id_ in reason.loss_reasons}
    gone = sorted(mapped - {one.id for one in listed})
    if gone:
        said = f"the account has no loss reason {', '.join(gone)}"
        yield _funnel(rule, State.ERROR, said, "correct `loss_reasons` in disqualification.reasons")
    unmapped = [f"{one.id} ({one.name})" for one in listed if one.id not in mapped]
    if unmapped:
        said = f"{counted(len(unmapped), 'loss reason')} without a meaning: {', '.join(unmapped)}"
        yield _funnel(rule, State.WARNING, said, "name each in `loss_reasons` of one of disqualification.reasons")
    if not gone and not unmapped:
        yield _funnel(rule, State.GOOD, f"every one of {len(listed)} loss reasons means one of the policy's")


def _fields(policy: Policy, survey: Survey) -> Iterator[Check]:
    rule = "crm.fields"
    held = {at for field in survey.fields for at in (field.id, field.code) if at}
    named = {f"crm.fields.{name}": at for name, at in policy.crm.fields.model_dump().items() if at}
    named |= {f"qualification.fields.{name}": at for name, at in policy.qualification.fields.items()}
    missing = {path: at for path, at in named.items() if at not in held}
    ours = missing.pop("crm.fields.leadloop_id", None)
    if ours is not None:
        what_to_do = "run `leadloop init --crm`, which creates it"
        yield _birth(rule, State.ERROR, f"deals have no field {ours}, in which our id of the lead stands", what_to_do)
    if missing:
        said = f"deals have no field {', '.join(f'{at} ({path})' for path, at in sorted(missing.items()))}"
        yield _birth(rule, State.WARNING, said, "create them in the CRM, or correct the policy; the others are used")
    if ours is None and not missing:
        yield _birth(rule, State.GOOD, f"deals have all {len(named)} fields that the policy names")


def _funnel(rule: str, state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.FUNNELS, rule, state, found, what_to_do)


def _birth(rule: str, state: State, found: str, what_to_do: str = "") -> Check:
    return Check(Stage.BORN_IN_CRM, rule, state, found, what_to_do)
