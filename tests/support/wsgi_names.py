"""A request's headers by the names that WSGI gives them."""

from __future__ import annotations

from collections.abc import Mapping


def environ_of(headers: Mapping[str, str]) -> dict[str, str]:
    """What a WSGI server hands on (https://peps.python.org/pep-3333/#environ-variables)."""
    return {_named(name): value for name, value in headers.items()}


def _named(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
