"""What Metrica says of the counter: that it answers, its zone, its goals and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from leadloop.doctor.check import Check, Stage, State
from leadloop.doctor.token_form import token_checks
from leadloop.policy import Policy
from leadloop.ports.http import Refused, VendorError
from leadloop.secrets import METRICA_TOKEN, SecretMissing
from leadloop.yandex.metrica import CounterGoal, CounterLook
from leadloop.yandex.metrica_errors import is_token_fault

if TYPE_CHECKING:
    from leadloop.runtime import Runtime

CLOCK_WORTH_A_LOOK = timedelta(seconds=30)
CLOCK_WRONG = timedelta(minutes=10)
"""From here on an upload run sends nothing."""
_MATCHES = "a JavaScript-event goal whose identifier `matches` (not `contains`), letter for letter"


def counter_checks(world: Runtime) -> Iterator[Check]:
    """Ask the counter. Where time is simulated, clocks are not compared."""
    policy = world.policy
    if faults := list(token_checks(Stage.SOURCES, "metrica.counter", world.secrets, METRICA_TOKEN)):
        yield from faults
        return
    try:
        page = world.metrica.counter_page()
        look = world.metrica.look()
    except (VendorError, SecretMissing) as failure:
        yield _unreachable(policy, failure)
        return
    named = f"counter {policy.site.counter}"
    yield _good("metrica.counter", f"{named} answers: {page.name or page.site or 'without a name'}")
    yield _zone(policy, page.time_zone)
    yield _rights(world)
    yield from _goals(policy, look)
    if world.tells_real_time and look.answered_at is not None:
        yield _clock(world.clock.now() - look.answered_at)


def goals_to_create(policy: Policy, look: CounterLook) -> dict[str, str]:
    """Identifier → goal of the policy, of goals that the counter has in no form.

    One that is nearly right is a person's to correct.
    """
    return {target: goal for target, goal in _missing(policy, look).items() if not _near(target, look.goals)}


def _missing(policy: Policy, look: CounterLook) -> dict[str, str]:
    held = {target for goal in look.goals for target in goal.targets}
    return {policy.target_of(goal): goal for goal in policy.goals if policy.target_of(goal) not in held}


def _unreachable(policy: Policy, failure: VendorError | SecretMissing) -> Check:
    what_to_do = "see the reason; if it is the network, try again"
    if isinstance(failure, SecretMissing):
        what_to_do = f"get an OAuth token with metrika:read and metrika:offline_data, and set {METRICA_TOKEN}"
    elif isinstance(failure, Refused) and is_token_fault(failure):
        what_to_do = f"the token is not valid: get another and set {METRICA_TOKEN}"
    elif isinstance(failure, Refused) and failure.error_type == "invalid_parameter":
        what_to_do = f"there is no counter {policy.site.counter}: correct site.counter"
    elif isinstance(failure, Refused) and failure.status == 403:
        what_to_do = "the token's owner has no access to this counter, or the token lacks metrika:read: grant it"
    return Check(Stage.SOURCES, "metrica.counter", State.ERROR, str(failure), what_to_do)


def _zone(policy: Policy, found: str) -> Check:
    wanted = policy.site.time_zone
    if not found:
        return Check(Stage.SOURCES, "metrica.time_zone", State.NOT_LOOKED_AT, "the counter does not tell its zone")
    if found == wanted:
        return _good("metrica.time_zone", f"the counter's days are days of {found}")
    return Check(
        Stage.SOURCES,
        "metrica.time_zone",
        State.ERROR,
        f"the counter counts days of {found}, the policy of {wanted}: reports would differ by a day",
        f"write `time_zone: {found}` into site, or change the counter's zone",
    )


def _rights(world: Runtime) -> Check:
    """Whether conversions can be uploaded: a token that only reads passes every other check."""
    rule = "metrica.rights"
    try:
        if world.metrica.may_upload():
            return _good(rule, "the token may upload conversions to the counter")
    except VendorError as failure:
        return Check(Stage.SOURCES, rule, State.NOT_LOOKED_AT, f"whether the token may upload: {failure}")
    what_to_do = (
        f"get a token with metrika:read and metrika:offline_data of somebody who may edit the counter, "
        f"and set {METRICA_TOKEN}"
    )
    found = "the token may read the counter and may not upload conversions to it: every upload would be refused"
    return Check(Stage.SOURCES, rule, State.ERROR, found, what_to_do)


def _goals(policy: Policy, look: CounterLook) -> Iterator[Check]:
    missing = _missing(policy, look)
    if not missing:
        yield _good("metrica.goals", f"the counter has all {len(policy.goals)} goals of the policy")
    for target, goal in sorted(missing.items()):
        found = f"goal {goal}: the counter has no goal {target!r} that conversions could find"
        what_to_do = f"create it: {_MATCHES}; or let `leadloop doctor --create-goals` do it"
        if near := _near(target, look.goals):
            found = f"{found}, but {near}"
            what_to_do = f"correct that goal: it has to be {_MATCHES}; or name its identifier in `target:`"
        yield Check(Stage.SOURCES, "metrica.goals", State.ERROR, found, what_to_do)


def _near(target: str, goals: tuple[CounterGoal, ...]) -> str:
    """What stands there instead of a goal that is looked for."""
    for goal in goals:
        if target in goal.others:
            return f"goal {goal.id} has it in another condition than `matches`, or is no JavaScript-event goal"
        for other in sorted(goal.targets):
            if other.casefold() == target.casefold():
                return f"goal {goal.id} is {other!r}, in other letters"
    return ""


def _clock(ahead: timedelta) -> Check:
    seconds = round(ahead.total_seconds())
    if abs(ahead) < CLOCK_WORTH_A_LOOK:
        return _good("clock.agrees", "this machine's clock agrees with Metrica's")
    state = State.ERROR if abs(ahead) > CLOCK_WRONG else State.WARNING
    found = f"this machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} Metrica's"
    return Check(Stage.SOURCES, "clock.agrees", state, found, "set the clock (NTP)")


def _good(rule: str, found: str) -> Check:
    return Check(Stage.SOURCES, rule, State.GOOD, found)
