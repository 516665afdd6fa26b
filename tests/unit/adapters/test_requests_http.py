"""Failures sorted by the only question: may it be sent again? Against a real socket that misbehaves."""

from __future__ import annotations

import logging
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.together import together
from leadloop.adapters.requests_http import RequestsHttp
from leadloop.ports.http import Http, HttpRequest, NotSent, OutcomeUnknown, RateLimited, VendorError
from support.settable_clock import SettableClock
from unit.adapters.raw_server import (
    Behaviour,
    RawServer,
    answer,
    close_after_request,
    close_unread,
    drip,
    not_http,
    reset_after_request,
    speak_first,
    stall_after_request,
    truncate,
    truncate_chunks,
)

CERTIFICATE = Path(__file__).parent / "self_signed.pem"
SECRETS = ("qtoken", "htoken", "ptoken", "btoken")


class Sleeper:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def http(sleeper: Sleeper) -> Iterator[Http]:
    clock = SettableClock()
    one = RequestsHttp({}, clock=clock, monotonic=sleeper.monotonic, sleep=sleeper.sleep, chance=lambda: 1.0)
    yield one
    one.close()


def post(url: str, timeout: float = 60.0) -> HttpRequest:
    return HttpRequest(
        vendor="metrica",
        operation="upload conversions",
        method="POST",
        url=f"{url}/ptoken/upload",
        params=(("oauth", "qtoken"), ("comment", "a b")),
        headers={"Authorization": "OAuth htoken"},
        body=b"btoken",
        timeout=timeout,
    )


def get(url: str, timeout: float = 60.0) -> HttpRequest:
    return post(url, timeout)._replace(method="GET", body=None, repeatable=True)


def failure(http: Http, request: HttpRequest) -> VendorError:
    with pytest.raises(VendorError) as failed:
        http.send(request)
    return failed.value


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_a_request_arrives_as_it_was_given_and_the_answer_comes_back(http: Http) -> None:
    with RawServer(answer(201, "Принято".encode(), "X-Request-Id: 7\r\n")) as server:
        response = http.send(post(server.url))
    assert (response.status, response.body.decode()) == (201, "Принято")
    assert response.headers["x-request-id"] == "7"
    [received] = server.received
    assert received.line == "POST /ptoken/upload?oauth=qtoken&comment=a+b HTTP/1.1"
    assert received.body == b"btoken"
    assert received.header("Authorization") == "OAuth htoken"
    assert (received.header("User-Agent") or "").startswith("leadloop/")


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 408, 422])
def test_other_statuses_are_the_callers_to_judge(http: Http, status: int) -> None:
    with RawServer(answer(status, headers="Location: /elsewhere\r\n")) as server:
        assert http.send(post(server.url)).status == status
    assert len(server.received) == 1


def self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def test_nobody_listening_means_not_sent(http: Http) -> None:
    error = failure(http, post(f"http://127.0.0.1:{closed_port()}"))
    assert type(error) is NotSent
    assert error.found == "no connection: its host refused; nothing was sent"


