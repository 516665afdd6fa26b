"""Who posts a form: a page that may or may not call us, a browser that navigates, or a builder's server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from leadloop import answers
from leadloop.answers import HttpAnswer
from leadloop.forms.body import media_type
from leadloop.policy.models import Site

_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_UNSAFE = frozenset('\\"<>') | {chr(code) for code in range(0x21)}


class Caller(NamedTuple):
    """What the headers of a request say of its sender.

    CORS tells a browser which pages may read our answers. It does not tell who sent a lead, so a post
    from another origin is taken like any other, answered without CORS headers, and marked.
    """

    site: Site
    origin: str
    page: str
    navigates: bool
    content_type: str
    """As declared; it may lie."""
    user_agent: str = ""
    languages: str = ""
    forwarded_for: str = ""
    """Whom the proxies before us took it from, the nearest one's word last."""
    wsgi: Mapping[str, str] = {}
    """All of the request's headers."""

    @classmethod
    def of(cls, wsgi: Mapping[str, str], site: Site) -> Self:
        """Read the headers, by the names that WSGI gives them (https://peps.python.org/pep-3333/#environ-variables).

        Only a form without script navigates: it asks for a page and is no ``fetch``.
        """
        content_type = wsgi.get("CONTENT_TYPE", "")
        return cls(
            site=site,
            origin=wsgi.get("HTTP_ORIGIN", "").strip().lower(),
            page=wsgi.get("HTTP_REFERER", "").strip(),
            navigates=media_type(content_type) in _FORM_TYPES
            and "text/html" in wsgi.get("HTTP_ACCEPT", "")
            and wsgi.get("HTTP_SEC_FETCH_MODE", "navigate") == "navigate"
            and "HTTP_X_REQUESTED_WITH" not in wsgi,
            content_type=content_type,
            user_agent=wsgi.get("HTTP_USER_AGENT", ""),
            languages=wsgi.get("HTTP_ACCEPT_LANGUAGE", ""),
            forwarded_for=wsgi.get("HTTP_X_FORWARDED_FOR", ""),
            wsgi=wsgi,
        )

    @property
    def is_browser(self) -> bool:
        """Whether it reads like a browser's; a server that passes a form on tells no language and no origin."""
        return bool(self.origin or self.languages) or self.navigates

    @property
    def is_configured(self) -> bool:
        """Whether a browser sent it from a page of an origin that the policy names."""
        return self.origin in self.site.origins

    @property
    def is_foreign(self) -> bool:
        """Whether a browser sent it from a page of an origin that the policy does not name."""
        return bool(self.origin) and not self.is_configured

    @property
    def cors(self) -> dict[str, str]:
        """Headers that let a configured origin read the answer; a cache must keep origins apart anyway."""
        if not self.is_configured:
            return {"Vary": "Origin"}
        # sendBeacon always asks with credentials, and its JSON is refused unless they are allowed
        # (https://www.w3.org/TR/beacon/#sec-processing-model); no function reads a cookie.
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": self.origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def preflight(self) -> HttpAnswer:
        """The answer to OPTIONS (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""
        if self.is_configured:
            allowed = {
                "Access-Control-Allow-Methods": "POST, OPTIONS",
                "Access-Control-Allow-Headers": "Content-Type, X-Requested-With",
                "Access-Control-Max-Age": "86400",
            }
            return "", 204, {**self.cors, **allowed}
        return self.refusal()

    def refusal(self) -> HttpAnswer:
        """The answer to a page that may not call."""
        return answers.error(
            403,
            "origin_not_configured",
            "a page of this origin may not call this function: expected one of site.origins, found another or none",
            "add the page's origin to site.origins in leadloop.yaml, exactly as the browser's Origin header has it",
            self.cors,
        )

    def thank_you(self, redirect: str) -> str:
        """Where a browser that navigated goes on: always a page of a configured origin.

        ``redirect`` is what the form wished; it is followed only to a configured origin, since anyone can
        write a form.
        """
        home = next((origin for origin in (self.origin, _origin_of(self.page)) if origin in self.site.origins), None)
        home = home or self.site.origins[0]
        if redirect and not _UNSAFE & set(redirect):
            if redirect.startswith("/") and not redirect.startswith("//"):
                return home + redirect
            if _origin_of(redirect) in self.site.origins:
                return redirect
        return home + self.site.thank_you


def _origin_of(url: str) -> str:
    try:
        split = urlsplit(url)
        port = f":{split.port}" if split.port else ""
    except ValueError:
        return ""
    if split.username is not None or not split.hostname:
        return ""
    usual = {"https": ":443", "http": ":80"}.get(split.scheme)
    return f"{split.scheme}://{split.hostname}{'' if port == usual else port}"
