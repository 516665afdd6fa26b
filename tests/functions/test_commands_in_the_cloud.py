"""Commands on the store of a deployed bundle, which Google's emulator stands for, say what they say on one machine."""

from __future__ import annotations

import pytest

from leadloop.adapters.firestore_store import FirestoreStore
from leadloop.adapters.firestore_wire import EMULATOR
from leadloop.cli import opened
from leadloop.ports.store import Create
from support.command_desk import CommandDesk
from support.emulators import firestore_emulator, new_project
from support.policies import ORIGIN


def two_leads(desk: CommandDesk) -> str:
    """Two forms are taken and registered, and a third message is not one of ours; the id of the first lead."""
    ids = []
    for phone in ("89990000001", "89990000002"):
        body = {"phone": phone, "yclid": "1234567890123456789"}
        answer = desk.world.client("capture-lead").post("/", json=body, headers={"Origin": ORIGIN})
        ids.append(answer.get_json()["lead_id"])
    for published in desk.world.memory_bus.published[-2:]:
        assert desk.world.push("register-lead", published.message).status_code == 204
    desk.world.push_bytes("keep-dead-letter", b"{}", {"CloudPubSubDeadLetterSourceSubscription": "register-lead"})
    return str(ids[0])


def everything_told(desk: CommandDesk, lead: str) -> list[object]:
    commands = (["report"], ["uploads"], ["plan", "--offline"], ["explain", lead], ["quarantine"], ["dead-letters"])
    told = [desk.run(*words) for words in commands]
    assert [one.code for one in told] == [0] * len(commands), [one.err for one in told]
    return [one.text for one in told]


def test_every_command_tells_the_same_of_the_cloud_as_of_one_machine(
    desk: CommandDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = two_leads(desk)
    on_one_machine = everything_told(desk, lead)
    project = new_project()
    monkeypatch.setenv(EMULATOR, firestore_emulator())
    cloud = FirestoreStore(project, "mine-documents")
    for collection in ("lead", "delivery", "key", "daily_total", "outcome", "dead_letter", "crm_ref"):
        cloud.commit([Create(document.key, document.fields) for document in desk.world.documents(collection)])
    desk.place = ("--project", project, "--prefix", "mine-")
    assert everything_told(desk, lead) == on_one_machine
    assert lead in str(on_one_machine)
    desk.place = ("--project", project)  # another bundle of the same project
    assert lead not in desk.run("report").text
    assert desk.run("explain", lead).code == 1
    cloud.close()


@pytest.mark.parametrize("found", [None, "nothing of google"])
def test_without_googles_clients_it_says_what_to_install(
    desk: CommandDesk, monkeypatch: pytest.MonkeyPatch, found: str | None
) -> None:
    def find_spec(name: str) -> None:
        if found:
            raise ModuleNotFoundError(found)

    monkeypatch.setattr(opened, "find_spec", find_spec)
    desk.place = ("--project", "somebodys-project")
    told = desk.run("report", "--json")
    assert told.code == 1
    assert told.json["error"]["kind"] == "GoogleMissing"
    assert "pip install" in told.err


@pytest.mark.parametrize("place", [(), ("--data", "here", "--project", "there")])
def test_one_place_is_named_and_no_more(desk: CommandDesk, place: tuple[str, ...]) -> None:
    desk.place = place
    assert desk.run("report").code == 2
