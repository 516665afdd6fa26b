"""The policy and the manifest that a package carries, put together as they were checked.

They were read, checked and written as JSON while the package was made, by this very code. To check them once more a new
instance would first have to build what checks them, for a twentieth of its whole start.
"""

from __future__ import annotations

import json
from datetime import timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel

from leadloop.policy.crm import Crm, section_meant
from leadloop.policy.durations import read_duration
from leadloop.policy.spans import Span, read_span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydantic.fields import FieldInfo

Model = TypeVar("Model", bound=BaseModel)


class PackageInvalid(ValueError):
    """What lies beside main.py is not what this version packages."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: expected the JSON of a package of this version, found {reason}; make it again")


def read_packaged(kind: type[Model], path: Path) -> Model:
    """The settings in ``leadloop.json`` or ``functions.json``, unchecked. Raises ``PackageInvalid``."""
    try:
        settings: Model = _model(kind, json.loads(path.read_bytes()))
    except json.JSONDecodeError as error:
        raise PackageInvalid(path.name, f"no JSON in line {error.lineno}") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise PackageInvalid(path.name, "another shape") from None
    return settings


def _model(kind: type[BaseModel], written: dict[str, Any]) -> Any:  # noqa: ANN401 — one of that kind
    kind = section_meant(written) if kind is Crm else kind
    fields = kind.model_fields.items()
    values = {
        name: _value(field.annotation, written[name]) if name in written else _default(name, field)
        for name, field in fields
    }
    return kind.model_construct(set(written), **values)


def _default(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 — what the field holds when nothing is written
    # Not by pydantic, which looks up every time whether a factory has parameters, and copies what nobody can change.
    if field.is_required():
        raise LookupError(name)
    kind, factory = field.annotation, cast("Callable[[], Any] | None", field.default_factory)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and factory == kind.model_construct:
        return _model(kind, {})
    return factory() if factory else field.default


def _value(kind: Any, written: Any) -> Any:  # noqa: ANN401 — a type as pydantic keeps it, and a value as JSON has it
    if written is None or kind in (str, int, float, bool):
        return written
    if isinstance(kind, type):
        return _of_class(kind, written)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _value(inner[0], written)
    if origin is tuple:
        return tuple(_value(inner[0], one) for one in written)
    if origin is dict:
        return {name: _value(inner[1], one) for name, one in written.items()}
    if origin in (Union, UnionType):
        kinds = [one for one in inner if one is not NoneType]
        return _value(kinds[0], written) if len(kinds) == 1 else written
    if origin is Literal:
        return written
    raise TypeError(kind)


def _of_class(kind: type[Any], written: Any) -> Any:  # noqa: ANN401
    if issubclass(kind, BaseModel):
        return _model(kind, written)
    if issubclass(kind, Enum):
        return kind(written)
    if kind is timedelta:
        return read_duration(written)
    if kind is Span:
        return read_span(written)
    raise TypeError(kind)
