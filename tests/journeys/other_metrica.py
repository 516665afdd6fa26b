"""Another Metrica, written from the vendor's pages alone and sharing nothing with the stand-in.

It differs wherever the pages leave it open: small ids, other order of keys, no optional fields, the plural wrapper, no
page of goals, the oldest uploading first. It keeps each file as it came and judges nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

STATUSES = ("UPLOADED", "MATCHED", "PROCESSED")


@dataclass
class Received:
    """One file as it came."""

    number: int
    authorization: str
    query: dict[str, list[str]]
    part: Message
    text: str
    asked: int = 0

    def as_json(self) -> dict[str, Any]:
        rows = self.text.count("\n") - 1
        status = STATUSES[min(self.asked, len(STATUSES) - 1)]
        comment = self.query.get("comment", [""])[0]
        return {"status": status, "line_quantity": rows, "comment": comment, "id": self.number, "source_quantity": rows}


@dataclass
class OtherMetrica:
    """What was received, and how many of the next answers to an upload get lost."""

    url: str = ""
    files: list[Received] = field(default_factory=list)
    lose_answers: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _books(self) -> OtherMetrica:
        return cast(OtherMetrica, self.server.books)  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        [part] = cast("list[Message]", BytesParser().parsebytes(head + body).get_payload())
        text = cast(bytes, part.get_payload(decode=True)).decode()
        query = parse_qs(urlsplit(self.path).query)
        received = Received(len(self._books.files) + 41, self.headers["Authorization"], query, part, text)
        self._books.files.append(received)
        if self._books.lose_answers:
            self._books.lose_answers -= 1
            self.close_connection = True
            return
        self._answer(200, {"uploadings": [received.as_json()]})

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
        files = self._books.files
        if address.path.endswith("/offline_conversions/uploadings"):
            start = query.get("offset", 0)
            page = files[start : start + query.get("limit", 10_000)]
            return self._answer(200, {"uploadings": [one.as_json() for one in page]})
        found = [one for one in files if address.path.endswith(f"/offline_conversions/uploading/{one.number}")]
        if not found:
            return self._answer(404, {"code": 404, "message": "Нет такого", "errors": [{"error_type": "not_found"}]})
        found[0].asked += 1
        return self._answer(200, {"uploading": found[0].as_json()})

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-yametrika+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def other_metrica() -> Iterator[OtherMetrica]:
    """Serve one on a free port while the block runs."""
    books = OtherMetrica()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.books = books  # type: ignore[attr-defined]
    books.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield books
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
