"""Against a Metrica that is not our stand-in: the very bytes of each file, and a lost answer healed by its list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.loop import MORNING, Loop, living
from journeys.other_metrica import OtherMetrica, Received, other_metrica
from journeys.visitors import ANNA, BORIS, VERA
from leadloop_host.demo.world import COUNTER_TOKEN

YCLID = "16543210987654321098"
"""Above what a signed 64-bit number holds."""
AT_SIX = int(MORNING.timestamp())


@pytest.fixture
def metrica() -> Iterator[OtherMetrica]:
    with other_metrica() as started:
        yield started


@pytest.fixture
def loop(tmp_path: Path, metrica: OtherMetrica) -> Iterator[Loop]:
    """The stand-in of Metrica runs, too, and must not be asked for anything."""
    with living(tmp_path, LEADLOOP_ENDPOINT_METRICA=metrica.url) as started:
        yield started
        assert started.ledger("metrica")["totals"]["uploadings"] == 0


def columns(files: list[Received]) -> dict[str, list[str]]:
    """Header → rows of all files that have it, sorted."""
    found: dict[str, list[str]] = {}
    for file in files:
        header, *rows = file.text.removesuffix("\n").split("\n")
        found[header] = sorted([*found.get(header, []), *rows])
    return found


def test_every_file_is_what_the_vendors_page_asks_for(loop: Loop, metrica: OtherMetrica) -> None:
    loop.send_form(ANNA)
    loop.send_form(BORIS, ym_client_id="", yclid=YCLID)
    vera = loop.send_form(VERA)
    loop.settle()
    loop.pass_time(minutes=50)
    loop.move(loop.deal_of(vera), "sold", 8_700_000)
    loop.settle()
    for _ in range(4):
        loop.pass_time(hours=2)
    assert columns(metrica.files) == {
        "ClientId,Target,DateTime": [f"{one.client_id},lead_received,{AT_SIX}" for one in (ANNA, VERA)],
        "Yclid,Target,DateTime": [f"{YCLID},lead_received,{AT_SIX}"],
        "ClientId,Target,DateTime,Price,Currency": [f"{VERA.client_id},lead_sold,{AT_SIX + 3000},8700000.00,RUB"],
    }
    for file in metrica.files:
        assert file.authorization == f"OAuth {COUNTER_TOKEN}"
        assert file.query.keys() == {"comment"}
        assert re.fullmatch(r"[0-9A-Za-z]{1,255}", file.query["comment"][0])
        assert file.part.get_param("name", header="Content-Disposition") == "file"
        assert (file.part.get_filename(), file.part.get_content_type()) == ("data.csv", "text/csv")
    uploads = {document.fields["vendor_id"]: document.fields["state"] for document in loop.documents("upload")}
    assert uploads == {str(file.number): "terminal" for file in metrica.files}


def test_a_lost_answer_is_found_by_its_comment_and_not_sent_again(loop: Loop, metrica: OtherMetrica) -> None:
    loop.send_form(ANNA)
    loop.settle()
    metrica.lose_answers = 1
    for _ in range(3):
        loop.pass_time(hours=2)
    [file] = metrica.files
    [upload] = loop.documents("upload")
    assert (upload.key.id, upload.fields["adopted"]) == (file.query["comment"][0], True)
    assert (upload.fields["state"], upload.fields["vendor_id"]) == ("terminal", str(file.number))
