"""Several calls in one request, and what PHP makes of empty maps."""

import pytest

from unit.standins.bitrix24.driver import DEAL, Bitrix24Driver


@pytest.fixture
def linked(portal: Bitrix24Driver) -> int:
    """A deal with a contact."""
    portal.result("crm.contact.add", fields={"NAME": "Анна Ё"})
    return portal.deal(CONTACT_ID=1, UTM_CAMPAIGN="май & июнь")


def test_a_command_uses_the_results_before_it(portal: Bitrix24Driver, linked: int) -> None:
    told = portal.batch(
        deal=f"crm.deal.get?id={linked}",
        contact="crm.contact.get?id=$result[deal][CONTACT_ID]",
        listed="crm.deal.list?filter[=UTM_CAMPAIGN]=%D0%BC%D0%B0%D0%B9%20%26%20%D0%B8%D1%8E%D0%BD%D1%8C&select[]=ID",
        first="crm.item.get?entityTypeId=2&id=$result[listed][0][ID]",
        nested="crm.contact.get?id=$result[first][item][contactIds][0]",
        renamed="crm.deal.update?id=$result[deal][ID]&fields[TITLE]=Сделка $result[deal][ID]",
    )
    assert set(told) == {"result", "result_error", "result_total", "result_next", "result_time"}
    assert told["result_error"] == []
    assert told["result"]["contact"]["NAME"] == "Анна Ё"
    assert told["result"]["first"]["item"]["id"] == linked
    assert told["result"]["nested"]["ID"] == "1"
    assert portal.read(linked)["TITLE"] == f"Сделка {linked}"
    assert (told["result_total"], told["result_next"]) == ({"listed": 1}, [])
    assert set(told["result_time"]) == set(told["result"])


def test_a_reference_may_be_a_whole_list(portal: Bitrix24Driver, linked: int) -> None:
    told = portal.batch(
        deal=f"crm.item.get?entityTypeId=2&id={linked}",
        people="crm.contact.list?filter[@ID]=$result[deal][item][contactIds]&select[]=ID",
    )
    assert told["result"]["people"] == [{"ID": "1"}]


def test_failed_commands_leave_the_status_at_200_and_the_others_done(portal: Bitrix24Driver, linked: int) -> None:
    told = portal.batch(
        gone="crm.deal.get?id=99", there=f"crm.deal.get?id={linked}", lost="crm.contact.get?id=$result[x][y]"
    )
    assert told["result_error"] == {
        "gone": {"error": "", "error_description": "Not found"},
        "lost": {"error": "", "error_description": "ID is not defined or invalid"},
    }
    assert list(told["result"]) == ["there"]


def test_halt_ends_at_the_first_failure(portal: Bitrix24Driver, linked: int) -> None:
    told = portal.batch(halt=1, gone="crm.deal.get?id=99", there=f"crm.deal.get?id={linked}")
    assert (told["result"], list(told["result_error"])) == ([], ["gone"])


@pytest.mark.parametrize(
    ("commands", "result", "errors"),
    [
        (["profile"], list, 0),
        (["crm.deal.get?id=99"], list, 1),
        (["profile", "crm.deal.get?id=99"], list, {"1"}),
        (["crm.deal.get?id=99", "profile"], dict, 1),
        ({"5": "profile"}, dict, 0),
    ],
)
def test_numbered_keys_make_lists_that_hide_which_command_failed(
    portal: Bitrix24Driver, commands: object, result: type, errors: int | set[str]
) -> None:
    told = portal.result("batch", cmd=commands)
    assert type(told["result"]) is result
    failed = told["result_error"]
    assert (set(failed) if isinstance(failed, dict) else len(failed)) == errors


def test_next_and_total_of_lists_are_told_by_command(portal: Bitrix24Driver) -> None:
    portal.control("POST", "deals", [{"fields": {"TITLE": "Анна"}} for _ in range(51)])
    told = portal.batch(deals="crm.deal.list?select[]=ID", rest="crm.deal.list?select[]=ID&start=50")
    assert told["result_total"] == {"deals": 51, "rest": 51}
    assert told["result_next"] == {"deals": 50}


def test_fifty_one_commands_are_too_many(portal: Bitrix24Driver) -> None:
    commands = {f"c{number}": "profile" for number in range(51)}
    assert portal.refused("batch", cmd=commands)[:2] == (400, "ERROR_BATCH_LENGTH_EXCEEDED")
    portal.settings(batch_overflow="per_command")
    told = portal.result("batch", cmd=commands)
    assert (len(told["result"]), list(told["result_error"])) == (50, ["c50"])


def test_a_batch_within_a_batch_and_a_method_of_another_scope_fail_alone(portal: Bitrix24Driver) -> None:
    told = portal.batch(inner="batch?cmd[a]=profile", user="user.current", whose="profile")
    assert {key: one["error"] for key, one in told["result_error"].items()} == {
        "inner": "ERROR_BATCH_METHOD_NOT_ALLOWED",
        "user": "insufficient_scope",
    }
    assert list(told["result"]) == ["whose"]


def test_a_batch_may_come_as_a_form(portal: Bitrix24Driver, linked: int) -> None:
    url = portal.path.format(user=portal.user, code=portal.code, method="batch.json")
    commands = {"cmd[a]": f"crm.item.list?entityTypeId={DEAL}&filter[@id][0]={linked}&select[0]=id"}
    assert portal.client.post(url, data=commands).get_json()["result"]["result"] == {"a": {"items": [{"id": linked}]}}


def test_the_journal_names_the_methods(portal: Bitrix24Driver) -> None:
    portal.batch(a="crm.deal.list?start=-1", b="profile")
    assert portal.ledger()["journal"][-1]["notes"] == ["crm.deal.list profile"]
