"""Tags and sales set by integrations.

Source: https://comagic.github.io/data_api/tag/ set_tag_communications, unset_tag_communications and set_tag_sales.
"""

from ..tracker.communications import Communication
from .methods import Caller, Method, Outcome
from .office import Office
from .params import COMMON, Param, Params
from .refusals import RpcRefused
from .writes_seen import Write

LONGEST_COMMENT = 255

_TYPES = ("call", "chat", "goal", "offline_message")
_TAGGING = {
    **COMMON,
    "communication_id": Param("number"),
    "communication_ext_id": Param("text"),
    "communication_type": Param("text", required=True),
    "tag_id": Param("number", required=True),
}
_SELLING = {
    **COMMON,
    "communication_id": Param("number", required=True),
    "communication_type": Param("text", required=True),
    "date_time": Param("date", required=True),
    "transaction_value": Param("number", required=True),
    "comment": Param("text"),
}


def _set_tag(office: Office, params: Params, caller: Caller) -> Outcome:
    communication, tag_id = _named(office, params), _tag(office, params)
    is_new = office.account.set_tag(communication, tag_id, office.unix_now(), caller.key.actor)
    if not is_new and office.switches.text("repeated_tag") == "duplicate_entity":
        raise RpcRefused("duplicate_entity", "tag_id", tag_id)
    _note(office, "set.tag_communications", caller, communication, tag_id=tag_id)
    return Outcome({})


def _unset_tag(office: Office, params: Params, caller: Caller) -> Outcome:
    communication, tag_id = _named(office, params), _tag(office, params)
    if not office.account.unset_tag(communication, tag_id):
        raise RpcRefused("entity_not_found", "tag_id", tag_id)
    _note(office, "unset.tag_communications", caller, communication, tag_id=tag_id)
    return Outcome({})


def _set_sale(office: Office, params: Params, caller: Caller) -> Outcome:
    """A site that does not count sales is refused; with which mnemonic is not documented."""
    communication = _named(office, params)
    at, comment = office.account.zone.moment_of(params["date_time"]), params.get("comment")
    if at < communication.at:
        raise RpcRefused("invalid_date_time", "date_time", params["date_time"])
    if comment and len(comment) > LONGEST_COMMENT:
        raise RpcRefused("invalid_parameter_value", "comment", comment)
    if not office.switches.on("sales_enabled"):
        raise RpcRefused("tariff_restrictions")
    sale = office.account.set_sale(communication, at, params["transaction_value"], comment)
    _note(office, "set.tag_sales", caller, communication, sale_id=sale.id, cost=sale.cost)
    return Outcome({"id": sale.id})


def _named(office: Office, params: Params) -> Communication:
    kind, number, ext_id = (params.get(f"communication_{name}") for name in ("type", "id", "ext_id"))
    if kind not in _TYPES:
        raise RpcRefused("invalid_parameter_value", "communication_type", kind)
    if number is None and ext_id is None:
        raise RpcRefused("required_parameter_missed", "communication_id")
    found = office.account.find(kind, number, ext_id)
    if found is None:
        named = ("communication_ext_id", ext_id) if number is None else ("communication_id", number)
        raise RpcRefused("entity_not_found", *named)
    return found


def _tag(office: Office, params: Params) -> int:
    tag_id: int = params["tag_id"]
    if tag_id not in office.account.furniture.tags:
        raise RpcRefused("entity_not_found", "tag_id", tag_id)
    return tag_id


def _note(office: Office, method: str, caller: Caller, communication: Communication, **told: object) -> None:
    office.seen.note(Write(office.unix_now(), method, caller.key.user.login, (communication.id,), told))


MARKING = (
    Method("set.tag_communications", _TAGGING, _set_tag, writes=True, tells_metadata=False),
    Method("unset.tag_communications", _TAGGING, _unset_tag, writes=True, tells_metadata=False),
    Method("set.tag_sales", _SELLING, _set_sale, writes=True, tells_metadata=False),
)
