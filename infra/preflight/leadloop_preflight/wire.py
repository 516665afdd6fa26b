"""As much of Protocol Buffers as Terraform's plugin protocol needs: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _LENGTH_PREFIXED = 0, 2


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message; nothing for a value that readers assume anyway: no text, 0, False."""
    return present(number, value) if value else b""


def present(number: int, value: bytes | str | int) -> bytes:
    """One field that is there whatever it says, as a nested message or one of several choices must be."""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _LENGTH_PREFIXED) + _varint(len(content)) + content


def contents(message: bytes) -> dict[int, bytes]:
    """The texts, bytes and nested messages of a message by number, the last of each. Raises ``ValueError``."""
    return dict(_contents(message))


def _contents(message: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        match tag & 7:
            case 0:
                _, at = _read_varint(message, at)
            case 1:
                at += 8
            case 2:
                length, at = _read_varint(message, at)
                yield tag >> 3, message[at : at + length]
                at += length
            case 5:
                at += 4
            case kind:
                raise ValueError(f"no message: a field of kind {kind}")


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
