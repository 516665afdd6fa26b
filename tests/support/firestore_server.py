"""Firestore over real gRPC, that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.cloud.firestore_v1.types import BatchGetDocumentsResponse, CommitRequest, CommitResponse, Document, Value

from support.publisher_server import TOLD_BY_THE_SERVER

Answer: TypeAlias = grpc.StatusCode | None
"""A code of gRPC; ``OK`` does what was asked, ``None`` is silence."""


@dataclass
class FirestoreServer:
    """Answers reads and commits with each of their answers in turn, and the last one for ever."""

    reads: list[Answer]
    commits: list[Answer]
    found: list[str]
    """The resource names of what is there."""
    address: str = ""
    committed: list[CommitRequest] = field(default_factory=list)
    seconds_left: list[float] = field(default_factory=list)
    """For each read, how long its caller would still wait."""
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self, _: bytes, context: grpc.ServicerContext) -> Iterator[BatchGetDocumentsResponse]:
        answer = self.reads[min(len(self.seconds_left), len(self.reads) - 1)]
        self.seconds_left.append(context.time_remaining() or float("inf"))
        for name in self.found:  # before the answer fails, as a connection does in the middle
            fields = {"n": Value(integer_value=len(self.seconds_left))}
            yield BatchGetDocumentsResponse(found=Document(name=name, fields=fields, update_time={"seconds": 1}))
        self._end(answer, context)

    def commit(self, request: CommitRequest, context: grpc.ServicerContext) -> CommitResponse:
        answer = self.commits[min(len(self.committed), len(self.commits) - 1)]
        self.committed.append(request)
        self._end(answer, context)
        return CommitResponse()

    def _end(self, answer: Answer, context: grpc.ServicerContext) -> None:
        if answer is None:
            self.ended.wait()
            answer = grpc.StatusCode.CANCELLED
        if answer is not grpc.StatusCode.OK:
            context.abort(answer, TOLD_BY_THE_SERVER)

    def handlers(self) -> dict[str, Any]:
        """By method of google.firestore.v1.Firestore."""
        read = grpc.unary_stream_rpc_method_handler(self.read, None, BatchGetDocumentsResponse.serialize)
        commit = grpc.unary_unary_rpc_method_handler(self.commit, CommitRequest.deserialize, CommitResponse.serialize)
        return {"BatchGetDocuments": read, "RunQuery": read, "RunAggregationQuery": read, "Commit": commit}


@contextmanager
def firestore_server(
    reads: tuple[Answer, ...] = (grpc.StatusCode.OK,),
    commits: tuple[Answer, ...] = (grpc.StatusCode.OK,),
    found: tuple[str, ...] = (),
) -> Iterator[FirestoreServer]:
    """A server that listens while in the block."""
    firestore = FirestoreServer(list(reads), list(commits), list(found))
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads, options=[("grpc.max_receive_message_length", -1)])
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("google.firestore.v1.Firestore", firestore.handlers())]
        )
        firestore.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield firestore
        finally:
            firestore.ended.set()
            server.stop(None).wait()
