"""The real clock, and the one in a file that several processes live by."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from leadloop.adapters.file_clock import ClockUnreadable, FileClock, set_file_clock
from leadloop.adapters.system_clock import SystemClock
from support.settable_clock import MORNING


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clock"


def test_the_system_clock_tells_aware_utc_and_goes_on() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is UTC
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_file_clock_stands_where_it_was_set(path: Path) -> None:
    set_file_clock(path, MORNING)
    clock = FileClock(path)
    assert clock.now() == clock.now() == MORNING
    assert clock.now().tzinfo is UTC


def test_every_move_is_seen_however_fast_they_follow_and_in_either_direction(path: Path) -> None:
    set_file_clock(path, MORNING)
    clock = FileClock(path)
    for number in range(200):
        instant = MORNING + timedelta(microseconds=number if number % 2 else -number)
        set_file_clock(path, instant)
        assert clock.now() == instant
        # the mark by which readers see a move: where the file system's own times are coarse, nothing else differs
        assert path.stat().st_mtime_ns % 1_000_000_000 == instant.microsecond * 1000


def test_a_zone_is_converted_and_a_naive_instant_refused(path: Path) -> None:
    set_file_clock(path, MORNING.astimezone(timezone(timedelta(hours=3))))
    assert FileClock(path).now() == MORNING
    with pytest.raises(ValueError, match="naive"):
        set_file_clock(path, MORNING.replace(tzinfo=None))
    assert FileClock(path).now() == MORNING
    assert os.listdir(path.parent) == ["clock"]


def test_a_file_written_by_hand_is_read(path: Path) -> None:
    path.write_text(" 2026-09-01T12:00:00+03:00\n\n")
    assert FileClock(path).now() == MORNING


def test_another_process_sees_the_same_time(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from leadloop.adapters.file_clock import FileClock\n"
        "clock = FileClock(Path(sys.argv[1]))\n"
        "for line in sys.stdin: print(clock.now().isoformat(), flush=True)"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        for day in range(5):
            set_file_clock(path, MORNING + timedelta(days=day))
            reader.stdin.write("\n")
            reader.stdin.flush()
            assert reader.stdout.readline().strip() == (MORNING + timedelta(days=day)).isoformat()
        reader.stdin.close()


@pytest.mark.parametrize("text", ["", "soon", "2026-09-01T09:00:00", "1788253200", "2026-09-01 09:00 UTC", "\udcff"])
def test_a_file_without_an_instant_says_what_is_expected(path: Path, text: str) -> None:
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(ClockUnreadable, match=r"clock file clock .*expected one instant.*LEADLOOP_CLOCK_FILE"):
        FileClock(path).now()


def test_a_clock_is_read_again_once_it_is_mended(path: Path) -> None:
    clock = FileClock(path)
    with pytest.raises(ClockUnreadable, match="No such file") as unreadable:
        clock.now()
    assert str(path.parent) not in str(unreadable.value)
    set_file_clock(path, MORNING)
    assert clock.now() == MORNING
    path.unlink()
    with pytest.raises(ClockUnreadable):
        clock.now()
