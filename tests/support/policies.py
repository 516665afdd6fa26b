"""The policy of the invented property developer «Сокол», in each contacts mode."""

from __future__ import annotations

from collections.abc import Mapping

from leadloop.policy import AmoCrm, ContactMode, Policy

ORIGIN = "https://sokol.example"
HMAC_KEY = "k1:" + "ab" * 32
SEAL_PRIVATE_KEY = "ERERERERERERERERERERERERERERERERERERERERERE="
SEAL_PUBLIC_KEY = "e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM="

_MADE: dict[str, Policy] = {}

PIPELINE, NEW, QUALIFIED, MEETING, WON, LOST = "7001", "70011", "70012", "70013", "142", "143"


def sokol(mode: ContactMode | str = ContactMode.HASH, **sections: object) -> Policy:
    """The policy in a contacts mode; ``sections`` replace keys of sections (``site={"thank_you": "/ok"}``).

    It is frozen, so the same one is given to all who ask for the same.
    """
    asked_for = f"{ContactMode(mode)} {sections!r}"
    if asked_for not in _MADE:
        _MADE[asked_for] = _written(ContactMode(mode), sections)
    return _MADE[asked_for]


def _written(mode: ContactMode, sections: Mapping[str, object]) -> Policy:
    written: dict[str, object] = {
        "site": {
            "origins": [ORIGIN, "https://www.sokol.example"],
            "counter": "12345678",
            "thank_you": "/spasibo",
            "mapped_fields": ["city", "rooms"],
            "url_params": ["lot"],
        },
        "contacts": {"mode": str(mode), "public_key": SEAL_PUBLIC_KEY},
        "crm": {
            "account": "sokol",
            "pipelines": {
                PIPELINE: {QUALIFIED: "qualified", MEETING: "meeting", WON: "sold", LOST: "lost"},
            },
            "ignored": [f"{PIPELINE}/{NEW}"],
            "new_lead": {"pipeline": PIPELINE, "status": NEW},
        },
        "goals": {
            "lead_received": {"on": "received"},
            "lead_qualified": {"on": "stage", "stage": "qualified"},
            "flat_sold": {"on": "stage", "stage": "sold", "value": "price"},
        },
    }
    for name, keys in sections.items():
        section = written.get(name)
        written[name] = {**section, **keys} if isinstance(section, dict) and isinstance(keys, dict) else keys
    return Policy.model_validate(written)


def amocrm_of(policy: Policy) -> AmoCrm:
    """The section ``crm`` of a policy of amoCRM."""
    assert isinstance(policy.crm, AmoCrm)
    return policy.crm
