"""``application/x-www-form-urlencoded`` in any charset."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from leadloop.forms.charsets import decode


def pairs_of_form(body: bytes, charset: str) -> list[tuple[str, str]]:
    """Names and values in order; a name without ``=`` has no value.

    Percent signs hide bytes, not characters, so the charset is chosen once for the unquoted whole.
    https://url.spec.whatwg.org/#urlencoded-parsing
    """
    pairs = []
    for piece in body.strip(b"\r\n ").split(b"&"):
        if piece:
            name, _, value = piece.replace(b"+", b" ").partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    whole = b"".join(name + value for name, value in pairs)
    return [(decode(name, charset, whole), decode(value, charset, whole)) for name, value in pairs]
