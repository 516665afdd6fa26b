"""Flask applications whose JSON looks like a vendor's."""

import flask
from flask.json.provider import DefaultJSONProvider


def new_vendor_app(name: str) -> flask.Flask:
    """A Flask application whose JSON keeps the order of keys and leaves letters as they are, as vendors' answers do."""
    app = flask.Flask(name, static_folder=None)
    provider = DefaultJSONProvider(app)
    provider.sort_keys = False
    provider.ensure_ascii = False
    app.json = provider
    return app
