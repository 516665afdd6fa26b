"""What ``leadloop init`` has to know of a company: asked of a person, or taken as given."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from leadloop.cli.answer import failure_text
from leadloop.cli.crm_kinds import KINDS
from leadloop.cli.dialogue import Dialogue, words_of
from leadloop.cli.new_project import Choices, Language, policy_text
from leadloop.cli.pipelines import PipelineChosen, decided, guessed, shown, written_by_hand
from leadloop.doctor.token_form import fault_of
from leadloop.policy import ContactMode, PolicyInvalid
from leadloop.ports.http import VendorError
from leadloop.report.tables import printable

if TYPE_CHECKING:
    from leadloop.crm.survey import Survey

_SETTINGS = {
    "origin": ("site.origins",),
    "counter": ("site.counter",),
    "time_zone": ("site.time_zone",),
    "region": ("site.default_region",),
    "account": ("crm.account",),
    "mode": ("contacts.mode", "crm.kind"),
    "new_lead": ("crm.new_lead",),
}
"""Where the faults of an answer are found: at the setting that it becomes, or at one that does not go with it."""
ANY_KEY = "A" * 43 + "="
"""Stands for the public key while answers are tried."""
_DECISION = re.compile(r"(\S+)\s+([a-z][a-z0-9_]{0,40}|-|\?)")
_SHORTEST_TOKEN = 16

LookAt: TypeAlias = Callable[[Choices, str], "Survey"]
"""Reads the account of the choices with a token. Raises ``VendorError``."""


class Given(NamedTuple):
    """What the words of the command, and the environment, said already."""

    answers: Mapping[str, str]
    """By the fields of ``Choices``; ``pipeline`` and ``status`` besides."""
    stages: Mapping[tuple[str, str], str]
    """By pipeline and status."""
    environment: Mapping[str, str]


class Company(NamedTuple):
    """What is known in the end."""

    choices: Choices
    known: Mapping[str, str]
    """The fields of ``Choices`` that are the company's own; of the rest the example stands there."""
    token: str
    survey: Survey | None
    unread: str
    """Why the CRM could not be read, where nobody was there to type another token."""


def ask_language(asks: bool, given: str | None) -> Language:
    """The language, which has to be known before anything else is asked. Raises ``Unanswered``."""
    if given is None and asks:
        given = Dialogue(words_of("ru")).ask("language", "ru", lambda text: text in ("ru", "en"))
    return "en" if given == "en" else "ru"


def hear(language: Language, given: Given, look_at: LookAt, dialogue: Dialogue | None) -> Company:
    """Ask what is not given; without a dialogue nobody is asked, and the defaults hold.

    Raises ``PolicyInvalid`` for what was given and does not fit, ``NotAStage``, ``Unanswered``.
    """
    interview = _Interview(language, given, look_at, dialogue)
    interview.ask_about_company()
    interview.read_crm()
    interview.choose_stages()
    interview.choose_new_lead()
    policy_text(interview.choices, ANY_KEY)
    return Company(interview.choices, interview.known, interview.token, interview.survey, interview.unread)


