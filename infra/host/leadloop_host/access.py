"""Who may call what. Functions that are not public are for this machine only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ALLOWED = Verdict(True, "access.allowed", "the call came from this machine")
_PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def from_this_machine(environ: WSGIEnvironment) -> Verdict:
    """Whether a call was made on this machine, by a program or by a page of this very host.

    A page of another site open in a local browser is not this machine: its calls are recognised by
    ``Origin``, ``Sec-Fetch-Site`` and, should its name resolve to loopback, by ``Host``. A proxy on
    this machine speaks for others and is recognised by its headers.
    """
    if not _is_loopback(str(environ.get("REMOTE_ADDR", ""))):
        return Verdict(False, "access.not_local", "only callers on this machine may call it")
    if any(environ.get(header) for header in _PROXY_HEADERS):
        return Verdict(
            False, "access.proxied", "the call came through a proxy; let proxies call the port given by --public-port"
        )
    if not _is_loopback(_hostname(environ.get("HTTP_HOST", "localhost"))):
        return Verdict(False, "access.foreign_host", "the Host header names another machine; call 127.0.0.1")
    return _from_own_page(environ)


def _from_own_page(environ: WSGIEnvironment) -> Verdict:
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and urlsplit(origin).netloc != environ.get("HTTP_HOST"):
        return Verdict(False, "access.cross_site", "a page of another site may not call it")
    if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
        return Verdict(False, "access.cross_site", "a page of another site may not call it")
    return _ALLOWED


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
