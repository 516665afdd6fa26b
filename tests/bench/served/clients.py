"""A function without work of its own: it loads what BENCH_CLIENTS names and pydantic, and makes the calls of each.

The same imports and calls as the adapters of leadloop make, without anything of leadloop: what cannot be avoided. Of a
store that is a read and a write: no function that has one does without.
"""

from __future__ import annotations

import os

import flask
import functions_framework
from pydantic import BaseModel

CLIENTS = os.environ["BENCH_CLIENTS"].split(",")

if "Pub/Sub" in CLIENTS or "Firestore" in CLIENTS:
    import grpc
if "Pub/Sub" in CLIENTS:
    from google.pubsub_v1 import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
    from google.pubsub_v1.types import PubsubMessage
if "Firestore" in CLIENTS:
    from google.cloud.firestore_v1 import types
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
if "HTTP" in CLIENTS:
    import requests


class Answer(BaseModel):
    """The least model: pydantic's own machinery is loaded with the first."""

    text: str


@functions_framework.http
def clients(request: flask.Request) -> str:
    request.get_data()
    if "Pub/Sub" in CLIENTS:
        _publish()
    if "Firestore" in CLIENTS:
        _read_and_write()
    if "HTTP" in CLIENTS:
        with requests.Session() as session:
            session.get(os.environ["BENCH_VENDOR"], timeout=5)
    return Answer(text="ok").text


def _publish() -> None:
    channel = grpc.insecure_channel(os.environ["PUBSUB_EMULATOR_HOST"])
    client = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    client.publish(topic="projects/bench/topics/submissions", messages=[PubsubMessage(data=b"ok")], timeout=5)


def _read_and_write() -> None:
    channel = grpc.insecure_channel(os.environ["FIRESTORE_EMULATOR_HOST"])
    client = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
    database = "projects/bench/databases/(default)"
    name = f"{database}/documents/lead/one"
    list(client.batch_get_documents(types.BatchGetDocumentsRequest(database=database, documents=[name]), timeout=5))
    client.commit(types.CommitRequest(database=database, writes=[types.Write(delete=name)]), timeout=5)
