"""One run of upload-conversions on a store that is ready, in a process of its own: ``python -m bench.upload_process``.

Prints what it took as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from bench.form_post import Nowhere
from bench.life import two_goals
from bench.metrica_taker import MetricaTaker
from leadloop.adapters.json_log import JsonLog
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.conversions.context import UploadContext
from leadloop.conversions.run import UploadRun
from leadloop.yandex.metrica import Metrica
from support.settable_clock import MORNING, SettableClock

LEASE_SECONDS = 600


def run(path: Path) -> dict[str, float]:
    """Upload all that is pending. The clock stands still, so that the run is not cut off at its time."""
    store, policy, clock = SqliteStore(path), two_goals(), SettableClock(MORNING + timedelta(hours=1))
    taker = MetricaTaker(policy)
    metrica = Metrica(taker, "https://metrica.example", policy.site.counter, "token")
    log = JsonLog(clock, Nowhere())
    context = UploadContext(store, clock, SeededEntropy(1), log, policy, metrica, LEASE_SECONDS)
    begun, cpu = time.perf_counter(), time.process_time()
    summary = UploadRun(context).run()
    took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    assert summary.stopped is None, summary.stopped
    return {
        **took,
        "peak_mib": _peak_mib(),
        "rows": taker.rows,
        "calls": sum(taker.calls.values()),
        "reads": store.usage.reads,
        "writes": store.usage.writes,
    }


def _peak_mib() -> float:
    """The most memory this program held; the kernel's record over exec would include the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) / 1024


def begins_at() -> datetime:
    """The instant that planted leads are to be older than."""
    return MORNING


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]))) + "\n")
