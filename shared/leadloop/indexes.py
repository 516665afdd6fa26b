"""The Firestore indexes that the queries need, so that all other fields can go without. Terraform reads this page.

Firestore indexes every field by itself, ascending and descending. Most of these are never walked, but are stored, and
count to the 40,000 entries of a document; and an indexed field whose values only rise, as times do, holds its
collection to 500 writes a second (https://firebase.google.com/docs/firestore/best-practices). So for each of
``COLLECTIONS`` Terraform turns indexing off for the field ``*`` and on for ``single_field_indexes``, and declares
``composite_indexes``. Facts, claims, bodies, ``expires_at`` (a TTL policy needs no index) and the adapter's own
``_revision`` are then indexed nowhere.

The queries ask for the oldest first, so fields that rise remain: ``rising_and_indexed``. They cap the intake of a
bundle at 500 leads a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from leadloop.adapters.query_rules import shape_of
from leadloop.ports.store import Query
from leadloop.queries import EVERY_QUERY

Mode: TypeAlias = Literal["ascending", "contains"]

COLLECTIONS = (
    "crm_ref", "cursor", "daily_total", "dead_letter", "delivery", "dirty_mark", "key", "lead",
    "lease", "outcome", "quarantine", "spool", "token", "told_deal", "trial", "upload", "verdict", "visit",
)  # fmt: skip
"""All that the code writes."""

EXPIRING = ("dead_letter", "outcome", "quarantine", "trial", "verdict", "visit")
"""Those whose documents name their end in ``expires_at``, for a TTL policy on that field."""

RISING = frozenset(
    {"at", "contact_term_from", "created_at", "day", "due_at", "expires_at", "next_deadline", "next_try_at"}
    | {"occurred_at", "received_at", "spooled_at", "submitted_at", "waits_until"}
)
"""The names of fields that later documents have later values of."""


class IndexedField(NamedTuple):
    """A field and what its index can be asked."""

    path: str
    mode: Mode


@dataclass(frozen=True, slots=True, order=True)
class Index:
    """An index on one collection; Firestore itself adds the document's id at the end."""

    collection: str
    fields: tuple[IndexedField, ...]


def composite_indexes(queries: Iterable[Query] = EVERY_QUERY) -> tuple[Index, ...]:
    """Those of several fields. Without its own Firestore refuses a query; the emulator does not."""
    return tuple(index for index in _indexes(queries) if len(index.fields) > 1)


def single_field_indexes(queries: Iterable[Query] = EVERY_QUERY) -> tuple[Index, ...]:
    """Those of one field, to be kept where indexing is turned off for all others."""
    return tuple(index for index in _indexes(queries) if len(index.fields) == 1)


def rising_and_indexed(queries: Iterable[Query] = EVERY_QUERY) -> tuple[tuple[str, str], ...]:
    """Collection and field where a query needs an index, single or composite, that only grows at its end."""
    indexed = ((index.collection, field.path) for index in _indexes(queries) for field in index.fields)
    return tuple(sorted({(collection, path) for collection, path in indexed if path in RISING}))


def _indexes(queries: Iterable[Query]) -> list[Index]:
    return sorted({index for query in queries for index in _indexes_of(query)})


def _indexes_of(query: Query) -> Iterator[Index]:
    """What one query walks. Equalities alone are answered by merging the indexes of their fields."""
    shape = shape_of(query)
    equal = [IndexedField(path, "ascending") for path in sorted({where.path for where in shape.equalities})]
    walked = [IndexedField(shape.member.path, "contains")] if shape.member else []
    if shape.order is not None and IndexedField(shape.order, "ascending") not in equal:
        walked.append(IndexedField(shape.order, "ascending"))
    if walked:
        yield Index(shape.collection, (*equal, *walked))
    else:
        yield from (Index(shape.collection, (field,)) for field in equal)
