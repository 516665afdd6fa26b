"""Every setting a policy may hold: its path, its meaning, its default. Documentation and ``check`` are held to it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadloop.policy import models

EACH = "*"
"""Stands in a path for a key or a number the owner chooses: ``goals.*.stage``."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the policy file."""

    path: tuple[str, ...]
    meaning: str
    field: FieldInfo

    @property
    def name(self) -> str:
        """The path as people write it."""
        return ".".join(self.path)


def settings() -> Iterator[Setting]:
    """Every setting, sections before what they hold, in the order of the models."""
    yield from _settings(models.Policy, ())


def section_at(path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the section at a path; ``None`` when no section stands there."""
    kind: object = models.Policy
    for step in path:
        section = _plain(kind)
        if isinstance(section, type) and issubclass(section, BaseModel):
            known = section.model_fields.get(str(step))
            kind = known.annotation if known is not None else None
        else:
            kind = _item(section)
    section = _plain(kind)
    return section if isinstance(section, type) and issubclass(section, BaseModel) else None


@cache
def meanings(section: type[BaseModel]) -> dict[str, str]:
    """What the docstring under each field promises.

    Read from the source when asked: pydantic's ``use_attribute_docstrings`` would read it at every
    cold start and triple the cost of importing the policy.
    """
    tree = ast.parse(inspect.getsource(section))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    return {
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
        kind = _plain(field.annotation)
        if get_origin(kind) is dict:
            here, kind = (*here, EACH), _plain(_item(kind))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, here)


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
