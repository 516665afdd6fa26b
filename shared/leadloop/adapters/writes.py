"""What every store checks of a commit before it starts, and how an increment changes a document."""

from __future__ import annotations

from collections.abc import Sequence

from leadloop.adapters.document_size import NotStorable, document_size
from leadloop.json_types import JsonObject
from leadloop.ports.store import (
    MAX_DOCUMENT_BYTES,
    Create,
    Delete,
    DocumentTooLarge,
    Increment,
    Key,
    PreconditionFailed,
    Update,
    Write,
)


def check(writes: Sequence[Write]) -> None:
    """See that a commit could be done by any store.

    Raises ``ValueError`` on two writes of one key and on what no store can hold, ``DocumentTooLarge``
    on a whole document over 1 MiB. Increments are sized when applied.
    """
    seen: set[Key] = set()
    for write in writes:
        if write.key in seen:
            raise ValueError(
                f"two writes of {write.key.collection}/{write.key.id} in one commit: expected one write per key"
            )
        seen.add(write.key)
        match write:
            case Create() | Update():
                check_size(write.key, write.fields)
            case Increment():
                _check_increment(write)
            case Delete():
                document_size(write.key, {})


def check_size(key: Key, fields: JsonObject) -> None:
    """See that a document fits. Raises ``DocumentTooLarge`` or ``NotStorable``."""
    size = document_size(key, fields)
    if size > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(key, size)


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


def _check_increment(write: Increment) -> None:
    paths = [tuple(path.split(".")) for path in write.amounts]
    for path, amount in zip(paths, write.amounts.values(), strict=True):
        if not all(path) or not isinstance(amount, int) or isinstance(amount, bool):
            raise NotStorable(f"{'.'.join(path)!a} is no increment: expected a dotted path and an integer")
        if path[0] in write.fields:
            raise NotStorable(f"{path[0]!a} is both incremented and written: expected one of the two")
        if any(path != other and path == other[: len(path)] for other in paths):
            raise NotStorable(f"{'.'.join(path)!a} is incremented both itself and below: expected one of the two")
    check_size(write.key, write.fields)
