"""What the API refuses with. Source: https://comagic.github.io/data_api/, the lists of errors.

Codes are groups; who reads the answer tells refusals apart by `mnemonic`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

ABSENT: Any = object()
"""No value was given, which is not the same as null."""


class _Kind(NamedTuple):
    code: int
    message: str


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "internal_error": _Kind(-32603, "Internal error, contact the support service"),
        "parse_error": _Kind(-32700, "Invalid JSON was received by the server."),
        "invalid_request": _Kind(-32600, "Invalid Request The JSON sent is not a valid Request object"),
        "batch_opreations_not_supported": _Kind(-32099, "Batch operations not supported"),
        "batch_operations_not_supported": _Kind(-32099, "Batch operations not supported"),
        "notifications_not_supported": _Kind(-32099, "Notifications not supported"),
        "method_not_found": _Kind(-32601, "The method does not exist / is not available"),
        "access_token_expired": _Kind(-32001, "Access token has been expired"),
        "access_token_blocked": _Kind(-32001, "Access token has been blocked"),
        "access_token_invalid": _Kind(-32001, "Access token is invalid"),
        "auth_error": _Kind(-32001, "Login or password is wrong"),
        "ip_not_whitelisted": _Kind(-32003, "Your IP {ip} is not whitelisted"),
        "forbidden": _Kind(-32003, "Permission denied"),
        "method_component_disabled": _Kind(
            -32008, "You need at least on of the following components to access this method: {components}"
        ),
        "parameter_component_disabled": _Kind(
            -32008, "You need at least on of the following components to access this paremeter: {components}"
        ),
        "account_inactive": _Kind(-32009, "Your account has been disabled, contact the support service"),
        "limit_exceeded": _Kind(
            -32029,
            "Limit per {limit_type} has been exceeded. Value of current limit per {limit_type} is {limit_max_value}",
        ),
        "data_type_error": _Kind(-32602, "Data supplied is of wrong type"),
        "required_parameter_missed": _Kind(-32602, "The required parameter has been missed"),
        "invalid_parameter_value": _Kind(-32602, "Invalid parameter value"),
        "unexpected_parameters": _Kind(-32602, "Unexpected method parameter(s)"),
        "sort_prohibited": _Kind(-32602, "Sort by parameter is prohibited"),
        "filter_prohibited": _Kind(-32602, "Filter by parameter is prohibited"),
        "date_interval_limit_reached": _Kind(-32602, "Max value of requested date interval is 3 months"),
        "entity_not_found": _Kind(-32602, "Entity not found"),
        "duplicate_entity": _Kind(-32602, "Duplicate entity"),
        "invalid_date_time": _Kind(-32602, "Invalid date time"),
        "data_limit_exceeded": _Kind(-32602, "A new data limit has been exceeded"),
        "tariff_restrictions": _Kind(
            -32602,
            "Action is not allowed for your tariff plan. You need contact support service or change your tariff plan "
            "settings in your account",
        ),
    }
)
KNOWN_REFUSALS = tuple(_KINDS)

_HELP = "https://comagic.github.io/data_api/#_errors"
_STATUSES = {-32001: 401, -32003: 403, -32008: 403, -32009: 403, -32029: 429, -32601: 404, -32603: 500}


class RpcRefused(Exception):
    """Ends a call with an error; `field` is the parameter it is about, nested ones with dots."""

    def __init__(
        self,
        mnemonic: str,
        field: str | None = None,
        value: object = ABSENT,
        params: Mapping[str, object] | None = None,
    ) -> None:
        self.mnemonic = mnemonic
        self.field = field
        self.value = value
        self.params = dict(params or {})
        super().__init__(_KINDS[mnemonic].message.format_map(_Blanks(self.params)))

    @property
    def code(self) -> int:
        """The group of the error."""
        return _KINDS[self.mnemonic].code

    @property
    def status(self) -> int:
        """The HTTP status a server that uses them would answer with."""
        return _STATUSES.get(self.code, 400)

    def body(self, metadata: Mapping[str, object]) -> dict[str, object]:
        """The `error` member of the answer."""
        told: dict[str, object] = {"mnemonic": self.mnemonic}
        told |= {} if self.field is None else {"field": self.field}
        told |= {} if self.value is ABSENT else {"value": self.value}
        told |= {"params": self.params} if self.params else {}
        told |= {"extended_helper": _HELP, "metadata": dict(metadata)}
        return {"code": self.code, "message": str(self), "data": told}


class _Blanks(dict[str, object]):
    """A fault may order an error without its particulars."""

    def __missing__(self, key: str) -> str:
        return "…"
