"""The writes of a commit as Firestore takes them, each under its precondition."""

from __future__ import annotations

import re

from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

from leadloop.adapters import writes
from leadloop.adapters.firestore_values import Message, Value, to_fields
from leadloop.adapters.writes import REVISION
from leadloop.ports.store import Create, Delete, Increment, Update, Write

_Write: Message = types.Write.pb()
_Document: Message = types.Document.pb()
_Precondition: Message = types.Precondition.pb()
_Mask: Message = types.DocumentMask.pb()
_Transform: Message = types.DocumentTransform.FieldTransform.pb()

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VERSION = re.compile(r"[1-9][0-9]{15}000")
"""Nanoseconds; Firestore tells whole microseconds, and calls a request with others invalid."""
_LATEST = 2**63 - 1
_NEVER = 1_000_000_000
"""One second after 1970 began, when Firestore wrote nothing. (Zero itself it takes for the absence of a document.)"""


def to_write(write: Write, name: str) -> Message:
    """One write to the document of this resource name. Raises ``NotStorable`` or ``DocumentTooLarge``.

    A new document needs no ``_revision``. A replacing one gets the version it replaces, which no earlier
    write of this document can have had. An increment counts it up.
    """
    match write:
        case Create():
            document = _Document(name=name, fields=to_fields(write.fields))
            return _Write(update=document, current_document=_Precondition(exists=False))
        case Update():
            replaced = _nanoseconds(write.version)
            fields = to_fields(write.fields)
            writes.check_size(write.key, {**write.fields, REVISION: replaced})
            document = _Document(name=name, fields={**fields, REVISION: Value(integer_value=replaced)})
            return _Write(update=document, current_document=_of_version(write.version))
        case Increment():
            document = _Document(name=name, fields=to_fields(write.fields))
            mask = _Mask(field_paths=[escaped(field) for field in write.fields])
            return _Write(update=document, update_mask=mask, update_transforms=_transforms(write))
        case Delete():
            return _Write(delete=name, current_document=None if write.version is None else _of_version(write.version))


def escaped(*names: str) -> str:
    """A field path whose names may hold any character (the message DocumentTransform.FieldTransform says how)."""
    return ".".join(name if _SIMPLE.fullmatch(name) else _quoted(name) for name in names)


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _transforms(write: Increment) -> list[Message]:
    amounts = [(escaped(*path.split(".")), amount) for path, amount in write.amounts.items()]
    return [
        _Transform(field_path=path, increment=Value(integer_value=amount)) for path, amount in [*amounts, (REVISION, 1)]
    ]


def _of_version(version: str) -> Message:
    at = Timestamp()
    at.FromNanoseconds(_nanoseconds(version))
    return _Precondition(update_time=at)


def _nanoseconds(version: str) -> int:
    """A version's update time; of one that Firestore never gave, a time that no document has."""
    number = int(version) if _VERSION.fullmatch(version) else _NEVER
    return number if number <= _LATEST else _NEVER
