"""Site builders: one file each. A new builder is a new file here, and nothing else changes.

A builder's file holds the two functions of ``Builder``. Files are asked in the order of their names;
``generic`` is asked last and recognises everything.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from leadloop.forms.body import Fields
from leadloop.forms.desk import Desk
from leadloop.forms.form_post import FormPost

_LAST = "generic"


class ConnectionTest(Exception):
    """The post only tries the connection; it is answered with ``answer`` and is no lead."""

    def __init__(self, answer: str, builder: str) -> None:
        super().__init__("a builder's connection test")
        self.answer = answer
        self.builder = builder


class Builder(Protocol):
    """What a builder's file holds."""

    def recognises(self, fields: Fields) -> bool:
        """Whether the builder's own marks are in the form."""
        ...

    def read(self, fields: Fields, desk: Desk, /) -> FormPost:
        """The form in the field's terms. Raises ``ConnectionTest`` or ``FormRefused``."""
        ...


def _found() -> tuple[Builder, ...]:
    names = sorted(module.name for module in iter_modules(__path__) if module.name != _LAST)
    return tuple(cast(Builder, import_module(f"{__name__}.{name}")) for name in (*names, _LAST))


*BUILDERS, GENERIC = _found()


def read_form(fields: Fields, desk: Desk) -> FormPost:
    """The form as the first builder that recognises it reads it. Raises ``ConnectionTest`` or ``FormRefused``."""
    for builder in BUILDERS:
        if builder.recognises(fields):
            return builder.read(fields, desk)
    return GENERIC.read(fields, desk)
