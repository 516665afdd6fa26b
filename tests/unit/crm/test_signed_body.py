"""The JSON in which a system tells of a deal: the example whole, every mistake with its member, and the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from leadloop.crm.port import SOURCE_FIELDS
from leadloop.crm.signed import body as signed_body
from leadloop.crm.signed.body import MOST_STATUSES, Told, read_deal
from leadloop.crm.signed.members import DealUnclear
from leadloop.forms.contacts import READY, ContactRules
from leadloop.identity.contact_signs import looks_like_contact
from leadloop.identity.keys import KeyRing
from leadloop.messages import DealTold
from support.guides import guides
from support.policies import HMAC_KEY
from support.sayings import ROOT
from support.signed_desk import heard

EXAMPLES = ROOT / "examples" / "signed-webhooks"
EXAMPLE: dict[str, Any] = json.loads((EXAMPLES / "deal.json").read_text("utf-8"))
SCHEMA: dict[str, Any] = json.loads((EXAMPLES / "deal.schema.json").read_text("utf-8"))
NOW = datetime(2026, 9, 21, 9, tzinfo=UTC)
POLICY = heard(qualification={"fields": {"budget": "budget"}})
RULES = ContactRules(POLICY, KeyRing.read(HMAC_KEY), hashes_here=True)


def read(body: bytes | dict[str, Any]) -> Told:
    return read_deal(body if isinstance(body, bytes) else json.dumps(body).encode(), POLICY, RULES, NOW)


def refusal(**changed: object) -> str:
    with pytest.raises(DealUnclear) as unclear:
        read({**EXAMPLE, **changed})
    return str(unclear.value)


class TestTheExample:
    def test_is_understood_whole(self) -> None:
        told = read((EXAMPLES / "deal.json").read_bytes())
        assert (told.ignored, told.left_out) == ([], {})
        assert told.deal == {
            "deal_id": "D-000417",
            "created_at": "2026-09-01T09:00:00.000000Z",
            "updated_at": "2026-09-20T15:30:00.000000Z",
            "status": {"pipeline": "sales", "status": "won", "at": "2026-09-20T15:30:00.000000Z"},
            "history": [
                {"pipeline": "sales", "status": "new", "at": "2026-09-01T09:00:00.000000Z"},
                {"pipeline": "sales", "status": "qualified", "at": "2026-09-02T07:15:00.000000Z"},
            ],
            "price": 420_000_000,
            "loss_reason": None,
            "responsible": "17",
            "filled": ["budget"],
            "ids": {"client_id": "1788203411529304178", "yclid": "7325873983740247041"},
            "lead_id": None,
            "submission_id": "3842737876x261831296x1487768949x2239860994",
            "source": {
                "utm_source": "yandex",
                "utm_medium": "cpc",
                "utm_campaign": "sokol-2k",
                "referrer": "https://ya.ru/",
                "source": "site",
                "created_by": "0",
            },
            "call_seconds": None,
            "keys": [{"kind": "phone", "key_id": "k1", "normaliser": "n1", "hmac": EXAMPLE["contact"]["phone_key"]}],
            "deleted": False,
            "merged_into": None,
        }

    def test_crosses_the_bus(self) -> None:
        stamped = {"event_id": "e", "received_at": NOW, "crm": "signed", "webhook_id": "w"}
        assert DealTold.model_validate({**read(EXAMPLE).deal, **stamped}).price == 420_000_000

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_of_the_guide_is_enough(self, language: str) -> None:
        [shown] = [block.text for block in guides(language)["signed-webhooks.md"].blocks if block.language == "json"]
        assert read(shown.encode()).ignored == []
        assert json.loads(shown).items() <= {**EXAMPLE, "ids": {"client_id": EXAMPLE["ids"]["client_id"]}}.items()

    @pytest.mark.parametrize("language", ["en", "ru"])
    def test_speaks_of_what_the_policy_of_the_guide_knows(self, language: str) -> None:
        [shown] = [block.text for block in guides(language)["signed-webhooks.md"].blocks if block.language == "yaml"]
        crm = heard(crm=yaml.safe_load(shown)["crm"]).crm
        assert all(crm.knows(one["pipeline"], one["status"]) for one in [EXAMPLE["status"], *EXAMPLE["history"]])


def members(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from members(inner, f"{path}{name}.")


class TestTheSchema:
    def test_names_what_the_example_has(self) -> None:
        named = {one.partition(".")[0] if "." not in one else one for one in members(SCHEMA)}
        shown = {name for name in EXAMPLE} | {
            f"{name}.{inner}" for name, held in EXAMPLE.items() if isinstance(held, dict) for inner in held
        }
        places = {"status.pipeline", "status.status", "status.entered_at"}  # by reference
        assert shown - places == named

    def test_names_what_is_read(self) -> None:
        at = {name: {*SCHEMA["properties"][name]["properties"]} for name in ("ids", "source", "contact")}
        assert at["source"] == {*SOURCE_FIELDS, "created_by"}
        assert at["ids"] == {*signed_body._AD_IDS, "lead_id", "submission_id"}
        assert at["contact"] == {*READY, *READY.values()}
        assert {*SCHEMA["$defs"]["entered"]["properties"]} == {"pipeline", "status", "entered_at"}

    def test_is_as_strict_as_the_reader(self) -> None:
        definitions, properties = SCHEMA["$defs"], SCHEMA["properties"]
        assert definitions["deal"]["pattern"] == f"^{signed_body._ID.pattern}$"
        assert definitions["place"]["pattern"] == f"^{signed_body._NAME.pattern}$"
        assert properties["price"]["properties"]["amount"]["pattern"] == f"^{signed_body._AMOUNT.pattern}$"
        assert properties["history"]["maxItems"] == MOST_STATUSES

    def test_asks_for_what_is_needed(self) -> None:
        needed = {*SCHEMA["required"], *SCHEMA["else"]["required"]}
        for name in EXAMPLE:
            without = {one: held for one, held in EXAMPLE.items() if one != name}
            if name in needed:
                with pytest.raises(DealUnclear, match=f"^{name}"):
                    read(without)
            else:
                read(without)


ENTERED = {"pipeline": "sales", "status": "won", "entered_at": 1_788_000_000}


class TestMistakes:
    @pytest.mark.parametrize(
        ("changed", "member"),
        [
            ({"deal_id": ""}, "deal_id"),
            ({"deal_id": "a/b"}, "deal_id"),
            ({"deal_id": "x" * 65}, "deal_id"),
            ({"deal_id": "+79990000003"}, "deal_id"),
            ({"deal_id": "8-999-000-00-03"}, "deal_id"),
            ({"deal_id": True}, "deal_id"),
            ({"deal_id": ["1"]}, "deal_id"),
            ({"created_at": None}, "created_at"),
            ({"updated_at": "2026-09-20T18:30:00"}, "updated_at"),
            ({"updated_at": "2026-09-21T12:05:01+03:00"}, "updated_at"),
            ({"updated_at": 10**14}, "updated_at"),
            ({"updated_at": True}, "updated_at"),
            ({"updated_at": 0}, "updated_at"),
            ({"created_at": "0001-01-01T00:00:00Z"}, "created_at"),
            ({"created_at": "0001-01-01T00:00:00+03:00"}, "created_at"),
            ({"created_at": "1999-12-31T23:59:59Z"}, "created_at"),
            ({"created_at": -62135596800}, "created_at"),
            ({"status": {**ENTERED, "entered_at": "0001-01-01T00:00:00Z"}}, "status.entered_at"),
            ({"history": [{**ENTERED, "entered_at": "1970-01-01T00:00:00Z"}]}, "history[0].entered_at"),
            ({"status": None}, "status"),
            ({"status": "won"}, "status"),
            ({"status": {**ENTERED, "status": ""}}, "status.status"),
            ({"status": {**ENTERED, "pipeline": "a/b"}}, "status.pipeline"),
            ({"status": {**ENTERED, "status": "звонить +7 999 000 00 03"}}, "status.status"),
            ({"status": {**ENTERED, "entered_at": None}}, "status.entered_at"),
            ({"history": [ENTERED, {**ENTERED, "entered_at": "soon"}]}, "history[1].entered_at"),
            ({"history": [ENTERED] * (MOST_STATUSES + 1)}, "history"),
            ({"history": ENTERED}, "history"),
            ({"price": 4200000}, "price"),
            ({"price": {}}, "price.amount"),
            ({"price": {"amount": -1}}, "price.amount"),
            ({"price": {"amount": "4 200 000"}}, "price.amount"),
            ({"price": {"amount": 1e300}}, "price.amount"),
            ({"price": {"amount": "1.005"}}, "price.amount"),
            ({"price": {"amount": 1, "currency": "USD"}}, "price.currency"),
            ({"loss_reason": "x" * 101}, "loss_reason"),
            ({"filled": ["x"] * 101}, "filled"),
            ({"filled": [["x"]]}, "filled"),
            ({"ids": []}, "ids"),
            ({"ids": {"client_id": "x" * 201}}, "ids.client_id"),
            ({"source": {"utm_source": "two\nlines"}}, "source.utm_source"),
            ({"call_seconds": "1:30"}, "call_seconds"),
            ({"call_seconds": -1}, "call_seconds"),
            ({"contact": {"phone": ["1"] * 11}}, "contact.phone"),
            ({"contact": {"email_key": "olga@sokol.example"}}, "contact.email_key"),
            ({"deleted": "yes"}, "deleted"),
            ({"merged_into": "D-000417"}, "merged_into"),
            ({"merged_into": "a b"}, "merged_into"),
            ({"merged_into": "8-999-000-00-03"}, "merged_into"),
        ],
    )
    def test_name_the_member_and_quote_nothing(self, changed: dict[str, Any], member: str) -> None:
        said = refusal(**changed)
        assert said.startswith(f"{member}: expected ")
        assert not any(told in said for told in ("999", "olga", "USD", "soon", "a/b"))

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"deal_id": NaN}', b"[" * 100_000, b'"x"'])
    def test_of_what_is_no_object(self, body: bytes) -> None:
        with pytest.raises(DealUnclear, match="expected a JSON object"):
            read(body)

    def test_an_id_that_lost_its_digits_is_told_and_not_taken(self) -> None:
        told = read({**EXAMPLE, "ids": {"client_id": 1.788203411529304e18, "yclid": 7325873983740247041}})
        assert told.deal["ids"] == {"yclid": "7325873983740247041"}
        assert list(told.left_out) == ["ids.client_id"]

    def test_an_empty_date_of_what_is_not_needed_is_to_be_left_out(self) -> None:
        """As 1C writes one that nobody filled in."""
        deleted = {"deal_id": "D-1", "updated_at": 1_788_000_000, "deleted": True}
        for empty in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00", ""):
            with pytest.raises(DealUnclear, match=r"^created_at: expected .*: leave out an empty date$"):
                read({**deleted, "created_at": empty})
        assert read(deleted).deal["created_at"] == read({**deleted, "created_at": None}).deal["created_at"]

    @pytest.mark.parametrize("phone", ["8-999-000-00-03", "89990000003", "9990000003"])
    def test_a_phone_is_no_id_of_a_lead(self, phone: str) -> None:
        told = read({**EXAMPLE, "ids": {"lead_id": phone}})
        assert (told.deal["lead_id"], list(told.left_out)) == (None, ["ids.lead_id"])

    def test_an_id_of_a_lead_that_reads_like_a_phone_is_one(self) -> None:
        """One in some hundreds does."""
        lead_id = "ab79990000003cdef0123456789abcde"
        assert looks_like_contact(lead_id)
        assert read({**EXAMPLE, "ids": {"lead_id": lead_id.upper()}}).deal["lead_id"] == lead_id

    @pytest.mark.parametrize("member", ["deal_id", "merged_into"])
    def test_ten_digits_are_an_id_of_a_deal_like_any_other(self, member: str) -> None:
        assert read({**EXAMPLE, member: 9990000003}).deal[member] == "9990000003"

    @pytest.mark.parametrize("amount", ["0.1", 0.29, 4200000, "4200000", "9999999999999.99"])
    def test_a_price_is_exact(self, amount: object) -> None:
        expected = {"0.1": 10, 0.29: 29, "9999999999999.99": 999_999_999_999_999}.get(amount, 420_000_000)
        assert read({**EXAMPLE, "price": {"amount": amount}}).deal["price"] == expected


def test_who_is_deleted_need_not_be_told_in_full() -> None:
    told = read({"deal_id": 7, "updated_at": 1_788_000_000, "deleted": True}).deal
    assert (told["deal_id"], told["deleted"], told["status"]) == ("7", True, None)


def test_where_no_contact_is_taken_none_is_read() -> None:
    told = read_deal(json.dumps(EXAMPLE).encode(), POLICY, None, NOW)
    assert told.deal["keys"] == []
    assert list(told.left_out) == ["contact.phone_key"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*EXAMPLE, "other"]), json_values, max_size=4))
def test_nothing_is_too_odd(changed: dict[str, Any]) -> None:
    """Either it is refused with a reason, or it may cross the bus and rest."""
    try:
        told = read({**EXAMPLE, **changed})
    except DealUnclear:
        return
    stamped = {"event_id": "e", "received_at": NOW, "crm": "signed", "webhook_id": "w"}
    assert DealTold.model_validate({**told.deal, **stamped}).model_dump_json()
    assert Path(str(told.deal["deal_id"])).name == told.deal["deal_id"]
