"""The two files a new installation begins with: the policy and the environment with fresh keys."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Literal, Protocol, TypeAlias

from leadloop.cli import pipelines as crm_pipelines
from leadloop.cli.crm_kinds import KINDS
from leadloop.cli.environment_file import FILE_NAME as ENVIRONMENT
from leadloop.cli.pipelines import PipelineChosen
from leadloop.policy.loader import STANDARD_NAME as POLICY
from leadloop.policy.loader import read_policy
from leadloop.report.tables import printable

Language: TypeAlias = Literal["ru", "en"]


_UNKNOWN: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "origin": "site address",
        "counter": "counter",
        "account": "CRM account",
        "pipelines": "pipelines and statuses",
    },
    "ru": {"origin": "адрес сайта", "counter": "счётчик", "account": "аккаунт CRM", "pipelines": "воронки и статусы"},
}
"""What a policy must be told by its owner; nobody can give pipelines beforehand."""
_COUNTER: Mapping[Language, str] = {"en": "<your counter>", "ru": "<ваш счётчик>"}
_TOKENS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "": "the token of Metrica",
        "amocrm": "the tokens of the CRM and Metrica",
        "bitrix24": "the address of the inbound webhook and the token of Metrica",
    },
    "ru": {
        "": "токен Метрики",
        "amocrm": "токены CRM и Метрики",
        "bitrix24": "адрес входящего вебхука и токен Метрики",
    },
}
"""What is still to be written, by the kind of a CRM that has given nothing yet."""
_HAS: Mapping[Language, Mapping[str, str]] = {
    "en": {"fields": "  # The account has", "reasons": "# The account has"},
    "ru": {"fields": "  # В аккаунте есть", "reasons": "# В аккаунте есть"},
}


class AlreadyThere(Exception):
    """A file that would be written exists; nothing was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} exists already and is never overwritten, because lost keys cannot be made again; "
            "nothing was written: choose another folder with --dir, or move the file away"
        )


class FreshKeys(Protocol):
    """Where new keys come from."""

    def hmac_key(self) -> str:
        """A ring of one key for ``LEADLOOP_HMAC_KEY``."""
        ...

    def hook_secret(self) -> str:
        """A secret fit for a path."""
        ...

    def signing_secret(self) -> str:
        """A secret that webhooks are signed under."""
        ...

    def seal_pair(self) -> tuple[str, str]:
        """A private key and its public key, base64."""
        ...


@dataclass(frozen=True)
class Choices:
    """What the owner already knows; the example of the invented developer «Сокол» stands in for the rest."""

    language: Language = "ru"
    origin: str = "https://sokol.example"
    counter: str = "45000001"
    time_zone: str = "Europe/Moscow"
    region: str = "RU"
    kind: str = "amocrm"
    account: str = KINDS["amocrm"].account
    mode: str = "hash"
    pipelines: tuple[PipelineChosen, ...] = KINDS["amocrm"].pipelines
    new_lead: tuple[str, str] = KINDS["amocrm"].new_lead
    """Pipeline and status."""
    fields: tuple[str, ...] = ()
    """The account's own fields, in words."""
    loss_reasons: tuple[str, ...] = ()
    """And its reasons of loss."""

    def of_kind(self, kind: str) -> Choices:
        """The same of another kind of CRM, with the example of that one."""
        example = KINDS[kind]
        of_example = replace(self, account=example.account, pipelines=example.pipelines, new_lead=example.new_lead)
        return replace(of_example, kind=kind)


def policy_text(choices: Choices, public_key: str) -> str:
    """A commented policy. Raises ``PolicyInvalid`` when a choice does not fit."""
    pipeline, status = choices.new_lead
    crm = _template(f"crm.{choices.kind}.{choices.language}.yaml").substitute(
        account=choices.account,
        pipelines=crm_pipelines.as_mapping(choices.pipelines),
        ignored=crm_pipelines.as_ignored(choices.pipelines),
        pipeline=pipeline,
        status=status,
        fields=_listed(_HAS[choices.language]["fields"], choices.fields),
    )
    text = _template(f"leadloop.{choices.language}.yaml").substitute(
        origin=choices.origin,
        counter=choices.counter,
        time_zone=choices.time_zone,
        region=choices.region,
        mode=choices.mode,
        public_key=public_key,
        crm=crm,
        goals=_goals(choices).rstrip("\n"),
        reasons=_listed(_HAS[choices.language]["reasons"], choices.loss_reasons),
    )
    read_policy(text, POLICY)
    return text


