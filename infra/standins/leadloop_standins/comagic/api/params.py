"""The parameters of a method, checked before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..tracker.zone import parse_local
from .refusals import RpcRefused

ParamKind = Literal["number", "text", "flag", "date", "list", "map"]
Params = Mapping[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "text": (str,),
    "flag": (bool,),
    "date": (str,),
    "list": (list,),
    "map": (dict,),
}


@dataclass(frozen=True)
class Param:
    """One parameter; null counts as absent."""

    kind: ParamKind
    required: bool = False


COMMON = {"access_token": Param("text", required=True), "user_id": Param("number")}
"""What every method but `login.user` takes."""


def check_params(given: Params, known: Mapping[str, Param], path: str = "") -> None:
    """RpcRefused for the first unknown name, then for the first that is missing, then for the first wrong value."""
    for name, value in given.items():
        if name not in known:
            raise RpcRefused("unexpected_parameters", path + name, value)
    for name, param in known.items():
        if param.required and given.get(name) is None:
            raise RpcRefused("required_parameter_missed", path + name)
    for name, value in given.items():
        if value is not None:
            check_value(path + name, known[name].kind, value)


def check_value(name: str, kind: ParamKind, value: object) -> None:
    """RpcRefused for a value of another JSON type, and for a date that is not written as the API writes dates."""
    is_flag = isinstance(value, bool)
    if not isinstance(value, _TYPES[kind]) or is_flag is not (kind == "flag"):
        raise RpcRefused("data_type_error", name, value)
    if kind == "date":
        try:
            parse_local(str(value))
        except ValueError:
            raise RpcRefused("invalid_parameter_value", name, value) from None
