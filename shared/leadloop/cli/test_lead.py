"""``leadloop test-lead``: send one lead through the site's form URL, and say what arrived. It counts nowhere."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from leadloop.cli import opened

if TYPE_CHECKING:
    from leadloop.json_types import Json
    from leadloop.leads.trials import Trial
    from leadloop.runtime import Runtime

NAME = "test-lead"
HELP = (
    "send a test lead through the form's address, or wait for yours from the site, and say what arrived; counts nowhere"
)

ONE_MACHINE = "http://127.0.0.1:8080/capture-lead"
_SECONDS, _SECONDS_BY_HAND = 60, 900


class UrlMissing(Exception):
    """In the cloud nobody knows the address of capture-lead but its owner."""

    def __init__(self) -> None:
        super().__init__("with --project expected --url too: the address of capture-lead that `make deploy` printed")


class PatienceOutOfRange(Exception):
    """A time to wait that cannot be waited."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"--seconds {seconds}: expected 1 to {_SECONDS_BY_HAND}, for a code is good no longer; nothing was sent"
        )


class NoSuchTest(Exception):
    """No test lead is remembered by this id."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(
            f"--real {lead_id}: expected the id of one of the last test leads, as `leadloop test-lead` told it; found "
            "no test of that id: see `leadloop explain`, it may be a lead already"
        )


class NotArrived(Exception):
    """The test lead was not seen in time, or was not taken for a test; the text says which."""


class _Sent(NamedTuple):
    name: str
    event_id: str | None
    """``None`` where a person sends it from the site."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to send it, or that a person does, and where it will rest."""
    opened.add_arguments(parser)
    parser.add_argument("--url", help=f"the address of capture-lead; default with --data: {ONE_MACHINE}")
    parser.add_argument("--wait", action="store_true", help="send nothing: fill in the form of the site yourself")
    parser.add_argument("--page", metavar="URL", help="the page with the form; default: the first of site.origins")
    field = "with a field more, or another; may be repeated"
    parser.add_argument("--field", action="append", default=[], metavar="NAME=VALUE", help=field)
    real = "no test: somebody else sent it; make a lead of the test lead with this id"
    parser.add_argument("--real", metavar="LEAD_ID", help=real)
    patience = f"how long to wait for it; default: {_SECONDS}, with --wait {_SECONDS_BY_HAND}"
    parser.add_argument("--seconds", type=int, metavar="N", help=patience)


def run(arguments: argparse.Namespace) -> int:
    """Print what arrived. 1 when nothing did, or when it lacks what a lead needs; warnings do not."""
    from leadloop.cli.test_form import form_of, marked
    from leadloop.forms.test_codes import name_of, new_code
    from leadloop.identity.keys import KeyRing

    if arguments.real:
        return _release(arguments)
    if arguments.project and not (arguments.url or arguments.wait):
        raise UrlMissing
    seconds = _patience(arguments)
    world, _ = opened.open_runtime(arguments)
    code = new_code(KeyRing.of(world.secrets), world.entropy.token(), world.clock.now())
    page = marked(arguments.page or f"{world.policy.site.origins[0]}/", code)
    if arguments.wait:
        print(f"Open this page within a quarter of an hour and send its form:\n{page}", file=sys.stderr)
        sent = _Sent(name_of(code), None)
    else:
        form = form_of(world, page, arguments.field)
        sent = _Sent(name_of(code), _send(world, arguments.url or ONE_MACHINE, form))
    trial = _follow(world, sent, seconds)
    return tell(world, trial, as_json=arguments.json)


def tell(world: Runtime, trial: Trial, *, as_json: bool) -> int:
    """Print what a test lead brought along. 1 when it lacks what a lead needs."""
    from leadloop.cli import doctor
    from leadloop.cli.answer import OK, REFUSED, print_json
    from leadloop.doctor.arrival import arrival_checks
    from leadloop.doctor.check import State

    checks = list(arrival_checks(world, trial))
    is_fit = all(check.state is not State.ERROR for check in checks)
    if as_json:
        told: list[Json] = [doctor.as_json(check) for check in checks]
        print_json({"ok": is_fit, "lead_id": trial.lead_id, "test": trial.name, "checks": told})
    else:
        print("\n".join([*doctor.as_lines(checks), "", *_ending(trial)]))
    return OK if is_fit else REFUSED


