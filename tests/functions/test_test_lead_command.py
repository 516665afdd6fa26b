"""``leadloop test-lead``: it posts as the site does, or a person does, and what arrived is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from leadloop.cli import test_lead
from leadloop.leads.lead import Lead
from leadloop.leads.trials import posted_key, read_trials
from leadloop.ports.store import Delete
from support.command_desk import CommandDesk
from support.policies import ORIGIN, sokol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Meanwhile: TypeAlias = Callable[[Callable[[], object]], None]
NO_CODE = "it was taken for a lead and counts"


@contextmanager
def served(application: WSGIApplication) -> Iterator[str]:
    """An application on a port of this machine."""
    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(desk: CommandDesk) -> Iterator[str]:
    """capture-lead as the host serves it."""
    with served(desk.world.client("capture-lead").application) as url:
        yield url


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Say what happens while the command waits."""
    return lambda happens: monkeypatch.setattr(test_lead, "pause", happens)


def register(desk: CommandDesk) -> None:
    desk.world.settle(only=frozenset({"register-lead"}))


def fill_in(desk: CommandDesk, page: str, **fields: str) -> None:
    """A person on the page sends its form."""
    form = {"form": "Обратный звонок", "page": page, **fields}
    desk.world.client("capture-lead").post("/", json=form, headers={"Origin": ORIGIN, "User-Agent": "Mozilla/5.0"})
    register(desk)


def checks(told: Any) -> dict[str, tuple[str, str, str]]:  # noqa: ANN401 - JSON
    return {one["rule"].partition(".")[2]: (one["state"], one["found"], one["what_to_do"]) for one in told["checks"]}


