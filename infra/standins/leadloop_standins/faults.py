"""Faults that a test orders in advance and the stand-in commits on the requests that match."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .journal import JournalEntry


class InstructionRefused(ValueError):
    """A test gave the stand-in an order it does not understand; answered 400 with this text."""


@dataclass(frozen=True)
class FaultKind:
    """A fault one can order: its meaning, and each parameter's default or tuple of choices, the default first."""

    name: str
    meaning: str
    params: Mapping[str, Any] = field(default_factory=dict)


# `html` replaces the vendor's error body, as a proxy in front of a vendor does; `retry_after` 0 sends no such header.
_FAILURE_PARAMS = {"status": 500, "retry_after": 0, "html": ""}

GENERIC_FAULTS = (
    FaultKind("drop_before", "The connection is closed before any work is done."),
    FaultKind("accept_then_drop", "The work is done, then the connection is closed without an answer."),
    FaultKind("accept_then_status", "The work is done, then a failure is answered.", _FAILURE_PARAMS),
    FaultKind("status", "A failure is answered and no work is done.", _FAILURE_PARAMS),
    FaultKind(
        "slow", "The answer waits, before or after the work (`when`).", {"seconds": 1.0, "when": ("before", "after")}
    ),
    FaultKind("truncate", "The answer stops after `keep` bytes, then the connection is closed.", {"keep": 10}),
)


@dataclass
class Fault:
    """One order: commits `times` times (None = until cleared) on requests that match, letting the first `after` pass.

    `method` None matches any. `path` matches when it is a substring of, or as a regular expression is found in, the
    path alone or the path with its query (without secrets).
    """

    number: int
    name: str
    params: dict[str, Any]
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    after: int = 0
    fired: int = 0
    passed: set[int] = field(default_factory=set)

    def due(self, request_number: int) -> bool:
        """False for the requests let pass by `after`; asking twice about one request counts it once."""
        if request_number not in self.passed and len(self.passed) < self.after:
            self.passed.add(request_number)
        return request_number not in self.passed

    def matches(self, method: str, target: str) -> bool:
        """Whether the order concerns such a request and is not spent."""
        if self.times is not None and self.fired >= self.times:
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        candidates = (target.partition("?")[0], target)
        return self.path is None or any(self.path in text or re.search(self.path, text) for text in candidates)

    def as_json(self) -> dict[str, Any]:
        """The order as given, its parameters beside it, and how often it has fired."""
        frame = {"number": self.number, "fault": self.name, "method": self.method, "path": self.path}
        return {**frame, "times": self.times, "after": self.after, "fired": self.fired, **self.params}


_FRAME = frozenset({"fault", "method", "path", "times", "after"})


class FaultQueue:
    """The ordered faults of one stand-in. Spent ones stay listed, so that a test can assert that they fired."""

    def __init__(self, kinds: Iterable[FaultKind]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self._faults: list[Fault] = []
        self._issued = 0

    def order(self, instruction: Mapping[str, Any]) -> Fault:
        """Queues a fault; InstructionRefused for an unknown name, parameter or value, naming what is accepted."""
        kind = self.kinds.get(str(instruction.get("fault")))
        if kind is None:
            known = ", ".join(sorted(self.kinds))
            raise InstructionRefused(f"Unknown fault {instruction.get('fault')!r}. Known: {known}.")
        given = {name: value for name, value in instruction.items() if name not in _FRAME}
        _check_params(kind, given)
        frame = {name: instruction[name] for name in _FRAME - {"fault"} if name in instruction}
        _check_frame(frame)
        self._issued += 1
        fault = Fault(self._issued, kind.name, {**defaults_of(kind.params), **given}, **frame)
        self._faults.append(fault)
        return fault

    def pending(self, name: str, entry: JournalEntry) -> Fault | None:
        """The first fault of that name due for this request; not yet committed."""
        named = (fault for fault in self._faults if fault.name == name)
        matching = (fault for fault in named if fault.matches(entry.method, entry.target))
        return next((fault for fault in matching if fault.due(entry.number)), None)

    def clear(self) -> None:
        """Forgets every order, spent or not."""
        self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """All orders since the last clearing, in the order given."""
        return [fault.as_json() for fault in self._faults]


def _check_params(kind: FaultKind, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in kind.params:
            known = ", ".join(kind.params) or "none"
            raise InstructionRefused(f"Fault {kind.name} has no parameter {name!r}. Known: {known}.")
        check_value(f"parameter {name} of {kind.name}", kind.params[name], value)


def _check_frame(frame: Mapping[str, Any]) -> None:
    for name in ("method", "path"):
        if not isinstance(frame.get(name), str | None):
            raise InstructionRefused(f"{name} of a fault is text or null, found {frame[name]!r}.")
    times, after = frame.get("times", 1), frame.get("after", 0)
    if times is not None and (type(times) is not int or times < 1):
        raise InstructionRefused(f"times of a fault is a whole number from 1, or null: until cleared; found {times!r}.")
    if type(after) is not int or after < 0:
        raise InstructionRefused(f"after of a fault is a whole number from 0; found {after!r}.")
    try:
        re.compile(frame.get("path") or "")
    except re.error as problem:
        raise InstructionRefused(f"path of a fault is a substring or a regular expression; {problem}.") from problem


def check_value(what: str, spec: object, value: object) -> None:
    """InstructionRefused unless `value` is one of a tuple, or of its type otherwise; an int passes for a float."""
    if isinstance(spec, tuple):
        if value not in spec:
            raise InstructionRefused(f"{what} is one of {', '.join(map(repr, spec))}, found {value!r}.")
        return
    expected: tuple[type, ...] = (int, float) if type(spec) is float else (type(spec),)
    if spec is not None and type(value) not in expected:
        raise InstructionRefused(f"{what} is a {type(spec).__name__} such as {spec!r}, found {value!r}.")


def defaults_of(specs: Mapping[str, Any]) -> dict[str, Any]:
    """What holds when nothing is ordered: the first of a tuple, the value itself otherwise."""
    return {name: spec[0] if isinstance(spec, tuple) else spec for name, spec in specs.items()}
