"""The two files a new installation begins with: the policy and the environment with fresh keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Literal, Protocol, TypeAlias

from leadloop.cli.environment_file import FILE_NAME as ENVIRONMENT
from leadloop.policy.loader import STANDARD_NAME as POLICY
from leadloop.policy.loader import read_policy

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

    def seal_pair(self) -> tuple[str, str]:
        """A private key and its public key, base64."""
        ...


@dataclass(frozen=True)
class Choices:
    """What the owner already knows; the example of the invented developer «Сокол» stands in for the rest."""

    language: Language = "ru"
    origin: str = "https://sokol.example"
    counter: str = "45000001"
    account: str = "sokol"


def policy_text(choices: Choices, public_key: str) -> str:
    """A commented policy. Raises ``PolicyInvalid`` when a choice does not fit."""
    text = _template(f"leadloop.{choices.language}.yaml").substitute(
        origin=choices.origin, counter=choices.counter, account=choices.account, public_key=public_key
    )
    read_policy(text, POLICY)
    return text


def write_project(folder: Path, choices: Choices, keys: FreshKeys) -> tuple[Path, Path]:
    """Write the policy and the environment file, the latter for its owner's eyes only.

    Both or neither. Raises ``AlreadyThere``, ``PolicyInvalid`` or ``OSError``.
    """
    private_key, public_key = keys.seal_pair()
    policy = policy_text(choices, public_key)
    environment = _template(f"environment.{choices.language}.txt").substitute(
        hmac_key=keys.hmac_key(), private_key=private_key, hook_secret=keys.hook_secret()
    )
    policy_path, environment_path = folder / POLICY, folder / ENVIRONMENT
    for path in (policy_path, environment_path):
        if os.path.lexists(path):
            raise AlreadyThere(path)
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


def next_steps(language: Language, policy: Path, environment: Path, known: Mapping[str, str]) -> list[str]:
    """What the owner does next, one step a line. ``known``: the fields of ``Choices`` that the owner gave."""
    words = _UNKNOWN[language]
    unknown = ", ".join(word for name, word in words.items() if name not in known)
    counter = known.get("counter", _COUNTER[language])
    text = _template(f"next_steps.{language}.txt").substitute(
        policy=policy, environment=environment, unknown=unknown, counter=counter
    )
    return text.strip().splitlines()
