"""An answer with a body that goes out as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from leadloop.answers import HttpAnswer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers


class ReadyAnswer(Response):
    """An ``HttpAnswer`` whose headers are all there, so that Werkzeug does not go over them and the body again.

    That would take as long as reading the form. Only for a status that has a body, and without a ``Location``: those
    are what Werkzeug corrects.
    """

    def __init__(self, answer: HttpAnswer) -> None:
        text, status, headers = answer
        super().__init__(text, status, headers.items(), direct_passthrough=True)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002 - the shape of Werkzeug's
        """As they were given, and the length, which is written with the body."""
        return self.headers
