"""Questions to a person at a terminal, asked again until the answer fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from getpass import getpass
from importlib.resources import files
from typing import Any, cast

import yaml

_YES, _NO = ("y", "yes", "д", "да"), ("n", "no", "н", "нет")


class Unanswered(Exception):
    """The person ended the input in the middle of the questions; nothing was written."""

    def __init__(self) -> None:
        super().__init__("the input ended before all was answered; nothing was written; --yes takes the defaults")


def words_of(language: str) -> Mapping[str, Mapping[str, str]]:
    """What the questions are asked in: by name ``ask``, and where there is any ``before`` and ``wrong``."""
    text = (files("leadloop.cli") / "templates" / f"questions.{language}.yaml").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, str]]", yaml.safe_load(text))


class Dialogue:
    """Asks in one language. Every question has a default, which an empty answer takes."""

    def __init__(self, words: Mapping[str, Mapping[str, str]]) -> None:
        self._words = words

    def say(self, name: str, /, **filled_in: object) -> None:
        """Say something that is no question."""
        print(self._words[name]["ask"].format(**filled_in))

    def ask(self, name: str, default: str, fits: Callable[[str], bool], /, **filled_in: object) -> str:
        """The answer, once it fits. Raises ``Unanswered``."""
        return self.typed(name, default, fits, **filled_in) or default

    def typed(self, name: str, default: str, fits: Callable[[str], bool], /, **filled_in: object) -> str:
        """As ``ask``, and empty where the default was taken unsaid."""
        word = self._words[name]
        if before := word.get("before"):
            print(f"\n{before.format(**filled_in).rstrip()}")
        while True:
            shown = f" [{default}]" if default else ""
            answer = _read(input, f"{word['ask'].format(**filled_in)}{shown}: ")
            if fits(answer or default):
                return answer
            print(f"  {word['wrong'].format(**filled_in)}")

    def ask_secret(self, name: str, fits: Callable[[str], bool], /, **filled_in: object) -> str:
        """The answer, typed without being seen; empty if the person has none. Raises ``Unanswered``."""
        word = self._words[name]
        print(f"\n{word['before'].format(**filled_in).rstrip()}")
        while True:
            answer = _read(getpass, f"{word['ask'].format(**filled_in)}: ")
            if not answer or fits(answer):
                return answer
            print(f"  {word['wrong'].format(**filled_in)}")

    def agrees(self, name: str, /, **filled_in: object) -> bool:
        """Whether the person says yes; an empty answer does. Raises ``Unanswered``."""
        while True:
            answer = _read(input, f"\n{self._words[name]['ask'].format(**filled_in)} [Y/n]: ").lower()
            if not answer or answer in _YES + _NO:
                return answer not in _NO


def _read(read: Callable[[str], Any], prompt: str) -> str:
    try:
        return str(read(prompt)).strip()
    except EOFError:
        print()
        raise Unanswered from None