def pause() -> None:
    """Wait a second for the lead to arrive."""
    time.sleep(1)


def _ending(trial: Trial) -> tuple[str, str]:
    real = f"Somebody else sent it? `leadloop test-lead --real {trial.lead_id}` makes a lead of it."
    return "It was a test: it is no lead, and counts nowhere.", real


def _release(arguments: argparse.Namespace) -> int:
    """Make a lead of what was taken for a test. Raises ``NoSuchTest``, ``NotReleased`` or ``StoreUnavailable``."""
    from leadloop.cli.answer import OK, print_json
    from leadloop.leads.trials import read_trials
    from leadloop.trial_release import release_trial

    world, _ = opened.open_runtime(arguments)
    wanted = arguments.real.lower()
    trial = next((one for one in read_trials(world.store) if one.lead_id == wanted), None)
    if trial is None:
        raise NoSuchTest(wanted)
    release_trial(world.store, trial.name, world.clock.now())
    if arguments.json:
        print_json({"ok": True, "lead_id": trial.lead_id, "test": trial.name})
    else:
        print(f"{trial.lead_id} is a lead; drain-spool hands it on within five minutes")
    return OK


def _patience(arguments: argparse.Namespace) -> int:
    """How many seconds to wait. Raises ``PatienceOutOfRange``."""
    seconds: int | None = arguments.seconds
    if seconds is None:
        return _SECONDS_BY_HAND if arguments.wait else _SECONDS
    if not 1 <= seconds <= _SECONDS_BY_HAND:
        raise PatienceOutOfRange(seconds)
    return seconds


def _send(world: Runtime, url: str, body: bytes) -> str:
    """Post it as a page of the site does; the id of its event.

    Raises ``NotArrived``, ``NotAnAddress`` or ``VendorError``.
    """
    import json
    from urllib.parse import parse_qsl

    from leadloop.cli.test_form import taken_apart
    from leadloop.ports.http import HttpRequest

    headers = {"Content-Type": "application/json", "Origin": world.policy.site.origins[0]}
    split = taken_apart("--url", url)
    bare, params = split._replace(query="").geturl(), tuple(parse_qsl(split.query))
    answer = world.http.send(HttpRequest("capture-lead", "post", "POST", bare, params, headers, body))
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    event_id = told.get("event_id") if isinstance(told, dict) else None
    if answer.status != 200 or not isinstance(event_id, str):
        found = f"{url} answered {answer.status}, not as capture-lead does"
        raise NotArrived(f"{found}; see what stands at this address, and the log of the host or of nginx")
    return event_id


def _follow(world: Runtime, sent: _Sent, seconds: int) -> Trial:
    """The test lead, once it rests in the store. Raises ``NotArrived`` or ``StoreUnavailable``."""
    from leadloop.leads.trials import read_trials

    for _ in range(seconds):
        found = next((one for one in read_trials(world.store) if one.name == sent.name), None)
        if found is not None:
            return found
        _refuse_otherwise_ended(world, sent)
        pause()
    looked = f"nothing arrived within {seconds} s"
    if sent.event_id is None:
        what_to_do = "see that the form posts to capture-lead, and with the page's whole address; else --seconds"
        raise NotArrived(f"{looked}, or not with the code in the address of its page; {what_to_do}")
    what_to_do = "capture-lead took it; see whether register-lead runs, the log, and `leadloop dead-letters`"
    raise NotArrived(f"{looked}; {what_to_do}")


def _refuse_otherwise_ended(world: Runtime, sent: _Sent) -> None:
    """Raises ``NotArrived`` for a post that ended in any other way than as a test."""
    from leadloop.outcomes import Outcome, outcome_key

    [ended] = world.store.get_many([outcome_key(sent.event_id)]) if sent.event_id else [None]
    if ended is None or ended.fields.get("outcome") == Outcome.HELD:
        return
    if ended.fields.get("outcome") == Outcome.QUARANTINED:
        reason = ended.fields.get("reason")
        raise NotArrived(f"it could not be understood: {reason}; `leadloop quarantine` opens it")
    lead_id = ended.fields.get("about")
    raise NotArrived(
        f"it was taken for a lead and counts: {lead_id}. The code was not known there: expected the same "
        "LEADLOOP_HMAC_KEY here and where capture-lead runs, and clocks that agree; correct that before you test again"
    )