def _goals(choices: Choices) -> str:
    """The goals of the example whose stages there are."""
    stages = {one.stage for pipeline in choices.pipelines for one in pipeline.statuses if one.is_stage}
    goals = re.split(r"(?m)^(?=  [a-z])", _template(f"goals.{choices.language}.yaml").template)
    return "".join(one for one in goals if not (on := re.search(r"stage: (.+)", one)) or on[1] in stages)


def _listed(begun: str, names: Sequence[str]) -> str:
    """Remarks that tell what the account has, one a line."""
    return "".join(f"{begun} {printable(name)}\n" for name in names)


def refuse_overwriting(folder: Path) -> None:
    """Raises ``AlreadyThere`` for a folder that has either file."""
    for path in (folder / POLICY, folder / ENVIRONMENT):
        if os.path.lexists(path):
            raise AlreadyThere(path)


def write_project(folder: Path, choices: Choices, keys: FreshKeys, crm_token: str = "") -> tuple[Path, Path]:
    """Write the policy and the environment file, the latter for its owner's eyes only.

    Both or neither. Raises ``AlreadyThere``, ``PolicyInvalid`` or ``OSError``.
    """
    private_key, public_key = keys.seal_pair()
    policy = policy_text(choices, public_key)
    environment = _template(f"environment.{choices.language}.txt").substitute(
        hmac_key=keys.hmac_key(),
        private_key=private_key,
        crm=_template(f"environment.{choices.kind}.{choices.language}.txt").substitute(
            hook_secret=keys.hook_secret(), signing_secret=keys.signing_secret(), token=crm_token
        ),
    )
    policy_path, environment_path = folder / POLICY, folder / ENVIRONMENT
    refuse_overwriting(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_new(environment_path, environment, 0o600)
    try:
        _write_new(policy_path, policy, 0o644)
    except BaseException:
        # The keys are useless without the policy that names their public half.
        environment_path.unlink()
        raise
    return policy_path, environment_path


def _write_new(path: Path, text: str, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise AlreadyThere(path) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except BaseException:
        path.unlink()
        raise


def _template(name: str) -> Template:
    return Template((files("leadloop.cli") / "templates" / name).read_text(encoding="utf-8"))


def next_steps(
    choices: Choices,
    written: tuple[Path, Path],
    known: Mapping[str, str],
    *,
    has_token: bool = False,
    has_field: bool = False,
) -> list[str]:
    """What the owner does next, one step a line, after both files were written.

    ``known``: the fields of ``Choices`` that the owner gave; ``has_field``: the CRM has the field of our id.
    """
    policy, environment = written
    language = choices.language
    words, kind = _UNKNOWN[language], KINDS[choices.kind]
    unknown = ", ".join(word for name, word in words.items() if name not in known)
    text = _template(f"next_steps.{language}.txt").substitute(
        policy=policy,
        environment=environment,
        folder=policy.parent,
        unknown=unknown,
        counter=known.get("counter", _COUNTER[language]),
        hook=kind.hook,
        tokens=_TOKENS[language]["" if has_token or not kind.is_read else choices.kind],
    )
    to_fill_in, to_read, tokens, field, hook_with_secret, check, start, tag, hook, *others = text.strip().splitlines()
    return [
        to_fill_in if unknown else to_read,
        tokens,
        *([] if has_field else [field]),
        *([hook_with_secret] if kind.gives_secret else []),
        *(check, start, tag),
        *([] if kind.gives_secret else [hook]),
        *others,
    ]
