"""A file as a multipart body that is the same bytes each time it is made."""

from __future__ import annotations

from typing import NamedTuple


class Multipart(NamedTuple):
    """A body and the header that announces it."""

    content_type: str
    body: bytes


def file_part(csv: bytes, boundary_word: str) -> Multipart:
    """One part named ``file``, filename ``data.csv``, as Yandex's own sample sends it.

    ``boundary_word`` (letters and digits) must not stand in the file after two hyphens; an upload's token never does.
    """
    boundary = f"leadloop{boundary_word}"
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="data.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    )
    return Multipart(f"multipart/form-data; boundary={boundary}", b"".join((head.encode(), csv, _tail(boundary))))


def no_parts(boundary_word: str) -> Multipart:
    """A form that is well made and holds nothing."""
    boundary = f"leadloop{boundary_word}"
    return Multipart(f"multipart/form-data; boundary={boundary}", _tail(boundary))


def _tail(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode()
