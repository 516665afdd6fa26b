"""What could not be counted, in one place: how long the outside takes, and what Google adds. All on the dear side."""

from __future__ import annotations

from typing import Final

DAYS_A_MONTH: Final = 365.25 / 12

STORE_SECONDS: Final = 0.010
"""One round trip to Firestore in the same region."""
PUBLISH_SECONDS: Final = 0.020
VENDOR_SECONDS: Final = 0.5
"""One call of a CRM or of Metrica, connecting included."""

STORE_CPU_SECONDS: Final = 0.0015
"""Of Google's client and gRPC in one round trip. Measured: 1.1 ms to read, 0.7 to 4 ms to write."""
PUBLISH_CPU_SECONDS: Final = 0.001
VENDOR_CPU_SECONDS: Final = 0.005
"""Most of it TLS."""
START_CPU_SECONDS: Final = 1.2
"""From the start of a process to its first answer; the dearest function, see docs/performance.md."""

KEPT_SECONDS: Final = 900
"""How long an instance is kept for the next call."""
ROUNDING_SECONDS: Final = 0.1
"""Time is billed in steps of it, so a call is billed half a step more on average, and never less than one:
https://cloud.google.com/run/pricing"""

VISITS_A_LEAD: Final = 2
"""Later sessions of a lead's browser, of which the tag tells."""
MONTHS_STORED: Final = 12
"""How long leads have been coming: nothing removes them."""
DAYS_EXPIRING: Final = 90
"""How long an outcome rests before Firestore removes it (``leadloop.outcomes``); a visit rests shorter."""
IMAGE_GIB: Final = 0.1
"""Of each function, the layers that all share left aside."""
IMAGES_KEPT: Final = 1
"""Of each function, as the repository's cleanup has it: those of the last days are not counted."""

JOB_LOG_BYTES: Final = 2000
"""What Cloud Scheduler writes of every run. Of a call that goes well Cloud Run writes nothing: see infra/terraform."""
CONNECTION_BYTES: Final = 2000
"""What TLS, TCP and HTTP add to every call that leaves Google, and to every answer."""


def told(as_of: str) -> tuple[str, ...]:
    """The same for a person who reads the sum."""
    return (
        f"prices of {as_of} for the first class of regions (us-central1, europe-west1 and others); tax is not in them",
        "every lead is sold: form, deal, three stages, two conversions, "
        f"and {VISITS_A_LEAD} later visits told by the tag; they come evenly over the day",
        f"a round trip to Firestore {STORE_SECONDS * 1000:.0f} ms, a publish {PUBLISH_SECONDS * 1000:.0f} ms, "
        f"a call of the CRM or of Metrica {VENDOR_SECONDS * 1000:.0f} ms; processor time as measured",
        f"an instance is kept for {KEPT_SECONDS // 60} minutes, then the next call starts another: "
        f"{START_CPU_SECONDS:g} s of processor time; no two calls share a second",
        f"leads of {MONTHS_STORED} months are stored, with 7 days of recovery, and outcomes and visits of "
        f"{DAYS_EXPIRING} days",
        f"{CONNECTION_BYTES / 1000:g} KB on the wire for each call, "
        f"{IMAGE_GIB:g} GiB for each function's image, {IMAGES_KEPT} kept",
        "the free tier is that of a billing account and of one database in a project: other work of yours shares it",
        "not in it: the script tag.js when every page loads it from capture-visit, builds and their bucket, alerts,"
        " secrets of senders",
    )
