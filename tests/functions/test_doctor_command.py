"""``leadloop doctor``: every mistake of setting up is found at the vendor it is about, and says what to do."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadloop.adapters.requests_http import RequestsHttp
from leadloop.adapters.system_clock import SystemClock
from leadloop.cli import main
from leadloop.doctor.diagnosis import diagnose
from leadloop.doctor.secrets_set import secret_checks
from leadloop_standins.amocrm.stand_in import AmoCrmStandIn
from leadloop_standins.clock import Clock as StandInClock
from leadloop_standins.command import running
from leadloop_standins.metrica import MetricaStandIn
from support.command_desk import Told
from support.crm_desk import ANNA, HOOK_SECRET, HOOKS, SEED, TOKEN
from support.policies import HMAC_KEY, MEETING, NEW, ORIGIN, PIPELINE, SEAL_PRIVATE_KEY, WON, sokol
from support.world import World

COUNTER, OAUTH = "12345678", "an-oauth-token"
OURS = f"https://leads.sokol.example/receive-crm-event/amocrm/{HOOK_SECRET}"
TARGETS = ("lead_received", "lead_qualified", "flat_sold")
SPAM, TOO_DEAR = 4203011, 4203012
REASONS = {"spam": {"loss_reasons": [str(SPAM)]}, "too_expensive": {"loss_reasons": [str(TOO_DEAR)]}}


class Setting:
    """A company on the evening before it goes live: everything is right, until a test says otherwise."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[bytes], open_: ExitStack) -> None:
        self._folder, self._capture, self._open = folder, capture, open_
        self.policy: dict[str, Any] = {"disqualification": {"reasons": REASONS}}
        self.metrica_seed: dict[str, Any] = {
            "counters": [{"id": COUNTER, "name": "ЖК «Сокол»"}],
            "tokens": [
                {"token": OAUTH},
                {"token": "stranger", "counters": [87654321]},
                {"token": "only-reads", "scopes": ["metrika:read"]},
                {"token": "reader", "scopes": ["metrika:read", "metrika:offline_data"]},
            ],
            "goals": [{"target": target} for target in TARGETS],
        }
        self.crm_seed: dict[str, Any] = {
            **copy.deepcopy(SEED),
            "loss_reasons": [{"id": SPAM, "name": "Спам"}, {"id": TOO_DEAR, "name": "Дорого"}],
            "webhooks": [{"destination": OURS, "settings": HOOKS}],
        }
        self.environment = {
            "LEADLOOP_METRICA_TOKEN": OAUTH,
            "LEADLOOP_AMOCRM_TOKEN": TOKEN,
            "LEADLOOP_HOOK_SECRET": HOOK_SECRET,
            "LEADLOOP_HMAC_KEY": HMAC_KEY,
            "LEADLOOP_SEAL_PRIVATE_KEY": SEAL_PRIVATE_KEY,
        }
        self.metrica: MetricaStandIn
        self.amocrm: AmoCrmStandIn

    def open(self) -> None:
        """Turn the vendors on, and write policy and environment."""
        self.metrica = MetricaStandIn(StandInClock(), self.metrica_seed)
        self.amocrm = AmoCrmStandIn(StandInClock(), self.crm_seed)
        for vendor, stand_in in {"METRICA": self.metrica, "AMOCRM": self.amocrm}.items():
            self.environment[f"LEADLOOP_ENDPOINT_{vendor}"] = self._open.enter_context(running(stand_in))
        written = sokol("keep", **self.policy).model_dump(mode="json", exclude_unset=True)
        (self._folder / "leadloop.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        lines = "".join(f"{name}={value}\n" for name, value in self.environment.items())
        (self._folder / ".env").write_text(lines, encoding="utf-8")

    def run(self, *words: str) -> Told:
        if not hasattr(self, "metrica"):
            self.open()
        code = main(["doctor", "--policy", str(self._folder / "leadloop.yaml"), *words])
        said = self._capture.readouterr()
        assert OAUTH not in (whole := said.out.decode() + said.err.decode())
        assert not {TOKEN, HOOK_SECRET} & set(whole.replace("/", " ").split())
        return Told(code, said.out, said.err.decode())

    def found(self, rule: str) -> list[tuple[str, str, str]]:
        """State, what was found and what to do, of the checks by a rule."""
        checks = self.run("--json").json["checks"]
        return [(one["state"], one["found"], one["what_to_do"]) for one in checks if one["rule"] == rule]


@pytest.fixture
def setting(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Setting]:
    monkeypatch.delenv("LEADLOOP_CLOCK_FILE", raising=False)
    with ExitStack() as open_:
        yield Setting(tmp_path, capsysbinary, open_)


def test_where_all_is_right_every_stage_is_ticked(setting: Setting) -> None:
    told = setting.run()
    assert (told.code, told.err) == (0, "")
    ticks = [line.strip()[0] for line in told.text.splitlines() if line.startswith("  ")]
    assert (ticks.count("✓"), ticks.count("–"), len(ticks)) == (13, 2, 15)
    assert [line for line in told.text.splitlines() if not line.startswith(" ") and line] == [
        "✓ 1. Sources and channels",
        "✓ 2. The CRM's funnels",
        "✓ 3. Leads born in the CRM",
        "– 4. Ad costs",
        "13 good, 2 not looked at",
    ]
    assert "counter 12345678 answers: ЖК «Сокол» [metrica.counter]" in told.text


def test_a_stage_is_ticked_as_the_worst_of_its_checks(setting: Setting) -> None:
    setting.metrica_seed["goals"] = []
    setting.crm_seed["webhooks"] = []
    headings = [line[:4] for line in setting.run().text.splitlines() if line[2:3].isdigit() and line[3:4] == "."]
    assert headings == ["✗ 1.", "✓ 2.", "! 3.", "– 4."]
    assert setting.run("--json").json["stages"] == {
        "sources": "error",
        "funnels": "good",
        "born_in_crm": "warning",
        "costs": "not looked at",
    }


class TestSecrets:
    @pytest.mark.parametrize("name", ["LEADLOOP_HMAC_KEY", "LEADLOOP_HOOK_SECRET", "LEADLOOP_SEAL_PRIVATE_KEY"])
    def test_one_that_the_policy_needs_and_that_is_not_set_is_an_error(self, setting: Setting, name: str) -> None:
        setting.environment[name] = ""
        [(state, said, what_to_do)] = setting.found("environment.secrets")
        assert (state, said.startswith(f"{name} is not set; read by ")) == ("error", True)
        assert ".env beside the policy" in what_to_do

    def test_what_no_function_of_the_policy_reads_is_not_asked_for(self, setting: Setting) -> None:
        setting.policy["contacts"] = sokol("none").model_dump(mode="json", exclude_unset=True)["contacts"]
        setting.environment["LEADLOOP_SEAL_PRIVATE_KEY"] = ""
        [(state, _, _)] = setting.found("environment.secrets")
        assert state == "good"

    def test_of_a_bundle_in_the_cloud_they_are_elsewhere(self, setting: Setting) -> None:
        setting.open()
        here = {**setting.environment, "LEADLOOP_PROJECT": "sokol", "LEADLOOP_HOOK_SECRET": ""}
        world = World(sokol("keep", **setting.policy), in_cloud=True, environment=here)
        [check] = secret_checks(world.runtime)
        assert (check.state.value, "Secret Manager" in check.found) == ("not looked at", True)


def test_it_changes_nothing(setting: Setting) -> None:
    setting.metrica_seed["goals"] = []
    setting.run()
    methods = {entry.method for one in (setting.metrica, setting.amocrm) for entry in one.journal.entries}
    assert methods == {"GET", "POST"}
    posted = [entry for entry in setting.metrica.journal.entries if entry.method == "POST"]
    assert [entry.status for entry in posted] == [400]  # an upload without a file asks for the right to it
    assert setting.metrica.ledger()["uploadings"] == []


def crm(**changes: Any) -> Callable[[Setting], None]:  # noqa: ANN401 - a seed's rows
    return lambda setting: setting.crm_seed.update(changes)


def metrica(**changes: Any) -> Callable[[Setting], None]:  # noqa: ANN401
    return lambda setting: setting.metrica_seed.update(changes)


def written(**sections: Any) -> Callable[[Setting], None]:  # noqa: ANN401
    return lambda setting: setting.policy.update(sections)


def env(**variables: str) -> Callable[[Setting], None]:
    return lambda setting: setting.environment.update(variables)


def goals(*changed: dict[str, Any]) -> Callable[[Setting], None]:
    return metrica(goals=[{"target": "lead_received"}, {"target": "lead_qualified"}, *changed])


def archived(setting: Setting) -> None:
    again = {**setting.crm_seed["pipelines"][0], "id": 9901, "name": "Прошлогодняя", "is_archive": True}
    setting.crm_seed["pipelines"] = [*setting.crm_seed["pipelines"], again]


def second_pipeline(setting: Setting) -> None:
    rent = {"id": 7002, "name": "Аренда", "statuses": [{"id": 70021, "name": "Показ"}]}
    setting.crm_seed["pipelines"] = [*setting.crm_seed["pipelines"], rent]


def hook(**changes: Any) -> Callable[[Setting], None]:  # noqa: ANN401
    return crm(webhooks=[{"destination": OURS, "settings": HOOKS, **changes}])


def without_field(setting: Setting) -> None:
    setting.crm_seed["fields"] = []


STAGES = {PIPELINE: {MEETING: "meeting", WON: "sold", "70099": "qualified", "143": "lost"}}

MISTAKES = [
    ("metrica.counter", env(LEADLOOP_METRICA_TOKEN="wrong"), "error", "invalid_token", "LEADLOOP_METRICA_TOKEN"),
    ("metrica.counter", env(LEADLOOP_METRICA_TOKEN=""), "error", "is not set", "LEADLOOP_METRICA_TOKEN"),
    ("metrica.counter", env(LEADLOOP_METRICA_TOKEN="stranger"), "error", "access_denied", "no access to this counter"),
    (
        "metrica.rights",
        env(LEADLOOP_METRICA_TOKEN="only-reads"),
        "error",
        "may read the counter and may not upload conversions to it",
        "metrika:offline_data of somebody who may edit the counter",
    ),
    ("metrica.counter", metrica(counters=[{"id": 5}], goals=[]), "error", "invalid_parameter", "correct site.counter"),
    (
        "metrica.time_zone",
        metrica(counters=[{"id": COUNTER, "time_zone_name": "Asia/Omsk", "time_zone_offset": 360}]),
        "error",
        "days of Asia/Omsk, the policy of Europe/Moscow",
        "`time_zone: Asia/Omsk`",
    ),
    ("metrica.goals", goals(), "error", "goal flat_sold: the counter has no goal 'flat_sold'", "--create-goals"),
    ("metrica.goals", goals({"target": "Flat_Sold"}), "error", "is 'Flat_Sold', in other letters", "letter for letter"),
    (
        "metrica.goals",
        goals({"name": "sold", "type": "action", "conditions": [{"type": "contain", "url": "flat_sold"}]}),
        "error",
        "in another condition than `matches`",
        "not `contains`",
    ),
    (
        "metrica.goals",
        goals({"name": "sold", "type": "url", "conditions": [{"type": "exact", "url": "flat_sold"}]}),
        "error",
        "is no JavaScript-event goal",
        "JavaScript-event goal",
    ),
    (
        "metrica.counter",
        env(LEADLOOP_METRICA_TOKEN=f"OAuth {OAUTH}"),
        "error",
        "LEADLOOP_METRICA_TOKEN begins with the word OAuth",
        "write it alone into LEADLOOP_METRICA_TOKEN",
    ),
    (
        "metrica.counter",
        env(LEADLOOP_METRICA_TOKEN=OAUTH.replace("a", "а")),
        "error",
        "perhaps a Cyrillic one that looks like it",
        "copy the token again",
    ),
    ("metrica.counter", env(LEADLOOP_METRICA_TOKEN=f"{OAUTH} x"), "error", "holds a space", "copy the token again"),
    (
        "crm.account",
        env(LEADLOOP_AMOCRM_TOKEN=f"bearer {TOKEN}"),
        "error",
        "LEADLOOP_AMOCRM_TOKEN begins with the word Bearer",
        "write it alone into LEADLOOP_AMOCRM_TOKEN",
    ),
    (
        "crm.account",
        env(LEADLOOP_AMOCRM_TOKEN=TOKEN.replace("o", "о")),
        "error",
        "perhaps a Cyrillic one that looks like it",
        "copy the token again",
    ),
    ("crm.account", env(LEADLOOP_AMOCRM_TOKEN="wrong"), "error", "LEADLOOP_AMOCRM_TOKEN", "what the reason says"),
    ("crm.account", env(LEADLOOP_AMOCRM_TOKEN=""), "error", "LEADLOOP_AMOCRM_TOKEN is not set", "what the reason says"),
    (
        "crm.account",
        crm(settings={**SEED["settings"], "ip_forbidden": True}),
        "error",
        "closed to this IP address",
        "what the reason says",
    ),
    (
        "crm.account",
        crm(settings={**SEED["settings"], "unpaid": "all"}),
        "error",
        "the account is not paid for",
        "what the reason says",
    ),
    (
        "crm.currency",
        crm(account=[{"subdomain": "sokol", "currency": "USD"}]),
        "error",
        "in USD, and the policy says RUB",
        "`currency: USD`",
    ),
    ("crm.statuses", second_pipeline, "warning", "7002/70021 (Аренда: Показ)", "crm.ignored"),
    ("crm.statuses", written(crm={"pipelines": STAGES}), "error", "no status 7001/70099", "correct crm.pipelines"),
    (
        "crm.statuses",
        written(crm={"ignored": [f"{PIPELINE}/{NEW}", "9999/1"]}),
        "error",
        "no status 9999/1",
        "crm.ignored",
    ),
    ("crm.statuses", written(crm={"ignored": []}), "warning", "(Новостройки: Новая)", "give each a stage"),
    (
        "crm.loss_reasons",
        crm(loss_reasons=[{"id": SPAM, "name": "Спам"}]),
        "error",
        f"no loss reason {TOO_DEAR}",
        "correct `loss_reasons`",
    ),
    (
        "crm.loss_reasons",
        written(disqualification={"reasons": {"spam": REASONS["spam"]}}),
        "warning",
        f"1 loss reason without a meaning: {TOO_DEAR} (Дорого)",
        "name each",
    ),
    ("crm.fields", without_field, "error", "no field LEADLOOP_ID", "leadloop init --crm"),
    (
        "crm.fields",
        written(crm={"fields": {"source": "860001"}}),
        "warning",
        "860001 (crm.fields.source)",
        "correct the policy",
    ),
    (
        "crm.fields",
        written(qualification={"fields": {"budget": "860002"}}),
        "warning",
        "860002 (qualification.fields.budget)",
        "correct the policy",
    ),
    ("crm.hook", crm(webhooks=[]), "warning", "no webhook of the account leads here", "receive-crm-event/amocrm/"),
    (
        "crm.hook",
        hook(destination="https://leads.sokol.example/receive-crm-event/amocrm/an-old-secret"),
        "warning",
        "no webhook of the account leads here",
        "and the secret",
    ),
    (
        "crm.hook",
        hook(settings=["add_lead", "update_lead"]),
        "warning",
        "does not tell of add_contact, delete_lead, restore_lead, status_lead, update_contact",
        "tick these events",
    ),
    ("crm.hook", env(LEADLOOP_HOOK_SECRET=""), "not looked at", "no secret of the webhook is set", ""),
]


def test_there_are_thirty_mistakes_each_told_in_its_own_words() -> None:
    told = [(rule, said) for rule, _, _, said, _ in MISTAKES]
    assert len(set(told)) >= 30


@pytest.mark.parametrize(("rule", "mistake", "state", "said", "advice"), MISTAKES)
def test_a_mistake_is_found_and_told_with_what_to_do(
    setting: Setting, rule: str, mistake: Callable[[Setting], None], state: str, said: str, advice: str
) -> None:
    mistake(setting)
    [(found, what_to_do)] = [(found, what) for how, found, what in setting.found(rule) if how == state]
    assert said in found
    assert advice in what_to_do


@pytest.mark.parametrize("mistake", [metrica(goals=[]), crm(webhooks=[])])
def test_only_an_error_fails(setting: Setting, mistake: Callable[[Setting], None]) -> None:
    mistake(setting)
    told = setting.run("--json")
    states = {one["state"] for one in told.json["checks"]}
    assert (told.code, told.json["ok"]) == ((1, False) if "error" in states else (0, True))


def test_one_vendor_that_is_down_does_not_hide_the_other(setting: Setting) -> None:
    setting.open()
    setting.metrica.faults.order({"fault": "status", "status": 503, "times": None})
    [(state, said, _)] = setting.found("metrica.counter")
    assert (state, "503" in said) == ("error", True)
    [(state, _, _)] = setting.found("crm.statuses")
    assert state == "good"


def test_rights_that_cannot_be_asked_for_are_not_judged(setting: Setting) -> None:
    setting.open()
    setting.metrica.faults.order({"fault": "status", "status": 503, "path": "/upload", "times": None})
    [(state, said, _)] = setting.found("metrica.rights")
    assert (state, "503" in said) == ("not looked at", True)


def test_what_an_archived_pipeline_holds_needs_no_meaning(setting: Setting) -> None:
    archived(setting)
    [(state, _, _)] = setting.found("crm.statuses")
    assert state == "good"


class TestTheWebhook:
    def test_that_the_crm_switched_off_is_an_error(self, setting: Setting) -> None:
        setting.open()
        [webhook] = setting.amocrm.subscriptions.by_destination.values()
        webhook.disabled = True
        [(state, said, _)] = setting.found("crm.hook")
        assert (state, "switched our webhook off" in said) == ("error", True)

    def test_that_may_not_be_listed_is_not_judged(self, setting: Setting) -> None:
        setting.open()
        setting.amocrm.faults.order({"fault": "status", "status": 403, "path": "/webhooks", "times": None})
        [(state, said, _)] = setting.found("crm.hook")
        assert (state, "this token may not list webhooks" in said) == ("not looked at", True)

    def test_needs_no_contacts_where_none_are_read(self, setting: Setting) -> None:
        setting.crm_seed["webhooks"][0]["settings"] = [one for one in HOOKS if not one.endswith("contact")]
        [(state, _, _)] = setting.found("crm.hook")
        assert state == "warning"
        nothing_personal = sokol("none").model_dump(mode="json", exclude_unset=True)["contacts"]
        setting.policy["contacts"] = nothing_personal
        setting.open()
        [(state, _, _)] = setting.found("crm.hook")
        assert state == "good"


class TestTheToken:
    def test_that_ends_soon_is_to_be_renewed(self, setting: Setting) -> None:
        self.with_token(setting, datetime.now(UTC) + timedelta(days=9, hours=1))
        [(state, said, what_to_do)] = setting.found("crm.token")
        assert (state, "in 9 days" in said, "new long-lived token" in what_to_do) == ("warning", True, True)

    def test_that_lives_on_is_good(self, setting: Setting) -> None:
        ends = datetime.now(UTC) + timedelta(days=400)
        self.with_token(setting, ends)
        assert setting.found("crm.token") == [("good", f"the token ends on {ends:%Y-%m-%d}", "")]

    @staticmethod
    def with_token(setting: Setting, ends: datetime) -> None:
        claims = base64.urlsafe_b64encode(json.dumps({"exp": int(ends.timestamp())}).encode()).decode().rstrip("=")
        token = f"e30.{claims}.c2lnbmF0dXJl"
        setting.crm_seed["tokens"] = [{"token": token}]
        setting.environment["LEADLOOP_AMOCRM_TOKEN"] = token


class TestCreatingGoals:
    def test_makes_those_that_are_missing_and_no_second_one(self, setting: Setting) -> None:
        setting.metrica_seed["goals"] = [{"target": "lead_received"}]
        told = setting.run("--create-goals", "--yes", "--json")
        assert (told.code, set(told.json["created_goals"])) == (0, {"lead_qualified", "flat_sold"})
        assert setting.run("--create-goals", "--yes", "--json").json["created_goals"] == []
        held = [goal["name"] for goal in setting.metrica.goals.of_counter(int(COUNTER))]
        assert sorted(held) == ["lead_received", "leadloop: flat_sold", "leadloop: lead_qualified"]
        assert all(setting.metrica.goals.has_target(int(COUNTER), target) for target in TARGETS)

    def test_leaves_one_that_is_nearly_right_to_a_person(self, setting: Setting) -> None:
        setting.metrica_seed["goals"] = [{"target": one} for one in ("lead_received", "lead_qualified", "FLAT_SOLD")]
        told = setting.run("--create-goals", "--yes", "--json")
        assert (told.code, told.json["created_goals"]) == (1, [])

    def test_asks_nobody_only_when_told_so(self, setting: Setting) -> None:
        setting.metrica_seed["goals"] = []
        told = setting.run("--create-goals", "--json")
        said = "flat_sold, lead_qualified, lead_received would be created, and nobody can be asked here; say --yes"
        assert (told.code, told.err) == (2, f"leadloop doctor: {said}\n")
        assert told.json["error"] == {"kind": "NobodyToAsk", "text": said}
        assert {entry.method for entry in setting.metrica.journal.entries} == {"GET"}

    def test_needs_no_yes_where_none_is_missing(self, setting: Setting) -> None:
        told = setting.run("--create-goals", "--json")
        assert (told.code, told.json["created_goals"]) == (0, [])

    def test_with_a_token_that_may_not_says_which_may(self, setting: Setting) -> None:
        setting.metrica_seed["goals"] = []
        setting.environment["LEADLOOP_METRICA_TOKEN"] = "reader"
        told = setting.run("--create-goals", "--yes", "--json")
        assert (told.code, told.json["error"]["kind"]) == (1, "GoalsNotAllowed")
        assert "metrika:write" in told.err
        setting.environment["LEADLOOP_METRICA_TOKEN"] = OAUTH

    def test_after_a_lost_answer_makes_no_second_one(self, setting: Setting) -> None:
        setting.metrica_seed["goals"] = [{"target": "lead_received"}, {"target": "lead_qualified"}]
        setting.open()
        setting.metrica.faults.order({"fault": "accept_then_drop", "method": "POST", "path": "/goals"})
        assert setting.run("--create-goals", "--yes").code == 1
        told = setting.run("--create-goals", "--yes", "--json")
        assert (told.code, told.json["created_goals"]) == (0, [])
        assert len(setting.metrica.goals.of_counter(int(COUNTER))) == 3


@pytest.mark.parametrize(
    ("ahead", "state"), [(0, "good"), (120, "warning"), (-120, "warning"), (900, "error"), (-900, "error")]
)
def test_a_clock_that_is_wrong(setting: Setting, ahead: float, state: str) -> None:
    class Wrong(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(seconds=ahead)

    setting.open()
    world = World(sokol("keep", **setting.policy), environment=setting.environment)
    world.runtime.clock = Wrong()
    world.runtime.http = RequestsHttp({}, clock=SystemClock())
    [clock] = [one for one in diagnose(world.runtime, has_store=False) if one.rule == "clock.agrees"]
    assert clock.state.value == state


class TestTheLastLeads:
    @pytest.mark.parametrize(
        ("with_id", "without", "state", "said"),
        [
            (0, 0, "not looked at", "the site sent 0 leads in 30 days"),
            (19, 0, "not looked at", "the site sent 19 leads in 30 days"),
            (20, 0, "good", "of the last 20 leads of the site 100 % with ClientID, 0 % with yclid"),
            (10, 15, "warning", "40 % with ClientID"),
            (0, 20, "error", "0 % with ClientID"),
            (100, 60, "good", "of the last 100 leads of the site 100 % with ClientID"),
        ],
    )
    def test_say_whether_the_site_passes_the_client_id(
        self, setting: Setting, with_id: int, without: int, state: str, said: str
    ) -> None:
        setting.open()
        world = World(sokol("keep", **setting.policy), environment=setting.environment)
        world.runtime.http = RequestsHttp({}, clock=world.clock)
        with world.in_force():
            for number in range(without + with_id):
                ids = {} if number < without else {"client_id": str(int(ANNA) + number)}
                body = {"submission_id": f"s-{number}", "phone": f"+7 999 000-{number:04d}", **ids}
                world.client("capture-lead").post("/", json=body, headers={"Origin": ORIGIN})
                world.settle(only=frozenset({"register-lead"}))
                world.clock.advance(minutes=1)
        [check] = [one for one in diagnose(world.runtime, has_store=True) if one.rule == "leads.client_id"]
        assert check.state.value == state
        assert said in check.found
