"""Whatever bytes arrive under whatever content type, they become a lead or a sealed, explained quarantine."""

import string
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from leadloop.forms.builders import ConnectionTest
from leadloop.forms.callers import Caller
from leadloop.forms.capture import Received, capture
from leadloop.identity.sealing import unseal
from leadloop.messages import LeadCaptured, SubmissionUnreadable, decode, encode
from support.policies import SEAL_PRIVATE_KEY, sokol
from support.world import World
from support.wsgi_names import environ_of

NAMES = st.sampled_from(
    ["phone", "Телефон", "email", "ym_client_id", "yclid", "page", "utm_source", "city", "COOKIES", "submission_id"]
) | st.text(max_size=12)
VALUES = st.text(max_size=60) | st.sampled_from(
    [
        "89990000003",
        "1.7E+18",
        "{yclid}",
        "https://[broken",
        "a@b.example",
        "\ud800",
        "%",
        "https://sokol.example/?a=%zz",
    ]
)
TYPES = st.sampled_from(
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded; charset=base64",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "text/plain;charset=UTF-8",
        "image/png",
    ]
) | st.text(alphabet=string.printable, max_size=40)


def urlencoded(fields: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode("utf-8", "replace")


def multipart(fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    return "".join([*parts, "--x--"]).encode("utf-8", "replace")


def json_like(fields: Mapping[str, str]) -> bytes:
    return str(dict(fields)).replace("'", '"').encode("utf-8", "replace")


FIELDS = st.dictionaries(NAMES, VALUES, max_size=8)
TEXTS = st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
BODIES = st.one_of(st.binary(max_size=300), TEXTS, FIELDS.map(urlencoded), FIELDS.map(multipart), FIELDS.map(json_like))


@settings(max_examples=400, deadline=None)
@given(body=BODIES, content_type=TYPES, mode=st.sampled_from(["none", "hash", "keep"]))
def test_any_bytes_become_a_message_that_survives_the_bus(body: bytes, content_type: str, mode: str) -> None:
    policy = sokol(mode)
    world = World(policy)
    try:
        captured = capture(
            world.runtime,
            Received(body, content_type, len(body)),
            Caller.of(environ_of({"Content-Type": content_type}), policy.site),
        )
    except ConnectionTest:
        return
    message = decode(encode(captured.message))
    assert decode(encode(message)) == message
    if isinstance(message, SubmissionUnreadable):
        assert unseal(SEAL_PRIVATE_KEY, message.body_sealed) == body
        assert "defect" not in message.reason
    else:
        assert isinstance(message, LeadCaptured)
        assert (message.submission.contact_sealed is None) or mode == "keep"
        assert not (mode == "none" and message.submission.keys)
    assert world.log.events("ERROR") == []
