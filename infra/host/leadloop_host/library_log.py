"""What libraries complain of through ``logging``, in our own log and without what may be secret."""

from __future__ import annotations

import logging

from leadloop.ports.log import Log


def pass_on_complaints(log: Log) -> None:
    """Send warnings and errors of every library to the log."""
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _Complaints)]
    root.addHandler(_Complaints(log))
    # waitress warns at every request that has to wait for a thread: a burst would be logged twice over
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class _Complaints(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on the sentence but not its arguments; waitress ends some with the path it was serving."""
        exception = record.exc_info[0] if record.exc_info else None
        self._log.warning(
            "library_complained",
            library=record.name,
            complaint=str(record.msg).partition(" serving ")[0],
            exception=exception.__name__ if exception else None,
        )
