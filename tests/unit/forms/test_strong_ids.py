"""Which ids of a form may join people: own contacts and vouched UserIDs; never an agent's phone, never a mere claim."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from leadloop.crm.contact_keys import keys_of
from leadloop.crm.port import ContactPoints
from leadloop.identity.keys import KeyRing
from leadloop.leads import facts_of
from leadloop.leads.fold import fold
from leadloop.policy.duplicates import Identity
from support.form_desk import FormDesk
from support.policies import HMAC_KEY, sokol

SECRET = bytes.fromhex(HMAC_KEY.partition(":")[2])
POLICY = sokol().model_copy(update={"identity": Identity(shared=("8 (495) 000-00-01", "INFO@sokol.example"))})
HOME = {"phone": "8 999 000-00-03"}


def sign(text: str, secret: bytes = SECRET) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


class TestContactsOfNobody:
    @pytest.mark.parametrize(
        ("sent", "kinds"),
        [
            ({"phone": "+7 495 000 00 01", "email": "anna@example.org"}, {"email"}),
            ({**HOME, "email": "info@sokol.example"}, {"phone"}),
            ({"phone": "84950000001"}, set()),
            ({"phone_key": sign("phone:+74950000001"), "email_key": sign("email:anna@example.org")}, {"email"}),
        ],
        ids=["phone", "e-mail", "nothing else", "ready keys"],
    )
    def test_no_key_is_made_of_them(self, sent: dict[str, str], kinds: set[str]) -> None:
        assert {key.kind for key in FormDesk(POLICY).hand_in(sent).keys} == kinds

    def test_nor_of_those_the_crm_holds(self) -> None:
        contact = ContactPoints(phones=("+74950000001", "+79990000003"), emails=("Info@sokol.example",))
        found = keys_of(POLICY, KeyRing.read(HMAC_KEY), [contact])
        assert [id_.partition("-")[0] for id_ in found.newest] == ["phone"]

    def test_two_visitors_of_one_agent_are_two_leads(self) -> None:
        desk = FormDesk(POLICY)
        sent = [{"phone": "84950000001", "yclid": yclid, "submission_id": "s-1"} for yclid in ("123", "124")]
        assert len({desk.hand_in(one).lead_id for one in sent}) == 2


class TestUserIds:
    @pytest.mark.parametrize(
        ("key", "is_vouched"),
        [
            (sign("user:u-1"), True),
            (sign("user:u-1").upper(), True),
            (sign("user:u-2"), False),
            (sign("user:u-1", b"another secret of thirty-two byt"), False),
            ("", False),
            ("u-1", False),
        ],
        ids=["signed", "in capitals", "of another", "by another", "missing", "no signature"],
    )
    def test_only_the_sites_server_can_vouch(self, key: str, is_vouched: bool) -> None:
        sent = FormDesk().hand_in({"user_id": "u-1", "user_key": key})
        assert sent.user_id_signed is is_vouched
        state = fold(sokol(), (facts_of.submission(sent),))
        assert (len(state.strong_ids) == 1) is is_vouched

    def test_an_older_key_of_the_ring_still_vouches(self) -> None:
        desk = FormDesk(ring=f"k2:{'cd' * 32},{HMAC_KEY}")
        assert desk.hand_in({"user_id": "u-1", "user_key": sign("user:u-1")}).user_id_signed
