"""Orders and seed rows from outside, checked: a wrong one is refused with every mistake named."""

from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from .faults import InstructionRefused

T = TypeVar("T")


class Order(BaseModel):
    """Unknown keys are refused, for a misspelt one would otherwise do nothing in silence."""

    model_config = ConfigDict(extra="forbid")


def checked(what: str, shape: TypeAdapter[T], row: object) -> T:
    """The row as its model; InstructionRefused names every mistake by its place."""
    try:
        return shape.validate_python(row)
    except ValidationError as problem:
        mistakes = [
            f"{'.'.join(str(part) for part in one['loc']) or 'row'}: {one['msg']}"
            for one in problem.errors(include_url=False)
        ]
        raise InstructionRefused(f"{what} is not understood: {'; '.join(mistakes)}.") from None


def unix(moment: datetime | None, otherwise: int) -> int:
    """Unix seconds; a time without an offset is UTC."""
    if moment is None:
        return otherwise
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
