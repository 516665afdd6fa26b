"""How much room a document takes in the indexes that Terraform makes.

Rules: https://firebase.google.com/docs/firestore/storage-size#index-entry-size
"""

from __future__ import annotations

from leadloop.adapters.document_size import document_size
from leadloop.adapters.query_rules import field_at
from leadloop.indexes import Index, composite_indexes, single_field_indexes
from leadloop.json_types import Json
from leadloop.ports.store import Document

_INDEXES = (*single_field_indexes(), *composite_indexes())


def index_size(document: Document) -> int:
    """Bytes of all its index entries; a document without an indexed field has none in that index."""
    return sum(_entries(document, index) for index in _INDEXES if index.collection == document.key.collection)


def _entries(document: Document, index: Index) -> int:
    values: dict[str, Json] = {}
    members: list[Json] = [None]
    for field in index.fields:
        found = field_at(document.fields, field.path)
        if found is None:
            return 0
        values[field.path] = found[0]
        if field.mode == "contains":
            members = list(found[0]) if isinstance(found[0], list) else []
    [listed] = [field.path for field in index.fields if field.mode == "contains"] or [""]
    # An entry holds the names of its fields only when there is one.
    names = sum(len(path.encode()) + 1 for path in values) if len(values) > 1 else 0
    return sum(
        document_size(document.key, {**values, **({listed: member} if listed else {})}) - names for member in members
    )
