"""Queries as Firestore's structured ones, and the cursors between their pages."""

from __future__ import annotations

import base64
import json

from google.cloud.firestore_v1 import types

from leadloop.adapters import query_rules
from leadloop.adapters.firestore_values import Message, Value, at_rest
from leadloop.adapters.query_rules import Shape
from leadloop.ports.store import Document, Query, Where

_Query: Message = types.StructuredQuery.pb()
_From: Message = types.StructuredQuery.CollectionSelector.pb()
_Filter: Message = types.StructuredQuery.Filter.pb()
_All: Message = types.StructuredQuery.CompositeFilter.pb()
_Field: Message = types.StructuredQuery.FieldReference.pb()
_Compare: Message = types.StructuredQuery.FieldFilter.pb()
_Unary: Message = types.StructuredQuery.UnaryFilter.pb()
_Order: Message = types.StructuredQuery.Order.pb()
_Cursor: Message = types.Cursor.pb()

_ID = "__name__"
_ASCENDING = types.StructuredQuery.Direction.ASCENDING
_AND = types.StructuredQuery.CompositeFilter.Operator.AND
_IS_NULL = types.StructuredQuery.UnaryFilter.Operator.IS_NULL
_OPERATORS = {
    "==": types.StructuredQuery.FieldFilter.Operator.EQUAL,
    "<": types.StructuredQuery.FieldFilter.Operator.LESS_THAN,
    "<=": types.StructuredQuery.FieldFilter.Operator.LESS_THAN_OR_EQUAL,
    ">": types.StructuredQuery.FieldFilter.Operator.GREATER_THAN,
    ">=": types.StructuredQuery.FieldFilter.Operator.GREATER_THAN_OR_EQUAL,
    "array_contains": types.StructuredQuery.FieldFilter.Operator.ARRAY_CONTAINS,
}


def whole(query: Query) -> Message:
    """All that matches, in the port's order: by the ordered field, then by id. Raises ``ValueError``.

    The order also leaves out who lacks the field, so a count needs it too.
    """
    shape = query_rules.shape_of(query)
    filters = [_filter(where) for where in query.where]
    return _Query(
        from_=[_From(collection_id=shape.collection)],
        where=_Filter(composite_filter=_All(op=_AND, filters=filters)) if filters else None,
        order_by=[_Order(field=_Field(field_path=path), direction=_ASCENDING) for path in _ordered_by(shape)],
    )


def page(query: Query, cursor: str | None, parent: str) -> Message:
    """One page and one document more, if there is one. ``parent`` is the resource name of all documents.

    Raises ``ValueError`` on a cursor that is not one of this query.
    """
    structured = whole(query)
    structured.limit.value = query.limit + 1
    if cursor is not None:
        shape = query_rules.shape_of(query)
        place = query_rules.read_cursor(shape, cursor, whole=True)
        values = [Value(reference_value=f"{parent}/{shape.collection}/{place.id}")]
        if shape.order is not None and place.value is not None:
            values.insert(0, at_rest(shape.order, place.value[1]))
        structured.start_at.CopyFrom(_Cursor(values=values, before=False))
    return structured


def write_cursor(query: Query, last: Document) -> str:
    """As ``query_rules.write_cursor``, but with lists and maps whole: Firestore orders them by what they hold."""
    shape = query_rules.shape_of(query)
    found = None if shape.order is None else query_rules.field_at(last.fields, shape.order)
    value = None if found is None else (query_rules.order_value(found[0])[0], found[0])
    return base64.urlsafe_b64encode(json.dumps([value, last.key.id], ensure_ascii=False).encode()).decode()


def _ordered_by(shape: Shape) -> list[str]:
    return [_ID] if shape.order is None else [shape.order, _ID]


def _filter(where: Where) -> Message:
    field = _Field(field_path=where.path)
    if where.operator == "==" and where.value is None:
        return _Filter(unary_filter=_Unary(op=_IS_NULL, field=field))
    value = at_rest(where.path, where.value)
    return _Filter(field_filter=_Compare(field=field, op=_OPERATORS[where.operator], value=value))
