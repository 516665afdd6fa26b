"""Site builders at the front door: who must prove who they are, and what each wants to be answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from werkzeug.test import TestResponse

from leadloop.messages import LeadCaptured, SubmissionUnreadable, decode, encode
from leadloop.ports.store import StoreUnavailable, Write
from support.form_cases import FormCase
from support.policies import sokol
from support.world import World

KEYS = {
    "LEADLOOP_TILDA_KEY": "new-tilda-key,old-tilda-key",
    "LEADLOOP_VK_SECRET": "example-secret",
    "LEADLOOP_GOOGLE_FORM_KEY": "a-key-of-google",
}
VK = {"vk_groups": {"200000001": "1a2b3c4d"}}


class FullDisk:
    """A store that takes nothing."""

    def commit(self, writes: list[Write]) -> None:
        raise StoreUnavailable("the disk is full")


@contextmanager
def asking_for(forms: Mapping[str, object], **environment: str) -> Iterator[World]:
    world = World(sokol(forms=forms), environment={**KEYS, **environment})
    with world.in_force():
        yield world


def post(world: World, body: str | bytes | object, address: str = "/", **headers: str) -> TestResponse:
    is_form = isinstance(body, str | bytes)
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    type_ = "application/x-www-form-urlencoded" if is_form else "application/json"
    return world.client("capture-lead").post(address, data=content, content_type=type_, headers=named)


def golden(name: str) -> dict[str, object]:
    body: dict[str, object] = json.loads(FormCase.read(name).body)
    return body


def is_refused(world: World, answer: TestResponse) -> bool:
    """401 with what to do, told in the log, nothing kept, and no key anywhere."""
    if answer.status_code != 401:
        return False
    error = json.loads(answer.text)["error"]
    assert error["code"] == "form_not_proven"
    assert error["what_to_do"]
    assert world.memory_bus.published == []
    assert world.log.events("WARNING") == ["form_refused"]
    told = answer.text + str(world.log.entries)
    assert not [key for keys in (*KEYS.values(), "wrong-key") for key in keys.split(",") if key in told]
    return True


def is_kept(world: World) -> bool:
    [published] = world.memory_bus.published
    return isinstance(decode(encode(published.message)), LeadCaptured)


def builders_answered(world: World) -> list[object]:
    """The builders whose posts were answered without a lead, as the log tells it."""
    return [entry.details["builder"] for entry in world.log.entries if entry.event == "form_test_answered"]


class TestTilda:
    BODY = FormCase.read("tilda-form-lead").body.decode()

    @pytest.mark.parametrize("key", ["new-tilda-key", "old-tilda-key"])
    @pytest.mark.parametrize("place", ["header", "field", "address"])
    def test_the_key_may_come_in_a_header_or_as_a_parameter(self, place: str, key: str) -> None:
        with asking_for({"tilda_key": "Api-Key"}) as world:
            match place:
                case "header":
                    answer = post(world, self.BODY, Api_Key=key)
                case "field":
                    answer = post(world, f"{self.BODY}&Api-Key={key}")
                case _:
                    answer = post(world, self.BODY, f"/?Api-Key={key}")
            assert (answer.status_code, is_kept(world)) == (200, True)

    @pytest.mark.parametrize("sent", [{}, {"Api_Key": "wrong-key"}, {"Api_Key": ""}, {"Other": "new-tilda-key"}])
    def test_a_post_without_the_key_is_refused(self, sent: dict[str, str]) -> None:
        with asking_for({"tilda_key": "Api-Key"}) as world:
            assert is_refused(world, post(world, self.BODY, **sent))

    def test_nobody_is_asked_for_a_key_that_the_policy_does_not_name(self) -> None:
        with asking_for({}) as world:
            assert post(world, self.BODY).status_code == 200
            assert is_kept(world)

    def test_the_forms_of_others_need_no_key_of_tilda(self) -> None:
        with asking_for({"tilda_key": "Api-Key"}) as world:
            assert post(world, "phone=89990000003").status_code == 200
            assert is_kept(world)

    @pytest.mark.parametrize("body", ["test=test", "test=test&Api-Key=new-tilda-key"])
    def test_its_connection_test_is_answered_with_and_without_a_key(self, body: str) -> None:
        with asking_for({"tilda_key": "Api-Key"}) as world:
            answer = post(world, body)
            assert (answer.status_code, answer.text, world.memory_bus.published) == (200, "ok", [])
            assert builders_answered(world) == ["tilda"]

    @pytest.mark.parametrize("named", ["Api-Key", "token", "X_SECRET", "Ключ"])
    @pytest.mark.parametrize("forms", [{}, {"tilda_key": "Api-Token"}])
    def test_its_connection_test_with_a_key_that_the_policy_does_not_name(
        self, forms: Mapping[str, object], named: str
    ) -> None:
        with asking_for(forms) as world:
            answer = post(world, f"test=test&{named}=new-tilda-key")
            assert (answer.status_code, answer.text, world.memory_bus.published) == (200, "ok", [])

    @pytest.mark.parametrize("forms", [{}, {"tilda_key": "Api-Key"}])
    @pytest.mark.parametrize("beside", ["city=Tver", "phone_key=abc", "ym_client_id=1700000000123456789"])
    def test_a_test_beside_anything_but_a_key_is_a_lead(self, forms: Mapping[str, object], beside: str) -> None:
        with asking_for(forms) as world:
            post(world, f"test=test&{beside}")
            assert is_kept(world)

    @pytest.mark.parametrize("forms", [{}, {"tilda_key": "Api-Key"}])
    def test_a_form_of_anybody_with_a_field_of_the_tests_name_is_a_lead(self, forms: Mapping[str, object]) -> None:
        with asking_for(forms) as world:
            assert post(world, "test=test&phone=89990000003").status_code == 200
            assert is_kept(world)

    def test_a_key_that_is_not_set_on_our_side_costs_no_lead_and_is_said_aloud(self) -> None:
        with asking_for({"tilda_key": "Api-Key"}, LEADLOOP_TILDA_KEY="") as world:
            assert post(world, self.BODY, Api_Key="new-tilda-key").status_code == 200
            [published] = world.memory_bus.published
            assert isinstance(published.message, SubmissionUnreadable)
            assert world.log.events("ERROR") == ["capture_misconfigured"]


class TestVk:
    CONFIRMATION = {"type": "confirmation", "group_id": 200000001}  # noqa: RUF012 - never changed

    def test_the_confirmation_is_answered_with_the_communitys_string(self) -> None:
        with asking_for(VK) as world:
            answer = post(world, self.CONFIRMATION)
            assert (answer.status_code, answer.text, answer.mimetype) == (200, "1a2b3c4d", "text/plain")
            assert world.memory_bus.published == []

    @pytest.mark.parametrize("forms", [{}, {"vk_groups": {"200000002": "1a2b3c4d"}}])
    def test_of_an_unknown_community_it_is_refused_with_what_to_write(self, forms: Mapping[str, object]) -> None:
        with asking_for(forms) as world:
            answer = post(world, self.CONFIRMATION)
            assert is_refused(world, answer)
            assert "forms.vk_groups" in answer.text

    @pytest.mark.parametrize("forms", [{}, VK])
    def test_a_lead_is_answered_exactly_ok(self, forms: Mapping[str, object]) -> None:
        with asking_for(forms) as world:
            answer = post(world, golden("vk-lead"))
            assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok", "text/plain")
            assert is_kept(world)

    def test_the_same_event_sent_again_is_the_same_lead(self) -> None:
        with asking_for(VK) as world:
            for _ in range(2):
                post(world, golden("vk-lead"))
            world.settle(only=frozenset({"register-lead"}))
            assert len(world.documents("lead")) == 1

    def test_a_lead_that_could_not_be_kept_is_asked_for_again(self) -> None:
        with asking_for(VK) as world:
            world.memory_bus.failing = True
            world.store = FullDisk()  # type: ignore[assignment]
            assert post(world, golden("vk-lead")).status_code == 503

    @pytest.mark.parametrize("changed", [{"secret": "wrong-key"}, {"secret": None}, {"group_id": 200000002}])
    def test_a_wrong_secret_or_community_is_refused(self, changed: dict[str, object]) -> None:
        with asking_for(VK) as world:
            assert is_refused(world, post(world, {**golden("vk-lead"), **changed}))

    def test_another_event_is_answered_ok_and_is_no_lead(self) -> None:
        with asking_for(VK) as world:
            answer = post(world, {**golden("vk-other-event"), "secret": "example-secret"})
            assert (answer.text, world.memory_bus.published) == ("ok", [])
            assert builders_answered(world) == ["vk"]

    @pytest.mark.parametrize("forms", [{}, VK])
    @pytest.mark.parametrize(
        "asked",
        [
            "group_id=12&event_id=345",
            "group_id=12&event_id=345&type=webinar",
            "group_id=12&event_id=345&type=confirmation",
            "group_id=12&event_id=345&type=lead_forms_new",
            "group_id=12&type=flat&object[area]=54",
        ],
    )
    def test_a_form_that_asks_for_a_group_and_an_event_is_its_sites_lead(
        self, forms: Mapping[str, object], asked: str
    ) -> None:
        with asking_for(forms) as world:
            answer = post(world, f"name=Anna&phone=%2B79990000003&{asked}")
            assert (answer.status_code, json.loads(answer.text)["lead_id"] is not None) == (200, True)
            assert is_kept(world)


class TestGoogleAds:
    def test_its_key_is_asked_for_only_where_the_policy_says_so(self) -> None:
        with asking_for({}) as world:
            assert post(world, golden("google_ads-lead")).status_code == 200
            assert is_kept(world)
        with asking_for({"google_key": "required"}) as world:
            assert is_refused(world, post(world, golden("google_ads-lead")))
        with asking_for({"google_key": "required"}) as world:
            assert post(world, {**golden("google_ads-lead"), "google_key": "a-key-of-google"}).status_code == 200
            assert is_kept(world)

    def test_test_data_with_a_wrong_key_show_that_the_key_is_wrong(self) -> None:
        with asking_for({"google_key": "required"}) as world:
            assert is_refused(world, post(world, golden("google_ads-test")))

    def test_test_data_are_answered_and_are_no_lead(self) -> None:
        with asking_for({"google_key": "required"}) as world:
            answer = post(world, {**golden("google_ads-test"), "google_key": "a-key-of-google"})
            assert (answer.status_code, world.memory_bus.published) == (200, [])
            assert builders_answered(world) == ["google_ads"]
