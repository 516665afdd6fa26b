"""Web origins as people write them and as browsers send them."""

from __future__ import annotations

import re

# Texts here: a function that reads no policy from YAML does not pay for compiling them.
_ORIGIN = r"(?i)(https?)://([^/?#@\s*\\]+?)(:[0-9]{1,5})?"
_HOST = r"(?i)\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*"
_USUAL_PORT = {"https": ":443", "http": ":80"}


def read_origin(text: str) -> str:
    """The origin exactly as a browser's ``Origin`` header has it (https://fetch.spec.whatwg.org/#origin-header).

    Small letters, no usual port, Punycode for Cyrillic names (жк-сокол.рф). Raises ``ValueError`` with what
    was expected, and with the correction where there is one.
    """
    match = re.fullmatch(_ORIGIN, text)
    if match is None:
        raise ValueError(_expected(text))
    scheme, host, port = match[1].lower(), match[2].lower(), match[3] or ""
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(_expected(text)) from None
    if re.fullmatch(_HOST, ascii_host) is None:
        raise ValueError(_expected(text))
    return f"{scheme}://{ascii_host}{'' if port == _USUAL_PORT[scheme] else port}"


def is_local(origin: str) -> bool:
    """Whether the origin never leaves this machine."""
    host = origin.partition("://")[2]
    return host.startswith("[::1]") or host.split(":")[0] in ("localhost", "127.0.0.1")


def _expected(text: str) -> str:
    expected = "an origin such as https://sokol.example: scheme and host, no path and no *"
    start = re.match(_ORIGIN + r"(?=[/?#])", text)
    if start is not None:
        return f"{expected} (write {start[0]})"
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", text, re.IGNORECASE):
        return f"{expected} (write https://{text})"
    return expected
