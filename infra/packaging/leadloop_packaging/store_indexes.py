"""What the queries of the code need of Firestore, in the form that Terraform reads."""

from __future__ import annotations

import json

from leadloop import indexes

FILE = "indexes.json"


def store_indexes() -> bytes:
    """``indexes.json``: collections, those whose documents expire, indexes of one field and of several."""
    single = [{"collection": one.collection, **one.fields[0]._asdict()} for one in indexes.single_field_indexes()]
    composite = [
        {"collection": one.collection, "fields": [field._asdict() for field in one.fields]}
        for one in indexes.composite_indexes()
    ]
    needed = {
        "collections": sorted(indexes.COLLECTIONS),
        "expiring": sorted(indexes.EXPIRING),
        "single": single,
        "composite": composite,
    }
    return json.dumps(needed, indent=2).encode() + b"\n"
