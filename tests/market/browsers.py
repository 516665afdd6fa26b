"""Browsers and the networks they are in, as the headers of a request tell them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from support.policies import ORIGIN

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 {}Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} Safari"
)
USER_AGENTS = (
    *(CHROME.format("Windows NT 10.0; Win64; x64", version, "") for version in (138, 139, 140)),
    *(CHROME.format("Linux; Android 10; K", version, "Mobile ") for version in (137, 138, 139, 140)),
    *(IPHONE.format(version.replace(".", "_"), version) for version in ("17.6", "18.5", "18.6")),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari",
    CHROME.format("Windows NT 10.0; Win64; x64", 138, "YaBrowser/25.8.0.0 "),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
)
PROGRAMS = (
    CHROME.format("X11; Linux x86_64", 139, "").replace("Chrome", "HeadlessChrome"),
    "python-requests/2.32.3",
    "Go-http-client/2.0",
)
LANGUAGES = ("ru-RU,ru;q=0.9", "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "ru")
CARRIERS = tuple(
    f"{first}.{second}.{third}"
    for first, second in ((31, 173), (178, 176), (85, 140), (213, 87))
    for third in range(60, 66)
)
"""Where mobile operators let out thousands of telephones each."""


JSON, URLENCODED = "application/json", "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True)
class Browser:
    """One browser on one device, with what Metrica's tag remembers in it."""

    client_id: str
    user_agent: str
    languages: str

    def headers(self, network: str, chance: Random) -> dict[str, str]:
        """As our own proxy passes them on; a visitor may have written anything before its last address."""
        address = network if ":" in network else f"{network}.{chance.randrange(1, 255)}"
        forwarded = address if chance.random() < 0.9 else f"10.0.0.{chance.randrange(9)}, {address}"
        return {
            "Content-Type": JSON if chance.random() < 0.7 else URLENCODED,
            "Origin": ORIGIN,
            "User-Agent": self.user_agent,
            "Accept-Language": self.languages,
            "X-Forwarded-For": forwarded,
        }


def new_client_id(chance: Random) -> str:
    """A ClientID of Metrica: the second of the first visit and a random number."""
    return f"17{chance.randrange(10**8):08}{chance.randrange(10**9):09}"


def new_browser(chance: Random, user_agent: str | None = None) -> Browser:
    return Browser(new_client_id(chance), user_agent or chance.choice(USER_AGENTS), chance.choice(LANGUAGES))


def new_network(chance: Random) -> str:
    """Somebody's own: 256 addresses of IPv4, or now and then one of IPv6."""
    if chance.random() < 0.1:
        return f"2a00:1370:{chance.randrange(1, 65536):x}:{chance.randrange(65536):x}::{chance.randrange(1, 65536):x}"
    return f"{chance.choice((5, 37, 46, 77, 91, 95, 109, 188))}.{chance.randrange(256)}.{chance.randrange(256)}"
