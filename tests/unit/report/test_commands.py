"""``leadloop report`` and ``leadloop explain`` on the folder a host keeps its data in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from leadloop import timestamps
from leadloop.adapters.file_clock import set_file_clock
from leadloop.adapters.sqlite_store import SqliteStore
from leadloop.cli import main
from leadloop.leads.crm_refs import ref_key
from leadloop.leads.lead import Lead
from leadloop.leads.writing import lead_writes
from leadloop.policy.crons import first_after
from leadloop.ports.store import Create
from support.command_desk import CommandDesk
from support.lead_facts import linked, submitted
from support.policies import sokol
from support.settable_clock import MORNING
from support.small_loop import SmallLoop
from support.world import World

COLLECTIONS = ("lead", "upload", "outcome", "crm_ref", "key", "daily_total")


@pytest.fixture(scope="module")
def folder(played: SmallLoop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small loop, resting in SQLite beside its policy."""
    folder = tmp_path_factory.mktemp("one-machine")
    policy = sokol().model_dump(mode="json", exclude_defaults=True)
    (folder / "leadloop.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    (folder / "data").mkdir()
    store = SqliteStore(folder / "data" / "documents.db")
    for collection in COLLECTIONS:
        documents = played.desk.world.documents(collection)
        store.commit([Create(document.key, document.fields) for document in documents])
    set_file_clock(folder / "clock", played.desk.now())
    return folder


@pytest.fixture(autouse=True)
def story_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the moment at which the small loop ended."""
    monkeypatch.setenv("LEADLOOP_CLOCK_FILE", str(folder / "clock"))


def run(folder: Path, command: str, *words: str) -> int:
    return main([command, "--policy", str(folder / "leadloop.yaml"), "--data", str(folder / "data"), *words])


def lead_id_of(played: SmallLoop, who: str) -> str:
    return next(lead_id for lead_id, name in played.names.items() if name == who)


class TestReport:
    def test_it_tells_the_loop(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(folder, "report") == 0
        told = capsys.readouterr().out
        assert "submissions answered: 7 = 7 applied\n" in told
        assert "  leads in the funnel: 7 = 7 from forms + 0 born in the CRM\n" in told
        assert "Uploads: 3 files, 2 of them with totals read back; 7 rows, 7 accepted, 5 linked" in told

    def test_a_program_gets_one_object_with_all_of_it(
        self, folder: Path, played: SmallLoop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "report", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["ok"], told["leads"], told["outcomes"]) == (True, 7, {"submission": {"applied": 7}, "hint": {}})
        assert {one["source"]: one["leads"] for one in told["sources"]}["vk"] == 2
        sent = {one["goal"]: (one["sent"], one["accepted"], one["not_sent"]) for one in told["goals"]}
        assert sent["flat_sold"] == (1, 1, {"held.settling": 1})
        assert sum(one["rows"] for one in told["uploads"]) == 7
        assert [(one["lead_id"], one["goal"]) for one in told["not_linked"]] == [
            (lead_id_of(played, "Глеб"), "lead_received")
        ]
        assert {(one["lead_id"], one["rule"]) for one in told["not_sent"]} == {
            (lead_id_of(played, "Егор"), "held.no_identifier"),
            (lead_id_of(played, "Борис"), "held.settling"),
            (lead_id_of(played, "Дарья"), "expired.window_closed"),
        }

    @pytest.mark.parametrize("by", ["channel", "contractor", "connection"])
    def test_it_counts_leads_by_whatever_is_asked(
        self, folder: Path, by: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "report", "--by", by) == 0
        told = capsys.readouterr().out
        assert f"Funnel: leads by {by}, and stages reached\n  {by} " in told
        assert run(folder, "report", "--json", "--by", by) == 0
        answer = json.loads(capsys.readouterr().out)
        assert "sources" not in answer
        assert sum(line["leads"] for line in answer[f"{by}s"]) == 7
        assert "none" in {line[by] for line in answer[f"{by}s"]}

    def test_it_tells_when_the_next_upload_is(
        self, folder: Path, played: SmallLoop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "report", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["next_upload"] == timestamps.to_text(first_after("0 */2 * * *", played.desk.now()))
        assert {line["goal"]: line["next"] for line in told["goals"]} == dict.fromkeys(
            ("lead_received", "lead_qualified", "flat_sold"), 0
        )

    def test_it_changes_nothing(self, folder: Path) -> None:
        before = (folder / "data" / "documents.db").read_bytes()
        assert run(folder, "report", "--json") == 0
        assert (folder / "data" / "documents.db").read_bytes() == before

    @pytest.mark.parametrize("command", [["report"], ["explain", "101"]])
    def test_a_folder_without_documents_is_most_likely_another(
        self, folder: Path, tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        policy = str(folder / "leadloop.yaml")
        assert main([command[0], "--policy", policy, "--data", str(tmp_path), *command[1:]]) == 1
        assert "found no documents.db; see --data" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


class TestExplain:
    @pytest.mark.parametrize("wanted", ["101", "1700000000123456789", "7325873983740247041"])
    def test_a_lead_is_found_by_what_a_person_has_at_hand(
        self, folder: Path, played: SmallLoop, wanted: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "explain", wanted) == 0
        assert f"lead {lead_id_of(played, 'Анна')}\n  source    yandex_direct" in capsys.readouterr().out

    def test_a_program_gets_one_object(
        self, folder: Path, played: SmallLoop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "explain", "102", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["ok"], told["goals_verified"]) == (True, False)
        [lead] = told["leads"]
        assert (lead["lead_id"], lead["source"], lead["stage"]) == (lead_id_of(played, "Борис"), "vk", "sold")
        assert {one["goal"] for one in lead["decisions"]} == {"lead_received", "lead_qualified", "flat_sold"}

    def test_an_id_that_is_a_deals_and_a_clients_tells_both_and_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, World(sokol()))
        ten = "9991234567"
        anna = Lead(id="anna").with_facts((submitted(lead_id="anna"), linked(ten)))
        boris = Lead(id="boris").with_facts((submitted(lead_id="boris", yclid=ten), linked("8")))
        for lead, deal in ((anna, ten), (boris, "8")):
            reference = Create(ref_key("amocrm", deal), {"leads": {lead.id: timestamps.to_text(MORNING)}})
            desk.world.store.commit([*lead_writes(sokol(), lead, None), reference])
        told = desk.run("explain", ten)
        assert told.text.startswith(f"{ten} is the deal of anna and the yclid of boris: all of them are told\n")
        assert [line for line in told.text.splitlines() if line.startswith("lead ")] == ["lead anna", "lead boris"]
        assert desk.run("explain", "--json", ten).json["found_by"] == {"deal": ["anna"], "yclid": ["boris"]}
        assert desk.run("explain", "8").text.startswith("lead boris\n")

    def test_a_lead_that_is_not_there_is_an_error(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(folder, "explain", "nobody") == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("leadloop explain: no lead has the id, CRM deal, ClientID or yclid 'nobody'")
        assert "a deal is known once it has been read from the CRM and has found its lead" in told.err
        assert "which may take ten minutes and one pull" in told.err

    @pytest.mark.parametrize("section", ["\nNot sent\n", "\nNot linked, "])
    def test_what_the_report_prints_of_a_lead_finds_it(
        self, folder: Path, section: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "report") == 0
        lines = capsys.readouterr().out.partition(section)[2].partition("\n\n")[0].splitlines()
        printed = next(line.split()[0] for line in lines if "lead_received" in line)
        assert run(folder, "explain", printed) == 0
        assert capsys.readouterr().out.startswith(f"lead {printed}\n")

    def test_it_is_said_what_is_searched_and_what_is_not(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(folder, "explain", "511018408399") == 1
        told = capsys.readouterr().err
        assert "expected a whole lead id, a CRM deal by its id or reference (amocrm-lead-30052001), a ClientID" in told
        assert "phones, e-mails, names and beginnings of ids are not searched; `leadloop report` prints whole" in told

    @pytest.mark.parametrize("command", ["explain", "release"])
    @pytest.mark.parametrize("contact", ["+7 999 000-00-01", "89990000001", "anna-canary@example.org"])
    def test_a_contact_is_not_repeated(
        self, folder: Path, command: str, contact: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["--yes"] if command == "release" else []
        assert run(folder, command, contact, *words) == 1
        told = capsys.readouterr()
        assert "no lead has the id, CRM deal, ClientID or yclid that was typed (it looks like a contact)" in told.err
        assert contact not in told.out + told.err

    def test_a_program_learns_so_too(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(folder, "explain", "nobody", "--json") == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["ok"], told["error"]["kind"]) == (False, "NoSuchLead")
