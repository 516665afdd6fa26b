"""What a form offers, in the field's terms, before the policy decides what of it may travel.

Precedence, the same for every builder:

- an ad id: its own field (spellings in order of trust), then the cookies a builder sends along, then the
  page's query, then the landing page's;
- UTM: the whole set from the first place that has any of it (its own fields, the page's query, the landing
  page's, what a builder remembers), because tags mixed from two visits describe neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote

from leadloop.forms.body import Fields, Path
from leadloop.forms.field_names import UTM, roles, tells_no_tag, utm_fields
from leadloop.forms.page_url import PageUrl, read_url

AD_IDS = ("client_id", "yclid", "user_id", "appmetrica_device_id", "gclid")
_COOKIE = "_ym_uid"
"""Metrica's own cookie for the ClientID."""
_IN_QUERY = ("yclid", "gclid")
_LED_HERE = ("page", "landing")
"""URLs whose query tells of the click, the more trusted first."""
_NOTHING = ("",)
NO_TAGS: Mapping[str, str] = MappingProxyType({})


class FormPost:
    """A form post as its builder reads it. Holds contacts in clear: it never leaves the process."""

    __slots__ = ("_urls", "answer", "fields", "is_relayed", "offered", "remembered_utm", "sent")

    def __init__(
        self,
        fields: Fields,
        offered: Mapping[str, tuple[str, ...]],
        remembered_utm: Mapping[str, str] = NO_TAGS,
        is_relayed: bool = False,
        answer: str = "",
        sent: Mapping[Path, str] | None = None,
    ) -> None:
        self.fields = fields
        self.offered = offered
        """Role (``leadloop.forms.field_names.SPELLINGS``) → candidates, the most trusted first; never none."""
        self.remembered_utm = remembered_utm
        """First-visit UTM that a builder keeps for the visitor."""
        self.is_relayed = is_relayed
        """Whether a builder's server passed it on, so that what the request says of its sender is the builder's."""
        self.answer = answer
        """The very text that a builder wants to be answered once the lead is kept."""
        self.sent = fields.values if sent is None else sent
        """The fields as they came, also those that the builder reads nothing from: they tell two posts apart."""
        self._urls: dict[str, PageUrl] = {}

    @classmethod
    def of(cls, fields: Fields) -> FormPost:
        """The post as its field names alone tell it."""
        return cls(fields, roles(fields.values))

    def offering(self, offered: Mapping[str, tuple[str, ...]]) -> FormPost:
        """The same post with these candidates for roles."""
        return FormPost(self.fields, offered, self.remembered_utm, self.is_relayed, self.answer, self.sent)

    def answered(self, answer: str) -> FormPost:
        """The same post of a builder that wants to be answered this text."""
        return FormPost(self.fields, self.offered, self.remembered_utm, self.is_relayed, answer, self.sent)

    def on_page(self, page: str) -> FormPost:
        """The same post from the page at this URL."""
        return self.offering({**self.offered, "page": (page,)})

    def first(self, role: str) -> str:
        """The most trusted value of a role, or nothing."""
        return self.offered.get(role, _NOTHING)[0]

    def url(self, role: str) -> PageUrl:
        """The URL offered for a role, taken apart once."""
        url = self._urls.get(role)
        if url is None:
            url = self._urls[role] = read_url(self.first(role))
        return url

    @property
    def ad_ids(self) -> dict[str, tuple[str, ...]]:
        """Candidates of each ad id, by the precedence above."""
        offered = self.offered
        found = {name: offered[name] for name in AD_IDS if name in offered}
        if "cookies" in offered and (cookie := cookies_of(self.first("cookies")).get(_COOKIE)):
            found["client_id"] = (*found.get("client_id", ()), cookie)
        for role in _LED_HERE:
            if role in offered and (query := self.url(role).query):
                for name in _IN_QUERY:
                    if name in query:
                        found[name] = (*found.get(name, ()), query[name])
        return found

    @property
    def utm(self) -> dict[str, str]:
        """The UTM tags of one visit, by the precedence above."""
        return (
            utm_fields(self.fields.values)
            or _utm_of(self.url("page").query)
            or _utm_of(self.url("landing").query)
            or dict(self.remembered_utm)
        )


def cookies_of(header: str) -> dict[str, str]:
    """The cookies in one ``Cookie``-like string, values unquoted."""
    if not header:
        return {}
    pairs = (piece.partition("=") for piece in header.split(";"))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def _utm_of(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in UTM if name in query and not tells_no_tag(query[name])}