def test_an_unknown_host_means_not_sent(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(http, post("http://vendor.invalid"))
    assert type(error) is NotSent
    assert "host name is not known" in error.found


def test_a_host_that_does_not_take_the_connection_in_time_means_not_sent(http: Http) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        error = failure(http, post(f"http://127.0.0.1:{address[1]}", timeout=0.3))
        for one in waiting:
            one.close()
    assert type(error) is NotSent
    assert "did not answer in time" in error.found


def test_a_failed_handshake_means_not_sent(http: Http) -> None:
    with RawServer(speak_first) as server:
        error = failure(http, post(server.url.replace("http:", "https:")))
    assert type(error) is NotSent
    assert "no secure connection" in error.found
    assert server.received == []


def test_a_certificate_that_is_not_accepted_means_not_sent_and_says_why(http: Http) -> None:
    with RawServer(answer(200), tls=self_signed()) as server:
        error = failure(http, post(server.url))
    assert server.received == []
    assert type(error) is NotSent
    assert "its certificate is not accepted (self-signed certificate" in error.found


def test_a_proxy_that_is_away_means_not_sent(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{closed_port()}")
        error = failure(http, post(f"{scheme}://vendor.invalid"))
        assert type(error) is NotSent
        assert "proxy" in error.found


def test_a_proxy_that_refuses_the_tunnel_means_not_sent(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    with RawServer(answer(403)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        error = failure(http, post("https://vendor.invalid"))
    assert [received.line.split()[:2] for received in proxy.received] == [["CONNECT", "vendor.invalid:443"]]
    assert type(error) is NotSent


@pytest.mark.parametrize("behaviour", [close_after_request, reset_after_request, truncate])
def test_under_tls_too_what_breaks_after_the_handshake_means_outcome_unknown(
    http: Http, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with RawServer(behaviour, tls=self_signed()) as server:
        error = failure(http, post(server.url))
    assert type(error) is OutcomeUnknown
    assert [received.body for received in server.received] == [b"btoken"]


def test_under_tls_too_a_dripping_answer_is_cut_off(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with RawServer(drip(b"HTTP/1.0 200 OK\r\n\r\n"), answer(200, b"done"), tls=self_signed()) as server:
        error = failure(http, post(server.url, timeout=1.5))  # the handshake is in it
        assert http.send(post(server.url)).body == b"done"
    assert type(error) is OutcomeUnknown
    assert error.found == "no whole answer within 1.5 s"


LOST: dict[str, Behaviour] = {
    "closed unread": close_unread,
    "closed": close_after_request,
    "reset": reset_after_request,
    "truncated": truncate,
    "truncated chunk": truncate_chunks,
    "not HTTP": not_http,
    "no gzip": answer(200, b"not compressed", "Content-Encoding: gzip\r\n"),
}


@pytest.mark.parametrize("behaviour", LOST.values(), ids=LOST)
def test_once_it_left_a_broken_answer_means_outcome_unknown_and_it_is_not_sent_again(
    http: Http, sleeper: Sleeper, behaviour: Behaviour
) -> None:
    with RawServer(behaviour, answer(200)) as server:
        error = failure(http, post(server.url))
    assert type(error) is OutcomeUnknown
    assert error.found == "the connection broke before the whole answer was read"
    assert {received.connection for received in server.received} <= {1}
    assert sleeper.slept == []


SLOW: dict[str, Behaviour] = {
    "stalls": stall_after_request,
    "drips the head": drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "drips a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "drips a body without end": drip(b"HTTP/1.0 200 OK\r\n\r\n"),
    "drips chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"),
}


@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
def test_no_whole_answer_in_time_means_outcome_unknown_however_slowly_it_comes(
    http: Http, behaviour: Behaviour
) -> None:
    with RawServer(behaviour) as server:
        error = failure(http, post(server.url, timeout=0.4))
    assert type(error) is OutcomeUnknown
    assert error.found == "no whole answer within 0.4 s"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_5xx_means_outcome_unknown(http: Http, status: int) -> None:
    with RawServer(answer(status)) as server:
        error = failure(http, post(server.url))
    assert type(error) is OutcomeUnknown
    assert error.found == f"answered {status}"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("", None),
        ("Retry-After: 7\r\n", 7.0),
        ("Retry-After:  0 \r\n", 0.0),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: -5\r\n", None),
        ("Retry-After: Tue, 01 Sep 2026 09:01:30 GMT\r\n", 90.0),
        ("Retry-After: Tue, 01 Sep 2026 08:00:00 GMT\r\n", 0.0),
        ("Retry-After: Tue, 01 Sep 2026 12:00:00 GMT\r\nDate: Tue, 01 Sep 2026 11:59:50 GMT\r\n", 10.0),
    ],
)
@pytest.mark.parametrize("status", [420, 429])
def test_a_used_up_quota_means_rate_limited_with_the_wait_it_asks_for(
    http: Http, sleeper: Sleeper, status: int, headers: str, seconds: float | None
) -> None:
    with RawServer(answer(status, headers=headers)) as server:
        error = failure(http, get(server.url))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds
    assert len(server.received) == 1
    assert sleeper.slept == []


@pytest.mark.parametrize("behaviour", [*LOST.values(), answer(503)], ids=[*LOST, "503"])
def test_what_is_repeatable_is_tried_again(http: Http, sleeper: Sleeper, behaviour: Behaviour) -> None:
    with RawServer(behaviour, behaviour, answer(200, b"[]")) as server:
        assert http.send(get(server.url)).body == b"[]"
    assert sleeper.slept == [0.25, 0.5]


def test_what_is_repeatable_is_tried_again_after_a_silence_too(http: Http) -> None:
    with RawServer(stall_after_request, answer(200, b"[]")) as server:
        assert http.send(get(server.url, timeout=0.2)).body == b"[]"


def test_after_three_tries_the_last_failure_is_told(http: Http, sleeper: Sleeper) -> None:
    with RawServer(answer(500), answer(502), answer(503), answer(200)) as server:
        error = failure(http, get(server.url))
    assert type(error) is OutcomeUnknown
    assert error.found == "answered 503"
    assert len(server.received) == 3
    assert sum(sleeper.slept) < 5


def test_waits_between_tries_are_drawn_from_nothing_up_to_the_most(sleeper: Sleeper) -> None:
    draws = iter([0.0, 0.5, 1.0, 1.0, 1.0])
    http = RequestsHttp({}, attempts=6, sleep=sleeper.sleep, chance=lambda: next(draws))
    failure(http, get(f"http://127.0.0.1:{closed_port()}"))
    http.close()
    assert sleeper.slept == [0.0, 0.25, 1.0, 2.0, 2.0]


def test_what_is_not_repeatable_goes_on_a_connection_of_its_own(http: Http) -> None:
    """A kept-alive connection may be closed just as the request leaves; then nobody knows whether it was read."""
    with RawServer(answer(200, keep=True)) as server:
        for _ in range(2):
            http.send(get(server.url))
        for _ in range(2):
            http.send(post(server.url))
    assert [(received.connection, received.line[:4]) for received in server.received] == [
        (1, "GET "),
        (1, "GET "),
        (2, "POST"),
        (3, "POST"),
    ]


def test_only_get_follows_redirects_and_not_for_ever(http: Http) -> None:
    with RawServer(answer(200, b"found")) as target:
        there = f"Location: {target.url}/new\r\n"
        with RawServer(answer(301, headers=there)) as server:
            assert http.send(get(server.url)).body == b"found"
            for status in (301, 302, 303, 307, 308):
                with RawServer(answer(status, headers=there)) as other:
                    assert http.send(post(other.url)).status == status
        assert [received.line for received in target.received] == ["GET /new HTTP/1.1"]
        assert target.received[0].header("Authorization") is None
    with RawServer(answer(302, headers="Location: /again\r\n")) as server:
        assert type(failure(http, get(server.url))) is OutcomeUnknown


def test_a_cookie_is_not_sent_back(http: Http) -> None:
    with RawServer(answer(200, headers="Set-Cookie: session=1; Path=/\r\n")) as server:
        for _ in range(2):
            http.send(get(server.url))
    assert [received.header("Cookie") for received in server.received] == [None, None]


def test_a_netrc_of_the_machine_does_not_replace_the_token(
    http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(answer(200)) as server:
        http.send(post(server.url))
    assert server.received[0].header("Authorization") == "OAuth htoken"


@pytest.mark.parametrize(
    "request_of",
    [
        lambda url: post(f"http://127.0.0.1:{closed_port()}"),
        lambda url: post(f"{url}/close"),
        lambda url: get(f"{url}/close"),
        lambda url: post("http://[broken/ptoken"),
        lambda url: post("nothing://127.0.0.1"),
        lambda url: post(url)._replace(headers={"Authorization": "OAuth htoken\n"}),
        lambda url: post(url)._replace(headers={"Authorization": "OAuth htokenж"}),
    ],
    ids=["refused", "closed", "closed get", "bad url", "bad scheme", "bad header", "header not latin"],
)
def test_no_failure_tells_a_token_an_address_or_a_body(
    http: Http, request_of: Callable[[str], HttpRequest], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "leadloop")
    with RawServer(close_after_request) as server:
        error = failure(http, request_of(server.url))
    told = "".join(traceback.format_exception(error)) + caplog.text
    assert error.__cause__ is None
    assert error.__context__ is None
    assert str(error).startswith("metrica upload conversions: ")
    for secret in (*SECRETS, "127.0.0.1"):
        assert secret not in told


def test_a_query_in_the_url_is_refused_without_telling_it(http: Http) -> None:
    request = post("http://127.0.0.1:1")._replace(url="http://127.0.0.1:1/?qtoken")
    with pytest.raises(ValueError, match="metrica upload conversions: the url holds a query") as refused:
        http.send(request)
    assert "qtoken" not in str(refused.value)


def test_each_vendors_calls_start_evenly_at_its_rate(sleeper: Sleeper) -> None:
    http = RequestsHttp({"metrica": 4.0}, monotonic=sleeper.monotonic, sleep=sleeper.sleep)
    with RawServer(answer(200)) as server:
        for _ in range(3):
            http.send(post(server.url))
        http.send(post(server.url)._replace(vendor="amocrm"))
        assert sleeper.slept == [0.25, 0.25]
        sleeper.now += 10
        http.send(post(server.url))
        assert sleeper.slept == [0.25, 0.25]
        http.send(post(server.url))
        assert sleeper.slept == [0.25, 0.25, 0.25]
    http.close()


def test_threads_share_a_vendors_rate(sleeper: Sleeper) -> None:
    """Time stands still here, so each caller must be given a turn of its own."""
    waits: list[float] = []
    http = RequestsHttp({"metrica": 2.0}, monotonic=sleeper.monotonic, sleep=waits.append)
    with RawServer(answer(200)) as server:
        together(8, lambda _: http.send(post(server.url)))
    http.close()
    assert sorted(waits) == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]


def test_a_call_whose_turn_is_too_far_off_is_not_sent(sleeper: Sleeper) -> None:
    http = RequestsHttp({"metrica": 0.1}, longest_wait=15, monotonic=sleeper.monotonic, sleep=lambda _: None)
    with RawServer(answer(200)) as server:
        for _ in range(2):
            http.send(post(server.url))
        error = failure(http, post(server.url))
    http.close()
    assert isinstance(error, RateLimited)
    assert error.retry_after == 20
    assert len(server.received) == 2


@pytest.mark.parametrize("rate", [0, -1])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="metrica"):
        RequestsHttp({"metrica": rate})
