"""Every setting a policy may hold: its path, its meaning, its default. Documentation and ``check`` are held to it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadloop.policy import models
from leadloop.policy.crm import Crm, crm_kinds
from leadloop.policy.durations import write_duration
from leadloop.policy.section import Section
from leadloop.policy.spans import Span

EACH = "*"
"""Stands in a path for a key or a number the owner chooses: ``goals.*.stage``."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the policy file."""

    path: tuple[str, ...]
    meaning: str
    field: FieldInfo
    kind: str = ""
    """The kind of CRM whose setting this is, where others have none of that name, or it means something else there."""

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)

    @property
    def title(self) -> str:
        """The name, with the kind of CRM that it goes with: ``crm.fields.client_id (bitrix24)``."""
        return f"{self.name} ({self.kind})" if self.kind else self.name

    @property
    def is_section(self) -> bool:
        """Whether it holds other settings rather than a value."""
        return _section_in(self.field.annotation) is not None

    @property
    def standard(self) -> str | None:
        """The default as it is written in YAML; ``None`` for sections and for what must be written."""
        if self.is_section or self.field.is_required():
            return None
        return write_value(self.field.get_default(call_default_factory=True))


def write_value(value: object) -> str:
    """A value as it is written in YAML, on one line."""
    match value:
        case Span():
            return str(value)
        case timedelta():
            return write_duration(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case "":
            return '""'
        case tuple():
            return f"[{', '.join(str(item) for item in value)}]"
        case dict():
            return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"
    return str(value)


def settings() -> Iterator[Setting]:
    """Every setting, sections before what they hold, in the order of the models; of CRMs the standard kind's."""
    yield from _settings(models.Policy, ())


def settings_with(crm: type[Crm]) -> Iterator[Setting]:
    """Every setting in the same order, those of the section ``crm`` being this kind's."""
    for one in settings():
        if one.path == ("crm",):
            yield from (one, *_settings(crm, ("crm",)))
        elif one.path[0] != "crm":
            yield one


def settings_of_kinds() -> Iterator[Setting]:
    """The settings by which the other kinds of CRM differ from the standard one."""
    (_, standard), *others = crm_kinds().items()
    known = {one.path: one for one in _settings(standard, ("crm",))}
    for kind, section in others:
        for one in _settings(section, ("crm",)):
            first = known.get(one.path)
            if first is None or (first.standard, first.meaning) != (one.standard, one.meaning):
                yield replace(one, kind=kind)


def section_at(path: tuple[str | int, ...], crm: type[Crm]) -> type[BaseModel] | None:
    """The model of the section at a path, in a policy of a kind of CRM; ``None`` when no section stands there."""
    kind, path = (crm, path[1:]) if path[:1] == ("crm",) else (models.Policy, path)
    return _model(_annotation_at(kind, path))


def _annotation_at(kind: object, path: tuple[str | int, ...]) -> object:
    for step in path:
        section = _model(kind)
        if section is None:
            kind = _item(_plain(kind))
        else:
            known = section.model_fields.get(str(step))
            kind = known.annotation if known is not None else None
    return kind


@cache
def meanings(section: type[BaseModel]) -> dict[str, str]:
    """What the docstring under each field promises.

    Read from the source when asked: pydantic's ``use_attribute_docstrings`` would read it at every
    cold start and triple the cost of importing the policy.
    """
    inherited = [base for base in reversed(section.__mro__[1:]) if issubclass(base, Section) and base is not Section]
    found = {name: text for base in inherited for name, text in meanings(base).items()}
    tree = ast.parse(inspect.getsource(section))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    return found | {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _settings(section: type[BaseModel], path: tuple[str, ...]) -> Iterator[Setting]:
    for name, field in section.model_fields.items():
        here = (*path, name)
        yield Setting(here, meanings(section).get(name, ""), field)
        if inner := _section_in(field.annotation):
            yield from _settings(inner, here if _model(field.annotation) else (*here, EACH))


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The model a setting is, or is a mapping or a list of; ``None`` for a plain value."""
    return _model(annotation) or _model(_item(_plain(annotation)))


def _model(annotation: object) -> type[BaseModel] | None:
    kind = _plain(annotation)
    if kind is Crm:
        return next(iter(crm_kinds().values()))
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _plain(annotation: object) -> object:
    """The annotation without ``Annotated`` and without ``| None``."""
    while True:
        arguments: tuple[Any, ...] = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation = arguments[0]
        elif get_origin(annotation) in (Union, UnionType) and type(None) in arguments:
            annotation = next(kind for kind in arguments if kind is not type(None))
        else:
            return annotation


def _item(annotation: object) -> object:
    """What a mapping or a list holds; ``None`` for anything else."""
    kind, arguments = get_origin(annotation), get_args(annotation)
    if kind is dict:
        return arguments[1]
    return arguments[0] if kind is tuple else None
