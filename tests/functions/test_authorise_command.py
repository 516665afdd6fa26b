"""``leadloop authorise``: a person has a code, and leadloop is let in; no secret is ever shown."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leadloop.cli import main
from leadloop.doctor.account import account_checks
from support.command_desk import CommandDesk, Told
from support.crm_desk import CLIENT_SECRET, CrmDesk, crm_account
from support.oauth_desk import CLIENT_ID, CODE, OAUTH_SEED, call, exchanges, oauth_policy, resting
from support.policies import HMAC_KEY, sokol


@pytest.fixture
def crm_side() -> Iterator[CrmDesk]:
    """An account without our field, whose integration was made a minute ago."""
    with crm_account({**OAUTH_SEED, "fields": []}) as account, account.desk(oauth_policy()) as desk:
        yield desk


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], crm_side: CrmDesk
) -> CommandDesk:
    """The person at the server."""
    desk = CommandDesk(tmp_path, monkeypatch, capsysbinary, crm_side.world)
    desk.write_policy(crm_side.world.runtime.policy)
    write_secrets(desk, crm_side)
    return desk


def write_secrets(desk: CommandDesk, crm_side: CrmDesk, secret: str = CLIENT_SECRET) -> None:
    endpoint = crm_side.world.runtime.environment["LEADLOOP_ENDPOINT_AMOCRM"]
    desk.write_environment(
        LEADLOOP_HMAC_KEY=HMAC_KEY, LEADLOOP_ENDPOINT_AMOCRM=endpoint, LEADLOOP_AMOCRM_CLIENT_SECRET=secret
    )


@pytest.fixture
def run(desk: CommandDesk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Run the command with a text on its standard input."""

    def run_with(text: str, *words: str) -> Told:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        told = desk.run("authorise", *words)
        assert CODE not in told.text + told.err
        return told

    return run_with


def test_a_code_lets_leadloop_in_and_makes_its_field(run: Callable[..., Told], crm_side: CrmDesk) -> None:
    told = run(f"{CODE}\n")
    assert (told.code, told.err) == (0, "")
    assert told.text.startswith("leadloop is let into sokol.amocrm.ru until 2026-11-30;")
    assert "LEADLOOP_ID was created" in told.text
    assert call(crm_side.world.runtime)
    pair = resting(crm_side)
    assert not {pair.access, pair.refresh, CLIENT_SECRET} & {*told.text.split()}


def test_for_a_program(run: Callable[..., Told]) -> None:
    told = run(CODE, "--json")
    assert (told.code, told.json["ok"], told.json["account"]) == (0, True, "sokol.amocrm.ru")
    assert (told.json["until"], told.json["field"]["ok"]) == ("2026-11-30", True)


def test_a_terminal_does_not_show_what_is_typed(
    desk: CommandDesk, crm_side: CrmDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def typed_unseen(prompt: str) -> str:
        asked.append(prompt)
        return CODE

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", typed_unseen)
    assert desk.run("authorise").code == 0
    assert "20 minutes" in asked[0]
    assert exchanges(crm_side) == [200]


def test_a_code_that_was_used_is_refused(run: Callable[..., Told], crm_side: CrmDesk) -> None:
    assert run(CODE).code == 0
    before = resting(crm_side)
    told = run(CODE)
    assert (told.code, "401 Token has been revoked" in told.err) == (1, True)
    assert resting(crm_side) == before


def test_nothing_given_is_nothing_asked(run: Callable[..., Told], crm_side: CrmDesk) -> None:
    told = run("\n")
    assert (told.code, "expected the code, found nothing" in told.err) == (2, True)
    assert exchanges(crm_side) == []


def test_a_long_lived_token_needs_no_command(run: Callable[..., Told], desk: CommandDesk) -> None:
    desk.write_policy(sokol())
    told = run(CODE)
    assert (told.code, "crm.oauth" in told.err) == (1, True)


def test_without_the_client_secret_the_code_is_not_spent(
    run: Callable[..., Told], desk: CommandDesk, crm_side: CrmDesk
) -> None:
    write_secrets(desk, crm_side, secret="")
    told = run(CODE)
    assert (told.code, "LEADLOOP_AMOCRM_CLIENT_SECRET" in told.err) == (1, True)
    assert exchanges(crm_side) == []


def test_tokens_are_kept_though_the_account_answers_nothing_else(run: Callable[..., Told], crm_side: CrmDesk) -> None:
    crm_side.settings(unpaid="all")
    told = run(CODE)
    assert (told.code, "the tokens are kept; the account did not answer" in told.text) == (1, True)
    crm_side.settings(unpaid="no")
    assert call(crm_side.world.runtime)


def test_init_says_who_makes_the_field_here(desk: CommandDesk, tmp_path: Path, capsysbinary: object) -> None:
    del desk
    assert main(["init", "--crm", "--dir", str(tmp_path)]) == 1
    assert b"`leadloop authorise` also does" in capsysbinary.readouterr().err  # type: ignore[attr-defined]


class TestDoctor:
    def test_when_access_ends(self, run: Callable[..., Told], crm_side: CrmDesk) -> None:
        run(CODE)
        assert self.found(crm_side) == ("good", "the token ends on 2026-11-30", "")
        crm_side.clock.advance(days=70)
        crm_side.act("revoke_token", token=resting(crm_side).refresh)
        crm_side.act("issue_code", client_id=CLIENT_ID, code="unused")
        crm_side.break_next("status", status=503, path="/oauth2/", times=None)
        state, said, what_to_do = self.account(crm_side)
        assert (state, "the token ended" in said, "what the reason says" in what_to_do) == ("error", True, True)

    def test_before_anybody_authorised_it(self, desk: CommandDesk, crm_side: CrmDesk) -> None:
        del desk
        state, said, _ = self.account(crm_side)
        assert (state, "run `leadloop authorise`" in said) == ("error", True)

    @staticmethod
    def found(crm_side: CrmDesk) -> tuple[str, str, str]:
        [check] = [one for one in account_checks(crm_side.world.runtime) if one.rule == "crm.token"]
        return (check.state.value, check.found, check.what_to_do)

    @staticmethod
    def account(crm_side: CrmDesk) -> tuple[str, str, str]:
        [check] = [one for one in account_checks(crm_side.world.runtime) if one.rule == "crm.account"]
        return (check.state.value, check.found, check.what_to_do)
