"""The customer's site under any name: pages as files, and a backend that writes down what it gets."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).parent
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Arrived:
    """A request that reached the site: where it went and the fields it carried."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    cookies: str


class Site(ThreadingHTTPServer):
    """``/name.html`` is a file of ``pages``, ``/metrica_tag.js`` the counter, ``/moved?to=`` a redirect."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.arrived: list[Arrived] = []
        self.rest_may_come = threading.Event()
        """For a page that is being parsed: ``/in-parts`` stops in the middle of a form until this is set."""
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def page(self, name: str) -> str:
        """A page as the site serves it."""
        return (HERE / "pages" / name).read_text(encoding="utf-8")

    def counter(self, number: int) -> str:
        """A script that puts the counter onto a page, initialised."""
        tag = (HERE / "metrica_tag.js").read_text(encoding="utf-8")
        return f"{tag}\nym({number}, 'init', {{}});"

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Visit(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        file = HERE / "pages" / url.path.strip("/")
        if url.path == "/metrica_tag.js":
            file = HERE / "metrica_tag.js"
        self._note({})
        if url.path == "/moved":
            self.send_response(302)
            self.send_header("Location", dict(parse_qsl(url.query))["to"])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if url.path == "/in-parts":
            first, second = (HERE / "pages" / "own.html").read_bytes().split(b'<input type="hidden" name="page"')
            self.send_response(200)
            self.send_header("Content-Type", _TYPES[".html"])
            self.end_headers()
            # Enough of it that the browser begins with the page.
            self.wfile.write(first + b"<!--" + b"." * 5000 + b"-->")
            self.server.rest_may_come.wait(300)
            self.wfile.write(b'<input type="hidden" name="page"' + second)
            return
        # Every page of the site that is no file of its own is the plain one.
        self._answer(file if file.is_file() else HERE / "pages" / "plain.html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        self._note(dict(parse_qsl(body, keep_blank_values=True)))
        self._answer(HERE / "pages" / "plain.html")

    def _note(self, fields: dict[str, str]) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        host, cookies = self.headers["Host"].partition(":")[0], self.headers.get("Cookie", "")
        self.server.arrived.append(Arrived(self.command, host, url.path, query, fields, cookies))

    def _answer(self, file: Path) -> None:
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", _TYPES[file.suffix])
        self.send_header("Content-Length", str(len(content)))
        if file.name == "strict.html":
            self.send_header("Content-Security-Policy", content.decode().split('data-policy="')[1].split('"')[0])
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what came is in ``arrived``."""
