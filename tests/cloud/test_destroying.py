"""``make destroy``: nothing is lost by mistake, and everything goes when it is meant."""

from __future__ import annotations

import pytest

from support.cloud_owner import DEPLOY, DESTROY, PROJECT, Owner


class TestTakingItAway:
    @pytest.mark.parametrize("change", [["--prefix", "shop-"], ["--region", "europe-west4"]])
    def test_a_bundle_that_is_not_there(self, running: Owner, change: list[str]) -> None:
        code, said = running.runs([*DESTROY, *change], PROJECT)
        assert code == 1
        assert "was never deployed; nothing was deleted" in said
        assert running.cloud()["services"]

    def test_a_project_that_is_not_there(self, running: Owner) -> None:
        code, said = running.runs(["destroy", "--project", "somebody-else", "--region", "europe-west1"], PROJECT)
        assert code == 1
        assert "the project somebody-else cannot be seen" in said

    def test_twice(self, running: Owner) -> None:
        running.has(databases={}, services={})
        code, said = running.runs(DESTROY)
        assert code == 0
        assert "Nothing was left to delete." in said

    def test_a_protected_database_stops_it_before_anything_is_gone(self, running: Owner) -> None:
        before = running.cloud()
        code, said = running.runs(DESTROY, PROJECT)
        assert code == 1
        assert "write `protect = false` into leadloop.tfvars" in said
        assert {**running.cloud(), "ledger": []} == {**before, "ledger": []}

    @pytest.mark.parametrize("answer", ["yes", "", "acme"])
    def test_a_yes_is_not_enough_to_lose_all_leads(self, running: Owner, answer: str) -> None:
        running.has(databases={name: "DELETE_PROTECTION_DISABLED" for name in running.cloud()["databases"]})
        assert running.runs(DESTROY, answer)[0] == 1
        assert running.cloud()["services"]

    def test_with_the_projects_id_everything_goes(self, running: Owner) -> None:
        running.has(databases={name: "DELETE_PROTECTION_DISABLED" for name in running.cloud()["databases"]})
        code, said = running.runs(DESTROY, PROJECT)
        assert code == 0, said
        assert (running.cloud()["services"], running.cloud()["secrets"], running.cloud()["databases"]) == ({}, {}, {})
        assert "gs://acme-leads-ll-state" in said

    def test_what_was_never_finished_can_be_taken_away(self, owner: Owner) -> None:
        owner.runs(DEPLOY, "yes", "yes", "no")
        owner.has(services={"something": "half made"})
        assert owner.runs(DESTROY, PROJECT)[0] == 0
