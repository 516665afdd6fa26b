"""Promise 8: nothing personal rests, travels or is logged in clear, wherever in a form it was put."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from support.policies import ORIGIN, sokol
from support.world import World

NAME, COMMENT, EMAIL = "Каналья Примерова", "секретное пожелание", "kanalya@example.org"
PHONE_AS_TYPED = ("+7 (999) 000-00-03", "8 999 000 00 03", "79990000003", "9990000003")
CANARIES = (
    "Каналья",
    "секретное",
    "kanalya",
    "0000003",
    "000-00-03",
    "000 00 03",
    quote("Каналья"),
    "%D0%9A%D0%B0%D0%BD",
)


def form(phone: str) -> dict[str, str]:
    """A form with contacts in every place where a page, a script or a person has ever put them."""
    query = f"?lot=1&phone={quote(phone)}&email={quote(EMAIL)}&name={quote(NAME)}"
    return {
        "name": NAME,
        "phone": phone,
        "email": EMAIL,
        "comment": COMMENT,
        "telegram": "@kanalya_p",
        "Textarea_2": COMMENT,
        "as_you_like": f"{NAME} {phone} {EMAIL}",
        "city": phone,
        "rooms": EMAIL,
        "form": EMAIL,
        "submission_id": phone,
        "user_id": EMAIL,
        "ym_client_id": phone,
        "yclid": EMAIL,
        "gclid": EMAIL,
        "utm_source": "yandex",
        "utm_content": EMAIL,
        "utm_term": phone,
        "page": f"{ORIGIN}/u/{quote(EMAIL)}/{query}&lot={quote(phone)}&utm_campaign={quote(phone)}",
        "landing": f"{ORIGIN}/{query}",
        "referrer": f"https://mail.example/{quote(phone)}{query}",
        "COOKIES": f"_ym_uid={phone}; name={quote(NAME)}; TILDAUTM=utm_source%3D{quote(EMAIL)}",
    }


def urlencoded(fields: dict[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in fields.items())


@pytest.mark.parametrize("phone", PHONE_AS_TYPED)
@pytest.mark.parametrize(("mode", "in_cloud"), [("none", False), ("hash", False), ("hash", True), ("keep", True)])
def test_no_canary_is_seen_anywhere(mode: str, in_cloud: bool, phone: str) -> None:
    world = World(sokol(mode), in_cloud=in_cloud)
    with world.in_force():
        client = world.client("capture-lead")
        client.post("/", json=form(phone), headers={"Origin": ORIGIN})
        client.post("/", data=urlencoded(form(phone)), content_type="application/x-www-form-urlencoded")
        client.post("/", data=json.dumps(form(phone))[:-1], content_type="application/json")
        client.post("/", data=urlencoded({"phone": phone}), content_type=f"text/{quote(NAME)}")
        world.memory_bus.failing = True
        client.post("/", json={**form(phone), "city": "Уфа"})
        world.memory_bus.failing = False
        world.settle(only=frozenset({"register-lead"}))
        world.push_bytes("register-lead", json.dumps(form(phone), ensure_ascii=False).encode())
        world.push_bytes("keep-dead-letter", urlencoded(form(phone)).encode())
    seen = {
        "messages": [published.message.model_dump_json() for published in world.memory_bus.published],
        "log": [str(entry) for entry in world.log.entries],
    } | {
        collection: [str(document) for document in world.documents(collection)]
        for collection in ("lead", "key", "outcome", "daily_total", "quarantine", "spool", "dead_letter")
    }
    assert all(seen[where] for where in ("messages", "log", "lead", "outcome", "quarantine", "spool", "dead_letter"))
    leaks = [(where, canary) for where, texts in seen.items() for canary in CANARIES if canary in " ".join(texts)]
    assert leaks == []
