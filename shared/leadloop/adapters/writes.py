"""What every store checks of a commit before it starts, and how an increment changes a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadloop.adapters.document_size import NotStorable, document_size
from leadloop.json_types import JsonObject
from leadloop.ports.store import (
    MAX_COMMIT_BYTES,
    MAX_DOCUMENT_BYTES,
    CommitTooLarge,
    Create,
    Delete,
    DocumentTooLarge,
    Increment,
    Key,
    PreconditionFailed,
    Update,
    Write,
)

REVISION = "_revision"
"""A top-level field that the Firestore adapter keeps for itself; no store takes another's."""


def check(writes: Sequence[Write]) -> None:
    """See that a commit could be done by any store.

    Raises ``ValueError`` on two writes of one key and on what no store can hold, ``DocumentTooLarge``
    on a whole document over 1 MiB, ``CommitTooLarge`` on more than 10 MiB of them. What an increment
    makes of a document is sized when applied.
    """
    seen: set[Key] = set()
    size = 0
    for write in writes:
        if write.key in seen:
            raise ValueError(
                f"two writes of {write.key.collection}/{write.key.id} in one commit: expected one write per key"
            )
        seen.add(write.key)
        size += _checked_size(write)
    if size > MAX_COMMIT_BYTES:
        raise CommitTooLarge(len(writes), size)


def check_size(key: Key, fields: JsonObject) -> int:
    """See that a document fits, and how large it is. Raises ``DocumentTooLarge`` or ``NotStorable``."""
    size = document_size(key, fields)
    if size > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(key, size)
    return size


def check_precondition(write: Write, found: int | str | None) -> None:
    """See that a write may be done to the document of this version. Raises ``PreconditionFailed``."""
    state = "no document" if found is None else f"version {found}"
    if isinstance(write, Create) and found is not None:
        raise PreconditionFailed(write.key, "no document", state)
    if isinstance(write, Update | Delete) and write.version not in {None, str(found)}:
        raise PreconditionFailed(write.key, f"version {write.version}", state)


def incremented(write: Increment, fields: JsonObject | None) -> JsonObject:
    """The document after the increment; ``fields`` is what is stored now, and may be changed in place.

    Raises ``NotStorable`` when a path leads through, or to, something that is not a counter, and
    ``DocumentTooLarge`` when the result no longer fits.
    """
    result: JsonObject = {} if fields is None else fields
    result.update(write.fields)
    for path, amount in write.amounts.items():
        *parents, name = path.split(".")
        place = result
        for parent in parents:
            inner = place.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise _not_a_counter(write.key, path, inner)
            place = inner
        before = place.get(name, 0)
        if not isinstance(before, int) or isinstance(before, bool):
            raise _not_a_counter(write.key, path, before)
        place[name] = before + amount
    check_size(write.key, result)
    return result


def _not_a_counter(key: Key, path: str, found: object) -> NotStorable:
    place = f"{key.collection}/{key.id} {path}"
    return NotStorable(f"{place!a} is not a counter: expected an integer, found a {type(found).__name__}")


def _checked_size(write: Write) -> int:
    match write:
        case Create() | Update():
            _check_not_reserved(write.fields)
            return check_size(write.key, write.fields)
        case Increment():
            _check_increment(write)
            return check_size(write.key, write.fields)
        case Delete():
            return document_size(write.key, {})


def _check_not_reserved(names: Iterable[str]) -> None:
    if REVISION in names:
        raise NotStorable(f"a field named {REVISION} cannot be stored: expected another name, this one is taken")


def _check_increment(write: Increment) -> None:
    paths = [tuple(path.split(".")) for path in write.amounts]
    for path, amount in zip(paths, write.amounts.values(), strict=True):
        if not all(path) or not isinstance(amount, int) or isinstance(amount, bool):
            raise NotStorable(f"{'.'.join(path)!a} is no increment: expected a dotted path and an integer")
        if path[0] in write.fields:
            raise NotStorable(f"{path[0]!a} is both incremented and written: expected one of the two")
        if any(path != other and path == other[: len(path)] for other in paths):
            raise NotStorable(f"{'.'.join(path)!a} is incremented both itself and below: expected one of the two")
    _check_not_reserved([*write.fields, *(path[0] for path in paths)])
