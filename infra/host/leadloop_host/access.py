"""Who may call what: public functions anyone, all else only this machine."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from leadloop.verdict import Verdict

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def anyone(_environ: WSGIEnvironment) -> Verdict:
    """Public: whoever calls."""
    return Verdict(True, "access.public", "it is public")


def nobody_here(_environ: WSGIEnvironment) -> Verdict:
    """Not on the port for proxies."""
    return Verdict(False, "access.public_only", "this port serves public functions only")


def local_viewer(environ: WSGIEnvironment) -> Verdict:
    """Who may look at the host's pages: programs and browsers on this machine.

    A name that resolves to this machine in a browser is not this machine (``Host`` tells). A proxy on
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
    return Verdict(True, "access.local", "the call came from this machine")


def local_caller(environ: WSGIEnvironment) -> Verdict:
    """Who may call functions that are not public: a viewer, but no page of another site in a local browser."""
    origin, own = environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST")
    foreign = (origin is not None and _netloc(origin) != own) or (
        environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin")
    )
    if foreign:
        return Verdict(False, "access.cross_site", "a page of another site may not call it")
    return local_viewer(environ)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


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
