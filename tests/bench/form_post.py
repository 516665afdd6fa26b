"""A form post as a browser sends it, and the world that takes it."""

from __future__ import annotations

import io
from pathlib import Path

from leadloop.adapters.json_log import JsonLog
from leadloop.adapters.memory_bus import MemoryBus
from leadloop.adapters.system_clock import SystemClock
from leadloop.adapters.system_entropy import SystemEntropy
from leadloop.ports.bus import Bus
from leadloop.runtime import Runtime

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
POLICY = ROOT / "examples" / "real_estate" / "leadloop.yaml"
BARE = Path(__file__).parent / "served" / "bare.py"
HMAC_KEY = "k1:" + "ab" * 32

RAW_PHONE = (Path(__file__).parent / "bodies" / "browser_form.json").read_bytes()
"""As a page of the example posts it: the phone in clear, hashed where it arrives."""
READY_KEY = (Path(__file__).parent / "bodies" / "browser_form_with_key.json").read_bytes()
"""The same from a site that hashes for itself, as the mode ``hash`` wants it in the cloud."""

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8",
    "Content-Type": "application/json",
    "Origin": "https://sokol.example",
    "Priority": "u=1, i",
    "Referer": "https://sokol.example/",
    "Sec-Ch-Ua": '"Chromium";v="140", "Google Chrome";v="140", "Not=A?Brand";v="24"',
    "Sec-Ch-Ua-Mobile": "?0",
    "Sec-Ch-Ua-Platform": '"Windows"',
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-site",
    "User-Agent": _CHROME,
    "X-Forwarded-For": "203.0.113.77",
}
"""What a page's ``fetch`` sends along, and the nearest proxy adds."""


class Nowhere(io.StringIO):
    """A stream that forgets."""

    def write(self, text: str, /) -> int:
        """Take the text as written."""
        return len(text)


def settings(data: Path | str) -> dict[str, str]:
    """The environment of capture-lead on one machine."""
    return {
        "LEADLOOP_POLICY": str(POLICY),
        "LEADLOOP_MANIFEST": str(FUNCTIONS / "functions.yaml"),
        "LEADLOOP_DATA": str(data),
        "LEADLOOP_HMAC_KEY": HMAC_KEY,
    }


def world(bus: Bus | None = None, data: Path | None = None) -> Runtime:
    """One machine's runtime, as a process has it; the log is written, and goes nowhere."""
    found = Runtime(settings(data or "in memory"))
    found.clock, found.entropy = SystemClock(), SystemEntropy()
    found.log = JsonLog(found.clock, Nowhere())
    if bus is not None or data is None:
        found.bus = bus or MemoryBus()
    return found
