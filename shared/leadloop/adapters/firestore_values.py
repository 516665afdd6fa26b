"""Documents as Firestore keeps them: JSON as typed values, and what this adapter adds to each document.

* ``expires_at`` rests as a timestamp, because a TTL policy reads no other type
  (https://firebase.google.com/docs/firestore/ttl), and is read back as the very text that was written.
* ``_revision`` is a number that no write leaves as it was: a write that changes nothing would keep the
  document's update time (https://firebase.google.com/docs/firestore/reference/rest/v1/WriteResult), which is
  our version, and a version must change with every write. It is never handed out.

The messages are the plain protobuf ones: no copy, no interpretation of dots or of Python's own types.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any, TypeAlias

from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

from leadloop import timestamps
from leadloop.adapters.writes import REVISION
from leadloop.json_types import Json, JsonObject
from leadloop.ports.store import Document, Key

EXPIRY = "expires_at"

Message: TypeAlias = Any
"""A protobuf message; Google ships no types for them."""

Value: Message = types.Value.pb()
_List: Message = types.ArrayValue.pb()
_Map: Message = types.MapValue.pb()


def to_value(value: Json) -> Message:
    """A JSON value, typed: an integer stays apart from a float of the same size."""
    match value:
        case None:
            return Value(null_value=0)
        case bool():
            return Value(boolean_value=value)
        case int():
            return Value(integer_value=value)
        case float():
            return Value(double_value=value)
        case str():
            return Value(string_value=value)
        case list():
            return Value(array_value=_List(values=[to_value(member) for member in value]))
        case _:
            return Value(map_value=_Map(fields={name: to_value(member) for name, member in value.items()}))


def from_value(value: Message) -> Json:
    """The JSON that ``to_value`` was given."""
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        return {name: from_value(member) for name, member in value.map_value.fields.items()}
    if kind == "array_value":
        return [from_value(member) for member in value.array_value.values]
    if kind == "null_value":
        return None
    if kind == "timestamp_value":
        return timestamps.to_text(value.timestamp_value.ToDatetime(tzinfo=UTC))
    plain: bool | int | float | str = getattr(value, kind)
    return plain


def at_rest(path: str, value: Json) -> Message:
    """A document's value at a path, or one to be compared with it."""
    if path == EXPIRY and isinstance(value, str):
        return _expiry(value)
    return to_value(value)


def to_fields(fields: JsonObject) -> dict[str, Message]:
    """A whole document's fields."""
    return {name: at_rest(name, value) for name, value in fields.items()}


def to_document(found: Message) -> Document:
    """A document as read. Its version is its update time, in nanoseconds since 1970."""
    *_, collection, document_id = found.name.split("/")
    fields = {name: from_value(value) for name, value in found.fields.items() if name != REVISION}
    return Document(Key(collection, document_id), fields, str(found.update_time.ToNanoseconds()))


def _expiry(text: str) -> Message:
    """A timestamp, provided that the same text comes back: it holds microseconds, and only UTC."""
    try:
        instant = timestamps.from_text(text)
    except ValueError:
        return to_value(text)
    if timestamps.to_text(instant) != text:
        return to_value(text)
    at = Timestamp()
    at.FromDatetime(instant)
    return Value(timestamp_value=at)
