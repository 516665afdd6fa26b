"""An upload run over ten times as many pending leads: ten times the time, and no more memory.

Each run is a process of its own on its own copy of a store on disk. Metrica takes everything at once.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Gate, compared, counted
from bench.form_post import ROOT
from bench.life import two_goals
from bench.pending import plant
from bench.processes import environment
from bench.sampling import Scale
from bench.upload_process import begins_at
from leadloop.adapters.sqlite_store import SqliteStore

LINEAR, FLAT, FEW_CALLS = Gate(11, aim=10.2), Gate(1.5, aim=1.1), Gate(10, aim=3)
TIMES = 10
SMALL_ROUNDS = 3

Taken = dict[str, float]


def measure(scale: Scale) -> Iterator[Figure]:
    """The larger run is taken once, after the smaller ones: it is long enough to be its own average."""
    with TemporaryDirectory() as folder:
        small = [_run(Path(folder), scale.pending) for _ in range(min(SMALL_ROUNDS, scale.rounds))]
        large = _run(Path(folder), TIMES * scale.pending)
    for one, leads in ((small[0], scale.pending), (large, TIMES * scale.pending)):
        assert one["rows"] == leads, (one["rows"], leads)
    note = f"{TIMES * scale.pending:,} pending leads against {scale.pending:,}; processor time"
    yield _times("upload run, ten times the leads", "s", small, large, "cpu", LINEAR, note)
    yield _times("upload run, peak memory", "MiB", small, large, "peak_mib", FLAT, note)
    yield counted(
        "upload run, rows a second", "", [large["rows"] / large["cpu"]], note="from pending lead to taken row"
    )
    files = large["rows"] / two_goals().defaults.rows_per_upload
    yield counted("upload run, calls of the API", "", [large["calls"] - files], FEW_CALLS, "besides one for each file")
    yield counted("upload run, writes a row", "", [large["writes"] / large["rows"]])
    yield counted("upload run, reads a row", "", [large["reads"] / large["rows"]])


def _times(name: str, unit: str, small: list[Taken], large: Taken, what: str, gate: Gate, note: str) -> Figure:
    return compared(name, unit, [large[what]] * len(small), [one[what] for one in small], gate, note)


def _run(folder: Path, leads: int) -> Taken:
    planted = folder / f"planted-{leads}"
    if not planted.exists():
        planted.mkdir()
        store = SqliteStore(planted / "documents.db")
        plant(store, two_goals(), leads, begins_at())
        store.close()
    at_hand = folder / "at-hand"
    shutil.rmtree(at_hand, ignore_errors=True)
    shutil.copytree(planted, at_hand)
    command = [sys.executable, "-m", "bench.upload_process", str(at_hand / "documents.db")]
    around = environment(PYTHONPATH=str(ROOT / "tests"))
    said = subprocess.run(command, env=around, capture_output=True, text=True, check=False)
    if said.returncode:
        raise RuntimeError(said.stderr[-2000:])
    taken: Taken = json.loads(said.stdout)
    return taken
