"""``leadloop init --crm``: the account gets our field once, and a person is told when that is not enough."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from leadloop.cli import main
from support.crm_desk import SEED, TOKEN, CrmDesk, crm_desk
from support.policies import sokol

WITHOUT_FIELD = {**SEED, "fields": []}


def init_crm(desk: CrmDesk, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str, token: str = TOKEN) -> int:
    policy = desk.world.runtime.policy.model_dump(mode="json", exclude={"defaults"}, exclude_none=True)
    policy["contacts"].pop("retention")
    (folder / "leadloop.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    endpoint = desk.world.runtime.environment["LEADLOOP_ENDPOINT_AMOCRM"]
    (folder / ".env").write_text(f"LEADLOOP_ENDPOINT_AMOCRM={endpoint}\nLEADLOOP_AMOCRM_TOKEN={token}\n")
    return main(["init", "--crm", "--dir", str(folder), *words])


def codes(desk: CrmDesk) -> list[str]:
    return [one.code for one in desk.amocrm.account.fields["leads"].all() if one.code and one.type != "tracking_data"]


def test_the_field_is_created_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with crm_desk(sokol("keep"), WITHOUT_FIELD) as desk:
        for said in ("was created", "has the lead field"):
            assert init_crm(desk, tmp_path, monkeypatch) == 0
            assert said in capsys.readouterr().out
            assert codes(desk) == ["LEADLOOP_ID"]


def test_a_configured_id_that_the_account_lacks_is_for_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with crm_desk(sokol("keep", crm={"fields": {"leadloop_id": "999"}}), WITHOUT_FIELD) as desk:
        assert init_crm(desk, tmp_path, monkeypatch, "--json") == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["ok"], told["rule"]) == (False, "leadloop_field.unknown_id")
        assert "crm.fields.leadloop_id" in told["reason"]
        assert codes(desk) == []


def test_a_wrong_token_is_told_without_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with crm_desk(sokol("keep"), WITHOUT_FIELD) as desk:
        assert init_crm(desk, tmp_path, monkeypatch, token="a-wrong-token") == 1
        told = capsys.readouterr()
        assert "LEADLOOP_AMOCRM_TOKEN" in told.err
        assert "a-wrong-token" not in told.err + told.out
        assert codes(desk) == []
