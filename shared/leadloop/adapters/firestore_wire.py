"""The four calls to Firestore, each bounded in time.

A read that fails on the way is repeated until its time is over. A commit is repeated only after ABORTED, which says
that nothing was written. After any other failure it may have been done: sent again, its own first attempt would
look like somebody else's document, so the client's own retries are off and the caller is told that the outcome
is unknown.

Google's generated client is used directly, not the one above it: that one cannot replace a document under a version,
and does not close its channel.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import grpc
from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from leadloop.adapters.firestore_errors import unavailable
from leadloop.adapters.firestore_values import Message
from leadloop.ports.store import MAX_COMMIT_BYTES, CommitTooLarge

EMULATOR = "FIRESTORE_EMULATOR_HOST"
"""As Google's own clients: ``host:port`` of an emulator, which is asked without credentials."""

Result = TypeVar("Result")

_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
    # By itself gRPC waits 1 to 120 s before it connects again: longer than a call may take.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
]
_PASSING = if_exception_type(exceptions.ServiceUnavailable, exceptions.InternalServerError)
_CONTENDED = if_exception_type(exceptions.Aborted)

_GetRequest: Message = types.BatchGetDocumentsRequest.pb()
_QueryRequest: Message = types.RunQueryRequest.pb()
_CountRequest: Message = types.RunAggregationQueryRequest.pb()
_CountQuery: Message = types.StructuredAggregationQuery.pb()
_Aggregation: Message = types.StructuredAggregationQuery.Aggregation.pb()
_CommitRequest: Message = types.CommitRequest.pb()


class Refused(Exception):
    """Firestore did not do a commit, and never will as it stands: a precondition fails, or a value is not taken."""

    def __init__(self, status: str, *, is_invalid: bool) -> None:
        super().__init__(status)
        self.status = status
        self.is_invalid = is_invalid


class Wire:
    """A connection to one database, made at the first call: nothing is open when a server forks its workers."""

    def __init__(self, project: str, database: str, timeout_seconds: float) -> None:
        self.database = f"projects/{project}/databases/{database}"
        self.documents = f"{self.database}/documents"
        self._place = f"{project}/{database}"
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._client: FirestoreClient | None = None
        self._metadata = [("google-cloud-resource-prefix", self.database)]

    def connected(self) -> FirestoreClient:
        """Google's client, with the credentials of this machine; nothing is sent. Raises ``GoogleAuthError``."""
        with self._lock:
            if self._client is None:
                self._client = FirestoreClient(transport=FirestoreGrpcTransport(channel=self._channel()))
            return self._client

    def close(self) -> None:
        """Let go of the connection; a later call makes another."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.transport.close()  # type: ignore[no-untyped-call]

    def get(self, names: Sequence[str]) -> list[Message]:
        """The documents that are there, as of one moment. Raises ``StoreUnavailable``."""
        request = _GetRequest(database=self.database, documents=names)
        wrapped = types.BatchGetDocumentsRequest.wrap(request)

        def read(timeout: float) -> list[Message]:
            answers = self.connected().batch_get_documents(
                request=wrapped, retry=None, timeout=timeout, metadata=self._metadata
            )
            plain = (types.BatchGetDocumentsResponse.pb(answer) for answer in answers)
            return [answer.found for answer in plain if answer.WhichOneof("result") == "found"]

        with self._named():
            return self._bounded(read, _PASSING)

    def run(self, query: Message) -> list[Message]:
        """The documents a query finds, in its order. Raises ``StoreUnavailable``."""
        wrapped = types.RunQueryRequest.wrap(_QueryRequest(parent=self.documents, structured_query=query))

        def read(timeout: float) -> list[Message]:
            answers = self.connected().run_query(request=wrapped, retry=None, timeout=timeout, metadata=self._metadata)
            plain = (types.RunQueryResponse.pb(answer) for answer in answers)
            return [answer.document for answer in plain if answer.HasField("document")]

        with self._named():
            return self._bounded(read, _PASSING)

    def count(self, query: Message) -> int:
        """How many documents a query finds. Raises ``StoreUnavailable``."""
        number = _Aggregation(count=types.StructuredAggregationQuery.Aggregation.Count.pb()(), alias="number")
        counted = _CountQuery(structured_query=query, aggregations=[number])
        request = _CountRequest(parent=self.documents, structured_aggregation_query=counted)
        wrapped = types.RunAggregationQueryRequest.wrap(request)

        def read(timeout: float) -> int:
            answers = self.connected().run_aggregation_query(
                request=wrapped, retry=None, timeout=timeout, metadata=self._metadata
            )
            plain = (types.RunAggregationQueryResponse.pb(answer) for answer in answers)
            return sum(answer.result.aggregate_fields["number"].integer_value for answer in plain)

        with self._named():
            return self._bounded(read, _PASSING)

    def commit(self, writes: Sequence[Message]) -> None:
        """Do all or none. Raises ``Refused`` when none are done, ``CommitTooLarge``, ``StoreUnavailable``."""
        request = _CommitRequest(database=self.database, writes=writes)
        if (size := request.ByteSize()) > MAX_COMMIT_BYTES:
            raise CommitTooLarge(len(writes), size)
        wrapped = types.CommitRequest.wrap(request)

        def send(timeout: float) -> None:
            self.connected().commit(request=wrapped, retry=None, timeout=timeout, metadata=self._metadata)

        with self._named():
            try:
                self._bounded(send, _CONTENDED)
            except (exceptions.AlreadyExists, exceptions.NotFound, exceptions.FailedPrecondition) as refusal:
                raise Refused(type(refusal).__name__, is_invalid=False) from None
            except exceptions.InvalidArgument as refusal:
                raise Refused(type(refusal).__name__, is_invalid=True) from None

    def _bounded(self, call: Callable[[float], Result], repeated_after: Callable[[Exception], bool]) -> Result:
        """Call within the time there is for all attempts together."""
        ends = time.monotonic() + self._timeout
        retry = Retry(predicate=repeated_after, initial=0.1, maximum=1.0, timeout=self._timeout)
        return retry(lambda: call(max(0.01, ends - time.monotonic())))()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            raise unavailable(error, self._place) from None

    def _channel(self) -> grpc.Channel:
        if emulator := os.environ.get(EMULATOR):
            self._metadata.append(("authorization", "Bearer owner"))
            return grpc.insecure_channel(emulator, options=_OPTIONS)
        return FirestoreGrpcTransport.create_channel(options=_OPTIONS)