class _Interview:
    def __init__(self, language: Language, given: Given, look_at: LookAt, dialogue: Dialogue | None) -> None:
        self._given = given
        self._look_at = look_at
        self._dialogue = dialogue
        told = {name: text for name, text in given.answers.items() if name not in ("pipeline", "status")}
        example = Choices(language=language).of_kind(told.get("kind", next(iter(KINDS))))
        self.choices = replace(example, **told)  # type: ignore[arg-type]  # names of its texts
        self.known = told
        self.token = self.unread = ""
        self.survey: Survey | None = None
        policy_text(self.choices, ANY_KEY)  # what was given is refused before anything is asked

    def ask_about_company(self) -> None:
        """The site, the CRM and where personal data may be."""
        kinds = ", ".join(f"{kind} ({one.title})" for kind, one in KINDS.items())
        for name in ("origin", "counter", "time_zone", "kind", "account", "mode", "region"):
            if self._dialogue is None or name in self._given.answers:
                continue
            default = str(getattr(self.choices, name))
            question = f"account_{self.choices.kind}" if name == "account" else name
            typed = self._dialogue.typed(question, default, partial(self._fits, name), kinds=kinds)
            if typed:
                answer = _tidy(name, typed)
                self.known = {**self.known, name: answer}
                self.choices = self._with(name, answer)

    def _with(self, name: str, answer: str) -> Choices:
        if name == "kind":
            told = {"account": self._given.answers["account"]} if "account" in self._given.answers else {}
            return replace(self.choices.of_kind(answer), **told)  # type: ignore[arg-type]
        return replace(self.choices, **{name: answer})  # type: ignore[arg-type]

    def _fits(self, name: str, answer: str) -> bool:
        """Whether a policy with this answer would be taken, as far as the answer is concerned."""
        if name == "kind":
            return answer in KINDS and all(_is_taken(self._with(name, answer), given) for given in ("account", "mode"))
        return _is_taken(replace(self.choices, **{name: _tidy(name, answer)}), name)  # type: ignore[arg-type]

    def read_crm(self) -> None:
        """Read the account, if there is a token; a person may type another, or go on without."""
        kind = self.choices.kind
        if not KINDS[kind].is_read:
            return
        variable, question = KINDS[kind].token, f"token_{kind}"
        self.token = self._given.environment.get(variable, "")
        if self.token and self._dialogue is not None:
            self._dialogue.say("token_at_hand", variable=variable)
        elif self._dialogue is not None:
            self.token = self._dialogue.ask_secret(question, _is_token)
        while self.token and self.survey is None:
            try:
                self.survey = self._look_at(self.choices, self.token)
            except VendorError as failure:
                if self._dialogue is None:
                    self.unread = failure_text(failure)
                    return
                self._dialogue.say("unread", reason=failure_text(failure))
                self.token = self._dialogue.ask_secret(question, _is_token)

    def choose_stages(self) -> None:
        """Give each status its stage: as told, as a person says, else as its name suggests."""
        if self.survey is None:
            self._take(written_by_hand(self._given.stages))
            return
        pipelines = decided(guessed(self.survey.pipelines), self._given.stages)
        if self._dialogue is not None:
            counts = {name: len(getattr(self.survey, name)) for name in ("pipelines", "loss_reasons", "fields")}
            self._dialogue.say("read", account=printable(self.survey.account), **counts)
            pipelines = self._decide_all(self._dialogue, pipelines)
        self._take(pipelines)
        fields = (f"{one.id} {one.name}".rstrip() for one in self.survey.fields if not one.code)
        reasons = (f"{one.id} {one.name}".rstrip() for one in self.survey.loss_reasons)
        self.choices = replace(self.choices, fields=tuple(fields), loss_reasons=tuple(reasons))

    def _take(self, pipelines: Sequence[PipelineChosen]) -> None:
        """Take these pipelines; where none of them is used, the example stays, and is told to be filled in."""
        used = next((one for one in pipelines if one.is_used), None)
        if used is None:
            return
        self.known = {**self.known, "pipelines": ""}
        self.choices = replace(self.choices, pipelines=tuple(pipelines), new_lead=(used.id, used.statuses[0].id))

    def _decide_all(self, dialogue: Dialogue, pipelines: Sequence[PipelineChosen]) -> tuple[PipelineChosen, ...]:
        while True:
            pipelines = tuple(_decide(dialogue, one) for one in pipelines)
            if not pipelines or any(one.is_used for one in pipelines):
                return pipelines
            dialogue.say("no_stage")

    def choose_new_lead(self) -> None:
        """Where leads are created, in the mode that creates them."""
        if self.choices.mode != ContactMode.KEEP:
            return
        pipelines = self.survey.pipelines if self.survey is not None else ()
        listed = {one.id: [status.id for status in one.statuses] for one in pipelines}
        pipeline, status = self.choices.new_lead
        pipeline = self._ask_new_lead("pipeline", pipeline, listed)
        statuses = listed.get(pipeline, ())
        status = status if not statuses or status in statuses else statuses[0]
        self.choices = replace(self.choices, new_lead=(pipeline, self._ask_new_lead("status", status, statuses)))

    def _ask_new_lead(self, name: str, default: str, known: Collection[str]) -> str:
        if (given := self._given.answers.get(name)) is not None or self._dialogue is None:
            return given or default
        return self._dialogue.ask(name, default, partial(self._is_place, known))

    def _is_place(self, known: Collection[str], answer: str) -> bool:
        tried = replace(self.choices, new_lead=(answer, answer))
        return answer in known if known else _is_taken(tried, "new_lead")


def _decide(dialogue: Dialogue, pipeline: PipelineChosen) -> PipelineChosen:
    """The pipeline as a person decides on it, one status after another, until they are content."""
    known = {"*", *(one.id for one in pipeline.statuses)}
    while True:
        about = {"id": pipeline.id, "name": printable(pipeline.name), "shown": "\n".join(shown(pipeline))}
        answer = dialogue.ask("stages", "", lambda text: not text or _decision(text, known) is not None, **about)
        decision = _decision(answer, known)
        if decision is None:
            return pipeline
        pipeline = pipeline.deciding(*decision)


def _decision(text: str, known: Collection[str]) -> tuple[str, str] | None:
    """Status and stage of an answer such as ``70013 meeting``."""
    words = _DECISION.fullmatch(text)
    return (words[1], words[2]) if words is not None and words[1] in known else None


def _is_taken(choices: Choices, name: str) -> bool:
    """Whether a policy of these choices has no fault in the setting that this one becomes."""
    try:
        policy_text(choices, ANY_KEY)
    except PolicyInvalid as refusal:
        return not any(not fault.path or fault.path.startswith(_SETTINGS[name]) for fault in refusal.faults)
    return True


def _is_token(text: str) -> bool:
    return not fault_of(text) and len(text) >= _SHORTEST_TOKEN


def _tidy(name: str, answer: str) -> str:
    """An answer as people type it, in the form that a policy has it in."""
    if name == "origin":
        return answer.rstrip("/") if "://" in answer else f"https://{answer.rstrip('/')}"
    if name == "account":
        return answer.removeprefix("https://").rstrip("/")
    return answer.upper() if name == "region" else answer
