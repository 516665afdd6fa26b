"""What a method of the API is, whatever it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .keys import Key
from .office import Office
from .params import Param, Params


@dataclass(frozen=True)
class Outcome:
    """What goes into `result`; `total_items` is of lists alone."""

    result: dict[str, Any]
    total_items: int | None = None


@dataclass(frozen=True)
class Caller:
    """Who calls, and the key he calls with."""

    key: Key
    token: str


@dataclass(frozen=True)
class Method:
    """One method. `components`: the account needs one of them; none named: it needs none."""

    name: str
    params: Mapping[str, Param]
    perform: Callable[[Office, Params, Caller], Outcome]
    components: tuple[str, ...] = ()
    writes: bool = False
    tells_metadata: bool = True
