"""crm.stagehistory.list. Leads have STATUS_ID and no pipeline; answers of 2022 had texts for numbers.

Source: https://apidocs.bitrix24.ru/api-reference/crm/crm-stage-history-list.html.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from ..portal.fields import Field
from ..portal.history import StageRow
from ..portal.kinds import DEAL, LEAD, Kind
from ..portal.values import Value, moment_text
from .calls import Answer, Call, page_of
from .filters import Columns
from .problems import CallRefused, system_error

_WITHOUT_ROWS = frozenset((5, 31))
_SHARED = (("ID", "integer"), ("TYPE_ID", "integer"), ("OWNER_ID", "integer"), ("CREATED_TIME", "datetime"))
_OF_DEALS = (("CATEGORY_ID", "integer"), ("STAGE_SEMANTIC_ID", "string"), ("STAGE_ID", "string"))
_OF_LEADS = (("STATUS_SEMANTIC_ID", "string"), ("STATUS_ID", "string"))
_READ = {
    "ID": attrgetter("id"),
    "TYPE_ID": attrgetter("type_id"),
    "OWNER_ID": attrgetter("owner_id"),
    "CREATED_TIME": attrgetter("created_at"),
    "CATEGORY_ID": attrgetter("category_id"),
    "STAGE_ID": attrgetter("stage"),
    "STATUS_ID": attrgetter("stage"),
    "STAGE_SEMANTIC_ID": attrgetter("semantics"),
    "STATUS_SEMANTIC_ID": attrgetter("semantics"),
}
_AS_WRITTEN = {"ID": "ASC"}


def list_stage_history(call: Call) -> Answer:
    """Moves of one kind of records. Invoices are supported by the vendor and have none here."""
    user = call.portal.users[call.webhook.user_id]
    if not user.is_intranet:
        raise system_error("allowed_only_intranet_user")
    type_id = call.number("entityTypeId") or 0
    kind = {LEAD.entity_type_id: LEAD, DEAL.entity_type_id: DEAL}.get(type_id)
    if kind is None and type_id not in _WITHOUT_ROWS:
        code = 0 if call.office.switches.text("stage_history_error") == "zero" else "ENTITY_TYPE_NOT_SUPPORTED"
        raise CallRefused(400, code, f"Entity type {type_id} is not supported")
    rows = _asked_for(call, kind) if kind else []
    page = page_of(call, rows)
    names = {str(name) for name in call.items("select")} - {"*"}
    items = [
        {key: value for key, value in _shape(call, row).items() if not names or key in names} for row in page.result
    ]
    return Answer({"items": items}, page.total, page.next)


def _asked_for(call: Call, kind: Kind) -> list[StageRow]:
    columns: Columns[StageRow] = Columns(_fields_of(kind).get, _read, call.portal.offset, refuse_unknown=True)
    passes = columns.matching(call.mapping("filter"))
    latest = call.office.unix_now() - call.office.switches.number("stage_history_lag_seconds")
    rows = [row for row in call.portal.history.of(kind) if row.created_at <= latest and passes(row)]
    order = call.mapping("order") or _AS_WRITTEN
    return rows if order == _AS_WRITTEN else columns.ordered(rows, order)


def _fields_of(kind: Kind) -> dict[str, Field]:
    return {name: Field(name, type_) for name, type_ in (*_SHARED, *(_OF_LEADS if kind is LEAD else _OF_DEALS))}


def _read(row: StageRow, name: str) -> Iterable[Value]:
    value: Value = _READ[name](row)
    return (value,)


def _shape(call: Call, row: StageRow) -> dict[str, Any]:
    told = {name: _READ[name](row) for name in _fields_of(row.kind)}
    told["CREATED_TIME"] = moment_text(row.created_at, call.portal.offset)
    texts = call.office.switches.text("stage_history_values") == "strings"
    return {name: str(value) if texts else value for name, value in told.items()}
