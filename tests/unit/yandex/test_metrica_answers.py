"""What Metrica may answer, and what a caller may conclude from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadloop.ports.http import NotSent, OutcomeUnknown, RateLimited, Refused, VendorError
from leadloop.yandex.metrica import Metrica
from leadloop.yandex.metrica_errors import is_row_fault, is_token_fault
from leadloop.yandex.uploading import lowest_id
from unit.yandex.scripted_http import ScriptedHttp, answer

BODIES = Path(__file__).parents[2] / "bodies" / "metrica"
CSV = b"ClientId,Target,DateTime\n1700000000123456789,sold,1756717200\n"
TOKEN = "y0_secret"


def metrica(*script: object) -> tuple[Metrica, ScriptedHttp]:
    http = ScriptedHttp(script)  # type: ignore[arg-type]
    return Metrica(http, "https://metrica.example", "12345678", TOKEN), http


def body(name: str) -> bytes:
    return (BODIES / "answers" / name).read_bytes()


def error(status: int, error_type: str) -> object:
    fault = {"errors": [{"error_type": error_type, "message": "Ошибка"}], "code": status, "message": "Ошибка"}
    return answer(json.dumps(fault, ensure_ascii=False), status)


def test_an_upload_as_it_goes_over_the_wire() -> None:
    client, http = metrica(answer(body("upload-2026.json")))
    client.upload_offline_conversions("k3p9", CSV)
    [request] = http.requests
    assert (request.method, request.url) == (
        "POST",
        "https://metrica.example/management/v1/counter/12345678/offline_conversions/upload",
    )
    assert request.params == (("comment", "k3p9"),)
    assert request.headers["Authorization"] == "OAuth y0_secret"
    assert not request.repeatable
    assert request.headers["Content-Type"] == "multipart/form-data; boundary=leadloopk3p9"
    assert request.body == (
        b"--leadloopk3p9\r\n"
        b'Content-Disposition: form-data; name="file"; filename="data.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + CSV + b"\r\n--leadloopk3p9--\r\n"
    )


def test_the_same_file_is_the_same_bytes() -> None:
    client, http = metrica(answer(body("upload-2026.json")), answer(body("upload-2026.json")))
    for _ in range(2):
        client.upload_offline_conversions("k3p9", CSV)
    assert http.requests[0] == http.requests[1]


def test_ids_are_strings_and_keep_every_digit() -> None:
    client, _ = metrica(answer(body("upload-2026.json")))
    uploading = client.upload_offline_conversions("k3p9", CSV)
    assert uploading.id == "9007199254740993", "beyond 2^53"
    assert (uploading.comment, uploading.status, uploading.ended) == ("k3p9", "UPLOADED", False)
    assert uploading.totals.linked_quantity == 0


def test_an_answer_of_2025_lacks_the_later_quantities() -> None:
    client, _ = metrica(answer(body("upload-2025.json")))
    uploading = client.upload_offline_conversions("k3p9", CSV)
    assert uploading.is_partial
    assert uploading.totals.as_json() == {
        "source_quantity": 3,
        "line_quantity": 2,
        "linked_quantity": None,
        "goal_not_found_quantity": None,
        "user_not_found_quantity": None,
    }


@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_success_is_a_success(status: int) -> None:
    client, _ = metrica(answer(body("upload-2026.json"), status))
    assert client.upload_offline_conversions("k3p9", CSV).id == "9007199254740993"


def test_the_plural_wrapper_and_a_status_nobody_knows() -> None:
    client, _ = metrica(answer(body("upload-plural.json")))
    uploading = client.uploading("2148483650")
    assert (uploading.id, uploading.ended) == ("2148483650", False), "an unknown status means: still processing"


@pytest.mark.parametrize("status", ["PROCESSED", "LINKAGE_FAILURE"])
def test_the_two_final_statuses(status: str) -> None:
    client, _ = metrica(answer(json.dumps({"uploading": {"id": 1, "status": status}})))
    assert client.uploading("1").ended


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error(429, "quota_requests_by_uid"), RateLimited),
        (error(420, "quota_parallel_requests"), RateLimited),
        (error(403, "quota_requests_by_ip"), RateLimited),
        (error(400, "invalid_uploading"), Refused),
        (error(403, "invalid_token"), Refused),
        (error(404, "not_found"), Refused),
        (answer("<html>Not here</html>", 404), Refused),
        (error(400, "backend_error"), OutcomeUnknown),
        (answer("", 408), OutcomeUnknown),
        (answer("", 302), OutcomeUnknown),
        (answer("<html>hello</html>"), OutcomeUnknown),
        (answer("{}"), OutcomeUnknown),
        (answer('{"uploading": {"status": "UPLOADED"}}'), OutcomeUnknown),
        (answer('{"uploading": {"id": null}}'), OutcomeUnknown),
        (answer('{"uploadings": []}'), OutcomeUnknown),
        (answer('{"uploading": '), OutcomeUnknown),
        (answer(b"\xff\xfe"), OutcomeUnknown),
        (NotSent("metrica", "upload", "no connection"), NotSent),
    ],
)
def test_each_answer_to_a_post_has_one_meaning(response: object, kind: type[VendorError]) -> None:
    client, _ = metrica(response)
    with pytest.raises(VendorError) as caught:
        client.upload_offline_conversions("k3p9", CSV)
    assert type(caught.value) is kind
    assert TOKEN not in str(caught.value)
    assert "Ошибка" not in str(caught.value), "the message is localised and may hold anything"


@pytest.mark.parametrize(
    ("status", "error_type", "row_fault", "token_fault"),
    [
        (400, "invalid_uploading", True, False),
        (400, "too_much_rows", True, False),
        (413, "", True, False),
        (400, "invalid_parameter", False, False),
        (400, "limit_exceeded", False, False),
        (401, "unauthorized", False, True),
        (403, "invalid_token", False, True),
        (403, "access_denied", False, False),
        (404, "not_found", False, False),
    ],
)
def test_whose_fault_a_refusal_is(status: int, error_type: str, row_fault: bool, token_fault: bool) -> None:
    refusal = Refused("metrica", "upload", "…", status, error_type)
    assert (is_row_fault(refusal), is_token_fault(refusal)) == (row_fault, token_fault)


def test_real_bodies_of_refusals_are_read_by_type() -> None:
    for name, status, error_type in (
        ("refusal-unknown-token.json", 403, "invalid_token"),
        ("refusal-unknown-counter.json", 400, "invalid_parameter"),
    ):
        client, _ = metrica(answer((BODIES / name).read_bytes(), status))
        with pytest.raises(Refused) as caught:
            client.look()
        assert (caught.value.status, caught.value.error_type) == (status, error_type)


def test_only_javascript_goals_that_match_exactly_are_targets() -> None:
    goals = [
        {"id": 1, "name": "Sold", "type": "action", "conditions": [{"type": "exact", "url": "sold"}]},
        {"id": 2, "name": "Contains", "type": "action", "conditions": [{"type": "contain", "url": "lead"}]},
        {"id": 3, "name": "Page", "type": "url", "conditions": [{"type": "exact", "url": "thanks"}]},
        {"id": 4, "name": "Phone", "type": "phone"},
    ]
    client, http = metrica(answer(json.dumps({"goals": goals})))
    assert [sorted(goal.targets) for goal in client.look().goals] == [["sold"], [], [], []]
    assert http.requests[0].repeatable


def test_a_token_is_never_printed() -> None:
    client, _ = metrica()
    assert TOKEN not in repr(client)


def test_the_lowest_id_is_the_lowest_number() -> None:
    assert lowest_id(["10", "9", "9007199254740993"]) == "9"
