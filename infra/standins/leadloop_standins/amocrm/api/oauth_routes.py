"""/oauth2, and who may call the rest.

Sources: https://www.amocrm.ru/developers/content/oauth/oauth and account-subdomain-info.
"""

import flask
from werkzeug.wrappers import Response

from .bodies import posted_object
from .office import Office
from .problems import RequestRefused
from .tokens import GrantRefused

_READING = frozenset(("GET", "HEAD"))


def add_oauth_routes(app: flask.Flask, office: Office) -> None:
    """The token endpoint, the present subdomain, and the check before every call of the API."""
    app.before_request(lambda: _refuse_strangers(office))

    @app.errorhandler(GrantRefused)
    def refuse(problem: GrantRefused) -> tuple[Response, int]:
        answer = flask.jsonify(problem.body())
        answer.content_type = "application/problem+json"
        return answer, problem.status

    @app.post("/oauth2/access_token")
    def access_token() -> Response:
        return flask.jsonify(office.tokens.exchange(posted_object(), office.unix_now()))

    @app.get("/oauth2/account/current/subdomain")
    def subdomain() -> Response:
        token = flask.request.headers.get("X-Refresh-Token", "")
        if not office.tokens.knows_refresh_token(token, office.unix_now()):
            raise GrantRefused(401, "Token has been revoked")
        profile = office.account.profile
        domain = f"{profile.subdomain}.amocrm.ru"
        return flask.jsonify({"id": profile.id, "subdomain": profile.subdomain, "domain": domain})


def _refuse_strangers(office: Office) -> None:
    if flask.request.path.startswith("/oauth2/"):
        return
    if office.switches.on("ip_forbidden"):
        raise RequestRefused(403, "Access from this address is not allowed", 113)
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not office.tokens.admits(token, office.unix_now()):
        raise RequestRefused(401, code=110)
    unpaid = office.switches.text("unpaid")
    if unpaid == "all" or (unpaid == "writes" and flask.request.method not in _READING):
        raise RequestRefused(402)
