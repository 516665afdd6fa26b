"""Pub/Sub's publishing side over real gRPC, that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.pubsub_v1.types import PublishRequest, PublishResponse

TOLD_BY_THE_SERVER = "refresh_token=1//olga is not accepted at https://oauth2.example/token?key=AIza"
"""Words that may not be passed on."""


@dataclass
class PublisherServer:
    """Answers with each of ``answers`` in turn and the last one for ever: a code of gRPC, an id, or silence."""

    answers: list[grpc.StatusCode | str | None]
    address: str = ""
    requests: list[PublishRequest] = field(default_factory=list)
    seconds_left: list[float] = field(default_factory=list)
    """For each request, how long its caller would still wait."""
    ended: threading.Event = field(default_factory=threading.Event)

    def publish(self, request: PublishRequest, context: grpc.ServicerContext) -> PublishResponse:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        self.seconds_left.append(context.time_remaining() or float("inf"))
        if answer is None:
            self.ended.wait()
            answer = grpc.StatusCode.CANCELLED
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, TOLD_BY_THE_SERVER)
        return PublishResponse(message_ids=[answer])


@contextmanager
def publisher_server(*answers: grpc.StatusCode | str | None) -> Iterator[PublisherServer]:
    """A server that listens while in the block."""
    publisher = PublisherServer(list(answers))
    handler = grpc.unary_unary_rpc_method_handler(
        publisher.publish, PublishRequest.deserialize, PublishResponse.serialize
    )
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": handler})]
        )
        publisher.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield publisher
        finally:
            publisher.ended.set()
            server.stop(None).wait()
