"""A stand-in at which people work, and which tells of what they do."""

from abc import abstractmethod
from typing import Any, ClassVar

import flask
from werkzeug.wrappers import Response

from .post_office import PostOffice
from .stand_in import StandIn


class StaffedStandIn(StandIn):
    """Orders beyond the common ones: POST /_stand_in/actions (one or a list) and /_stand_in/{mail}/pump."""

    mail: ClassVar[str] = "webhooks"
    """What the vendor calls that which it sends."""

    _post_office: PostOffice[Any]
    """Made by the vendor, before it is started."""

    @abstractmethod
    def act(self, order: object) -> dict[str, Any]:
        """Does one thing a person would do; InstructionRefused when it cannot be done."""

    def unix_now(self) -> int:
        """Domain time in Unix seconds."""
        return int(self.clock.now().timestamp())

    def add_control_routes(self, app: flask.Flask) -> None:
        """What people do, and sending on demand."""

        @app.post("/_stand_in/actions")
        def act() -> Response:
            orders = flask.request.get_json(force=True)
            outcomes = [self.act(one) for one in (orders if isinstance(orders, list) else [orders])]
            return flask.jsonify(outcomes if isinstance(orders, list) else outcomes[0])

        @app.post(f"/_stand_in/{self.mail}/pump")
        def pump() -> Response:
            counts = self._post_office.pump()
            return flask.jsonify({"posted": counts.total(), **counts})

    def start(self) -> None:
        """Plants the seed and begins to send."""
        super().start()
        self._post_office.start()

    def stop(self) -> None:
        """Ends the sending."""
        self._post_office.stop()
