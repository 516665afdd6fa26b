"""Golden form posts: ``bodies/forms/<case>.in`` with ``.headers``, and what must be understood in ``.expected.json``.

``expected`` holds ``mode`` and ``place`` when they are not ``hash`` on one machine, ``forms`` when the policy says
anything of forms, and one of:
``lead`` (what of the submission is not empty, contacts as they were normalised), ``unreadable`` (the
reason), ``answer`` (a builder's connection test). ``sealed`` is what the owner finds in the sealed contact.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadloop.forms.builders import ConnectionTest
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.identity.contact import open_contact
from leadloop.identity.keys import KeyRing
from leadloop.json_types import JsonObject
from leadloop.messages import LeadCaptured, SubmissionUnreadable, decode, encode
from support.policies import HMAC_KEY, SEAL_PRIVATE_KEY, sokol
from support.world import World
from support.wsgi_names import environ_of

BODIES = Path(__file__).parents[1] / "bodies" / "forms"
CASES = sorted(path.stem for path in BODIES.glob("*.in"))
_RING = KeyRing.read(HMAC_KEY)
_NOT_TOLD = {"lead_id", "fingerprint", "occurred_at", "received_at", "keys", "contact_sealed"}


@dataclass(frozen=True)
class FormCase:
    """One golden post."""

    body: bytes
    headers: dict[str, str]
    expected: JsonObject

    @classmethod
    def read(cls, name: str) -> FormCase:
        lines = (BODIES / f"{name}.headers").read_text("utf-8").splitlines()
        pairs = (line.partition(":") for line in lines if line.strip())
        expected = json.loads((BODIES / f"{name}.expected.json").read_text("utf-8"))
        return cls(
            (BODIES / f"{name}.in").read_bytes(), {key.strip(): value.strip() for key, _, value in pairs}, expected
        )

    @property
    def contacts(self) -> list[str]:
        """The contacts whose keys the lead must have, as ``phone:+7999…``."""
        lead = self.expected.get("lead")
        contacts = lead.get("contacts", []) if isinstance(lead, dict) else []
        return [str(contact) for contact in contacts] if isinstance(contacts, list) else []

    def understood(self) -> JsonObject:
        """What the code makes of it, in the words of ``expected``."""
        said = ("mode", "place", "forms")
        circumstances: JsonObject = {name: self.expected[name] for name in said if name in self.expected}
        forms = {"forms": circumstances["forms"]} if "forms" in circumstances else {}
        policy = sokol(str(circumstances.get("mode", "hash")), **forms)
        world = World(policy, in_cloud=circumstances.get("place") == "cloud")
        received = Received(self.body, self.headers.get("Content-Type", ""), len(self.body))
        try:
            captured = capture(world.runtime, received, Caller.of(environ_of(self.headers), policy.site))
        except ConnectionTest as test:
            return {**circumstances, "answer": test.answer}
        message = decode(encode(captured.message))
        if isinstance(message, SubmissionUnreadable):
            return {**circumstances, "unreadable": message.reason}
        assert isinstance(message, LeadCaptured)
        sent = message.submission
        told: dict[str, Any] = sent.model_dump(mode="json", exclude=_NOT_TOLD, exclude_defaults=True)
        if sent.keys:
            known = {key.id: contact for contact in self.contacts for key in _keys(contact)}
            told["contacts"] = [known.get(key.id, key.id) for key in sent.keys]
        if sent.contact_sealed:
            opened = open_contact(SEAL_PRIVATE_KEY, sent.contact_sealed)
            return {**circumstances, "lead": told, "sealed": opened.model_dump(mode="json", exclude_defaults=True)}
        return {**circumstances, "lead": told}


def _keys(contact: str) -> list[Any]:
    kind, _, value = contact.partition(":")
    return list(_RING.keys_of("phone" if kind == "phone" else "email", value))
