"""An answer with a body that goes out as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from leadloop.answers import HttpAnswer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers


def ready(answer: HttpAnswer) -> HttpAnswer | ReadyAnswer:
    """The answer as it stands, or as it was given where Werkzeug has something to correct: a ``Location``."""
    return answer if "Location" in answer[2] else ReadyAnswer(answer)


class ReadyAnswer(Response):
    """An ``HttpAnswer`` whose headers are all there, so that Werkzeug does not go over them and the body again.

    That would take as long as reading the form. Only for a status that has a body, and without a ``Location``.
    """

    def __init__(self, answer: HttpAnswer) -> None:
        text, status, headers = answer
        super().__init__(text, status, headers.items(), direct_passthrough=True)

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002 - the shape of Werkzeug's
        """As they were given, and the length, which is written with the body."""
        return self.headers