def test_it_posts_and_says_what_arrived(desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
    meanwhile(lambda: register(desk))
    told = desk.run("test-lead", "--url", address)
    assert (told.code, told.err) == (0, "")
    [trial] = read_trials(desk.world.store)
    assert told.text.splitlines()[:5] == [
        f"  ✓ arrived from sokol.example/, form leadloop test-lead, lead {trial.lead_id} [test_lead.arrived]",
        "  ✓ ClientID 1000000000000000001 [test_lead.client_id]",
        "  ✓ yclid 1000000000000000002 [test_lead.yclid]",
        "  – no UserID came [test_lead.user_id]",
        "  ✓ source yandex_direct, by click_id.yclid: came with a yclid [test_lead.source]",
    ]
    assert "keyed hashes of phone; of a test the contact itself is not kept" in told.text
    assert "lead_received would be sent with ClientID 1000000000000000001" in told.text
    assert told.text.splitlines()[-2:] == [
        "It was a test: it is no lead, and counts nowhere.",
        f"Somebody else sent it? `leadloop test-lead --real {trial.lead_id}` makes a lead of it.",
    ]
    assert desk.world.documents("lead") == []


@pytest.mark.parametrize("mode", ["none", "keep"])
def test_every_mode_takes_it(desk: CommandDesk, address: str, meanwhile: Meanwhile, mode: str) -> None:
    desk.world.runtime.policy = sokol(mode)
    desk.write_policy(sokol(mode))
    meanwhile(lambda: register(desk))
    told = desk.run("test-lead", "--url", address, "--json")
    assert (told.code, told.json["ok"]) == (0, True)
    expected = {
        "none": "no contact is taken (contacts.mode: none)",
        "keep": "keyed hashes of phone; of a test the contact itself is not kept",
    }
    assert checks(told.json)["contact"] == ("good", expected[mode], "")


def test_fields_of_ones_own_are_sent_along(desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
    meanwhile(lambda: register(desk))
    told = desk.run("test-lead", "--url", address, "--json", "--field", "ym_client_id=1.7E+18", "--field", "form=Опрос")
    assert told.code == 1
    found = checks(told.json)
    state, text, what_to_do = found["client_id"]
    assert (state, text.partition(":")[0]) == ("error", "ClientID came and was refused")
    assert "tag" in what_to_do
    assert "form Опрос" in found["arrived"][1]


def test_a_person_fills_in_the_form_of_the_site(
    desk: CommandDesk,
    meanwhile: Meanwhile,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    def person() -> None:
        page = capsysbinary.readouterr().err.decode().splitlines()[1]
        assert page.startswith(f"{ORIGIN}/order?from=menu&leadloop_test=")
        fill_in(desk, page, phone="8 999 000-00-03", utm_source="yandex", user_id="77")

    meanwhile(person)
    told = desk.run("test-lead", "--wait", "--page", f"{ORIGIN}/order?from=menu", "--json")
    found = checks(told.json)
    assert (told.code, found["client_id"][:2]) == (1, ("error", "no ClientID came"))
    assert found["user_id"][:2] == ("good", "UserID 77, not signed")
    assert found["yclid"][:2] == ("not looked at", "no yclid came")
    assert found["source"][0] == "good"
    assert found["deal"][1] == "the deal that the site makes of a lead like it would be known by the contact"


def test_what_a_form_lacks_is_told_with_what_to_do(
    desk: CommandDesk,
    meanwhile: Meanwhile,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    def person() -> None:
        page = capsysbinary.readouterr().err.decode().splitlines()[1]
        fill_in(desk, page, ваш_ник="sokol_fan")

    meanwhile(person)
    found = checks(desk.run("test-lead", "--wait", "--json").json)
    assert found["contact"] == (
        "warning",
        "neither a phone nor an e-mail was found in the form",
        "see what the form calls its fields, and name them in forms.fields",
    )
    assert found["source"][0] == "warning"
    assert found["deal"][:2] == (
        "warning",
        "the deal that the site makes of a lead like it would not be known as its own",
    )
    assert found["goal"][1].startswith("lead_received would not be sent (held.no_identifier)")


def test_what_the_fraud_gate_would_stop_is_told(desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
    meanwhile(lambda: register(desk))
    told = desk.run("test-lead", "--url", address, "--json", "--field", "website=http://spam.example")
    assert checks(told.json)["fraud"][0] == "warning"
    assert "honeypot 100" in checks(told.json)["fraud"][1]


def test_it_is_explained_like_a_lead(desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
    meanwhile(lambda: register(desk))
    told = desk.run("test-lead", "--url", address)
    [trial] = read_trials(desk.world.store)
    assert desk.run("explain", trial.lead_id).text == told.text
    assert desk.run("explain", "0" * 32).code == 1


OLD_CODE = "testtest0168c0ffee0123456789abcdef"


@pytest.mark.parametrize("name", ["leadloop_test", "LeadLoop%5Ftest"])
def test_a_code_that_the_address_bears_gives_way_to_the_new_one(
    desk: CommandDesk, address: str, meanwhile: Meanwhile, name: str
) -> None:
    """Copied from the address bar after the last test; what else is in it stays as it is."""
    meanwhile(lambda: register(desk))
    page = f"{ORIGIN}/order?utm_term=a%20b&{name}={OLD_CODE}&utm_campaign=spring"
    told = desk.run("test-lead", "--url", address, "--page", page)
    assert (told.code, told.err, desk.world.documents("lead")) == (0, "", [])
    [trial] = read_trials(desk.world.store)
    assert trial.fact.values["page"] == {
        "host": "sokol.example",
        "path": "/order",
        "params": {"utm_term": "a b", "utm_campaign": "spring"},
    }


class TestItWouldCount:
    @pytest.mark.parametrize(
        "words",
        [
            ("--field", f"page={ORIGIN}/order"),
            ("--field", "tranid=1:2", "--field", f"referer={ORIGIN}/order", "--field", "page="),
            ("--field", f"откуда={ORIGIN}/order"),
            ("--page", f"{ORIGIN}/?{'&'.join(f'a{n}=1' for n in range(200))}"),
        ],
        ids=["page", "tilda", "the policy's page", "too long"],
    )
    def test_it_is_not_sent(self, desk: CommandDesk, address: str, meanwhile: Meanwhile, words: Sequence[str]) -> None:
        policy = sokol(forms={"fields": {"откуда": "page"}})
        desk.world.runtime.policy = policy
        desk.write_policy(policy)
        meanwhile(lambda: register(desk))
        told = desk.run("test-lead", "--url", address, *words)
        assert (told.code, desk.world.memory_bus.published) == (1, [])
        assert "it would be a lead that counts, and was not sent: expected a page whose address bears" in told.err


class TestAskedWrongly:
    @pytest.mark.parametrize("page", ["https://[::1", "contacts", "//sokol.example/", "https:///x", "ftp://a.example/"])
    @pytest.mark.parametrize("how", [(), ("--wait",)])
    def test_a_page_without_an_address(self, desk: CommandDesk, address: str, page: str, how: Sequence[str]) -> None:
        told = desk.run("test-lead", "--url", address, "--page", page, *how)
        assert (told.code, desk.world.memory_bus.published) == (1, [])
        assert told.err.startswith(f"leadloop test-lead: --page {page!r}: expected an address with https://")

    def test_a_function_without_an_address(self, desk: CommandDesk) -> None:
        told = desk.run("test-lead", "--url", "https://[::1")
        assert told.err.startswith("leadloop test-lead: --url 'https://[::1': expected an address")

    @pytest.mark.parametrize("seconds", ["-1", "0", "901"])
    def test_seconds_that_cannot_be_waited(self, desk: CommandDesk, address: str, seconds: str) -> None:
        told = desk.run("test-lead", "--url", address, "--seconds", seconds)
        assert (told.code, desk.world.memory_bus.published) == (1, [])
        assert f"--seconds {seconds}: expected 1 to 900, for a code is good no longer; nothing was sent" in told.err


class TestSomebodyElseSentIt:
    """The link was passed on before the owner's own test, and a client was quicker."""

    def test_it_becomes_a_lead_with_all_it_brought(
        self, desk: CommandDesk, meanwhile: Meanwhile, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        desk.write_policy(sokol("keep"))
        desk.world.runtime.policy = sokol("keep")
        came_at = desk.world.clock.now()

        def client() -> None:
            page = capsysbinary.readouterr().err.decode().splitlines()[1]
            fill_in(desk, page, phone="8 999 000-00-03", submission_id="s-1")

        meanwhile(client)
        lead_id = desk.run("test-lead", "--wait", "--json").json["lead_id"]
        desk.world.clock.advance(days=29)
        told = desk.run("test-lead", "--real", lead_id.upper())
        assert (told.code, told.text) == (0, f"{lead_id} is a lead; drain-spool hands it on within five minutes\n")
        assert desk.world.client("drain-spool").post("/").status_code == 200
        register(desk)
        document = desk.world.the("lead")
        state = Lead.of(document).state(desk.world.runtime.policy)
        assert (document.key.id, state.occurred_at, state.contact_sealed is not None) == (lead_id, came_at, True)
        ended = desk.world.the("outcome").fields
        assert (ended["outcome"], ended["rule"]) == ("applied", "submission.registered")
        assert (read_trials(desk.world.store), desk.world.totals("leads")) == ([], 1)
        assert [one.key.id for one in desk.world.documents("trial")] == ["latest"]

    def test_it_is_made_one_once(self, desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
        meanwhile(lambda: register(desk))
        lead_id = desk.run("test-lead", "--url", address, "--json").json["lead_id"]
        assert desk.run("test-lead", "--real", lead_id, "--json").json["lead_id"] == lead_id
        told = desk.run("test-lead", "--real", lead_id)
        assert (told.code, len(desk.world.documents("spool"))) == (1, 1)
        assert f"--real {lead_id}: expected the id of one of the last test leads" in told.err

    def test_what_its_term_took_away_is_said(self, desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
        meanwhile(lambda: register(desk))
        lead_id = desk.run("test-lead", "--url", address, "--json").json["lead_id"]
        [trial] = read_trials(desk.world.store)
        [posted] = desk.world.store.get_many([posted_key(trial.name)])
        assert posted is not None
        desk.world.store.commit([Delete(posted.key, posted.version)])
        told = desk.run("test-lead", "--real", lead_id)
        assert f"the form post of test {trial.name} is not kept any more" in told.err


class TestNothingArrives:
    def test_nobody_answers(self, desk: CommandDesk) -> None:
        told = desk.run("test-lead", "--url", "http://127.0.0.1:9/capture-lead")
        assert (told.code, told.text) == (1, "")
        assert told.err.startswith("leadloop test-lead: capture-lead post: ")

    @pytest.mark.parametrize("answer", [Response("not here", 404), Response("<html>", 200), Response("[]", 200)])
    def test_somebody_else_answers(self, desk: CommandDesk, answer: Response) -> None:
        with served(answer) as url:
            told = desk.run("test-lead", "--url", url)
        assert told.code == 1
        assert f"{url} answered {answer.status_code}, not as capture-lead does; see what stands at this" in told.err

    def test_capture_lead_took_it_and_nothing_was_registered(
        self,
        desk: CommandDesk,
        address: str,
        meanwhile: Meanwhile,
    ) -> None:
        waited = list[int]()
        meanwhile(lambda: waited.append(1))
        told = desk.run("test-lead", "--url", address, "--seconds", "3")
        assert (told.code, len(waited)) == (1, 3)
        assert "nothing arrived within 3 s; capture-lead took it; see whether register-lead runs" in told.err

    def test_another_key_there_makes_a_lead_of_it_and_that_is_said(
        self,
        desk: CommandDesk,
        address: str,
        meanwhile: Meanwhile,
    ) -> None:
        desk.write_environment(LEADLOOP_HMAC_KEY="k1:" + "cd" * 32)
        meanwhile(lambda: register(desk))
        told = desk.run("test-lead", "--url", address)
        assert told.code == 1
        assert f"{NO_CODE}: {desk.world.the('lead').key.id}" in told.err
        assert "the same LEADLOOP_HMAC_KEY here and where capture-lead runs" in told.err

    def test_it_could_not_be_understood(self, desk: CommandDesk, address: str, meanwhile: Meanwhile) -> None:
        meanwhile(lambda: register(desk))
        told = desk.run("test-lead", "--url", address, "--field", f"long={'x' * 300_000}")
        assert told.code == 1
        assert "it could not be understood: a body of" in told.err

    def test_nobody_sends_the_form(self, desk: CommandDesk, meanwhile: Meanwhile) -> None:
        meanwhile(lambda: None)
        told = desk.run("test-lead", "--wait", "--seconds", "2")
        assert told.code == 1
        assert "or not with the code in the address of its page" in told.err

    def test_what_is_no_field_is_refused(self, desk: CommandDesk, address: str) -> None:
        told = desk.run("test-lead", "--url", address, "--field", "city")
        assert (told.code, told.err) == (
            1,
            "leadloop test-lead: --field 'city': expected NAME=VALUE, such as --field city=Moscow\n",
        )

    def test_in_the_cloud_the_address_is_asked_for(self, desk: CommandDesk) -> None:
        desk.place = ("--project", "sokol-leads")
        told = desk.run("test-lead")
        assert told.code == 1
        assert "--project expected --url too" in told.err
