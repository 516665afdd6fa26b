"""What each function may do in the cloud, and what it does when everything happens to it that the tests know of.

``PYTHONPATH=tests python -m support.grants`` writes the table in infra/terraform/README.md anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from faults.enumeration import cast_of, play
from faults.machine import Noticed
from faults.storage import in_memory
from faults.touches import Call, TouchedBus, TouchedStore
from leadloop.policy import ContactMode
from leadloop.secret_readers import secrets_of
from leadloop.secrets import GOOGLE_FORM_KEY, TILDA_KEY, VK_SECRET, Secrets
from leadloop.spool import publish_or_spool
from leadloop_packaging.staging import stage
from support.form_cases import FormCase
from support.knocks import LEAD_ID, MANIFEST, SETTINGS, knock_of, message_on
from support.packages import packages
from support.policies import sokol
from support.terraform import PREFIX, TERRAFORM, Bundle, checkout
from support.verdict_desk import post, told, verdict_world
from support.world import World

README = TERRAFORM / "README.md"
BEGINS, ENDS = "<!-- grants -->\n", "<!-- /grants -->\n"

_DEAD = "dead-letters"
_ANNA = "1700000000123456789"
_ASKED_FOR_KEYS = {"tilda_key": "Api-Key", "vk_groups": {"200000001": "1a2b3c4d"}, "google_key": "required"}
_SENDERS = (("tilda-form-lead", TILDA_KEY), ("vk-lead", VK_SECRET), ("google_ads-lead", GOOGLE_FORM_KEY))
"""Golden bodies of who may be asked for a key, and where we hold it."""


class Rights(NamedTuple):
    """What one function may do, or does."""

    documents: str
    """``change``: reads, adds, changes, removes; ``create``: adds and sees none; empty: none of it."""
    publishes: frozenset[str]
    secrets: frozenset[str]


@cache
def granted() -> dict[str, Rights]:
    """By Terraform, under a policy that keeps contacts and takes verdicts: every secret is read then that ever is."""
    bundle = _keeping()
    functions = bundle.each("google_cloudfunctions2_function")
    return {
        name: _granted(bundle, one["service_config"][0]["service_account_email"]) for name, one in functions.items()
    }


def _granted(bundle: Bundle, email: str) -> Rights:
    accounts = bundle.each("google_service_account", "function").values()
    [member] = [one["member"] for one in accounts if one["email"] == email]
    held = [one for one in bundle.resources if one.values.get("member") == member]
    documents = {"documents": "change", "create": "create"}
    return Rights(
        " ".join(documents[one.name] for one in held if one.type == "google_project_iam_member"),
        frozenset(one.values["topic"].removeprefix(PREFIX) for one in held if "topic" in one.type),
        frozenset(one.values["secret_id"].removeprefix(PREFIX) for one in held if "secret" in one.type),
    )


def _keeping() -> Bundle:
    policy = sokol(ContactMode.KEEP, fraud={"providers": {"adjust": {}}}, forms=_ASKED_FOR_KEYS)
    with TemporaryDirectory() as folder:
        copy = checkout(Path(folder) / "checkout")
        keeping = [
            replace(one, secrets=secrets_of(MANIFEST.functions[one.name], policy)) for one in packages().values()
        ]
        stage(keeping, copy.packages)
        return copy.applied()


@cache
def touched() -> dict[str, Rights]:
    """On the demo's journey, undisturbed and with a death at every touch, and when the bus is away."""
    touches, variables = _journeys()
    touches = touches | _with_the_bus_away() | _of_a_service()[0]
    variables = variables | _of_a_service()[1] | _of_senders_with_keys()
    secrets = {secret for one in MANIFEST.functions.values() for secret in one.secrets}
    return {
        name: Rights(
            _documents(touch for function, touch in touches if function == name),
            frozenset(
                touch.rpartition(" on ")[2] for function, touch in touches if function == name and _publish(touch)
            ),
            frozenset(variable for function, variable in variables if function == name and variable in secrets),
        )
        for name in MANIFEST.functions
    }


@cache
def _journeys() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    plays = [play(cast_of(cast), plan, in_memory) for cast, plan in (("few", "undisturbed"), ("three", "each-once"))]
    touches = {(moment.function, moment.touch) for one in plays for moment in one.places}
    return touches, {pair for one in plays for pair in one.variables}


@cache
def _with_the_bus_away() -> set[tuple[str, str]]:
    """Everybody calls and nothing can be published; then all of it is, and every dead letter that can be put back."""
    world, touches = World(environment=SETTINGS), set[tuple[str, str]]()
    store, bus = world.runtime.store, world.memory_bus

    def call(function: str) -> None:
        knock, noticed = knock_of(function), Call(function, lambda _: False)
        world.store, world.bus = TouchedStore(store, noticed), TouchedBus(bus, noticed)
        with world.in_force():
            answer = world.client(function).post(
                knock.path, data=knock.body, content_type=knock.content_type, headers=dict(knock.headers)
            )
        assert answer.status_code == knock.status, (function, answer.status_code, answer.text)
        touches.update((moment.function, moment.touch) for moment in noticed.moments)
        world.store, world.bus = store, bus

    bus.failing = True
    for name, function in MANIFEST.functions.items():
        if function.public:
            call(name)
    for topic in {one.topic for one in MANIFEST.functions.values() if one.topic and one.topic != _DEAD}:
        publish_or_spool(world.runtime, topic, message_on(topic))
    bus.failing = False
    call("drain-spool")
    return touches


