"""pydantic's errors in the words of a policy: what was expected, what was found, what to do."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic_core import ErrorDetails

from leadloop.policy.crm import Crm
from leadloop.policy.settings import meanings, section_at, settings, settings_of_kinds
from leadloop.policy.tree import Path
from leadloop.secrets import (
    AMOCRM_CLIENT_SECRET,
    COMAGIC_TOKEN,
    GOOGLE_FORM_KEY,
    HMAC_KEY,
    HOOK_SECRET,
    METRICA_TOKEN,
    SEAL_PRIVATE_KEY,
    TILDA_KEY,
    VK_SECRET,
)

_Context: TypeAlias = dict[str, Any]

_EXPECTED: dict[str, Callable[[_Context], str]] = {
    "unexpected": lambda context: str(context["expected"]),
    "string_type": lambda _: "a text",
    "bool_type": lambda _: "true or false",
    "int_type": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "greater_than": lambda context: f"a number greater than {context['gt']:.12g}",
    "greater_than_equal": lambda context: f"a number of at least {context['ge']:.12g}",
    "less_than_equal": lambda context: f"a number of at most {context['le']:.12g}",
    "enum": lambda context: f"one of {_choices(context)}",
    "literal_error": lambda context: f"one of {_choices(context)}",
    "model_type": lambda _: "a section: indented `key: value` lines",
    "dict_type": lambda _: "a section: indented `key: value` lines",
    "tuple_type": lambda _: "a list: one indented `- value` a line, or [value, value]",
    "too_short": lambda context: f"at least {context['min_length']} entry",
}

_SECRET_SIGNS = ("token", "secret", "password", "passwd", "api_key", "apikey", "private", "hmac")
_OF_THE_CRM = ""
"""Stands for the variable that the policy's kind of CRM has."""
_VARIABLE_OF = (
    (("tilda",), TILDA_KEY),
    (("vk_",), VK_SECRET),
    (("google",), GOOGLE_FORM_KEY),
    (("hook",), HOOK_SECRET),
    (("hmac",), HMAC_KEY),
    (("private", "seal"), SEAL_PRIVATE_KEY),
    (("client_secret",), AMOCRM_CLIENT_SECRET),
    (("call_tracker", "comagic"), COMAGIC_TOKEN),
    (("crm",), _OF_THE_CRM),
    (("metrica", "metrika", "yandex", "site", "counter", "oauth"), METRICA_TOKEN),
)
_MOVED: dict[Path, str] = {("defaults", "duplicate_window"): "duplicates.window"}
"""Settings that older policies have elsewhere, and where they are now."""
_MAY_BE_A_KEY: frozenset[Path] = frozenset({("forms", "tilda_key")})
"""Settings that ask for a key's name, where somebody will write the key: what was found is not shown."""
_LONGEST_SHOWN = 30
"""Below the length of every token and key that leadloop uses."""


def say(error: ErrorDetails, crm: type[Crm]) -> str:
    """One error of a policy of a kind of CRM, in one sentence or two."""
    kind, found = error["type"], error["input"]
    context: _Context = error.get("ctx", {})
    path = error["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(path, crm)
    if kind == "missing":
        return f"required and missing. {_meaning(path, crm)}"
    if kind == "contradiction":
        return str(context["text"])
    expected = _EXPECTED[kind](context) if kind in _EXPECTED else error["msg"]
    if path in _MAY_BE_A_KEY and isinstance(found, str):
        return f"expected {expected}, found a text of {len(found)} characters"
    return f"expected {expected}, found {shown(found)}{_advice(kind, found, context)}"


def suggestion(path: Path, crm: type[Crm]) -> str | None:
    """The known key an unknown one was probably meant to be."""
    section = section_at(path[:-1], crm)
    if section is None or _secret_variable(path, crm) or path in _MOVED:
        return None
    written = str(path[-1]).lower().replace("-", "_")
    near = get_close_matches(written, section.model_fields, 1, cutoff=0.65)
    return near[0] if near else None


def _unknown_key(path: Path, crm: type[Crm]) -> str:
    if variable := _secret_variable(path, crm):
        return (
            f"secrets never stand in the policy, they come from the environment only; remove this line, put the value "
            f"into the variable {variable}, and if the file was shared, replace the secret"
        )
    if place := _MOVED.get(path):
        return f"this setting is {place} now; write it there, and remove it here"
    if near := suggestion(path, crm):
        return f"unknown key; did you mean {near!r}?"
    section = section_at(path[:-1], crm)
    known = ", ".join(section.model_fields) if section is not None else ""
    if any(setting.path == path for setting in (*settings(), *settings_of_kinds())):
        return "a CRM of this kind has no such setting; remove it"
    homes = [setting.name for setting in settings() if setting.path[-1] == path[-1]]
    if homes:
        return f"unknown key here; it belongs at {' or '.join(homes)}"
    return f"unknown key; known here: {known}; correct it or remove it"


def _secret_variable(path: Path, crm: type[Crm]) -> str | None:
    """The environment variable a secret written at this path belongs in; ``None`` when it is no secret."""
    key = str(path[-1]).lower().replace("-", "_")
    if not any(sign in key for sign in _SECRET_SIGNS):
        return None
    # The key itself says more than the section it stands in.
    for words in (key, ".".join(str(step) for step in path).lower()):
        for signs, variable in _VARIABLE_OF:
            if any(sign in words for sign in signs):
                return variable or crm.credential
    return f"it belongs in (one of {crm.credential}, {METRICA_TOKEN}, {HMAC_KEY}, {HOOK_SECRET}, {SEAL_PRIVATE_KEY})"


def _meaning(path: Path, crm: type[Crm]) -> str:
    section = section_at(path[:-1], crm)
    text = meanings(section).get(str(path[-1]), "") if section is not None else ""
    return text.replace("``", "`") or f"the key {path[-1]}"


def _choices(context: _Context) -> str:
    return str(context["expected"]).replace("'", "").replace(" or ", ", ")


def _advice(kind: str, found: object, context: _Context) -> str:
    if kind == "string_type" and isinstance(found, int | float):
        return "; put it in quotes"
    if kind in ("enum", "literal_error") and isinstance(found, str):
        near = get_close_matches(found.lower(), _choices(context).split(", "), 1)
        return f"; did you mean {near[0]!r}?" if near else ""
    if kind == "tuple_type" and isinstance(found, str):
        return f"; write [{found}]" if len(found) <= _LONGEST_SHOWN else "; begin the line with `- `"
    return ""


def shown(value: object) -> str:
    """What was found, in words. Long texts are measured, not shown: a key pasted in a wrong place must not spread."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str() if not value:
            return "an empty text"
        case str() if len(value) > _LONGEST_SHOWN:
            return f"a text of {len(value)} characters"
        case str():
            return repr(value)
        case list() | tuple():
            return "a list" if value else "an empty list"
        case dict():
            return "a section" if value else "an empty section"
    return "something else"
