"""What a form offers, in the field's terms, before the policy decides what of it may travel.

Precedence, the same for every builder:

- an ad id: its own field (spellings in order of trust), then the cookies a builder sends along, then the
  page's query, then the landing page's;
- UTM: the whole set from the first place that has any of it (its own fields, the page's query, the landing
  page's, what a builder remembers), because tags mixed from two visits describe neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from leadloop.forms.body import Fields
from leadloop.forms.field_names import UTM, roles, utm_fields

AD_IDS = ("client_id", "yclid", "user_id", "appmetrica_device_id", "gclid")
_COOKIE_OF = {"client_id": "_ym_uid"}
_IN_QUERY = ("yclid", "gclid")


@dataclass(frozen=True)
class FormPost:
    """A form post as its builder reads it. Holds contacts in clear: it never leaves the process."""

    fields: Fields = field(repr=False)
    offered: Mapping[str, tuple[str, ...]] = field(repr=False)
    """Role (``leadloop.forms.field_names.SPELLINGS``) → candidates, the most trusted first."""
    remembered_utm: Mapping[str, str] = field(default_factory=dict)
    """First-visit UTM that a builder keeps for the visitor."""

    @classmethod
    def of(cls, fields: Fields) -> FormPost:
        """The post as its field names alone tell it."""
        return cls(fields, roles(fields.values))

    def first(self, role: str) -> str:
        """The most trusted value of a role, or nothing."""
        return next(iter(self.offered.get(role, ())), "")

    @property
    def ad_ids(self) -> dict[str, tuple[str, ...]]:
        """Candidates of each ad id, by the precedence above."""
        cookies = cookies_of(self.first("cookies"))
        queries = [query_of(self.first(role)) for role in ("page", "landing")]
        return {
            name: (
                *self.offered.get(name, ()),
                *filter(None, [cookies.get(_COOKIE_OF.get(name, ""), "")]),
                *(query[name] for query in queries if name in _IN_QUERY and query.get(name)),
            )
            for name in AD_IDS
        }

    @property
    def utm(self) -> dict[str, str]:
        """The UTM tags of one visit, by the precedence above."""
        places = (
            utm_fields(self.fields.values),
            _utm_of(query_of(self.first("page"))),
            _utm_of(query_of(self.first("landing"))),
            dict(self.remembered_utm),
        )
        return next((tags for tags in places if tags), {})


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL, names in small letters; of a name repeated, the first with a value."""
    try:
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=200)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name.casefold(), value)
    return found


def cookies_of(header: str) -> dict[str, str]:
    """The cookies in one ``Cookie``-like string, values unquoted."""
    pairs = (piece.partition("=") for piece in header.split(";"))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def _utm_of(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in UTM if query.get(name)}
