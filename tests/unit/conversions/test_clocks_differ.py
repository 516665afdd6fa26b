"""A machine whose clock is wrong sends nothing and expires nothing; it says so."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from leadloop.adapters.memory_log import MemoryLog
from leadloop.adapters.memory_store import MemoryStore
from leadloop.adapters.seeded_entropy import SeededEntropy
from leadloop.conversions.context import UploadContext
from leadloop.conversions.preflight import CLOCK_TOLERANCE, look_at_counter
from leadloop.ports.http import HttpRequest, HttpResponse
from leadloop.yandex.metrica import Metrica
from support.policies import sokol
from support.settable_clock import SettableClock

THERE = datetime(2026, 9, 1, 9, tzinfo=UTC)


class Answering:
    """Metrica with no goals, whose answers carry its own time."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers

    def send(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, self.headers, b'{"goals": []}')


def look(ahead: timedelta, log: MemoryLog, *, tells_real_time: bool = True, **headers: str) -> str | None:
    clock = SettableClock()
    clock.set(THERE + ahead)
    metrica = Metrica(Answering(**headers), "http://metrica.example", "1", "token")
    context = UploadContext(MemoryStore(), clock, SeededEntropy(1), log, sokol(), metrica, 600, tells_real_time)
    return look_at_counter(context).trouble


@pytest.mark.parametrize("ahead", [timedelta(days=40), timedelta(hours=-2), CLOCK_TOLERANCE + timedelta(seconds=1)])
def test_a_wrong_clock_stops_the_run_and_says_what_to_do(ahead: timedelta) -> None:
    log = MemoryLog()
    assert "our clock differs" in (look(ahead, log, date=format_datetime(THERE)) or "")
    [entry] = [entry for entry in log.entries if entry.event == "clocks_differ"]
    assert "NTP" in str(entry.details["what_to_do"])


@pytest.mark.parametrize("ahead", [timedelta(0), CLOCK_TOLERANCE, -CLOCK_TOLERANCE])
def test_a_clock_that_is_about_right_goes_on(ahead: timedelta) -> None:
    assert look(ahead, MemoryLog(), Date=format_datetime(THERE, usegmt=True)) is None


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": "Tue, 01 Sep 2026 09:00:00"}])
def test_an_answer_that_does_not_tell_its_time_goes_on(headers: dict[str, str]) -> None:
    assert look(timedelta(days=40), MemoryLog(), tells_real_time=True, **headers) is None


def test_a_simulated_clock_is_not_compared() -> None:
    assert look(timedelta(days=40), MemoryLog(), tells_real_time=False, Date=format_datetime(THERE)) is None
