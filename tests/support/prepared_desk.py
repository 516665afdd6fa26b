"""A CRM desk at which much has happened already, made many times over without its happening again.

Whoever breaks in on a scene at each of its moments needs the same beginning every time, and to play that anew costs
more than the scene. What the beginning left, in the world and in the account, is kept as bytes instead. The process
that goes on from there is a new one: it remembers nothing but what rests.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType

from leadloop.policy import Policy
from leadloop_standins.amocrm.settings import Switches
from support.crm_desk import CrmAccount, CrmDesk

_RESTS: dict[str, tuple[str, ...]] = {
    "CrmDesk": ("_carried",),
    "World": ("_delivered", "_bus_ids"),
    "AmoCrmStandIn": ("account", "subscriptions", "deliveries", "tokens", "seen", "settings"),
}
"""What is kept of those that also hold what serves them; of the others all is kept."""

_SHARED = (Switches, FunctionType, type(threading.Lock()))
"""What every copy has in common: how an account is switched, and what cannot be copied and remembers nothing."""


class PreparedDesk:
    """The beginning, played once; every ``desk`` stands right after it."""

    def __init__(self, account: CrmAccount, policy: Policy, prepare: Callable[[CrmDesk], None]) -> None:
        self._account = account
        self._policy = policy
        self._shared: dict[int, object] = {}
        written = io.BytesIO()
        with account.desk(policy) as desk:
            prepare(desk)
            pickler = pickle.Pickler(written, pickle.HIGHEST_PROTOCOL)
            pickler.persistent_id = self._name_of  # type: ignore[method-assign]
            pickler.dump([_rest_of(one) for one in _owners(desk)])
        self._kept = written.getvalue()

    @contextmanager
    def desk(self) -> Iterator[CrmDesk]:
        """A desk of its own, in force while the block runs."""
        unpickler = pickle.Unpickler(io.BytesIO(self._kept))
        unpickler.persistent_load = self._shared.__getitem__  # type: ignore[method-assign]
        with self._account.desk(self._policy) as desk:
            for owner, rest in zip(_owners(desk), unpickler.load(), strict=True):
                vars(owner).update(rest)
            yield desk

    def _name_of(self, one: object) -> int | None:
        if not isinstance(one, _SHARED):
            return None
        self._shared[id(one)] = one
        return id(one)


def _owners(desk: CrmDesk) -> list[object]:
    world = desk.world
    return [desk, world, world.store, world.bus, world.clock, world.runtime.entropy, desk.amocrm]


def _rest_of(owner: object) -> dict[str, object]:
    names = _RESTS.get(type(owner).__name__, tuple(vars(owner)))
    return {name: vars(owner)[name] for name in names}
