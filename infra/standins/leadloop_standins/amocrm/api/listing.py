"""Pages of a list in HAL.

Source: https://www.amocrm.ru/developers/content/crm_platform/api-reference. Links are absolute; a page past the
end is 204.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

import flask
from werkzeug.wrappers import Response

from ...php_query import Nested, parse_query
from .filters import whole_number
from .problems import RequestRefused

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST_ENTITIES = 250
MOST_EVENTS = 100


@dataclass(frozen=True)
class PageRequest:
    """Which page, how long, and whether pages are to be shorter than asked."""

    number: int
    limit: int
    short: bool

    @property
    def size(self) -> int:
        """How many rows a page holds; a short one still has a next link."""
        return max(1, self.limit // 2) if self.short else self.limit


def requested_page(most: int, *, short: bool) -> PageRequest:
    """`page` and `limit` of the request at hand; 400 beyond the method's limit or below one."""
    number = whole_number(flask.request.args.get("page", "1"))
    limit = whole_number(flask.request.args.get("limit", str(min(DEFAULT_LIMIT, most))))
    if number < 1 or not 1 <= limit <= most:
        raise RequestRefused(400, f"page counts from 1 and limit lies between 1 and {most}")
    return PageRequest(number, limit, short)


def page_response(
    key: str, rows: Sequence[T], page: PageRequest, show: Callable[[T], Any], *, with_totals: bool = False
) -> Response:
    """The page of `rows`, each shown by `show`; 204 without a body when it holds none."""
    start = (page.number - 1) * page.size
    shown = rows[start : start + page.size]
    if not shown:
        return no_content()
    links = {"self": _link(page.number)}
    if start + page.size < len(rows):
        links["next"] = _link(page.number + 1)
    totals = {"_total_items": len(rows), "_page_count": -(-len(rows) // page.size)} if with_totals else {}
    return hal({"_page": page.number, **totals, "_links": links, "_embedded": {key: [show(row) for row in shown]}})


def whole_list(key: str, rows: Sequence[Any]) -> Response:
    """A list that is never divided into pages."""
    own = {"self": {"href": flask.request.base_url}}
    return hal({"_total_items": len(rows), "_links": own, "_embedded": {key: list(rows)}})


def written(key: str, rows: Sequence[Any]) -> Response:
    """The answer to a batch of additions or edits."""
    return hal({"_links": {"self": {"href": flask.request.base_url}}, "_embedded": {key: list(rows)}})


def hal(body: object, status: int = 200) -> Response:
    """A good answer."""
    text = flask.current_app.json.dumps(body)
    return Response(text, status, content_type="application/hal+json")


def no_content() -> Response:
    """Nothing found, or nothing to say."""
    return Response(status=204)


def self_link(path: str) -> dict[str, Any]:
    """`_links` of an entity at a path below /api/v4/."""
    return {"self": {"href": f"{flask.request.host_url}api/v4/{path}"}}


def query_of_request() -> Nested:
    """The query string with PHP's brackets resolved."""
    return parse_query(flask.request.args.items(multi=True))


def requested_extras() -> set[str]:
    """What `with` asks for."""
    return {name.strip() for name in flask.request.args.get("with", "").split(",") if name.strip()}


def _link(number: int) -> dict[str, str]:
    others = [(key, value) for key, value in flask.request.args.items(multi=True) if key != "page"]
    pairs = [*others, ("page", str(number))]
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
    return {"href": f"{flask.request.base_url}?{query}"}
