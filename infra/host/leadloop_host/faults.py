"""Why a host could not start."""

from __future__ import annotations


class StartRefused(Exception):
    """The host cannot start as it was asked to; the text says what to do, in full sentences."""
