"""Which form posts are one lead: by submission id and content, or without an id by content and minute."""

from __future__ import annotations

from leadloop.leads import facts_of
from leadloop.sources.resolution import resolve
from support.form_desk import FormDesk
from support.policies import HMAC_KEY, sokol

NEXT_KEY = "k2:" + "cd" * 32
ANNA = {"phone": "8 999 000-00-03", "form": "Ипотека", "city": "Казань"}


def test_a_resend_that_learnt_its_client_id_is_the_same_lead() -> None:
    desk = FormDesk()
    first = desk.hand_in(ANNA | {"submission_id": "s-1"})
    desk.world.clock.advance(minutes=50)
    again = desk.hand_in(ANNA | {"submission_id": "s-1", "ym_client_id": "1700000000123456789"})
    assert again.lead_id == first.lead_id


def test_the_very_first_visit_is_told_and_makes_no_other_lead() -> None:
    desk = FormDesk()
    first = desk.hand_in(ANNA | {"submission_id": "s-1", "referrer": "https://ya.ru/"})
    remembered = {"first_landing": "https://sokol.example/?utm_source=vk", "first_referrer": "https://vk.com/away"}
    again = desk.hand_in(ANNA | {"submission_id": "s-1", "referrer": "https://ya.ru/"} | remembered)
    assert (again.lead_id, again.fingerprint) == (first.lead_id, first.fingerprint)
    assert again.first_landing.params == {"utm_source": "vk"}
    assert (again.first_referrer.host, again.referrer.host, again.utm) == ("vk.com", "ya.ru", {})
    told, first_told = facts_of.submission(again), facts_of.submission(first)
    assert told.id == first_told.id, "the same form, sent again"
    assert resolve(told.values) == resolve(first_told.values)


def test_a_phone_typed_otherwise_is_the_same_lead() -> None:
    desk = FormDesk()
    again = desk.hand_in({**ANNA, "phone": "+79990000003"} | {"submission_id": "s-1"})
    assert desk.hand_in(ANNA | {"submission_id": "s-1"}).lead_id == again.lead_id


def test_another_contact_form_or_field_under_one_submission_id_is_another_lead() -> None:
    desk = FormDesk()
    changes: list[dict[str, str]] = [{}, {"phone": "89990000004"}, {"form": "Трейд-ин"}, {"city": "Уфа"}]
    leads = {desk.hand_in({**ANNA, **change} | {"submission_id": "s-1"}).lead_id for change in changes}
    assert len(leads) == len(changes)


def test_the_same_content_under_two_submission_ids_is_two_leads() -> None:
    desk = FormDesk()
    assert (
        desk.hand_in(ANNA | {"submission_id": "s-1"}).lead_id != desk.hand_in(ANNA | {"submission_id": "s-2"}).lead_id
    )


def test_a_key_added_to_the_ring_changes_no_leads_id() -> None:
    before = FormDesk().hand_in(ANNA | {"submission_id": "s-1"})
    after = FormDesk(ring=f"{NEXT_KEY},{HMAC_KEY}").hand_in(ANNA | {"submission_id": "s-1"})
    assert after.lead_id == before.lead_id
    assert [key.key_id for key in after.keys] == ["k2", "k1"]


def test_without_a_submission_id_a_double_click_is_one_lead_and_a_minute_later_is_another() -> None:
    desk = FormDesk()
    first = desk.hand_in(ANNA | {"fill_seconds": 12.4})
    desk.world.clock.advance(seconds=1)
    assert desk.hand_in(ANNA | {"fill_seconds": 13.4}).lead_id == first.lead_id
    desk.world.clock.advance(minutes=1)
    assert desk.hand_in(ANNA).lead_id != first.lead_id


def test_a_double_click_of_a_multipart_form_is_one_lead_under_any_boundary() -> None:
    desk = FormDesk()
    bodies = [
        f'--{edge}\r\nContent-Disposition: form-data; name="phone"\r\n\r\n89990000003\r\n--{edge}--\r\n'.encode()
        for edge in ("one", "two")
    ]
    assert len({desk.captured_bytes(body, "multipart/form-data").submission.lead_id for body in bodies}) == 1


def test_ids_that_name_nothing_do_not_make_strangers_one_lead() -> None:
    desk = FormDesk()
    leads = {
        desk.hand_in({"submission_id": nothing, "ym_client_id": f"170000000012345678{place}"}).lead_id
        for place, nothing in enumerate(["undefined", "null", "", "{id}"])
    }
    assert len(leads) == 4


def test_without_contacts_two_visitors_in_one_minute_are_two_leads() -> None:
    desk = FormDesk(sokol("none"))
    assert (
        desk.hand_in({"ym_client_id": "11", "city": "Уфа"}).lead_id
        != desk.hand_in({"ym_client_id": "12", "city": "Уфа"}).lead_id
    )


def test_without_contacts_two_visitors_of_one_cached_page_are_two_leads() -> None:
    desk = FormDesk(sokol("none"))
    cached = {"submission_id": "from-the-cache", "city": "Уфа"}
    visitors = [desk.hand_in({**cached, "ym_client_id": client_id}).lead_id for client_id in ("11", "12", "11")]
    assert visitors[0] == visitors[2] != visitors[1]


def test_without_contacts_a_click_sent_again_with_a_late_client_id_is_the_same_lead() -> None:
    desk = FormDesk(sokol("none"))
    click = {"submission_id": "s-1", "yclid": "7325873983740247041"}
    assert desk.hand_in(click).lead_id == desk.hand_in(click | {"ym_client_id": "1700000000123456789"}).lead_id


def test_a_lead_id_cannot_be_tested_by_guessing_the_body() -> None:
    assert FormDesk().hand_in(ANNA).lead_id != FormDesk(ring="k1:" + "ef" * 32).hand_in(ANNA).lead_id
