"""The policy of the invented property developer «Сокол», in each contacts mode."""

from __future__ import annotations

from leadloop.policy import ContactMode, Policy

ORIGIN = "https://sokol.example"
HMAC_KEY = "k1:" + "ab" * 32
SEAL_PRIVATE_KEY = "ERERERERERERERERERERERERERERERERERERERERERE="
SEAL_PUBLIC_KEY = "e06Qm75//kTEZaIgA31gjuNYl9Me+XLwf3SJLLD3PxM="

PIPELINE, NEW, QUALIFIED, MEETING, WON, LOST = "7001", "70011", "70012", "70013", "142", "143"


def sokol(mode: ContactMode | str = ContactMode.HASH, **sections: object) -> Policy:
    """The policy in a contacts mode; ``sections`` replace keys of sections (``site={"thank_you": "/ok"}``)."""
    written: dict[str, object] = {
        "site": {
            "origins": [ORIGIN, "https://www.sokol.example"],
            "counter": "12345678",
            "thank_you": "/spasibo",
            "mapped_fields": ["city", "rooms"],
            "url_params": ["lot"],
        },
        "contacts": {"mode": str(ContactMode(mode)), "public_key": SEAL_PUBLIC_KEY},
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