@cache
def _of_a_service() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """An antifraud service sends a verdict on a lead there is, with Pub/Sub and without, and one that says nothing."""
    touches, variables = set[tuple[str, str]](), set[tuple[str, str]]()
    world, about = verdict_world(), message_on("submissions")
    with world.in_force():
        world.push("register-lead", about)
    store, bus = world.runtime.store, world.memory_bus
    bodies: tuple[dict[str, object], ...] = (
        told(client_id=_ANNA, submission_id="s-1"),
        told(lead_id=LEAD_ID),
        told(deal_id="1"),
        {},
    )
    for number, body in enumerate(bodies):
        bus.failing = number == 0
        noticed = Call("receive-verdict", lambda _: False)
        world.runtime.secrets = Secrets(Noticed(world.runtime.environment, noticed, variables))
        world.store, world.bus = TouchedStore(store, noticed), TouchedBus(bus, noticed)
        with world.in_force():
            assert post(world, body, f"msg_{number}").status_code == 200
        touches.update((moment.function, moment.touch) for moment in noticed.moments)
    world.store, world.bus = store, bus
    with world.in_force():
        assert world.client("drain-spool").post("/").status_code == 200
        for message in bus.on("verdicts"):
            noticed = Call("record-verdict", lambda _: False)
            world.store, world.bus = TouchedStore(store, noticed), TouchedBus(bus, noticed)
            assert world.push("record-verdict", message).status_code == 204
            touches.update((moment.function, moment.touch) for moment in noticed.moments)
    return touches, variables


@cache
def _of_senders_with_keys() -> set[tuple[str, str]]:
    """Everybody who can be asked for a key posts a form, and brings another: it is read, and refused."""
    variables = set[tuple[str, str]]()
    world = World(sokol(forms=_ASKED_FOR_KEYS), environment=SETTINGS | {name: "ours alone" for _, name in _SENDERS})
    noticed = Call("capture-lead", lambda _: False)
    world.runtime.secrets = Secrets(Noticed(world.runtime.environment, noticed, variables))
    with world.in_force():
        for name, _ in _SENDERS:
            case = FormCase.read(name)
            answer = world.client("capture-lead").post("/", data=case.body, content_type=case.headers["Content-Type"])
            assert answer.status_code == 401, name
    return variables


def _documents(touches: Iterable[str]) -> str:
    """The narrowest right that is enough."""
    of_documents = [touch for touch in touches if touch.partition(" ")[0] in ("get", "query", "count", "commit")]
    if not of_documents:
        return ""
    return "create" if all(map(_only_adds, of_documents)) else "change"


def _only_adds(touch: str) -> bool:
    verb, _, writes = touch.partition(" ")
    return verb == "commit" and all(write.startswith("create ") for write in writes.split(", "))


def _publish(touch: str) -> bool:
    return touch.startswith("publish ")


def _collections(name: str) -> list[str]:
    """What a function touches documents of."""
    everywhere = _journeys()[0] | _with_the_bus_away() | _of_a_service()[0]
    touches = {touch for function, touch in everywhere if function == name}
    found: set[str] = set()
    for touch in touches:
        verb, _, rest = touch.partition(" ")
        if verb == "get":
            found.update(rest.split(", "))
        elif verb in ("query", "count"):
            found.add(rest.partition(" ")[0])
        elif verb == "commit":
            found.update(write.split(" ")[1] for write in rest.split(", "))
    return sorted(found - {"nothing"})


def table() -> str:
    """The table, with its marks."""
    rows = [
        "| Function | Called by | Documents | of which it touches | May publish on | May read |",
        "|---|---|---|---|---|---|",
        *(_row(name) for name in MANIFEST.functions),
    ]
    return BEGINS + "\n".join(rows) + "\n" + ENDS


def _row(name: str) -> str:
    function, rights = MANIFEST.functions[name], granted()[name]
    caller = "anyone" if function.public else "the push account" if function.topic else "the scheduler's account"
    documents = {"change": "reads and changes", "create": "adds, sees none"}.get(rights.documents, "none")
    cells = (
        f"`{name}`",
        caller,
        documents,
        ", ".join(_collections(name)) or "–",
        ", ".join(sorted(rights.publishes)) or "–",
        ", ".join(f"`{secret}`" for secret in sorted(rights.secrets)) or "–",
    )
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Write the table where its marks are."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGINS)
    after = rest.partition(ENDS)[2]
    README.write_text(before + table() + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
