"""Draining marks: one leased reader at a time, and no mark stranded between two of them."""

from __future__ import annotations

from leadloop import timestamps
from leadloop.crm.isolating import IsolatingReader
from leadloop.crm.port import Crm
from leadloop.identity.keys import KeyMalformed
from leadloop.leases import LeaseHeld, lease
from leadloop.ports.http import VendorError
from leadloop.ports.store import Document
from leadloop.queries import dirty_marks
from leadloop.runtime import Runtime
from leadloop.secrets import SecretMissing

CRM_UNREADABLE = "nothing if it passes; else see the error: token, payment, rights or address of the account"


def drain(runtime: Runtime, crm: Crm, function: str, most: int) -> int:
    """Read marked entities, at most ``most`` of them; returns how many.

    ``function`` names whose lease length applies. If another reader is at work its lease is held and
    nothing is done here: whoever gives the lease back looks for marks once more, so one that came
    meanwhile is read by the one or the other. A CRM that cannot be read is logged once; marks stay. A single
    entity that it cannot answer about is set aside.
    """
    done = 0
    while done < most and _due(runtime, crm, 1):
        owner = runtime.entropy.token()
        try:
            with lease(runtime.store, runtime.clock, f"reader-{crm.name}", owner, runtime.lease_seconds(function)):
                done += _drain_leased(runtime, crm, most - done)
        except LeaseHeld:
            return done
        except VendorError as failure:
            runtime.log.error("crm_unreadable", crm=crm.name, reason=str(failure), what_to_do=CRM_UNREADABLE)
            return done
        except (SecretMissing, KeyMalformed) as fault:
            what_to_do = "put the ring of keys into the variable; what is marked waits"
            runtime.log.error("contacts_not_keyed", reason=str(fault), what_to_do=what_to_do)
            return done
    return done


def _drain_leased(runtime: Runtime, crm: Crm, most: int) -> int:
    done = 0
    reader = IsolatingReader(runtime, crm)
    while done < most and (marks := _due(runtime, crm, min(most - done, crm.most_leads_a_call))):
        reader.read(marks)
        done += len(marks)
    return done


def _due(runtime: Runtime, crm: Crm, limit: int) -> tuple[Document, ...]:
    now = timestamps.to_text(runtime.clock.now())
    return runtime.store.query(dirty_marks(crm.name, now, limit)).documents
