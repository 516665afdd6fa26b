"""What the visitors' requests came to: at the site's own backend, and in the store of the running host."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from browser.site import Arrived, Site
from leadloop import queries, timestamps
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.facts import FactKind
from leadloop.json_types import JsonObject
from leadloop.leads.lead import Lead
from leadloop.messages import Submission
from leadloop.ports.store import Document, Query
from unit.host.host_driver import HostDriver, wait_until


@dataclass(frozen=True)
class Served:
    """The customer's site and the host behind ``leads.example``."""

    site: Site
    host: HostDriver

    def posts(self, path: str = "/send") -> list[Arrived]:
        """Forms that reached the site's own backend."""
        return [one for one in self.site.arrived if (one.method, one.path) == ("POST", path)]

    def leads(self, submission_id: str) -> list[Submission]:
        """The leads that came of one submission id, once the host has nothing left to do."""
        return [_submission(document) for document in self._found(queries.leads_of_submission(submission_id))]

    def leads_of(self, client_id: str) -> list[Submission]:
        """The leads of one browser, likewise."""
        weak_id = f"client_id:{client_id}"
        return [_submission(document) for document in self._found(queries.leads_with_weak_id(weak_id))]

    def visits_of(self, client_id: str) -> list[Document]:
        """The visits of one browser, likewise."""
        return self._found(queries.visits_of_client(client_id, ""))

    def _found(self, query: Query) -> list[Document]:
        wait_until(lambda: bool(self.host.state()["quiet"]), "the host is quiet")
        with closing(SqliteStore(self.host.data / "documents.db")) as store:
            return list(store.query(query).documents)


def _submission(document: Document) -> Submission:
    """What the site sent, as the lead holds it."""
    [sent] = [fact for fact in Lead.of(document).facts if fact.kind is FactKind.SUBMITTED]
    when = timestamps.to_text(sent.occurred_at)
    elsewhere: JsonObject = {"lead_id": document.key.id, "occurred_at": when, "received_at": when}
    return Submission.model_validate({**elsewhere, **sent.values})
